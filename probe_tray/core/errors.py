"""Every failure a person can meet, as a sentence and what to do about it.

One base, :class:`ProbeError`; one leaf per cause. ``title`` says what happened, ``hint`` what the person can do now.
Both are English templates with named facts; the view translates the template and fills in the facts, so a state keeps
:class:`Problem` (data) and never an exception. Facts are reviewed values: no token, no proxy password, no raw body.

ProbeError
  UsageError, ConfigError, SettingRoundedError, NoDisplayError, SystemLibraryError, DataFolderError, CredentialFileError
  NotAnsweringError
  StoreError
    KeyringAbsentError, KeyringLockedError, KeyringDeniedError, KeyringNoAnswerError
    KeyMissingError, RecordError, WriteError, ReadError, OfficialLoginError, SavedForLaterError, JournalSealedError
    NoSuchStoreError
  NotRenewableError, NotRevokedError, ClockError
  LoginError
    PortsTakenError, BrowserError, LoginDeniedError, LoginNotEntitledError, LoginTimedOutError, LoginCancelledError
    ExchangeError, IncompleteReplyError, WrongAccountError, OtherAccountError, OfficialExpiredError
    DeviceCodeOffError, DeviceCodeEndedError, PastedAddressError
  ServiceError
    NotSentError, CertificateError, UncertainError, RateLimitedError, UnavailableError, TokenRefusedError
    LoginEndedError, UncertainLoginError, RetryLaterError, RenewalsPausedError
    EdgeBlockedError, RegionBlockedError, StrangeAnswerError
    ModelRefusedError, ModelFailedError, ModelSilentError, QuotaUsedUpError
    NameNotFoundError, ProxyNameError, NoConnectionError, ProxyFailedError, SecureConnectionError, SilentServiceError
"""

from datetime import timedelta
from typing import ClassVar

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A failure as data: what a state keeps and a view turns into a sentence."""

    kind: str
    """The class name of the error, for code that decides by cause."""
    title: str
    hint: str
    facts: tuple[tuple[str, str], ...] = ()
    needs_login: bool = False
    retry_after: float | None = None
    """Seconds after which trying again makes sense; None when the service did not say."""


class ProbeError(Exception):
    """The base of every failure this program reports."""

    title_template: ClassVar[str] = "Something went wrong."
    hint_template: ClassVar[str] = "Try again; if it stays, copy the diagnostics and report it."
    needs_login: ClassVar[bool] = False

    def __init__(self, *, retry_after: timedelta | None = None, **facts: str) -> None:
        """Make the failure with the ``facts`` its templates name."""
        self.retry_after = retry_after
        self.facts = facts
        super().__init__()

    @property
    def title(self) -> str:
        """What happened, in English."""
        return self.title_template.format_map(self.facts)

    @property
    def hint(self) -> str:
        """What the person can do now, in English."""
        return self.hint_template.format_map(self.facts)

    @property
    def problem(self) -> Problem:
        """This failure as data."""
        return Problem(
            kind=type(self).__name__,
            title=self.title_template,
            hint=self.hint_template,
            facts=tuple(sorted(self.facts.items())),
            needs_login=self.needs_login,
            retry_after=None if self.retry_after is None else self.retry_after.total_seconds(),
        )

    def __str__(self) -> str:
        return f"{self.title} {self.hint}".strip()


class UsageError(ProbeError):
    """The command was called in a way it does not know."""

    title_template = "{what}"
    hint_template = "Run it with --help to see what it takes."


class ConfigError(ProbeError):
    """A configuration value that cannot be used."""

    title_template = "The configuration {path} cannot be used: {key} is {found}."
    hint_template = "Allowed: {allowed}. Correct it there; the file was left as it is."


class SettingRoundedError(ProbeError):
    """A setting of an earlier version, which took more values."""

    title_template = "{key} is {found} in {path}; {used} is used, the nearest value there is now."
    hint_template = "Choose the one you want in Settings. The file was left as it is."


class NoDisplayError(ProbeError):
    """The tray app was started where there is no screen."""

    title_template = "There is no display to show Probe Tray on."
    hint_template = "Start it inside a desktop session, or use the command codex-probe here."


class SystemLibraryError(ProbeError):
    """A library of the operating system that Qt needs is not installed."""

    title_template = "The system library {library} is missing, so Probe Tray cannot open a window."
    hint_template = (
        "Install it: on Debian and Ubuntu "
        "apt install libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0."
    )


class NotAnsweringError(ProbeError):
    """The tray app runs already, and what a second start asked of it was not heard."""

    title_template = "Probe Tray is running already, but does not answer."
    hint_template = "Wait a moment and try again; if it stays so, end its process and start it anew."


class DataFolderError(ProbeError):
    """The program's own folder cannot be used."""

    title_template = "The data folder {path} cannot be used: {reason}."
    hint_template = "Make it writable for your user, or set XDG_DATA_HOME to a folder that is."


