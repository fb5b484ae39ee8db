"""What a person can do about the login in the official client's place, and what is asked before some of it."""

from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.codex.codex_state import CodexHome, CodexUse, CodexUsePhase
from probe_tray.core.errors import Remedy
from probe_tray.core.state import AccountState, AppState
from probe_tray.view.panel.survey import Seen, short_label_in
from probe_tray.view.text.privacy import discreet_codex
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind, CardAction, Notice, Question, Tone

_LONGEST_NAME = 30


def use_actions(state: AppState, account: AccountState, t: Translator) -> tuple[CardAction, ...]:
    """The rows of an account's menu that are about the client: one for each of its homes, the default one first."""
    if not can_be_used(state, account):
        return ()
    found: list[CardAction] = []
    for home in discreet_codex(state.codex, state.settings).homes:
        if not _is_in_place(state, account.key, home):
            found.append(_use(account, home.key, _label(home, t)))
        elif home.has_kept:
            found.append(_put_back(home, account.key, t))
    return tuple(found)


def can_be_used(state: AppState, account: AccountState) -> bool:
    """Whether its login can be put in the client's place, once that is known.

    The client's own login is there already, and a personal access token is none that it could use.
    """
    return bool(state.codex.homes) and not (account.official or account.personal)


def is_used(state: AppState, key: AccountKey) -> bool:
    """Whether the account is in place in the default home the way that the settings say."""
    return any(_is_in_place(state, key, home) for home in state.codex.homes[:1])


def _is_in_place(state: AppState, key: AccountKey, home: CodexHome) -> bool:
    return home.account == key and home.way is state.settings.codex_hand_over


def use_next(seen: Seen, t: Translator) -> CardAction | None:
    """The button that has the client go on with the account that is suggested; None where none is."""
    found = seen.suggested
    if found is None or not can_be_used(seen.state, found.next):
        return None
    return _use(found.next, seen.state.codex.default, t("Use in Codex"))


def use_named(seen: Seen, t: Translator) -> CardAction | None:
    """The same where nothing else names the account."""
    found = use_next(seen, t)
    account = None if found is None or found.key is None else seen.state.account(found.key)
    if found is None or account is None:
        return None
    return replace(found, label=use_label(account, seen, t))


def use_label(account: AccountState, seen: Seen, t: Translator) -> str:
    """That the client is to work with the account."""
    return t("Use {name} in Codex", name=seen.short_label(account, _LONGEST_NAME, t))


def failed_use(state: AppState, t: Translator) -> Notice | None:
    """Why the last hand-over came to nothing, until it was read."""
    use = discreet_codex(state.codex, state.settings).use
    if use is not None and use.phase is CodexUsePhase.ASKING and use.account is None:
        return _kept_first(use, t)
    if use is None or use.phase is not CodexUsePhase.FAILED or use.problem is None:
        return None
    kind = ActionKind.PUT_BACK_IN_CODEX if use.account is None else ActionKind.USE_IN_CODEX
    again = CardAction(kind=kind, label=t("Try again"), key=use.account, home=_home(use, state))
    if use.problem.kind.remedy is Remedy.LOG_IN and use.account is not None:
        again = CardAction(kind=ActionKind.LOG_IN, label=t("Log in again"), key=use.account)
    close = CardAction(kind=ActionKind.CLOSE_CODEX_USE, label=t("Cancel"))
    return Notice(text=t.told(use.problem), tone=Tone.WARNING, action=again, other=close)


def _kept_first(use: CodexUse, t: Translator) -> Notice:
    """Why what the client had before is not put back over a login that nobody here knows."""
    text = t(
        "Codex has a login of {found} that Probe Tray doesn't have. Use one of your accounts in Codex first: you are "
        "then asked to keep it.",
        found=use.found,
    )
    return Notice(text=text, tone=Tone.WARNING, action=CardAction(kind=ActionKind.CLOSE_CODEX_USE, label=t("OK")))


def use_undo(seen: Seen, t: Translator) -> CardAction | None:
    """How the client gets back what it had before the last hand-over; None where nothing of it is here."""
    use = seen.state.codex.use
    if use is None or use.phase is not CodexUsePhase.DONE or use.account is None:
        return None
    home = _home(use, seen.state)
    before = None if use.before is None else seen.state.account(use.before)
    if before is not None and before.key != use.account and can_be_used(seen.state, before):
        return _use(before, home, t("Undo"))
    if use.kept:
        return CardAction(kind=ActionKind.PUT_BACK_IN_CODEX, label=t("Undo"), home=home)
    return None


def running_use(seen: Seen, t: Translator) -> str:
    """That a hand-over runs; empty where none does."""
    use = seen.state.codex.use
    if use is None or use.phase is not CodexUsePhase.RUNNING:
        return ""
    account = None if use.account is None else seen.state.account(use.account)
    if account is None:
        return t("Putting back what Codex had before…")
    return t("Giving Codex the login of {name}…", name=seen.short_label(account, _LONGEST_NAME, t))


def unknown_login_question(state: AppState, t: Translator) -> Question | None:
    """Whether to keep the login in place, which nobody here knows, before another takes its place."""
    use = discreet_codex(state.codex, state.settings).use
    if use is None or use.phase is not CodexUsePhase.ASKING or use.account is None:
        return None
    account = state.account(use.account)
    called = t("the account") if account is None else short_label_in(state, account, _LONGEST_NAME, t)
    return Question(
        window_title=t("Use in Codex"),
        title=t("Keep the login of {found} first?", found=use.found),
        text=t(
            "Codex has a login of {found} that Probe Tray doesn't have. Keep it here first, and you can go back to "
            "it at any time.",
            found=use.found,
        ),
        yes=t("&Keep and use {name}", name=called.replace("&", "&&")),
        no=t("Cancel"),
        destructive=False,
    )


def put_back_actions(state: AppState, t: Translator) -> tuple[CardAction, ...]:
    """How what the client had before comes back, in each home where something of it is kept."""
    homes = discreet_codex(state.codex, state.settings).homes
    return tuple(_put_back(home, None, t) for home in homes if home.has_kept)


def _use(account: AccountState, home: str, label: str) -> CardAction:
    return CardAction(kind=ActionKind.USE_IN_CODEX, label=label, key=account.key, home=home)


def _put_back(home: CodexHome, key: AccountKey | None, t: Translator) -> CardAction:
    label = t("Put &back what Codex had before")
    if not home.is_default:
        label = t("Put back what Codex had before in {home}", home=home.path.replace("&", "&&"))
    return CardAction(kind=ActionKind.PUT_BACK_IN_CODEX, label=label, key=key, home=home.key)


def _label(home: CodexHome, t: Translator) -> str:
    if home.is_default:
        return t("&Use in Codex")
    return t("Use in Codex in {home}", home=home.path.replace("&", "&&"))


def _home(use: CodexUse, state: AppState) -> str:
    # As it was named: it may have left the settings since, and another one must not take its place.
    return use.home or state.codex.default
