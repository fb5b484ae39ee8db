"""A login of ours beside the official client's, whatever others do: none of its own is lost, none is sent twice."""

import asyncio
import enum
from contextlib import suppress
from datetime import timedelta

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ProbeError
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.service.answer import Answer
from tests.safety.bench import ANA, Bench, StrictIssuer, refusal
from tests.support.fakes import MemoryStore
from tests.support.tokens import credential, reply_body, tokens

_OF_A_LOGIN = 1000
"""The token of the n-th renewal of the m-th login has the number m × 1000 + n."""


class Happening(enum.Enum):
    """What somebody does."""

    CLIENT_LOGS_IN = enum.auto()
    CLIENT_RENEWS = enum.auto()
    CLIENT_LOGS_OUT = enum.auto()
    COPIED = enum.auto()
    """A person puts the client's login into our store, and nobody looks."""
    LOGGED_IN_ELSEWHERE = enum.auto()
    RENEWED_ELSEWHERE = enum.auto()
    """Another computer, or a program that shares the folder, brings what it made."""
    LOOK = enum.auto()
    RENEW = enum.auto()
    RESTART = enum.auto()


class ManyLogins(StrictIssuer):
    """The issuer of several logins of one account; a token that is spent ends its own login."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.steps, bench.clock)
        self.current: dict[int, int] = {}
        self.dead: set[int] = set()
        self.killed: list[int] = []

    def log_in(self) -> Credential:
        login = len(self.current) + 1
        self.current[login] = login * _OF_A_LOGIN
        return self.newest(login)

    def newest(self, login: int) -> Credential:
        return replace(credential("ana", number=self.current[login], at=self._clock.now()), made_here=False)

    def renew(self, secret: Secret, *leave_out: str) -> Answer:
        number = number_of(secret)
        login = number // _OF_A_LOGIN
        if login in self.dead or self.current[login] != number:
            if login not in self.dead:
                self.killed.append(number)
            self.dead.add(login)
            return refusal(401, "refresh_token_reused")
        self.current[login] += 1
        fresh = tokens("ana", number=self.current[login], at=self._clock.now())
        return Answer(200, {}, reply_body(fresh, *leave_out, expires_in=864000))


class TwoPrograms:
    """Our store and the client's place."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.issuer = self.bench.issuer = ManyLogins(self.bench)
        self.client = MemoryStore(StoreKind.OFFICIAL)
        self.were_clients: set[int] = set()
        self._keep(self.issuer.log_in())
        self._restart()

    async def happens(self, happening: Happening) -> None:
        self.bench.clock.jump(timedelta(hours=1))
        match happening:
            case Happening.CLIENT_LOGS_IN:
                self._put(self.issuer.log_in())
            case Happening.CLIENT_RENEWS if self.client.held:
                self._client_renews()
            case Happening.CLIENT_LOGS_OUT if self.client.held:
                self.issuer.dead.add(login_of(self.client.held.pop(ANA)))
            case Happening.COPIED if self.client.held:
                self._keep(self.client.held[ANA])
            case Happening.LOGGED_IN_ELSEWHERE:
                self._keep(self.issuer.log_in())
            case Happening.RENEWED_ELSEWHERE if (own := self.own) is not None:
                self.issuer.current[own] += 1
                self._keep(self.issuer.newest(own))
            case Happening.LOOK | Happening.RENEW:
                await self._works(happening)
            case Happening.RESTART:
                self._restart()
            case _:
                return

    @property
    def ours(self) -> Credential:
        return self.bench.stores[0].held[ANA]

    @property
    def own(self) -> int | None:
        """The login that the store has the live token of, where no client ever had any of it."""
        login = login_of(self.ours)
        if login in self.were_clients or login in self.issuer.dead:
            return None
        return login if self.issuer.current[login] == number(self.ours) else None

    async def _works(self, happening: Happening) -> None:
        own, client = self.own, dict(self.client.held)
        with suppress(ProbeError):
            if happening is Happening.LOOK:
                await self.bench.transaction.catch_up(ANA)
            else:
                await self.bench.renew(Reason.FORCED)
        assert self.issuer.killed == []
        assert self.client.held == client
        if own is not None:
            assert self.own == own

    def _client_renews(self) -> None:
        login = login_of(self.client.held[ANA])
        if login in self.issuer.dead or self.issuer.current[login] != number(self.client.held[ANA]):
            # A copy of it that was imported while it was in use is renewed as ever, and ends the client's.
            self.issuer.dead.add(login)
            return
        self.issuer.current[login] += 1
        self._put(self.issuer.newest(login))

    def _put(self, login: Credential) -> None:
        self.client.held[ANA] = login
        self.were_clients.add(login_of(login))

    def _keep(self, login: Credential) -> None:
        self.bench.stores[0].held[ANA] = login

    def _restart(self) -> None:
        self.bench.restart()
        self.bench.accounts.use([*self.bench.stores, self.client])


def number_of(secret: Secret) -> int:
    return int(secret.reveal().rpartition(".")[2])


def number(login: Credential) -> int:
    assert login.refresh_token is not None
    return number_of(login.refresh_token)


def login_of(login: Credential) -> int:
    return number(login) // _OF_A_LOGIN


@given(st.lists(st.sampled_from(Happening), max_size=14))
@example([Happening.CLIENT_LOGS_IN, Happening.COPIED, Happening.CLIENT_RENEWS, Happening.RENEW])
@example([Happening.CLIENT_LOGS_IN, Happening.COPIED, Happening.LOOK, Happening.CLIENT_RENEWS, Happening.RENEW])
@example([Happening.RENEWED_ELSEWHERE, Happening.CLIENT_LOGS_IN, Happening.LOOK, Happening.RENEW])
def test_no_login_of_its_own_is_lost_and_no_spent_token_is_sent(happenings: list[Happening]) -> None:
    async def live() -> list[int]:
        programs = TwoPrograms()
        for happening in happenings:
            await programs.happens(happening)
        return programs.issuer.killed

    assert asyncio.run(live()) == []
