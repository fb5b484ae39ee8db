"""A login's life in words: how long it lasts, what came of the last renewal, and what mends one that failed."""

from datetime import datetime, timedelta

from probe_tray.core.account.condition import login_end
from probe_tray.core.errors import Problem, Remedy
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.view.codex.in_codex import NOT_IN_CODEX, InCodex
from probe_tray.view.text.times import Now, ago, at, date, span, stamp, until
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind, CardAction, Notice, Tone

_SHOWN_FOR = timedelta(minutes=2)


def coming_end(account: AccountState, now: Now, there: InCodex) -> datetime | None:
    """When a login ends that has to be renewed before; None where it hasn't or nobody knows, and once it is over."""
    end = login_end(account)
    # Its end in some days is no news where the client renews it, in the last minutes.
    return None if end is None or end <= now.moment or account.official or there.client_renews else end


def lifetime(
    account: AccountState,
    settings: Settings,
    now: Now,
    t: Translator,
    there: InCodex = NOT_IN_CODEX,
    *,
    brief: bool = False,
) -> str:
    """How long the login lasts, and who renews it. ``brief``: without the date of its end."""
    ends, renews = login_end(account), account.renewal.next_at
    if account.renewal.running:
        return t("Renewing…")
    if ends is not None and ends <= now.moment:
        return t("Access ended {ago}", ago=ago(ends, now, t))
    if account.personal:
        kind = t("Personal access token")
        return kind if ends is None else t("{kind} · ends {when}", kind=kind, when=until(ends, now, t))
    if account.official or there.client_renews:
        return t("Renewed by the Codex client")
    if renews is not None and account.renewable and settings.auto_renew:
        when = until(renews, now, t)
        if ends is None or brief:
            return t("Renews automatically {when}", when=when)
        return t("Renews automatically {when} · ends {date}", when=when, date=date(ends, now, t))
    if ends is None:
        return "" if account.renewable else t("Can't be renewed")
    left, day = until(ends, now, t), date(ends, now, t)
    if not account.renewable:
        short = t("Can't be renewed · ends {when}", when=left)
        return short if brief else t("Can't be renewed · ends {when} · {date}", when=left, date=day)
    return t("Login ends {when}", when=left) if brief else t("Login ends {when} · {date}", when=left, date=day)


def last_renewal(account: AccountState, now: Now, t: Translator, *, told: str = "") -> str:
    """When the tokens were renewed last, or why that failed, unless ``told`` says why; empty where nothing is known."""
    problem, tried = account.renewal.problem, account.renewal.last_at
    if problem is not None and t.title(problem) in told:
        return t("Failed") if tried is None else t("Failed {ago}", ago=ago(tried, now, t))
    if problem is not None:
        if tried is None:
            return t("Renewal failed. {why}", why=t.title(problem))
        return t("Renewal failed {ago}. {why}", ago=ago(tried, now, t), why=t.title(problem))
    if account.renewed_at is None:
        return ""
    return t("Renewed {when}", when=stamp(account.renewed_at, now, t))


def why_not_renewed(account: AccountState, settings: Settings, t: Translator, there: InCodex = NOT_IN_CODEX) -> str:
    """Why the program does not renew this login by itself; empty where it does."""
    if account.personal:
        return replace_token(t)
    if there.client_renews:
        return t("The Codex client renews it.")
    if account.official:
        return t("Only the Codex client can renew its own login.")
    if not account.renewable:
        return t("It has no refresh token, so it can't be renewed.")
    return "" if settings.auto_renew else t("Automatic renewal is off in Settings.")


def replace_token(t: Translator) -> str:
    """What there is to do about a personal access token that ends."""
    return t("A personal access token can't be renewed. Make a new one where you made it, then import it.")


def new_login_action(account: AccountState, t: Translator) -> CardAction:
    """The button that helps where only another login does."""
    if account.personal:
        return CardAction(kind=ActionKind.IMPORT, label=t("Import…"))
    label = t("Log in here") if account.official else t("Log in again")
    return CardAction(kind=ActionKind.LOG_IN, label=label, key=account.key, primary=True)


