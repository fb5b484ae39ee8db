"""Failures of the service and of the way to it."""

from collections.abc import Mapping
from typing import ClassVar

from probe_tray.core.errors.base import ProbeError, Remedy
from probe_tray.core.errors.phrase import Phrase

SERVICE = Phrase("OpenAI")
SYNC_TABLE = Phrase("Your sync table")


class ServiceError(ProbeError):
    """The service or the way to it."""

    title_template = "OpenAI didn't answer as expected."
    hint_template = "Probe Tray will try again."


class NotSentError(ServiceError):
    """The request never left: no route, no name, no proxy, no connection. Nothing was used up."""

    title_template = "{party} can't be reached: {reason}."
    usual_facts: ClassVar[Mapping[str, str]] = {"party": SERVICE}
    hint_template = "Check your network and proxy. Probe Tray will try again."
    offline = passing = quiet = True


class ProxyLoginError(NotSentError):
    """The proxy refused the user name and password that are in its address. Trying again does not help."""

    title_template = "The proxy {proxy} didn't accept the user name and password."
    hint_template = "Correct them in Settings, Network."
    passing = False
    remedy = Remedy.NETWORK_SETTINGS


class ProxyLoginMissingError(ProxyLoginError):
    """The proxy wants a user name and password, and its address holds none."""

    title_template = "The proxy {proxy} asks for a user name and a password."
    hint_template = "Add them to its address in Settings, Network."


class ProxyAddressError(NotSentError):
    """There is an address of a proxy that cannot be used: nothing is asked of the service until that is solved."""

    title_template = "The proxy address in {place} can't be used: {reason}."
    hint_template = (
        "Nothing is sent until then. Enter a proxy in Settings, Network, such as http://proxy.example:8080 or "
        "socks5h://127.0.0.1:1080."
    )
    passing = False
    remedy = Remedy.NETWORK_SETTINGS


class CertificateError(ServiceError):
    """TLS could not be verified."""

    title_template = "The secure connection to {host} couldn't be verified: {reason}."
    hint_template = (
        "Check this computer's clock. If your network inspects traffic, set SSL_CERT_FILE to its certificate."
    )
    offline = quiet = True
    remedy = Remedy.NETWORK_SETTINGS


class UncertainError(ServiceError):
    """The request was sent and its answer did not arrive whole: whether it had effect is not known."""

    title_template = "The connection broke before the answer arrived: {reason}."
    hint_template = "Probe Tray will try again."
    passing = quiet = True


class RateLimitedError(ServiceError):
    """429."""

    title_template = "{party} is limiting requests."
    usual_facts: ClassVar[Mapping[str, str]] = {"party": SERVICE}
    hint_template = "Probe Tray waits and tries again."
    passing = quiet = True


class UnavailableError(ServiceError):
    """5xx and other passing troubles."""

    title_template = "{party} is having problems right now (status {status})."
    usual_facts: ClassVar[Mapping[str, str]] = {"party": SERVICE}
    hint_template = "Probe Tray will try again."
    passing = quiet = True


class TokenRefusedError(ServiceError):
    """401, or 403 about the token: this access token is not accepted."""

    title_template = "OpenAI no longer accepts this login's access token."
    hint_template = "Probe Tray renews it if it can. If not, log in again."
    refused = True


class PersonalTokenRefusedError(TokenRefusedError):
    """A personal access token that was revoked or has ended: nothing renews it, and no login replaces it."""

    title_template = "OpenAI no longer accepts this personal access token."
    hint_template = "Make a new one where you made this one, then import it, or log in to Codex with it."


class StillRefusedError(ServiceError):
    """An access token that a renewal has just brought is refused as well: renewing again would change nothing."""

    title_template = "OpenAI no longer accepts this login, even after renewing it: {reason}."
    hint_template = "Log in again; the account keeps its name and settings."
    needs_login = True


class AccountDeactivatedError(ServiceError):
    """401 or 403 with ``account_deactivated``: neither a renewal nor a login helps."""

    title_template = "OpenAI has deactivated this account."
    hint_template = "Look for an email from OpenAI, or ask its support. Your login is kept."
    unusable = True


class WorkspaceDeactivatedError(ServiceError):
    """402 or 403 with ``deactivated_workspace``: the login is fine."""

    title_template = "This workspace is deactivated."
    hint_template = "Your login is fine. Ask the workspace's owner to reactivate it, or log in to another workspace."
    unusable = True


