"""Which accounts are listed, in which order, and that drawing again costs little."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.arrangement import Arrangement, Density, Sort
from probe_tray.core.account.condition import Condition, condition
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.codex.codex_state import CodexHome, CodexState
from probe_tray.core.quota.history import Span
from probe_tray.core.quota.snapshot import Limit
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.view.details.details import details
from probe_tray.view.panel.account_menu import removing
from probe_tray.view.panel.summary import best_now
from probe_tray.view.panel.survey import Memory, label_in, told_apart
from probe_tray.view.presenter import Presenter, present
from probe_tray.view.screen import Panel, ScreenContent, ScreenOptions
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Catalogue, Translator
from probe_tray.view.transfer.export_view import ExportChoices, export_view
from probe_tray.view.view_models import ActionKind, Card
from tests.unit.ui import samples
from tests.unit.ui.samples import NOW

ANA, LEE, RESEARCH, OLD = (a.email for a in samples.four().accounts)


def panel(state: AppState, options: ScreenOptions | None = None) -> Panel:
    return present(state, NOW, UTC, Translator(), options or ScreenOptions()).panel


def titles(state: AppState, options: ScreenOptions | None = None) -> list[str]:
    return [card.title for card in panel(state, options).cards]


def arranged(arrangement: Arrangement) -> AppState:
    return replace(samples.four(), arrangement=arrangement)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (Sort.NEED, [OLD, RESEARCH, LEE, ANA]),
        (Sort.NAME, [ANA, LEE, OLD, RESEARCH]),
        (Sort.RESET, [LEE, ANA, RESEARCH, OLD]),
    ],
)
def test_accounts_are_sorted_as_the_person_wants(sort: Sort, order: list[str]) -> None:
    assert titles(arranged(Arrangement(sort=sort))) == order


def test_new_accounts_stand_behind_an_order_of_ones_own() -> None:
    slugs = tuple(a.key.slug for a in samples.four().accounts[:2])
    assert titles(arranged(Arrangement(sort=Sort.OWN, order=("gone", *reversed(slugs))))) == [LEE, ANA, OLD, RESEARCH]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [(ScreenContent.ALL, 4), (ScreenContent.NEEDS_YOU, [OLD]), (ScreenContent.TIGHT, [RESEARCH, LEE])],
)
def test_only_those_that_are_wished_for_are_listed(shown: ScreenContent, expected: object) -> None:
    found = titles(samples.four(), ScreenOptions(shown=shown))
    assert (len(found) if isinstance(expected, int) else found) == expected


def test_a_search_looks_through_names_plans_and_places() -> None:
    first, *others = samples.four().accounts
    state = samples.only([replace(first, alias="Work"), *others])
    for text, expected in ((" STUDIO ", [LEE]), ("wor", ["Work"]), ("ana@", ["Work"]), ("pro", [RESEARCH])):
        assert titles(state, ScreenOptions(search=text)) == expected


def test_a_store_that_needs_a_person_is_listed_with_those_that_do() -> None:
    state = samples.troubled_lives()
    assert titles(state, ScreenOptions(shown=ScreenContent.NEEDS_YOU)) == ["Saved logins", "Folder of logins"]
    assert "Saved logins" not in titles(state, ScreenOptions(shown=ScreenContent.TIGHT))


@pytest.mark.parametrize(("state", "count"), [(samples.troubled_lives(), 2), (samples.conditions(), 4)])
def test_the_line_on_top_the_filter_and_the_cards_agree_on_how_many_need_the_person(
    state: AppState, count: int
) -> None:
    found = panel(state, ScreenOptions(shown=ScreenContent.NEEDS_YOU))
    assert f"{count} need you" in found.subline
    assert f"Needs you · {count}" in [chip.label for chip in found.chips]
    assert len(found.cards) == count


def test_a_name_of_ones_own_goes_before_the_address() -> None:
    state = samples.four().accounts[1]
    card = panel(AppState(loaded=True, accounts=(replace(state, alias="Work"),))).cards[0]
    assert (card.title, card.subtitle) == ("Work", "lee@studio.example")


def test_a_workspace_is_named_where_it_tells_accounts_apart() -> None:
    lee = samples.four().accounts[1]
    own = replace(lee, key=AccountKey("another", "user"), workspace="Personal")
    presenter = Presenter(UTC, Translator())
    for accounts, expected in (((lee,), [""]), ((lee, own), ["Personal", "Studio"]), ((lee,), [""])):
        cards = presenter.present(samples.only(accounts), NOW).panel.cards
        assert sorted(card.subtitle for card in cards) == expected


def named_alike(*told: tuple[str, str], **changes: object) -> tuple[AccountState, ...]:
    """Accounts of one address with these workspaces and plans."""
    found = samples.account("ana@example.com", samples.snapshot(42, 17), **changes)
    assert found.snapshot is not None
    return tuple(
        replace(found, key=AccountKey(f"{n}", "user"), workspace=place, snapshot=replace(found.snapshot, plan=plan))
        for n, (place, plan) in enumerate(told)
    )


@pytest.mark.parametrize(
    ("told", "privacy", "notes"),
    [
        ([("Studio", "plus")], False, [""]),
        ([("Studio", "team"), ("Personal", "team")], False, ["Studio", "Personal"]),
        ([("Studio", "team"), ("", "plus")], False, ["Studio", ""]),
        ([("Personal", "team"), ("Personal", "plus")], False, ["Team", "Plus"]),
        ([("A", "team"), ("A", "plus"), ("B", "plus")], False, ["A · Team", "A · Plus", "B · Plus"]),
        ([("A", "plus"), ("A", "plus")], False, ["", ""]),
        ([("Studio", "team"), ("Personal", "plus")], True, ["Team", "Plus"]),
        ([("Studio", "team"), ("Personal", "team")], True, ["", ""]),
    ],
)
def test_accounts_that_are_called_the_same_are_told_apart(
    told: list[tuple[str, str]], notes: list[str], *, privacy: bool
) -> None:
    accounts = named_alike(*told)
    state = AppState(loaded=True, accounts=accounts, settings=Settings(privacy=privacy))
    called = "a•••@e•••" if privacy else "ana@example.com"
    expected = [f"{called} ({note})" if note else called for note in notes]
    seen = Memory().survey(state, Now(NOW, UTC))
    assert [seen.label(found.account, Translator()) for found in seen.found] == expected
    assert [label_in(state, account, Translator()) for account in accounts] == expected


def test_a_name_of_ones_own_tells_it_apart_unless_it_is_given_twice() -> None:
    one, other = named_alike(("Studio", "team"), ("Personal", "plus"))
    assert told_apart((replace(one, alias="Work"), other), Settings()) == {}
    twice = tuple(replace(account, alias="Work") for account in (one, other))
    assert told_apart(twice, Settings()) == {one.key: "Studio", other.key: "Personal"}


def test_accounts_of_one_address_are_told_apart_wherever_they_are_named() -> None:
    full, free = named_alike(("Personal", "plus"), ("Acme", "team"))
    full = replace(full, snapshot=samples.snapshot(100, 17))
    state = samples.only([full, free])
    presenter = Presenter(UTC, Translator())
    screen = presenter.present(state, NOW)
    assert sorted(row.text.partition(" — ")[0] for row in screen.menu.rows) == [
        "ana@example.com (Acme)",
        "ana@example.com (Personal)",
    ]
    assert "Best now: ana@example.com (Acme), 58% of the 5 hours free" in screen.panel.subline
    assert screen.tray.tooltip.splitlines()[2].endswith(" (Personal)")
    assert removing(free, state, Translator()).title == "Remove ana@example.com (Acme)?"
    # One that gets another name, by a check or by hand, is told from none any more.
    renamed = replace(state, accounts=(full, replace(free, email="ben@example.com")))
    rows = presenter.present(renamed, NOW).menu.rows
    assert sorted(row.text.partition(" — ")[0] for row in rows) == ["ana@example.com", "ben@example.com"]


@pytest.mark.parametrize(
    ("told", "privacy", "notes"),
    [
        ([("Studio", "team"), ("Research", "team")], False, ("Studio", "Research")),
        ([("Studio", "team"), ("Studio", "plus")], False, ("Team", "Plus")),
        ([("Studio", "team"), ("Research", "plus")], True, ("Team", "Plus")),
    ],
)
def test_every_text_that_names_one_of_two_accounts_alone_tells_them_apart(
    told: list[tuple[str, str]], notes: tuple[str, str], *, privacy: bool
) -> None:
    accounts, t = named_alike(*told), Translator()
    state = replace(samples.only(accounts), settings=Settings(privacy=privacy))
    called = "a•••@e•••" if privacy else "ana@example.com"
    names = [f"{called} ({note})" for note in notes]
    cards = [next(c for c in panel(state).cards if c.key == account.key) for account in accounts]
    assert [card.label for card in cards] == names
    assert [card.hover.splitlines()[0] for card in cards] == names
    for card, note in zip(cards, notes, strict=True):
        assert card.spoken.startswith(f"{called}. ")
        assert note in card.spoken.split(". ")
    whole = [details(state, account.key, Span.WEEK, Now(NOW, UTC), t) for account in accounts]
    assert [one.window_title for one in whole if one] == [f"{name} in detail" for name in names]
    assert [one.menu_name for one in whole if one] == [f"More about {name}" for name in names]
    listed = export_view(state, ExportChoices(), Now(NOW, UTC), t).accounts
    plans = [f" · {card.plan}" if card.plan not in notes else "" for card in cards]
    assert [one.name for one in listed] == [name + plan for name, plan in zip(names, plans, strict=True)]
    assert [card.plan_beside for card in cards] == ["" if card.plan in notes else card.plan for card in cards]


def test_what_names_an_account_is_read_out_too() -> None:
    mine = samples.account("ana@example.com", samples.snapshot(42, 17), alias="Work")
    client = samples.account("cat@example.com", samples.snapshot(42, 17), stores=(StoreKind.OFFICIAL,))
    spoken = {card.title: card.spoken for card in panel(samples.only([mine, client])).cards}
    assert spoken["Work"].startswith("Work. ana@example.com. Plus. 5 h: 42% used")
    assert spoken["cat@example.com"].startswith("cat@example.com. Codex client's login, read only. Plus. 5 h: ")


def test_with_only_the_official_clients_login_its_card_offers_a_login_here() -> None:
    ana, lee, *_ = samples.four().accounts
    official = replace(ana, stores=(StoreKind.OFFICIAL,), expires_at=None, renewable=False)
    presenter = Presenter(UTC, Translator())
    first = presenter.present(samples.only([official]), NOW).panel
    assert first.welcome is None
    notice = first.cards[0].notice
    assert notice is not None
    assert notice.action is not None
    assert (notice.action.label, notice.action.kind) == ("Log in here too", ActionKind.LOG_IN)
    both = presenter.present(samples.only([official, lee]), NOW).panel.cards
    assert [card.notice for card in both] == [None, None]
    assert presenter.present(samples.only([ana]), NOW).panel.cards[0].notice is None


def test_the_chips_count_and_those_for_nobody_are_left_out() -> None:
    assert [c.label for c in panel(samples.many(100)).chips] == ["All", "Needs you · 4", "Tight · 37"]
    fine = AppState(
        loaded=True, accounts=tuple(samples.account(f"{n}@e.org", samples.snapshot(1, 1)) for n in range(5))
    )
    assert [c.label for c in panel(fine).chips] == ["All"]
    options = ScreenOptions(shown=ScreenContent.TIGHT)
    assert [(c.label, c.chosen) for c in panel(fine, options).chips] == [("All", False), ("Tight · 0", True)]


@pytest.mark.parametrize(
    ("density", "count", "lines"),
    [(Density.AUTO, 12, False), (Density.AUTO, 13, True), (Density.CARDS, 99, False), (Density.LINES, 1, True)],
)
def test_many_accounts_take_a_line_each(density: Density, count: int, *, lines: bool) -> None:
    assert panel(replace(samples.many(count), arrangement=Arrangement(density=density))).lines is lines


@pytest.mark.parametrize(
    ("email", "brief"),
    [
        ("old@example.com", "log in"),
        ("keyring@example.com", "waiting"),
        ("blocked@example.com", "blocked"),
        ("offline@example.com", "3 h old"),
        ("research@example.com", "Fri 18:20"),
        ("lee@studio.example", "14:30"),
        ("new@example.com", "–"),
    ],
)
def test_a_line_ends_with_the_one_thing_to_know(email: str, brief: str) -> None:
    found = {card.title: card for card in panel(samples.conditions()).cards}
    assert found[email].brief == brief


def test_an_account_that_has_not_changed_is_not_put_into_words_again() -> None:
    presenter = Presenter(UTC, Translator())
    state = samples.many(20)

    def cards(shown: AppState, minutes: int = 0) -> dict[str, Card]:
        return {c.title: c for c in presenter.present(shown, NOW + timedelta(minutes=minutes)).panel.cards}

    first = cards(state)
    changed = state.accounts[3]
    accounts = tuple(replace(a, checking=True, snapshot=None) if a is changed else a for a in state.accounts)
    second = cards(replace(state, accounts=accounts))
    assert [title for title in first if first[title] is not second[title]] == [changed.email]
    assert all(second[title] is not later for title, later in cards(replace(state, accounts=accounts), 1).items())


def test_whatever_was_remembered_the_words_are_those_of_a_first_look() -> None:
    presenter = Presenter(UTC, Translator())
    for minutes in (0, 1, 90, 60 * 24 * 4, 0):
        for state in (samples.conditions(), samples.four()):
            now = NOW + timedelta(minutes=minutes)
            again, first = presenter.present(state, now).panel, present(state, now, UTC, Translator()).panel
            assert list(again.cards) == list(first.cards)
            assert (again.headline, again.subline, again.status) == (first.headline, first.subline, first.status)


def test_an_account_ranks_by_its_other_windows_once_one_was_reset() -> None:
    soon = samples.account("soon@x.example", samples.snapshot(95, 20, short_in=timedelta(minutes=1)))
    other = samples.account("other@x.example", samples.snapshot(60, 20))
    state, memory = samples.only([soon, other]), Memory()
    best = [
        memory.survey(state, Now(NOW + timedelta(minutes=minutes), UTC)).best_first[0].account for minutes in range(3)
    ]
    assert best == [other, soon, soon]
    words = best_now(memory.survey(state, Now(NOW + timedelta(minutes=2), UTC)), Translator())
    assert words == (soon.key, "Best now: soon@x.example, 80% of the week free")


def test_the_account_to_go_on_with_is_named_while_nobody_knows_what_it_has_left() -> None:
    reset = samples.account("reset@x.example", samples.snapshot(95, 20, short_in=-timedelta(minutes=1)))
    assert reset.snapshot is not None
    windows = reset.snapshot.main.windows[:1]
    reset = replace(reset, snapshot=replace(reset.snapshot, main=Limit(windows=windows)))
    state = samples.only([reset, samples.account("other@x.example", samples.snapshot(60, 20))])
    assert best_now(Memory().survey(state, Now(NOW, UTC)), Translator()) == (reset.key, "Best now: reset@x.example")


def test_words_follow_the_language() -> None:
    t = Translator()
    presenter = Presenter(UTC, t)
    assert presenter.present(samples.four(), NOW).panel.cards[1].checked == "2 min ago"
    t.use(Catalogue(language="xx", texts={"{span} ago": ("vor {span}",)}))
    assert presenter.present(samples.four(), NOW).panel.cards[1].checked == "vor 2 min"


def test_measuring_takes_a_card_that_is_a_few_minutes_old_but_never_of_another_state() -> None:
    presenter = Presenter(UTC, Translator())
    state = samples.only(samples.four().accounts[:1])
    before = presenter.present(state, NOW).panel.cards[0]
    later = presenter.present(state, NOW + timedelta(minutes=1)).panel.cards
    assert later.about(0) is before
    assert later[0] is not before
    ended = samples.only([replace(state.accounts[0], problem=samples.ended())])
    assert presenter.present(ended, NOW + timedelta(minutes=1)).panel.cards.about(0).bars == ()


def test_after_a_check_only_its_account_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def counted(account: AccountState, settings: Settings, now: datetime) -> Condition:
        looked.append(account.email)
        return condition(account, settings, now)

    monkeypatch.setattr("probe_tray.view.panel.survey.condition", counted)
    memory, state, now = Memory(), samples.many(30), Now(NOW, UTC)
    memory.survey(state, now)
    assert len(looked) == 30
    for place in (3, 7, 3):
        changed = replace(state.accounts[place], checked_at=NOW)
        state = replace(state, accounts=(*state.accounts[:place], changed, *state.accounts[place + 1 :]))
        memory.survey(state, now)
        assert looked[30:] == [changed.email]
        del looked[30:]


def test_whatever_changes_with_or_without_a_check_is_seen_as_at_a_first_look() -> None:
    ana, lee, research, old = samples.four().accounts
    state = samples.four()
    home = CodexHome(path="~/.codex", is_default=True, account=lee.key)
    checked = replace(ana, checked_at=NOW, checking=True)
    steps = [
        replace(state, accounts=(checked, lee, research, old)),
        replace(state, accounts=(checked, lee, research, samples.account(lee.email, alias="Second"))),
        replace(state, accounts=(lee, checked, research, old)),
        replace(state, accounts=(replace(checked, email=lee.email), lee, research, old)),
        replace(state, accounts=(checked,)),
        replace(state, codex=CodexState(homes=(home,))),
        replace(state, accounts=(checked, lee, research, old), codex=CodexState(homes=(home,))),
        replace(state, codex=CodexState(homes=(home,), logged_out=frozenset({lee.key}))),
        replace(
            state,
            accounts=(ana, replace(lee, problem=samples.ended()), research, old),
            codex=CodexState(homes=(home,), logged_out=frozenset({lee.key})),
        ),
        replace(state, codex=CodexState(homes=(home,)), arrangement=Arrangement(codex_told=True)),
        replace(state, settings=replace(state.settings, privacy=True)),
        replace(state, accounts=(checked, lee, research, old), settings=replace(state.settings, privacy=True)),
    ]
    memory, now = Memory(), Now(NOW, UTC)
    for step in (state, *steps, *reversed(steps)):
        assert memory.survey(step, now).found == Memory().survey(step, now).found