class CredentialFileError(ProbeError):
    """A file that holds no login this program can read."""

    title_template = "{path} cannot be read as a login: {reason}."
    hint_template = "The file was left as it is. Sign in again to replace it, or remove it from the list."


class StoreError(ProbeError):
    """A store of logins does not work."""

    title_template = "The logins cannot be reached."
    hint_template = "Try again."


class KeyringAbsentError(StoreError):
    """No keyring that is known to keep a secret."""

    title_template = "This system has no keyring that Probe Tray can trust with the key to your logins."
    hint_template = (
        "Install and start one (GNOME Keyring or KWallet on Linux), "
        "or choose a folder of credential files in Settings, Storage."
    )


class KeyringLockedError(StoreError):
    """The keyring is locked, or its prompt was dismissed."""

    title_template = "The keyring is locked, so your logins cannot be opened yet."
    hint_template = "Unlock the keyring and press Try again. Nothing was lost."


class KeyringDeniedError(StoreError):
    """The keyring refused."""

    title_template = "The keyring refused to hand out the key to your logins."
    hint_template = "Allow Probe Tray in the keyring's own program, then press Try again. Nothing was lost."


class KeyringNoAnswerError(StoreError):
    """The keyring did not answer in time."""

    title_template = "The keyring does not answer."
    hint_template = "Look for a password window behind the others, then press Try again. Nothing was lost."


class KeyMissingError(StoreError):
    """Records exist, their key does not."""

    title_template = "The key to your saved logins is no longer in the keyring."
    hint_template = "Unlock or restore the keyring that held it, or sign in again. The saved files were kept."


class RecordError(StoreError):
    """One record of the vault cannot be opened."""

    title_template = "A saved login cannot be opened: {reason}."
    hint_template = "The file {path} was kept. Restore it from a backup, or sign in again."


class ReadError(StoreError):
    """A store's file or folder cannot be read."""

    title_template = "{path} cannot be read: {reason}."
    hint_template = "Check that the file belongs to you and that you may read it."


class OfficialLoginError(StoreError):
    """Somebody asked to change the official client's own login."""

    title_template = "The login in {path} belongs to the official Codex client, so it is only shown."
    hint_template = "Let that client renew it or sign out of it, or log in here for a login of Probe Tray's own."


class WriteError(StoreError):
    """A store's file or folder cannot be written."""

    title_template = "{path} cannot be written: {reason}."
    hint_template = "Make room or make it writable, then try again. What was there before is unchanged."


class NoSuchStoreError(StoreError):
    """The store to move to is not set up."""

    title_template = "There is no folder of credential files to move the login to."
    hint_template = "Choose one in Settings, Storage, then try again."


class NotRevokedError(ProbeError):
    """The service did not end a login that was to be removed."""

    title_template = "The service did not end the login ({reason}), so it was not removed."
    hint_template = "Try again later, or remove it without ending it at the service."


class LoginError(ProbeError):
    """A login that did not come to its end."""

    title_template = "The login did not work."
    hint_template = "Log in again."


class PortsTakenError(LoginError):
    """Neither callback port can be had."""

    title_template = "The login cannot listen for the browser: ports 1455 and 1457 are taken by {holder}."
    hint_template = "Close that program and log in again, or use a code, or paste the address instead."


class BrowserError(LoginError):
    """The system has no browser that starts."""

    title_template = "The browser could not be opened."
    hint_template = "Copy the address and open it yourself; the login goes on."


class LoginDeniedError(LoginError):
    """The person, or the workspace, said no at the consent page."""

    title_template = "The login was refused at the sign-in page."
    hint_template = "Log in again and choose Continue."


