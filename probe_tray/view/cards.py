"""The cards of the panel: accounts, and whatever else needs a person."""

from probe_tray.core.condition import Condition, condition, tightest
from probe_tray.core.credential import ApiKeyLogin
from probe_tray.core.errors import Problem
from probe_tray.core.identity import StoreKind
from probe_tray.core.state import AccountState, AppState, Unreadable
from probe_tray.view import looks
from probe_tray.view.models import Bar, Card, IconLook, Notice, Tone
from probe_tray.view.sentences import notice, problem_notice
from probe_tray.view.renewals import last_renewal, lifetime
from probe_tray.view.times import Now, ago, date, until
from probe_tray.view.translate import Translator

_NEEDY = {
    Condition.NEEDS_LOGIN: 0,
    Condition.WAITING_KEYRING: 0,
    Condition.BLOCKED: 1,
    Condition.LIMITED: 2,
}
_LEAST_NEEDY = 3


def cards(state: AppState, now: Now, t: Translator) -> tuple[Card, ...]:
    """All cards: stores that do not work first, then the accounts, most needy and tightest first, then odd files."""
    return (
        *(_store(kind, problem, t) for kind, problem in state.store_problems),
        *(account_card(a, state, now, t) for a in by_need(state, now)),
        *((_api_key(state.api_key, t),) if state.api_key else ()),
        *(_unreadable(u, t) for u in state.unreadable),
    )


def by_need(state: AppState, now: Now) -> list[AccountState]:
    """The accounts, most needy and tightest first; equal ones by name."""

    def rank(account: AccountState) -> tuple[int, float, str]:
        need = _NEEDY.get(condition(account, state.settings, now.moment), _LEAST_NEEDY)
        used = -1.0 if account.snapshot is None else tightest(account.snapshot)
        return need, -used, name(account).casefold()

    return sorted(state.accounts, key=rank)


def name(account: AccountState) -> str:
    """What an account is called."""
    return account.email or account.workspace or account.key.account_id


def plan(account: AccountState) -> str:
    """The plan as it is written on a badge; the service's own word where it is a new one."""
    word = (account.snapshot.plan if account.snapshot else "") or account.plan
    return word.replace("_", " ").title()


def account_card(account: AccountState, state: AppState, now: Now, t: Translator) -> Card:
    """The card of one account."""
    settings = state.settings
    what = condition(account, settings, now.moment)
    look = looks.look(account, what, settings)
    hide = account.snapshot is None or what in {Condition.NEEDS_LOGIN, Condition.WAITING_KEYRING}
    rows = () if hide or account.snapshot is None else looks.bars(account.snapshot, settings, now, t)
    said = notice(account, what, settings, now, t)
    life = "" if what is Condition.NEEDS_LOGIN else lifetime(account, settings, now, t)
    title, sub, badge = name(account), _subtitle(account, t), plan(account)
    return Card(
        name=f"account {account.key.slug}",
        key=account.key,
        condition=what,
        title=title,
        subtitle=sub,
        plan=badge,
        look=look,
        bars=rows,
        dimmed=look.stale,
        life=life,
        checked="" if what is Condition.NEEDS_LOGIN else _checked(account, now, t),
        notice=said,
        spoken=_spoken(title, badge, rows, life, said, t),
        hover=_hover(account, rows, now, t),
        searched=f"{account.email} {account.workspace} {badge} {account.location}".casefold(),
    )


def _subtitle(account: AccountState, t: Translator) -> str:
    place = t("Codex client's login, read only") if account.official else ""
    workspace = account.workspace if account.email else ""
    return " · ".join(part for part in (workspace, place) if part)


def _checked(account: AccountState, now: Now, t: Translator) -> str:
    if account.snapshot is None:
        return t("Checking…") if account.checking else ""
    return ago(account.snapshot.taken_at, now, t)


def _spoken(title: str, badge: str, rows: tuple[Bar, ...], life: str, said: Notice | None, t: Translator) -> str:
    used = [
        t("{window}: {percent}% used, reset {reset}", window=b.label, percent=str(b.percent), reset=b.reset or "–")
        for b in rows
    ]
    buttons = [action.label for action in said.actions] if said is not None else []
    parts = [title, badge, *used, life, said.text if said else "", *buttons]
    return ". ".join(part.rstrip(".") for part in parts if part)


def _hover(account: AccountState, rows: tuple[Bar, ...], now: Now, t: Translator) -> str:
    lines = [name(account)]
    lines += [f"{b.label}  {b.percent_text}  {b.reset}".rstrip() for b in rows]
    if account.expires_at is not None:
        lines.append(
            t(
                "Login ends {when} · {date}",
                when=until(account.expires_at, now, t),
                date=date(account.expires_at, now, t),
            )
        )
    lines += [line for line in (last_renewal(account, now, t), account.location) if line]
    return "\n".join(lines)


def _other(what: Condition, about: str, title: str, said: Notice, text: str = "") -> Card:
    return Card(
        name=f"{what.value} {about}",
        key=None,
        condition=what,
        title=title,
        subtitle=text,
        look=IconLook(badge=what is not Condition.API_KEY),
        notice=said,
        spoken=". ".join(part.rstrip(".") for part in (title, text, said.text) if part),
        searched=f"{title} {said.text}".casefold(),
    )


def _store(kind: StoreKind, problem: Problem, t: Translator) -> Card:
    places = {
        StoreKind.VAULT: t("Saved logins"),
        StoreKind.FOLDER: t("Folder of logins"),
        StoreKind.FILES: t("Files"),
        StoreKind.OFFICIAL: t("Codex client's login"),
    }
    return _other(Condition.WAITING_KEYRING, kind.value, places[kind], problem_notice(problem, t, Tone.CRITICAL))


def _api_key(login: ApiKeyLogin, t: Translator) -> Card:
    text = t("The Codex client is signed in with an API key. An API key has no quota to show.")
    said = Notice(text=text, tone=Tone.CALM)
    return _other(Condition.API_KEY, login.location, t("Codex client"), said, login.location)


def _unreadable(found: Unreadable, t: Translator) -> Card:
    said = problem_notice(found.problem, t, Tone.WARNING)
    title = found.location.replace("\\", "/").rsplit("/", 1)[-1]
    return _other(Condition.NO_DATA, found.location, title or t("A saved login"), said)
