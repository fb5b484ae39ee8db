"""What is shown of a login that runs or that failed."""

from probe_tray.core.state import LoginPhase, LoginState
from probe_tray.view.models import LoginView
from probe_tray.view.times import Now
from probe_tray.view.translate import Translator

_BY_THE_PERSON = "LoginCancelledError"


def login(state: LoginState | None, host: str, now: Now, t: Translator) -> LoginView | None:
    """The small window of a login; None when there is nothing to say. ``host`` is the callback address's."""
    if state is None or state.phase is LoginPhase.DONE:
        return None
    if state.phase is LoginPhase.FAILED:
        return _failed(state, t)
    waiting = state.phase is LoginPhase.WAITING
    return LoginView(
        window_title=t("Log in to Codex"),
        title=_title(state, t),
        text=_text(state, host, now, t),
        failed=False,
        open_again=t("Open the page &again") if waiting else "",
        copy_address=t("&Copy address") if waiting else "",
        log_in_again="",
        cancel=t("Cancel"),
        account=state.account,
    )


def _failed(state: LoginState, t: Translator) -> LoginView | None:
    problem = state.problem
    if problem is None or problem.kind == _BY_THE_PERSON:
        return None
    return LoginView(
        window_title=t("Log in to Codex"),
        title=t.title(problem),
        text=t.hint(problem),
        failed=True,
        open_again="",
        copy_address="",
        log_in_again=t("&Log in again"),
        cancel=t("Close"),
        account=state.account,
    )


def _title(state: LoginState, t: Translator) -> str:
    if state.phase is LoginPhase.OPENING:
        return t("Opening your browser…")
    if state.phase is LoginPhase.EXCHANGING:
        return t("Finishing the login…")
    return t.title(state.problem) if state.problem else t("Finish signing in, in your browser")


def _text(state: LoginState, host: str, now: Now, t: Translator) -> str:
    if state.phase is LoginPhase.EXCHANGING:
        return t("The browser is back. Probe Tray fetches the login from the service.")
    parts: list[str] = [t.hint(state.problem)] if state.problem else []
    if state.port is not None:
        where = f"{host}:{state.port}"
        parts.append(t("Probe Tray is waiting for the answer on {where}. The window closes by itself.", where=where))
    if state.ends_at is not None:
        minutes = max(1, -int(-(state.ends_at - now.moment).total_seconds() // 60))
        parts.append(t.plural("{n} min left.", "{n} min left.", minutes))
    return " ".join(parts)
