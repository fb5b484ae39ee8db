"""The services on the network: the issuer, the backend, a table of encrypted logins."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, tzinfo
from typing import Protocol

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.service.answer import Answer
from probe_tray.core.service.connection import FoundProxy, Reached
from probe_tray.core.service.workspace_route import WorkspaceRoute
from probe_tray.core.sync.envelope import RowStamp
from probe_tray.core.sync.leases import Lease, LeaseAnswer
from probe_tray.core.sync.rights import TableGrants
from probe_tray.core.sync.rows import OpenedRow, RemoteRow
from probe_tray.core.sync.setup import SyncTarget
from probe_tray.core.sync.table_record import TableStatus


class AuthService(Protocol):
    """The issuer's token endpoints.

    Every method raises NotSentError or CertificateError when the request never left, UncertainError when it left and no
    whole answer came; any answer that came, whatever its status, is returned. Nothing is retried and no redirect is
    followed.
    """

    async def reach(self) -> None:
        """Make a connection to the issuer and send nothing over it: what a login needs is there, its proxy too."""
        ...

    async def exchange(self, code: Secret, verifier: Secret, redirect_uri: str) -> Answer:
        """Trade an authorization code for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5)."""
        ...

    async def refresh(self, refresh_token: Secret, arrived: Callable[[bytes], None]) -> Answer:
        """One refresh request over a fresh connection (RFC 6749 section 6).

        ``arrived`` is given each piece of the raw HTTP answer as it comes out of the connection, decrypted, before
        anything else sees it: in any thread, one piece at a time, in order. It must not raise.
        """
        ...

    async def revoke(self, refresh_token: Secret) -> Answer:
        """End the login at the service; only for logins made here."""
        ...

    async def device_start(self) -> Answer:
        """Ask for a user code."""
        ...

    async def device_poll(self, device_auth_id: Secret, user_code: str) -> Answer:
        """Ask whether the person has typed the code: 403 or 404 while waiting."""
        ...


class IdTokenCheck(Protocol):
    """Says whether the id token of a fresh login was made for this program."""

    async def load(self) -> None:
        """Make ready, so that :meth:`check` doesn't wait for a disk."""
        ...

    def check(self, login: Credential, now: datetime | None) -> None:
        """Check audience, issuer and end; ``now`` (aware) is the service's time, None where it told none: no end then.

        Raises IdTokenError or IdTokenExpiredError.
        """
        ...


class QuotaService(Protocol):
    """The backend. Raises and returns as :class:`AuthService` does."""

    async def usage(self, credential: Credential) -> Answer:
        """The quota of one account."""
        ...

    async def reset_credits(self, credential: Credential) -> Answer:
        """The list of reset credits with their expiry; best effort, never consumed."""
        ...

    async def models(self, credential: Credential) -> Answer:
        """The models the service offers this account."""
        ...

    async def workspace(self, credential: Credential) -> Answer:
        """What the service says of the account's workspace."""
        ...

    async def try_model(self, credential: Credential, model: str, route: WorkspaceRoute) -> Answer:
        """Ask one model for one word; the body holds at most the first event of the stream. Costs quota."""
        ...


class TokenOwnerService(Protocol):
    """Says whose a personal access token is. Raises and returns as :class:`AuthService` does."""

    async def token_owner(self, token: Secret) -> Answer:
        """The account of ``token``."""
        ...


class ReleaseFeed(Protocol):
    """What the project publishes. Raises and returns as :class:`AuthService` does."""

    async def latest_release(self) -> Answer:
        """The newest release of this program; nothing that identifies a person is sent."""
        ...


class StatusPage(Protocol):
    """What the service publishes about itself. Raises and returns as :class:`AuthService` does."""

    async def service_status(self) -> Answer:
        """Whether an incident is known; nothing that identifies a person is sent."""
        ...


class ConnectionProbe(Protocol):
    """Looks at the way to the service. Neither method raises: what is wrong is in the answer."""

    async def find_proxy(self, setting: Secret | None) -> FoundProxy:
        """The proxy that the setting leads to: None = detect, empty = direct."""
        ...

    async def reach(self, setting: Secret | None) -> Reached:
        """Ask the service one question without a token, which takes 15 seconds at most."""
        ...


class RemoteTable(Protocol):
    """A table of encrypted logins that several machines write.

    Nothing is ever written over a row that was not read. Every method raises a SyncError, or a ServiceError where the
    service could not be reached, was busy or broke off. A protected table answers all of them with a SyncSecretError
    where the key is none of its own.
    """

    async def status(self) -> TableStatus | None:
        """Who may use it; None where its SQL is older than that, so that anyone with the publishable key may."""
        ...

    async def rows(self) -> tuple[RemoteRow, ...]:
        """All of them, each once. Raises SyncCutOffError where they did not come whole."""
        ...

    async def row(self, row_id: str) -> RemoteRow | None:
        """One of them as it is now; None where there is none."""
        ...

    async def insert(self, row: RemoteRow) -> bool:
        """Add a row; False where there is one of that id by now, which is left as it is."""
        ...

    async def replace(self, row: RemoteRow, seen: RemoteRow) -> bool:
        """Put ``row`` in the place of ``seen``; False where that is no longer what the table holds."""
        ...

    async def add_key(self, digest: str) -> bool:
        """Let in who has the key of this digest too; False where it was let in once and is not any more."""
        ...

    async def end_other_keys(self, digest: str) -> bool:
        """Let in nobody but who has the key of this digest; False where that one is not let in itself."""
        ...

    async def take_lease(self, lease: Lease) -> LeaseAnswer | None:
        """Ask whether this computer may renew the login; None where the table has no leases."""
        ...

    async def mark_sent(self, lease: Lease) -> bool:
        """Say that the token is about to be sent; False where the lease has ended, and it must not be."""
        ...

    async def end_lease(self, lease: Lease, *, renewed: bool) -> bool:
        """End it, since the token was not used up, or the new login is in the table (``renewed``).

        Then every other one of this computer on the account ends too. False where there is none, or no leases at all.
        """
        ...

    async def rights(self) -> TableGrants | None:
        """What the table grants, tried without leaving anything there; None where its SQL can't try that."""
        ...


class Tables(Protocol):
    """Gets at tables."""

    def open(self, target: SyncTarget) -> AbstractAsyncContextManager[RemoteTable]:
        """The table of ``target``, for as long as the context lasts."""
        ...


class LoginCipher(Protocol):
    """Seals logins into the rows of a table, and opens those of every machine that shares it."""

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The names of its keys in rows, the newest first."""
        ...

    def seal(self, login: Credential, nonce: bytes, zone: tzinfo, stamp: RowStamp | None = None) -> RemoteRow:
        """The row of ``login``. ``nonce``: ``NONCE_BYTES`` that nobody has used before; ``zone``: of the file's times.

        In the protected form with ``stamp``, whose key is one of :attr:`key_ids`; otherwise as other programs read it.
        Raises SyncError.
        """
        ...

    def seal_removed(self, row_id: str, nonce: bytes, stamp: RowStamp) -> RemoteRow:
        """The row that says that its account was removed, in the protected form. Raises SyncError."""
        ...

    def open(self, row: RemoteRow) -> OpenedRow:
        """What the row holds, or why it counts as none. Never raises."""
        ...


MakeLoginCipher = Callable[[Secret], LoginCipher]
"""The cipher of the key, or keys, of a ``SyncTarget``. Raises SyncError."""
