"""Failures of the service and of the way to it."""

from probe_tray.core.errors.base import ProbeError


class ServiceError(ProbeError):
    """The service or the way to it."""

    title_template = "The service did not answer as expected."
    hint_template = "Probe Tray tries again by itself."


class NotSentError(ServiceError):
    """The request never left: no route, no name, no proxy, no connection. Nothing was used up."""

    title_template = "The service cannot be reached: {reason}."
    hint_template = "Check the network and the proxy. Probe Tray tries again by itself."


class ProxyLoginError(NotSentError):
    """The proxy refused the user name and password that are in its address. Trying again does not help."""

    title_template = "The proxy {proxy} did not accept the user name and password."
    hint_template = "Correct them in Settings, Network."


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


class StillRefusedError(ServiceError):
    """An access token that a renewal has just brought is refused as well: renewing again would change nothing."""

    title_template = "OpenAI no longer accepts this login, even after renewing it: {reason}."
    hint_template = "Log in again; the account keeps its name and settings."
    needs_login = True


class AccountDeactivatedError(ServiceError):
    """401 or 403 with ``account_deactivated``: neither a renewal nor a login helps."""

    title_template = "OpenAI has deactivated this account."
    hint_template = "Look for an email from OpenAI, or ask its support. Your login is kept."


class WorkspaceDeactivatedError(ServiceError):
    """402 or 403 with ``deactivated_workspace``: the login is fine."""

    title_template = "This workspace is deactivated."
    hint_template = "Your login is fine. Ask the workspace's owner to reactivate it, or log in to another workspace."


class WorkspaceRefusedError(ServiceError):
    """402 or 403 with ``invalid_workspace_selected``: the login is fine."""

    title_template = "This account can't use this workspace."
    hint_template = "Your login is fine. Ask the workspace's owner for access, or log in to another workspace."


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
