"""Failures of giving an account to the official client."""

from probe_tray.core.errors.base import ProbeError, Remedy


class HandOverError(ProbeError):
    """An account could not be given to the client."""


class ClientBusyError(HandOverError):
    """The client has changed its login again and again while it was being replaced."""

    title_template = "Codex is changing its own login right now."
    hint_template = "Try again in a moment. Nothing was changed."
    passing = True


class ClientStoreError(HandOverError):
    """The client is set up to keep its login where nobody else can put one."""

    title_template = "Codex keeps its login where Probe Tray can't put one: {reason}."
    hint_template = 'Set cli_auth_credentials_store to "file" in {path} and try again. Nothing was changed.'


class TokenMissingError(HandOverError):
    """A login lacks one of the three tokens that the client requires."""

    title_template = "This login has no {missing}, and Codex needs one."
    hint_template = "Log in with this account again, then use it in Codex. Nothing was changed."
    remedy = Remedy.LOG_IN


class NothingReturnedError(HandOverError):
    """There is no login of the client that was set aside."""

    title_template = "There is no earlier login of Codex to put back."
    hint_template = "Use one of your accounts in Codex instead."
