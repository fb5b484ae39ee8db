"""What is shown of a login that runs or that failed, and the ways out of it."""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from probe_tray.core.errors import (
    CertificateError,
    DataFolderError,
    DeviceCodeOffError,
    EdgeBlockedError,
    NotSentError,
    OtherAccountError,
    PortsTakenError,
    ProbeError,
    Problem,
    ProxyLoginError,
    ProxyLoginMissingError,
    RateLimitedError,
    RegionBlockedError,
    StoreError,
    StrangeAnswerError,
    UncertainError,
)
from probe_tray.core.state import LoginPhase, LoginState, Way
from probe_tray.view.text.times import Now, span
from probe_tray.view.text.translate import Translator, mark
from probe_tray.view.view_models import LoginView, PasteField

# Elsewhere these go away by themselves and spare the login; here nothing is tried again, and there is no login yet.
_SAID: Final[Mapping[type[ProbeError], tuple[str, str]]] = {
    NotSentError: (
        mark("OpenAI can't be reached: {reason}."),
        mark("Check your network and proxy, then log in again. Nothing was changed."),
    ),
    ProxyLoginError: (
        mark("The proxy {proxy} didn't accept the user name and password."),
        mark("Correct them in Settings, Network, then log in again. Nothing was changed."),
    ),
    ProxyLoginMissingError: (
        mark("The proxy {proxy} asks for a user name and a password."),
        mark("Add them to its address in Settings, Network, then log in again. Nothing was changed."),
    ),
    CertificateError: (
        mark("The secure connection to {host} couldn't be verified: {reason}."),
        mark(
            "Check this computer's clock. If your network inspects traffic, set SSL_CERT_FILE to its "
            "certificate. Then log in again."
        ),
    ),
    UncertainError: (
        mark("The connection broke before OpenAI's answer arrived: {reason}."),
        mark("Log in again. Nothing was changed."),
    ),
    RateLimitedError: (
        mark("OpenAI is limiting logins."),
        mark("Wait a few minutes, then log in again."),
    ),
    EdgeBlockedError: (
        mark("The network blocks {host}, so the login can't be finished."),
        mark("Check the proxy or VPN in Settings, Network, then log in again."),
    ),
    RegionBlockedError: (
        mark("OpenAI isn't available in this network's region."),
        mark("Use a network or proxy in a supported region (Settings, Network), then log in again."),
    ),
    StrangeAnswerError: (
        mark("OpenAI sent an answer Probe Tray can't read (status {status})."),
        mark("Log in again. If it keeps happening, update Probe Tray."),
    ),
}


def login(state: LoginState | None, host: str, who: str, now: Now, t: Translator) -> LoginView | None:
    """The small window of a login; None when there is nothing to say.

    ``host`` is the callback address's, ``who`` the name of the account that is logged in again, empty for a new one.
    """
    if state is None or state.phase is LoginPhase.DONE:
        return None
    if state.phase is LoginPhase.FAILED:
        return _failed(state, who, t)
    view = LoginView(
        window_title=_window_title(who, t),
        title=_title(state, t),
        text=_text(state, host, who, now, t),
        failed=False,
        cancel=t("Cancel"),
        account=state.account,
        way=state.way,
    )
    return _with_ways(view, state, t) if state.phase is LoginPhase.WAITING else view


def _with_ways(view: LoginView, state: LoginState, t: Translator) -> LoginView:
    if state.way is Way.CODE:
        return replace(
            view,
            code=state.user_code,
            page=state.page,
            open_again=t("&Open the page"),
            copy_code=t("&Copy code"),
            copied=t("Copied"),
            other_ways=t("Code not working?"),
            use_browser=t("Use the &browser"),
            paste=t("&Paste the address"),
        )
    by_hand = state.way is Way.PASTE
    field = PasteField(
        label=t("Address of that page"),
        button=t("&Finish"),
        problem=t.told(state.pasted) if state.pasted else "",
        at_once=by_hand,
    )
    return replace(
        view,
        open_again=t("Open the page &again"),
        copy_address=t("&Copy address"),
        copied=t("Copied"),
        other_ways=t("Pasting doesn't work?") if by_hand else t("Browser on another computer, or showing an error?"),
        use_code=t("&Use a code instead"),
        paste="" if by_hand else t("&Paste the address"),
        field=field,
    )


