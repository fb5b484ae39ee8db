"""Failures of signing in."""

from probe_tray.core.errors.base import ProbeError, Remedy


class LoginError(ProbeError):
    """A login that did not come to its end."""

    title_template = "The login didn't work."
    hint_template = "Log in again."


class PortsTakenError(LoginError):
    """Neither callback port can be had."""

    title_template = "The login ports 1455 and 1457 are in use by {holder}."
    hint_template = "Close that program and try again, or use a code or paste the address instead."


class PortsReservedError(PortsTakenError):
    """Nobody listens on the callback ports of Windows, and yet neither can be had."""

    title_template = "Windows may have reserved the login ports 1455 and 1457."
    hint_template = "Use a code or paste the address instead. To see them: netsh int ipv4 show excludedportrange tcp"


class LoginUnderWayError(PortsTakenError):
    """Another process of this program waits for a browser."""

    title_template = "Another login is under way on this computer."
    hint_template = "Finish or cancel that one first, or use a code instead."


class BrowserError(LoginError):
    """The system has no browser that starts."""

    title_template = "Your browser couldn't be opened."
    hint_template = "Copy the address and open it yourself. The login is still waiting."


class LoginDeniedError(LoginError):
    """The person, or the workspace, said no at the consent page."""

    title_template = "You did not allow the login."
    hint_template = "Nothing was changed."


class LoginNotEntitledError(LoginError):
    """Codex is not enabled for the workspace."""

    title_template = "Codex is not enabled for this workspace."
    hint_template = "Ask the workspace's administrator to enable Codex, or log in with another account or workspace."


class LoginTimedOutError(LoginError):
    """Nobody came back from the browser in time."""

    title_template = "The login wasn't finished within {minutes} minutes."
    hint_template = "Log in again when you are ready."


class ExchangeError(LoginError):
    """The service did not turn the code into tokens."""

    title_template = "OpenAI didn't finish the login: {reason}."
    hint_template = "Log in again. If that doesn't help, try later."


class IncompleteReplyError(LoginError):
    """The service's answer lacks a token."""

    title_template = "OpenAI's answer to the login is missing {missing}."
    hint_template = "Log in again. Nothing was changed."


class IdTokenError(LoginError):
    """The id token of a new login is not one that was made for this program."""

    title_template = "OpenAI's answer to the login didn't pass a check: {reason}."
    hint_template = "Log in again. Nothing was changed."


class IdTokenExpiredError(LoginError):
    """The id token of a new login had ended when it came, by the clock that is believed."""

    title_template = "The new login had already expired when it arrived."
    hint_template = "Check this computer's date and time, then log in again. Nothing was changed."


class WrongAccountError(LoginError):
    """Another account than the expected one answered."""

    title_template = "That's a different account than the one you were asked for."
    hint_template = "Choose the same account on the login page. Nothing was overwritten."
    remedy = Remedy.LOG_IN


class OtherAccountError(LoginError):
    """Signing in again brought another account than the one that needed it."""

    title_template = "You logged in as {who}, which isn't the account that needs a login."
    hint_template = "Its login was saved. Log in again and choose the other one on the login page."


class DeviceCodeOffError(LoginError):
    """The service does not hand out device codes here."""

    title_template = "Logging in with a code is not enabled for this account."
    hint_template = "Use the browser or paste the address instead."


class DeviceCodeEndedError(LoginError):
    """The service ended the wait for a device code."""

    title_template = "OpenAI no longer accepts this code: {reason}."
    hint_template = "Log in again to get a new code."


class PastedAddressError(LoginError):
    """What was pasted does not finish the login that waits; that one goes on waiting."""

    title_template = "That is not the right address: {reason}."
    hint_template = (
        "Log in on the page that was opened last, then copy the whole address of the page you "
        "end up on and paste it here."
    )


class OfficialExpiredError(LoginError):
    """The official client's access token has ended; only that client may renew it."""

    title_template = "The Codex client's login has expired."
    hint_template = "Start Codex once to renew it, or log in here."
    refused = True
