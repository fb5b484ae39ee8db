"""One account in full: all its windows, its past, its login's life, and where that is kept."""

from datetime import datetime, timedelta

import msgspec

from probe_tray.core.account.condition import Condition, condition, login_end
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.models.model_test import ModelResult
from probe_tray.core.quota.history import RenewalRecord, Span
from probe_tray.core.quota.snapshot import Limit, Snapshot
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.view.codex.in_codex import NOT_IN_CODEX, InCodex, in_codex, place_words, use_notice, use_words
from probe_tray.view.codex.use_actions import can_be_used, failed_use, is_used
from probe_tray.view.details.chart import Chart, chart, chart_title
from probe_tray.view.panel import looks
from probe_tray.view.panel.cards import subtitle
from probe_tray.view.panel.renewal_status import last_renewal, lifetime, why_not_renewed
from probe_tray.view.panel.survey import label_in, name, plan, shared_addresses
from probe_tray.view.sync.last_changes import shared_words
from probe_tray.view.text.money import money
from probe_tray.view.text.privacy import discreet_account
from probe_tray.view.text.sentences import notice
from probe_tray.view.text.times import Now, date, stamp
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind, Bar, CardAction, IconLook, Notice

_RENEWALS, _MODELS = 5, 9
_SAME = timedelta(minutes=1)
"""What is recorded within it of a renewal is that renewal."""


class DetailLine(msgspec.Struct, frozen=True):
    """A line of the lower part."""

    label: str
    value: str


class LifetimeMark(msgspec.Struct, frozen=True):
    """A moment in a login's life."""

    at: float
    """From its beginning to its end, 0 to 1."""
    text: str


class LoginLifetime(msgspec.Struct, frozen=True, kw_only=True):
    """A login's life from the day its tokens came to the day they end."""

    today: float
    """0 to 1."""
    renews_from: float | None
    """From where on it is renewed; None where it is not."""
    marks: tuple[LifetimeMark, ...]


class SpanChoice(msgspec.Struct, frozen=True, kw_only=True):
    """How far back the chart goes."""

    span: Span
    label: str
    chosen: bool


class DetailsView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of one account."""

    key: AccountKey
    window_title: str
    title: str
    subtitle: str
    look: IconLook
    actions: tuple[CardAction, ...]
    menu_name: str
    notice: Notice | None
    bars: tuple[Bar, ...]
    dimmed: bool
    chart_title: str
    spans: tuple[SpanChoice, ...]
    chart: Chart
    outlook: str
    life_title: str
    life: LoginLifetime | None
    life_words: str
    facts: tuple[DetailLine, ...]


def details(state: AppState, key: AccountKey, span: Span, now: Now, t: Translator) -> DetailsView | None:
    """All of one account; None once it is gone."""
    real = state.account(key)
    if real is None:
        return None
    account = discreet_account(real, state.settings)
    what = condition(account, state.settings, now.moment)
    look = looks.look(account, what, state.settings)
    known = state.details if state.details is not None and state.details.account == key else None
    main = looks.bars(account, state.settings, now, t)
    there = in_codex(state).get(key, NOT_IN_CODEX)
    shares, called = real.email in shared_addresses(state.accounts), label_in(state, real, t)
    said = _notice(account, what, state, there, now, t)
    return DetailsView(
        key=key,
        window_title=t("{name} in detail", name=called),
        title=name(account),
        subtitle=_subtitle(account, there, t, workspace=shares),
        look=look,
        actions=_actions(account, state, there, t),
        menu_name=t("More about {name}", name=called),
        notice=said,
        bars=(*main, *_further(account.snapshot, state, now, t)),
        dimmed=look.stale or what in {Condition.NEEDS_LOGIN, Condition.WAITING_KEYRING},
        chart_title=chart_title(state.settings, t),
        spans=_spans(span, t),
        chart=chart(known, span, state.settings, now, t),
        outlook=next(
            (t("{window}: {outlook}", window=b.label, outlook=b.outlook) for b in reversed(main) if b.outlook), ""
        ),
        life_title=t("Login"),
        life=_life(account, state.settings, now, t),
        life_words=lifetime(account, state.settings, now, t, there),
        facts=_facts(account, known.renewals if known else (), state, there, "" if said is None else said.text, now, t),
    )


def _subtitle(account: AccountState, there: InCodex, t: Translator, *, workspace: bool) -> str:
    parts = (use_words(account, there, t), subtitle(account, t, workspace=workspace), plan(account))
    return " · ".join(part for part in parts if part)


def _notice(
    account: AccountState, what: Condition, state: AppState, there: InCodex, now: Now, t: Translator
) -> Notice | None:
    use = state.codex.use
    failed = failed_use(state, t) if use is not None and use.account == account.key else None
    return failed or notice(account, what, state.settings, now, t, there) or use_notice(account, there, t)


def _facts(
    account: AccountState,
    renewals: tuple[RenewalRecord, ...],
    state: AppState,
    there: InCodex,
    told: str,
    now: Now,
    t: Translator,
) -> tuple[DetailLine, ...]:
    """What is known besides, with nothing for what is not. ``told`` stands above them already."""
    settings = state.settings
    facts = (
        *money(account.snapshot, settings.percentages, now, t),
        (t("Kept in"), _kept_in(account, t)),
        (t("In Codex"), place_words(there, t)),
        (t("Renewal"), why_not_renewed(account, settings, t, there)),
        (t("Last renewal"), last_renewal(account, now, t, told=told)),
        (t("In the shared table"), shared_words(state.sync, account.key, now, t)),
        (t("Earlier renewals"), _earlier(account, renewals, now, t)),
        (t("Last model test"), _models(account, now, t)),
    )
    return tuple(DetailLine(label, value) for label, value in facts if value)


def _actions(account: AccountState, state: AppState, there: InCodex, t: Translator) -> tuple[CardAction, ...]:
    use = CardAction(kind=ActionKind.USE_IN_CODEX, label=t("Use in Codex"), key=account.key, home=state.codex.default)
    renew = CardAction(kind=ActionKind.RENEW, label=t("Renew now"), key=account.key)
    test = CardAction(kind=ActionKind.TEST_MODELS, label=t("Test models"), key=account.key)
    uses = (use,) if can_be_used(state, account) and not is_used(state, account.key) else ()
    return (*uses, renew, test) if account.renewable and not there.client_renews else (*uses, test)


def _spans(span: Span, t: Translator) -> tuple[SpanChoice, ...]:
    labels = {Span.DAY: t("24 h"), Span.WEEK: t("7 days"), Span.MONTH: t("30 days")}
    return tuple(SpanChoice(span=s, label=label, chosen=s is span) for s, label in labels.items())


def _further(snapshot: Snapshot | None, state: AppState, now: Now, t: Translator) -> list[Bar]:
    """The windows of the limits besides the main one, by the limit's name."""
    if snapshot is None:
        return []
    limits: list[tuple[str, Limit]] = [(e.name or e.feature or t("Other limit"), e) for e in snapshot.extra]
    if snapshot.code_review is not None:
        limits.insert(0, (t("Code review"), snapshot.code_review))
    found: list[Bar] = []
    for called, limit in limits:
        for window in limit.windows:
            drawn = looks.bar(window, snapshot, state.settings, now, t)
            several = len(limit.windows) > 1
            label = t("{limit}, {window}", limit=called, window=drawn.label) if several else called
            found.append(msgspec.structs.replace(drawn, label=label))
    return found