class LoginNotEntitledError(LoginError):
    """Codex is not enabled for the workspace."""

    title_template = "Codex is not enabled for this workspace."
    hint_template = "Ask the workspace's administrator to enable Codex, or sign in with another account or workspace."


class LoginTimedOutError(LoginError):
    """Nobody came back from the browser in time."""

    title_template = "Nobody finished signing in within {minutes} minutes, so the login was ended."
    hint_template = "Log in again when you are ready."


class LoginCancelledError(LoginError):
    """The person cancelled."""

    title_template = "The login was cancelled."
    hint_template = "Nothing was changed."


class ExchangeError(LoginError):
    """The service did not turn the code into tokens."""

    title_template = "The service did not finish the login: {reason}."
    hint_template = "Log in again; if it stays like this, try later."


class IncompleteReplyError(LoginError):
    """The service's answer lacks a token."""

    title_template = "The service's answer to the login lacks {missing}."
    hint_template = "Log in again. Nothing was changed."


class WrongAccountError(LoginError):
    """Another account than the expected one answered."""

    title_template = "Another account answered than the one that was asked for."
    hint_template = "Choose the same account at the sign-in page. Nothing was overwritten."


class OtherAccountError(LoginError):
    """Signing in again brought another account than the one that needed it."""

    title_template = "You signed in as {who}, which is not the account that needs its login."
    hint_template = "That account was added. Log in again and choose the other one at the sign-in page."


class DeviceCodeOffError(LoginError):
    """The service does not hand out device codes here."""

    title_template = "Signing in with a code is not enabled for this account."
    hint_template = "Use the browser instead, or paste the address."


class DeviceCodeEndedError(LoginError):
    """The service ended the wait for a device code."""

    title_template = "The service no longer accepts this code: {reason}."
    hint_template = "Log in again to get a new code."


class PastedAddressError(LoginError):
    """What was pasted does not finish the login that waits; that one goes on waiting."""

    title_template = "This does not finish the login: {reason}."
    hint_template = (
        "Sign in on the page that was opened last, then copy the whole address you end at and paste it here."
    )


class OfficialExpiredError(LoginError):
    """The official client's access token has ended; only that client may renew it."""

    title_template = "The login of the official Codex client has expired."
    hint_template = "Use Codex once, which renews its login, or log in here to have a login of your own."


class ServiceError(ProbeError):
    """The service or the way to it."""

    title_template = "The service did not answer as expected."
    hint_template = "Probe Tray tries again by itself."


class NotSentError(ServiceError):
    """The request never left: no route, no name, no proxy, no connection. Nothing was used up."""

    title_template = "The service cannot be reached: {reason}."
    hint_template = "Check the network and the proxy. Probe Tray tries again by itself."


class CertificateError(ServiceError):
    """TLS could not be verified."""

    title_template = "The secure connection to {host} could not be verified: {reason}."
    hint_template = (
        "If your network inspects traffic, point SSL_CERT_FILE at its certificate; check this computer's clock."
    )


class UncertainError(ServiceError):
    """The request was sent and its answer did not arrive whole: whether it had effect is not known."""

    title_template = "The connection broke before the answer arrived: {reason}."
    hint_template = "Probe Tray tries again by itself."


class RateLimitedError(ServiceError):
    """429."""

    title_template = "The service asks to wait before the next question."
    hint_template = "Probe Tray waits and tries again by itself."


class UnavailableError(ServiceError):
    """5xx and other passing troubles."""

    title_template = "The service has trouble at the moment (status {status})."
    hint_template = "Probe Tray tries again by itself."


class TokenRefusedError(ServiceError):
    """401, or 403 about the token: this access token is not accepted."""

    title_template = "The service no longer accepts this login's access token."
    hint_template = "Probe Tray renews it if it can; otherwise log in again."


class LoginEndedError(ServiceError):
    """The refresh token is dead for good."""

    title_template = "This login has ended: {reason}."
    hint_template = "Log in again; the account keeps its name and settings."
    needs_login = True


class UncertainLoginError(ServiceError):
    """A refresh token was sent and the answer was lost: it may be used up."""

    title_template = "The connection broke during a renewal, so it is not known whether it went through."
    hint_template = (
        "The login still works until its token ends. Probe Tray tries once more, 15 minutes after the break; "
        "if that fails too, log in again."
    )


