"""Who is known to the simulated service, since when, and how much of each quota is used."""

import re
from collections.abc import Iterable, Mapping

import msgspec

from probe_tray.demo.people import DemoPerson, Workspace, newcomer
from probe_tray.demo.shapes import Shape
from probe_tray.demo.usage import Moment, exhausted_until, reanchored, reset_credits_body, usage_body

_ADDRESS = re.compile(r"[^\s@<>\"'&\x00-\x1f\x7f]{1,64}@[^\s@<>\"'&\x00-\x1f\x7f]{1,190}")


class Enrolled(msgspec.Struct, frozen=True):
    """A person, and the unix second since which the service knows this person."""

    person: DemoPerson
    since: float


class Seat(msgspec.Struct, frozen=True):
    """One person in one workspace: who an account is."""

    person: DemoPerson
    workspace: Workspace
    since: float

    @property
    def key(self) -> tuple[str, str]:
        """What identifies an account: account id and user id, never one of them alone."""
        return self.workspace.account_id, self.person.user_id

    @property
    def seed(self) -> str:
        """What this seat's quota varies with."""
        return ":".join(self.key)


class Directory:
    """All people by user id. Not locked: its owner is."""

    def __init__(self, enrolled: Iterable[Enrolled]) -> None:
        """Know ``enrolled``, in this order."""
        self._enrolled = {one.person.user_id: one for one in enrolled}
        self._answers: dict[tuple[str, str], Mapping[str, object]] = {}

    @property
    def enrolled(self) -> tuple[Enrolled, ...]:
        """Everybody, in the order they came."""
        return tuple(self._enrolled.values())

    def enrol(self, person: DemoPerson, now: float) -> None:
        """Add ``person``, or replace who has the same user id."""
        self._enrolled[person.user_id] = Enrolled(person, now)

    def find(self, email: str) -> DemoPerson | None:
        """The person with this address, whatever its case."""
        wanted = email.casefold()
        return next((one.person for one in self.enrolled if one.person.email.casefold() == wanted), None)

    def sign_in(self, email: str, now: float) -> DemoPerson | None:
        """The person with this address, enrolled now if nobody has it; None when it is no address."""
        email = email.strip()
        if found := self.find(email):
            return found
        if not _ADDRESS.fullmatch(email):
            return None
        person = newcomer(email)
        self.enrol(person, now)
        return person

    def seat(self, user_id: str, account_id: str) -> Seat | None:
        """This user in this workspace, or None where there is no such membership."""
        one = self._enrolled.get(user_id)
        space = one.person.workspace(account_id) if one else None
        return Seat(one.person, space, one.since) if one and space else None

    def seats(self) -> tuple[Seat, ...]:
        """Every membership of everybody."""
        return tuple(Seat(one.person, space, one.since) for one in self.enrolled for space in one.person.workspaces)

    def usage(self, seat: Seat, moment: Moment) -> Mapping[str, object]:
        """The body of ``GET /wham/usage`` for this seat."""
        if (fixed := self._answers.get(seat.key)) is not None:
            return fixed
        head: dict[str, object] = {
            "user_id": seat.person.user_id,
            "account_id": seat.workspace.account_id,
            "email": seat.person.email,
            "plan_type": seat.workspace.plan,
        }
        return head | usage_body(seat.workspace.shape, seat.seed, seat.since, moment)

    def reset_credits(self, seat: Seat) -> Mapping[str, object]:
        """The body of ``GET /wham/rate-limit-reset-credits`` for this seat."""
        return reset_credits_body(seat.workspace.shape, seat.seed, seat.since)

    def exhausted_until(self, seat: Seat, moment: Moment) -> int | None:
        """When this seat has capacity again (unix seconds); None while it has."""
        return exhausted_until(seat.workspace.shape, seat.seed, seat.since, moment)

    def answer_with(self, seat: Seat, body: Mapping[str, object] | None) -> None:
        """Answer this seat's usage with exactly ``body`` from now on; None ends that."""
        if body is None:
            self._answers.pop(seat.key, None)
        else:
            self._answers[seat.key] = body

    def use(self, seat: Seat, used: Mapping[int, float], moment: Moment) -> None:
        """Set what is used (percent, by window length in seconds) as of this moment; it moves on from there."""
        shape = reanchored(seat.workspace.shape, dict(used), seat.seed, seat.since, moment)
        self._reshape(seat, shape)

    def _reshape(self, seat: Seat, shape: Shape) -> None:
        spaces = tuple(
            msgspec.structs.replace(space, shape=shape) if space.account_id == seat.workspace.account_id else space
            for space in seat.person.workspaces
        )
        person = msgspec.structs.replace(seat.person, workspaces=spaces)
        self._enrolled[person.user_id] = Enrolled(person, seat.since)