def _life(account: AccountState, settings: Settings, now: Now, t: Translator) -> LoginLifetime | None:
    began, ends = account.renewed_at, login_end(account)
    if began is None or ends is None or ends <= began:
        return None
    whole = ends - began

    def place(moment: datetime) -> float:
        return min(max((moment - began) / whole, 0.0), 1.0)

    renews = account.renewal.next_at if settings.auto_renew and account.renewable else None
    if renews is not None and not began < renews < ends:
        renews = None
    marks = [
        LifetimeMark(0.0, t("last renewed {date}", date=date(began, now, t))),
        LifetimeMark(1.0, t("ends {date}", date=date(ends, now, t))),
    ]
    if renews is not None:
        marks.insert(1, LifetimeMark(place(renews), t("renews {date}", date=date(renews, now, t))))
    return LoginLifetime(
        today=place(now.moment),
        renews_from=None if renews is None else place(renews),
        marks=tuple(marks),
    )


def _kept_in(account: AccountState, t: Translator) -> str:
    places = {
        StoreKind.VAULT: t("Encrypted vault; its key is in the system keyring"),
        StoreKind.FOLDER: t("the folder of logins"),
        StoreKind.FILES: t("a file"),
        StoreKind.OFFICIAL: t("the Codex client"),
    }
    words = ", ".join(places[kind] for kind in account.stores)
    return f"{words} · {account.location}" if account.location else words


def _earlier(account: AccountState, renewals: tuple[RenewalRecord, ...], now: Now, t: Translator) -> str:
    """Those before the last one, which has a line of its own."""
    last = account.renewal.last_at or account.renewed_at
    earlier = [r for r in renewals if last is None or abs(r.at - last) > _SAME]
    return "\n".join(
        t("{when}: renewed", when=stamp(r.at, now, t))
        if not r.reason
        else t("{when}: failed", when=stamp(r.at, now, t))
        for r in earlier[:_RENEWALS]
    )


def _models(account: AccountState, now: Now, t: Translator) -> str:
    test = account.models
    if test is None:
        return ""
    when = stamp(test.started_at, now, t)
    if test.problem is not None:
        return t("{when}: {problem}", when=when, problem=t.title(test.problem))
    answered = [r for r in test.results if r.available]
    said = t("{when}: {k} of {n} models answered", when=when, k=str(len(answered)), n=str(len(test.results)))
    lines = [_model(result, t) for result in test.results[:_MODELS]]
    if len(test.results) > _MODELS:
        lines.append(t.plural("and {n} more", "and {n} more", len(test.results) - _MODELS))
    return "\n".join((said, *lines))


def _model(result: ModelResult, t: Translator) -> str:
    if result.problem is not None:
        return f"{result.model} · {t.title(result.problem)}"
    if result.latency is None:
        return result.model
    return f"{result.model} · {t('{seconds} s', seconds=f'{result.latency:.1f}')}"