class RetryLaterError(ServiceError):
    """A renewal that has to wait because the last one met a passing trouble."""

    title_template = "The service could not renew this login a short while ago, so Probe Tray waits a little."
    hint_template = "It tries again by itself."


class RenewalsPausedError(ServiceError):
    """Many renewals failed at once: none is tried for a while."""

    title_template = "Many renewals failed within minutes, so renewing rests for half an hour."
    hint_template = "Check the network and the proxy. Your logins are kept; renewing goes on by itself."


class ClockError(ProbeError):
    """This computer's clock is wrong."""

    title_template = "This computer's clock is {minutes} minutes away from the service's."
    hint_template = "Set the clock right; until then the times that Probe Tray shows and goes by are wrong too."


class NotRenewableError(ProbeError):
    """There is no refresh token that is ours to use."""

    title_template = "This login cannot be renewed: it has no refresh token of its own."
    hint_template = "Log in again when it ends."
    needs_login = True


class SavedForLaterError(StoreError):
    """The new tokens are in the journal, and a store could not take them."""

    title_template = "The login was renewed, but {path} cannot be written: {reason}."
    hint_template = (
        "The new tokens are safe in Probe Tray's data folder and are filled in once the file can be written."
    )


class JournalSealedError(StoreError):
    """An answer is in the journal that cannot be opened for the time being."""

    title_template = "A renewal's answer is kept safe but cannot be opened yet."
    hint_template = "Unlock the keyring; the renewal is then completed by itself."


class EdgeBlockedError(ServiceError):
    """403 with a page of the network's edge."""

    title_template = "The network blocks {host}. Your login is fine."
    hint_template = "Check the proxy or VPN in Settings, Network."


class RegionBlockedError(ServiceError):
    """403 unsupported_country_region_territory."""

    title_template = "The service is not offered in the region this network is in. Your login is fine."
    hint_template = "Use a network or proxy in a supported region (Settings, Network)."


class StrangeAnswerError(ServiceError):
    """An answer that cannot be read."""

    title_template = "The service answered something that Probe Tray cannot read (status {status})."
    hint_template = "Probe Tray tries again by itself; if it stays, look for an update."


class ModelRefusedError(ServiceError):
    """A model that this login may not use, or that does not exist."""

    title_template = "The service does not let this login use the model: {reason}."
    hint_template = "Another plan or workspace may have it. Remove it from the list in Settings if it is gone for good."


class ModelFailedError(ServiceError):
    """The first thing that came from the model was a failure."""

    title_template = "The model answered with an error: {reason}."
    hint_template = "Test it again later."


class ModelSilentError(ServiceError):
    """2xx, and nothing that is an answer of a model."""

    title_template = "The service took the question, but the model said nothing."
    hint_template = "Test it again later."


class QuotaUsedUpError(ServiceError):
    """The account has no capacity left for any model."""

    title_template = "The quota of this account is used up."
    hint_template = "Test again after it has been reset."


class NameNotFoundError(ServiceError):
    """DNS does not know the service."""

    title_template = "The name {host} was not found."
    hint_template = "Check that this computer is online and that its DNS works; a proxy may be needed too."


class ProxyNameError(ServiceError):
    """DNS does not know the proxy."""

    title_template = "The name of the proxy, {host}, was not found."
    hint_template = "Correct the proxy's address, or connect to the network it belongs to."


class NoConnectionError(ServiceError):
    """The service's host cannot be reached without a proxy."""

    title_template = "No connection comes about: {reason}."
    hint_template = "A firewall may forbid it. If your network needs a proxy, enter its address here."


class ProxyFailedError(ServiceError):
    """The proxy is not there, refuses, or does not connect on."""

    title_template = "The proxy does not work: {reason}."
    hint_template = "Check its address, user name and password, or ask whoever runs it."


class SecureConnectionError(ServiceError):
    """TLS came to no end, for another reason than the certificate."""

    title_template = "No secure connection to {host} comes about."
    hint_template = (
        "Something on the way may break it up, such as a firewall or a sign-in page of the network: "
        "open a web page to see."
    )


class SilentServiceError(ServiceError):
    """Everything works but the service."""

    title_template = "{host} was reached, but did not answer: {reason}."
    hint_template = "Try again in a few minutes."
