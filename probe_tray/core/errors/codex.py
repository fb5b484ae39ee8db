"""Failures of handing an account to the official client."""

from probe_tray.core.errors.base import ProbeError, Remedy
from probe_tray.core.errors.stores import KeyringAbsentError, ReadError, StoreError


class CodexError(ProbeError):
    """An account could not be used in the official client."""

    title_template = "Codex still uses its earlier login."
    hint_template = "Try again. Nothing was changed."


class CodexUnfitError(CodexError):
    """The account's login is not one that the client could work with."""

    title_template = "Codex can't use this login: {reason}."
    hint_template = "Log in again here, then use the account in Codex. Nothing was changed."
    remedy = Remedy.LOG_IN


class CodexRunningError(CodexError):
    """The client runs and may be renewing the login in place: a new login would be lost with its answer."""

    title_template = "Codex is running and may be renewing its login: {programs}."
    hint_template = "Quit it, then try again. Nothing was changed."


class CodexProgramsUnknownError(CodexError):
    """The system does not list its programs: the client may run, and be renewing the login in place."""

    title_template = "Probe Tray couldn't find out whether Codex is running. It may be renewing its login."
    hint_template = "Try again. If that doesn't help, restart the computer. Nothing was changed."


class CodexBusyError(CodexError):
    """The client wrote its login again and again meanwhile."""

    title_template = "Codex keeps changing its login in {path}."
    hint_template = "Quit Codex, then try again. Nothing was lost."


class CodexWholeElsewhereError(CodexError):
    """Another home has the account with its refresh token."""

    title_template = "Codex already renews this account in {path}."
    hint_template = "Use it there, or use it here without its refresh token. Nothing was changed."


class CodexWholeSharedError(CodexError):
    """Other computers renew the account as well."""

    title_template = "Other computers renew this login too, so Codex can't have its refresh token."
    # Without the new login, the other computers still have this one, and go on renewing it.
    hint_template = (
        "Use the account without its refresh token, or stop syncing here and then log in again. Nothing was changed."
    )


class CodexNothingKeptError(CodexError):
    """Nothing of an earlier time is kept that could be put back."""

    title_template = "There is nothing to put back in {path}."
    hint_template = "Log in with Codex, or use one of your accounts there."


class CodexRenewsError(CodexError):
    """The client has the refresh token, and renews the account."""

    title_template = "Codex renews this login while it uses the account."
    hint_template = "Start Codex, or use another account there first. Probe Tray then uses the new login."
    quiet = True


class CodexCopyError(CodexError):
    """The client has a newer login of the account, and nothing shows whether ours is an old copy of it.

    The token of such a copy was spent, and sending it would end the client's login. One of its own must not be
    replaced either.
    """

    title_template = "This may be an old copy of Codex's login, so it isn't renewed."
    hint_template = "Codex has a newer login of this account. Log in again here, or import that one."
    remedy = Remedy.LOG_IN


class CodexBehindError(CodexError):
    """The place of an account that is lent could not be given its fresh token."""

    title_template = "The renewed login couldn't be passed on to Codex in {path}: {reason}."
    hint_template = "Probe Tray tries again. Codex asks you to log in when its current token expires."


class CodexRecordError(ReadError):
    """The record of what was put where is damaged: a client may have any of our refresh tokens."""

    title_template = "The file that says which accounts Codex uses is damaged: {path}."
    hint_template = (
        "Quit Codex, delete this file, then use your account in Codex again. Until then no login is renewed."
    )


class CodexHomeMissingError(StoreError):
    """The client's home is not there."""

    title_template = "The Codex folder {path} doesn't exist."
    hint_template = "Start Codex once, or create the folder, then try again."


class CodexSettingsError(ReadError):
    """The client's own settings don't say in a way that is understood where it keeps its login."""

    hint_template = "Correct that file, then try again. Nothing was changed."


class CodexKeyringError(KeyringAbsentError):
    """The client's own settings name the keyring, and there is none."""

    title_template = "{path} says that Codex keeps its login in the keyring, but this system has none."
    hint_template = (
        'Start one (GNOME Keyring or KWallet on Linux), or set "cli_auth_credentials_store" to "file" in that file.'
    )
    remedy = None


class CodexPlaceChangedError(StoreError):
    """The client wrote its login at the same moment."""

    title_template = "Codex changed its login in {path} at the same time."
    hint_template = "Try again. Nothing was lost."


class CodexNotKeptError(StoreError):
    """What was written is not what is there afterwards."""

    title_template = "Codex's login in {path} isn't the one that was just written."
    hint_template = "Check whether another program changes it, then try again. Nothing was lost."