class WorkspaceRefusedError(ServiceError):
    """402 or 403 with ``invalid_workspace_selected``: the login is fine."""

    title_template = "This account can't use this workspace."
    hint_template = "Your login is fine. Ask the workspace's owner for access, or log in to another workspace."
    unusable = True


class LoginEndedError(ServiceError):
    """The refresh token is dead for good."""

    title_template = "This login has ended: {reason}."
    hint_template = "Log in again; the account keeps its name and settings."
    needs_login = True


class UncertainLoginError(ServiceError):
    """A refresh token was sent and the answer was lost: it may be used up."""

    title_template = "The connection broke during a renewal, so it may or may not have gone through."
    hint_template = (
        "The login works until its token expires. Probe Tray tries once more after 15 minutes. "
        "If that fails too, log in again."
    )
    quiet = True
    remedy = Remedy.LOG_IN


class RetryLaterError(ServiceError):
    """A renewal that has to wait because the last one met a passing trouble."""

    title_template = "OpenAI couldn't renew this login a moment ago."
    hint_template = "Probe Tray will try again."
    passing = quiet = True


class RenewalsPausedError(ServiceError):
    """Many renewals failed at once: none is tried for a while."""

    title_template = "Several renewals failed. Automatic renewal is paused for 30 minutes."
    hint_template = "Check your network and proxy. Your logins are safe."
    quiet = True
    remedy = Remedy.NETWORK_SETTINGS


class EdgeBlockedError(ServiceError):
    """403 with a page of the network's edge."""

    title_template = "The network blocks {host}. Your login is fine."
    hint_template = "Check the proxy or VPN in Settings, Network."
    blocked = quiet = True
    remedy = Remedy.NETWORK_SETTINGS


class RegionBlockedError(ServiceError):
    """403 unsupported_country_region_territory."""

    title_template = "OpenAI isn't available in this network's region. Your login is fine."
    hint_template = "Use a network or proxy in a supported region (Settings, Network)."
    blocked = quiet = True
    remedy = Remedy.NETWORK_SETTINGS


class StrangeAnswerError(ServiceError):
    """An answer that cannot be read."""

    title_template = "OpenAI sent an answer Probe Tray can't read (status {status})."
    hint_template = "Probe Tray will try again. If it keeps happening, update Probe Tray."
    passing = True


class ModelRefusedError(ServiceError):
    """A model that this login may not use, or that does not exist."""

    title_template = "OpenAI refused it: {reason}."
    hint_template = "Another plan or workspace may have it. If it's gone for good, remove it from the list in Settings."


class ModelFailedError(ServiceError):
    """The first thing that came from the model was a failure."""

    title_template = "The model returned an error: {reason}."
    hint_template = "Test it again later."


class ModelSilentError(ServiceError):
    """2xx, and nothing that is an answer of a model."""

    title_template = "The model didn't answer."
    hint_template = "Test it again later."


class QuotaUsedUpError(ServiceError):
    """The account has no capacity left for any model."""

    title_template = "The quota of this account is used up."
    hint_template = "Test again after it resets."


class NameNotFoundError(ServiceError):
    """DNS does not know the service."""

    title_template = "The name {host} was not found."
    hint_template = "Check that this computer is online and that DNS works. You may also need a proxy."


class ProxyNameError(ServiceError):
    """DNS does not know the proxy."""

    title_template = "The name of the proxy, {host}, was not found."
    hint_template = "Fix the proxy's address, or connect to its network."


class NoConnectionError(ServiceError):
    """The service's host cannot be reached without a proxy."""

    title_template = "Can't connect: {reason}."
    hint_template = "A firewall may be blocking it. If your network needs a proxy, enter its address here."


class ProxyFailedError(ServiceError):
    """The proxy is not there, refuses, or does not connect on."""

    title_template = "Can't connect: {reason}."
    hint_template = "Check the proxy's address and that it is running, or ask your network administrator."


class SecureConnectionError(ServiceError):
    """TLS came to no end, for another reason than the certificate."""

    title_template = "Can't make a secure connection to {host}."
    hint_template = "A firewall or your network's sign-in page may be in the way. Open a web page to check."


class SilentServiceError(ServiceError):
    """Everything works but the service."""

    title_template = "{host} was reached but didn't answer: {reason}."
    hint_template = "Try again in a few minutes."
