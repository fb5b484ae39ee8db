"""What a person or a timer wants done."""

import msgspec

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.alerts.quiet_hours import Pause
from probe_tray.core.codex.codex_state import HandOver
from probe_tray.core.quota.history import Span
from probe_tray.core.settings import SettingsPatch
from probe_tray.core.state import Way
from probe_tray.core.transfer.state import TransferCommand


class SyncNow(msgspec.Struct, frozen=True):
    """Synchronise the logins with the table now; one that runs is joined."""

    overwrite: frozenset[str] = frozenset()
    """Ids of rows that cannot be read and may be replaced: the person has agreed to that."""
    allow_open: bool = False
    """Use the table although it is not protected any more: the person has agreed to that too."""


class SetUpSync(msgspec.Struct, frozen=True, kw_only=True):
    """Keep what sync needs: the address in the settings, the secrets in the OS keyring.

    None leaves a secret as it is; one that the configuration file holds goes before the keyring's.
    """

    url: str
    api_key: Secret | None = None
    key: Secret | None = None


class TrySync(msgspec.Struct, frozen=True, kw_only=True):
    """Look at the table with these, and change nothing; None stands for the secret that is kept."""

    url: str
    api_key: Secret | None = None
    key: Secret | None = None


class ShowSyncCode(msgspec.Struct, frozen=True, kw_only=True):
    """Make the code that sets up the next computer with these; None stands for the secret that is kept."""

    url: str
    api_key: Secret | None = None
    key: Secret | None = None


class ForgetSync(msgspec.Struct, frozen=True):
    """Take the address out of the settings and the secrets out of the keyring; the table stays as it is."""


class ChangeSyncKey(msgspec.Struct, frozen=True):
    """Make a new key for the table, or go on with the one that was made; both are let in until the old one is ended."""


class EndOldSyncKey(msgspec.Struct, frozen=True):
    """Let in only who has the new key, and seal all rows with it."""


class StopSharing(msgspec.Struct, frozen=True):
    """Take an account out of the table for all computers; the logins that they have stay there."""

    account: AccountKey


TableCommand = ChangeSyncKey | EndOldSyncKey | StopSharing
"""What changes the shared table as a whole."""
SyncCommand = SyncNow | SetUpSync | TrySync | ForgetSync
"""What else concerns the shared table."""


class StartLogin(msgspec.Struct, frozen=True):
    """Sign in: a new account, or the given one again.

    While the same login waits, it shows its page again; one for another account or by another way ends first.
    """

    account: AccountKey | None = None
    way: Way = Way.BROWSER


class CancelLogin(msgspec.Struct, frozen=True):
    """End the login that waits, or put away one that failed."""


class ReopenBrowser(msgspec.Struct, frozen=True):
    """Show the sign-in page of the waiting login once more."""


class PasteAddress(msgspec.Struct, frozen=True):
    """Finish the login that waits for a browser with the address this one ended at, as the person pasted it."""

    text: Secret


class Refresh(msgspec.Struct, frozen=True):
    """Ask for the quotas now: of one account, or of all."""

    account: AccountKey | None = None


class PanelOpened(msgspec.Struct, frozen=True):
    """A person looks at the numbers: ask again for those that are not fresh."""


class LookAt(msgspec.Struct, frozen=True):
    """The panel is open and in front, with these accounts in sight; none: it is not."""

    accounts: frozenset[AccountKey]


class UseWindows(msgspec.Struct, frozen=True):
    """One of the program's windows is in use, or none is any more.

    In use: in front of all others and with the keyboard, with a key or the mouse within the last 10 minutes.
    """

    in_use: bool


class ReadStores(msgspec.Struct, frozen=True):
    """Read all stores again (the keyring was unlocked, a file was mended)."""


class EditSettings(msgspec.Struct, frozen=True):
    """Keep and use new values of some settings."""

    change: SettingsPatch


class Renew(msgspec.Struct, frozen=True):
    """Renew a login now, whatever its expiry; or all that the policy calls due."""

    account: AccountKey | None = None


class RemoveAccount(msgspec.Struct, frozen=True):
    """Delete a login here, once nobody has undone that in time.

    With ``revoke`` end it at the service first, where this program obtained it; then it is deleted at once.
    """

    account: AccountKey
    revoke: bool