def _failed(state: LoginState, who: str, t: Translator) -> LoginView | None:
    problem = state.problem
    if problem is None:
        return None
    said = _of_other_account(problem, who) if who and problem.is_a(OtherAccountError) else in_a_login(problem)
    parts = [] if state.unsaved or not who else [t("{name} was not logged in.", name=who)]
    parts.append(t.hint(said))
    if state.unsaved:
        parts.append(t("You don't need to log in again. The login is kept until it can be saved."))
    if state.clock_off is not None:
        off = span(abs(state.clock_off), t)
        parts.append(t("This computer's clock is off by {span}. Set it first.", span=off))
    in_store = problem.is_a(StoreError, DataFolderError)
    in_network = problem.kind.offline or problem.kind.blocked
    in_ports = problem.is_a(PortsTakenError)
    others = in_ports or problem.is_a(DeviceCodeOffError)
    return LoginView(
        window_title=_window_title(who, t),
        title=t.title(said),
        text=t.joined(parts),
        failed=True,
        use_browser=t("Use the &browser") if others and state.way is Way.CODE else "",
        use_code=t("&Use a code instead") if others and state.way is not Way.CODE else "",
        paste=t("&Paste the address") if others else "",
        settings=t("&Settings…") if in_store or in_network else "",
        log_in_again=t("&Try again") if in_store or in_ports else t("&Log in again"),
        cancel=t("Close"),
        account=state.account,
        way=state.way,
    )


def in_a_login(problem: Problem) -> Problem:
    """``problem`` in the words for somebody who is about to log in: there is no login yet that could be fine."""
    title, hint = _SAID.get(problem.kind, (problem.title, problem.hint))
    return replace(problem, title=title, hint=hint)


def _of_other_account(problem: Problem, wanted: str) -> Problem:
    """``problem`` with the name of the account that was meant."""
    return replace(
        problem,
        title=mark("You logged in as {who}, not as {wanted}."),
        hint=mark("The login of {who} was saved. Log in again and choose {wanted} on the login page."),
        facts=(*problem.facts, ("wanted", wanted)),
    )


def _window_title(who: str, t: Translator) -> str:
    return t("Log in as {name}", name=who) if who else t("Log in to Codex")


def _title(state: LoginState, t: Translator) -> str:
    if state.phase is LoginPhase.OPENING:
        return t("Getting a code…") if state.way is Way.CODE else t("Opening your browser…")
    if state.phase is LoginPhase.EXCHANGING:
        return t("Finishing the login…")
    if state.problem is not None:
        return t.title(state.problem)
    match state.way:
        case Way.BROWSER:
            return t("Continue in your browser")
        case Way.CODE:
            return t("Enter this code in a browser")
        case Way.PASTE:
            return t("Log in, then paste the address")


def _text(state: LoginState, host: str, who: str, now: Now, t: Translator) -> str:
    if state.phase is LoginPhase.EXCHANGING:
        if who:
            return t("Probe Tray is fetching the login of {name}.", name=who)
        return t("Probe Tray is fetching your login.")
    parts = [t.hint(state.problem)] if state.problem else []
    if who:
        parts.append(t("Log in as {name}.", name=who))
    if state.phase is LoginPhase.WAITING:
        parts.append(_waiting(state, host, t))
    if state.ends_at is not None:
        minutes = max(1, -int(-(state.ends_at - now.moment).total_seconds() // 60))
        parts.append(t.plural("{n} min left.", "{n} min left.", minutes))
    return t.joined(parts)


def _waiting(state: LoginState, host: str, t: Translator) -> str:
    match state.way:
        case Way.BROWSER:
            where = f"{host}:{state.port}"
            return t("Waiting for your browser on {where}. This window closes by itself.", where=where)
        case Way.CODE:
            return t("Open the page below on any device and log in there. This window closes by itself.")
        case Way.PASTE:
            return t(
                "After you log in, the browser shows a page that will not load. Copy that page's "
                "address and paste it here."
            )