def renewal_notice(
    account: AccountState, settings: Settings, now: Now, t: Translator, there: InCodex = NOT_IN_CODEX
) -> Notice | None:
    """What is said of a login that still works and will end unless something, or somebody, mends its renewal."""
    ends = login_end(account)
    soon = ends is not None and ends - now.moment <= timedelta(days=settings.expiry_warning_days)
    problem = account.renewal.problem
    if account.official or there.client_renews or account.renewal.running:
        return None
    ahead = ends is not None and ends > now.moment
    left = t("This login ends in {span}.", span=span(ends - now.moment, t)) if soon and ends and ahead else ""
    if problem is not None and account.renewable:
        action = _remedy(problem, account, t)
        return Notice(
            text=t.joined((left, _failure(problem, account, now, t))),
            tone=Tone.WARNING if soon or not problem.kind.passing else Tone.CALM,
            action=action,
            other=_log_in(account, t) if soon and action.kind is not ActionKind.LOG_IN else None,
        )
    if not soon:
        return None
    if not account.renewable:
        text = t.joined((left, why_not_renewed(account, settings, t)))
        return Notice(text=text, tone=Tone.WARNING, action=new_login_action(account, t))
    if not settings.auto_renew:
        renew = CardAction(kind=ActionKind.RENEW, label=t("Renew now"), key=account.key)
        return Notice(text=t.joined((left, why_not_renewed(account, settings, t))), tone=Tone.WARNING, action=renew)
    return None


def round_words(state: AppState, now: Now, t: Translator) -> tuple[str, Tone] | None:
    """What came of renewing all that were due, as long as it is news."""
    latest = state.round
    if latest is None:
        return None
    if latest.ended_at is None:
        return t("Renewing logins…"), Tone.CALM
    if now.moment - latest.ended_at > _SHOWN_FOR:
        return None
    if latest.fresh and not (latest.renewed or latest.failed or latest.unable):
        return t("No login needs renewing yet"), Tone.CALM
    parts = [
        t.plural("{n} login renewed", "{n} logins renewed", latest.renewed) if latest.renewed else "",
        t.plural("{n} failed", "{n} failed", latest.failed) if latest.failed else "",
        t.plural("{n} can't be renewed", "{n} can't be renewed", latest.unable) if latest.unable else "",
        t.plural("{n} not due yet", "{n} not due yet", latest.fresh) if latest.fresh else "",
    ]
    words = " · ".join(part for part in parts if part) or t("No login to renew")
    return words, Tone.WARNING if latest.failed or latest.unable else Tone.CALM


def _failure(problem: Problem, account: AccountState, now: Now, t: Translator) -> str:
    title = t.title(problem)
    if not problem.kind.passing:
        return t.told(problem)
    next_at = account.renewal.next_at
    if next_at is None or next_at <= now.moment:
        return t("The last renewal failed. {why}", why=title)
    return t("The last renewal failed. {why} Next try {when}.", why=title, when=at(next_at, now, t))


def _log_in(account: AccountState, t: Translator) -> CardAction:
    """The button of one way among others: the login still works, and the next try may renew it."""
    return CardAction(kind=ActionKind.LOG_IN, label=t("Log in again"), key=account.key)


def _remedy(problem: Problem, account: AccountState, t: Translator) -> CardAction:
    match problem.kind.remedy:
        case Remedy.LOG_IN:
            return _log_in(account, t)
        case Remedy.NETWORK_SETTINGS:
            return CardAction(kind=ActionKind.NETWORK_SETTINGS, label=t("Settings…"))
        case Remedy.STORAGE_SETTINGS:
            return CardAction(kind=ActionKind.STORAGE_SETTINGS, label=t("Settings…"))
        case None:
            label = t("Renew now") if problem.kind.passing else t("Try again")
            return CardAction(kind=ActionKind.RENEW, label=label, key=account.key)
