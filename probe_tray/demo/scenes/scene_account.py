"""One account of a scene: whose it is, what it has behind it, and what goes wrong with it."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from probe_tray.core.account.credential import Credential, make_credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.quota.history_batch import HistoryBatch, Kept
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window
from probe_tray.core.quota.usage_parser import kind_of
from probe_tray.demo.claims import ACCESS_SECONDS
from probe_tray.demo.fault_plan import Fault
from probe_tray.demo.people import DemoPerson, Workspace
from probe_tray.demo.samples import past_of
from probe_tray.demo.service import DemoService
from probe_tray.demo.shapes import Shape
from probe_tray.demo.token_families import FamilyState

_USAGE, _TOKEN = "/wham/usage", "/oauth/token"
_REFUSED: Final = Fault(status=401, body={"error": {"code": "token_expired"}})


class SceneAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A person's login into each of their workspaces, and what goes wrong with it."""

    person: DemoPerson
    lifetime: int = ACCESS_SECONDS
    """Seconds that the access token lives."""
    due: bool = False
    """It is renewed at once: the first check finds its access token refused."""
    renewable: bool = True
    ended: FamilyState = FamilyState.LIVE
    check_fails: Fault | None = None
    """Each check of the quota ends so."""
    renewal_fails: Fault | None = None
    """Each renewal ends so, or is as slow as this."""
    past_ended: timedelta | None = timedelta()
    """How long ago the last number of its 30 days was taken; None: it has no past."""
    official: bool = False
    """The login is the official client's own."""
    in_codex: bool = False
    """The official client works with it, without the refresh token: that is the program's."""
    muted: timedelta | None = None
    """For how long nothing is notified of its limits."""

    @property
    def keys(self) -> tuple[AccountKey, ...]:
        """Of the accounts that the logins are for."""
        return tuple(_key(self.person, space) for space in self.person.workspaces)

    def log_in(self, service: DemoService, now: datetime) -> tuple[Credential, ...]:
        """The logins, made ``now`` (aware UTC); from then on the service does what goes wrong with them."""
        logins = tuple(self._login(service, space, now) for space in self.person.workspaces)
        if self.ended is not FamilyState.LIVE:
            service.end_logins(self.person.email, self.ended)
        for space in self.person.workspaces:
            if self.due:
                service.faults.add(_USAGE, _REFUSED, account=space.account_id)
            for path, fault in ((_USAGE, self.check_fails), (_TOKEN, self.renewal_fails)):
                if fault is not None:
                    service.faults.add(path, fault, times=None, account=space.account_id)
        return logins

    def past(self, now: datetime) -> HistoryBatch:
        """What the program has of it before ``now`` (aware)."""
        if self.past_ended is None:
            return HistoryBatch()
        taken_at = now - self.past_ended
        kept = tuple(
            Kept(slug=key.slug, snapshot=_snapshot(space.shape, taken_at))
            for key, space in zip(self.keys, self.person.workspaces, strict=True)
        )
        return msgspec.structs.replace(past_of((self.person,), taken_at), kept=kept)

    def _login(self, service: DemoService, space: Workspace, now: datetime) -> Credential:
        issued = service.issue_login(self.person.email, space.account_id, lifetime=self.lifetime)
        made = make_credential(
            access_token=Secret(issued.access_token),
            refresh_token=Secret(issued.refresh_token) if self.renewable else None,
            id_token=Secret(issued.id_token),
            last_refresh=now,
            expired=issued.expires_at,
            made_here=True,
        )
        if made is None:
            raise ValueError(self.person.email)
        return made


def _snapshot(shape: Shape, taken_at: datetime) -> Snapshot:
    windows = tuple(
        Window(
            kind=kind_of(window.seconds),
            seconds=window.seconds,
            used_percent=window.used,
            reset_at=taken_at + timedelta(seconds=(1 - window.elapsed) * window.seconds),
        )
        for window in shape.windows
    )
    return Snapshot(taken_at=taken_at, main=Limit(windows=windows))


def _key(person: DemoPerson, space: Workspace) -> AccountKey:
    return AccountKey(account_id=space.account_id, user_id=person.user_id)