class UndoLast(msgspec.Struct, frozen=True):
    """Undo what the feedback of this number is about; one that is over is too late and changes nothing."""

    number: int


class MoveAccount(msgspec.Struct, frozen=True):
    """Keep a login in the other store."""

    account: AccountKey
    to: StoreKind


class ShowDetails(msgspec.Struct, frozen=True):
    """Read what the history knows of an account."""

    account: AccountKey
    span: Span


class Arrange(msgspec.Struct, frozen=True):
    """Name, order and list the accounts like this, and remember it."""

    arrangement: Arrangement


class ResetVault(msgspec.Struct, frozen=True):
    """The vault's key is gone for good: set its records aside and go on with a new key."""


class PauseNotifications(msgspec.Struct, frozen=True):
    """Show no notification for a while; None: show them again."""

    pause: Pause | None


class MuteAccount(msgspec.Struct, frozen=True):
    """Show no notification about an account's quota until what limits it most is reset; or show them again."""

    account: AccountKey
    muted: bool


class SendRunningNotification(msgspec.Struct, frozen=True):
    """Say in a notification that the program goes on although its window was closed."""


class SendTestNotification(msgspec.Struct, frozen=True):
    """Show a notification now, so that a person can see whether and how they appear."""


class CheckNotifications(msgspec.Struct, frozen=True):
    """Find out whether the person lets the program show notifications; nobody is asked."""


class OpenNotificationSettings(msgspec.Struct, frozen=True):
    """Show the page of the system's settings on which notifications are turned on."""


NotificationCommand = (
    PauseNotifications | SendRunningNotification | SendTestNotification | CheckNotifications | OpenNotificationSettings
)


class TryModels(msgspec.Struct, frozen=True):
    """Try the models of these accounts, or of all. It uses quota: the person has agreed to that."""

    accounts: tuple[AccountKey, ...] | None = None


class StopModelTest(msgspec.Struct, frozen=True):
    """End the test of models that runs; what was done is kept."""


class FindProxy(msgspec.Struct, frozen=True):
    """Tell which proxy requests take with this setting (None = detect, empty = direct), and forget the last test."""

    proxy: Secret | None


class TryConnection(msgspec.Struct, frozen=True):
    """Try the way to the service with this setting of the proxy, in place of a test that runs."""

    proxy: Secret | None


class StopConnectionCheck(msgspec.Struct, frozen=True):
    """End the test of the way to the service."""


class OpenReleasePage(msgspec.Struct, frozen=True):
    """Show the page of the newer version in the browser."""


class UseInCodex(msgspec.Struct, frozen=True, kw_only=True):
    """Let the official client work with this account from its next start; one hand-over at a time."""

    account: AccountKey
    home: str = ""
    """One of :attr:`CodexState.homes` by its path; empty for the default one."""
    way: HandOver = HandOver.LENT
    keep: AccountKey | None = None
    """Whose login in place, which no store of ours holds, becomes an account of ours: the person was asked about it."""


class PutBackInCodex(msgspec.Struct, frozen=True):
    """Put what was in place before the first hand-over back there."""

    home: str = ""
    """As in :class:`UseInCodex`."""


class CloseCodexUse(msgspec.Struct, frozen=True):
    """The person has seen what came of the last hand-over, or does not want the one that asks."""


CodexCommand = UseInCodex | PutBackInCodex | CloseCodexUse
"""What concerns the login in the official client's place."""


class DismissTrouble(msgspec.Struct, frozen=True):
    """The person has read what went wrong."""


Command = (
    StartLogin
    | CancelLogin
    | ReopenBrowser
    | PasteAddress
    | Refresh
    | PanelOpened
    | LookAt
    | UseWindows
    | ReadStores
    | EditSettings
    | Renew
    | RemoveAccount
    | UndoLast
    | MoveAccount
    | ShowDetails
    | Arrange
    | ResetVault
    | NotificationCommand
    | MuteAccount
    | TryModels
    | StopModelTest
    | FindProxy
    | TryConnection
    | StopConnectionCheck
    | DismissTrouble
    | OpenReleasePage
    | TransferCommand
    | SyncCommand
    | TableCommand
    | CodexCommand
)
