"""The tray's menu while it is open: each row stays where it is, about the same account."""

from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.codex.codex_state import CodexHome, CodexState, HandOver
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.core.update.release import Release
from probe_tray.view.presenter import Presenter, present
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import CardAction, Menu
from tests.unit.ui import samples
from tests.unit.ui.samples import NOW, account, snapshot

USUAL = CodexHome(path="~/.codex", is_default=True)
WORK = CodexHome(path="~/.codex-work", is_default=False, has_kept=True)
ANA = account("ana@example.com", snapshot(42, 17))
LEE = account("lee@example.com", snapshot(60, 30))
ZOE = account("zoe@example.com", snapshot(100, 80), stores=(StoreKind.VAULT, StoreKind.OFFICIAL))
GONE = "No longer available"


def state(*accounts: AccountState, homes: tuple[CodexHome, ...] = (USUAL,), privacy: bool = False) -> AppState:
    return replace(
        samples.only(list(accounts)), codex=CodexState(homes=homes), settings=Settings(privacy=privacy), loaded=True
    )


def opened_on(before: AppState, after: AppState) -> tuple[Menu, Menu]:
    """The menu as it opened, and as it is after a change."""
    presenter = Presenter(UTC, Translator())
    opened = presenter.present_closed(before, NOW).menu
    return opened, presenter.present_closed(after, NOW, opened).menu


def said(menu: Menu) -> list[str]:
    return [row.text for row in menu.rows]


def test_the_rows_keep_their_order_and_tell_the_new_numbers() -> None:
    spent = replace(ANA, snapshot=snapshot(97, 96))
    before, after = state(ANA, LEE, ZOE), state(spent, LEE, ZOE)
    _, menu = opened_on(before, after)
    assert said(menu) == [
        "zoe@example.com — full until 16:02 · in Codex",
        "lee@example.com — 60% · 30% used",
        "ana@example.com — 97% · 96% used",
    ]
    assert [row.text for row in menu.use.rows] == [
        "ana@example.com — 97% · 96% used",
        "lee@example.com — 60% · 30% used",
        "zoe@example.com — full until 16:02",
    ]
    fresh = present(after, NOW, UTC, Translator()).menu
    assert said(fresh)[1].startswith("ana@"), "the next opening ranks them again"
    assert fresh.use.rows[0].text.startswith("lee@")


def test_an_account_that_is_gone_is_not_named_and_can_not_be_pressed() -> None:
    opened, menu = opened_on(state(ANA, LEE), state(LEE))
    assert [row.key for row in menu.rows] == [row.key for row in opened.rows] == [LEE.key, ANA.key]
    assert [(row.text, row.there) for row in menu.rows] == [("lee@example.com — 60% · 30% used", True), (GONE, False)]
    assert [(row.text, row.there) for row in menu.use.rows] == [
        (GONE, False),
        ("lee@example.com — 60% · 30% used", True),
    ]


def test_a_new_account_waits_for_the_next_opening() -> None:
    _, menu = opened_on(state(LEE), state(LEE, ZOE))
    assert said(menu) == ["lee@example.com — 60% · 30% used"]
    # With two accounts one of them is the best one, and the row for it would push all others down.
    assert (menu.best, menu.best_account, menu.use_next) == ("", None, None)


def test_a_row_of_the_seventh_account_stays_and_hides_its_name_with_the_others() -> None:
    six = tuple(account(f"{n}@example.com", snapshot(50 + n, 10)) for n in range(6))
    seventh = account("seventh@example.com", snapshot(55.5, 10))
    before = state(*six, seventh)
    fallen = replace(six[1], snapshot=snapshot(3, 3))
    opened, menu = opened_on(before, state(six[0], fallen, *six[2:], seventh, privacy=True))
    assert fallen.key in {row.key for row in menu.rows}
    assert [row.key for row in menu.rows] == [row.key for row in opened.rows]
    assert "@example" not in " ".join((menu.best, *said(menu), *(row.text for row in menu.use.rows)))
    assert menu.all_accounts == opened.all_accounts == "&All 7 accounts…"


def test_the_row_of_the_best_account_stays_with_it_when_another_one_is_better() -> None:
    opened, menu = opened_on(state(ANA, LEE), state(replace(ANA, snapshot=snapshot(97, 96)), LEE))
    assert (opened.best, opened.best_account) == ("Best now: ana@example.com, 58% of the 5 hours free", ANA.key)
    assert (menu.best, menu.best_account) == ("ana@example.com — 97% · 96% used", ANA.key)
    _, menu = opened_on(state(ANA, LEE), state(replace(ANA, snapshot=snapshot(43, 17)), LEE))
    assert menu.best == "Best now: ana@example.com, 57% of the 5 hours free"
    _, menu = opened_on(state(ANA, LEE), state(LEE, ZOE))
    assert (menu.best, menu.best_account) == (GONE, None)


SPENT_IN_CODEX = replace(USUAL, account=ZOE.key, way=HandOver.LENT)


@pytest.mark.parametrize(
    ("after", "label", "key"),
    [
        (state(replace(ANA, snapshot=snapshot(99, 99)), LEE, ZOE), "Use ana@example.com in Codex", ANA.key),
        (state(ANA, LEE, replace(ZOE, snapshot=snapshot(1, 1))), "Use ana@example.com in Codex", ANA.key),
        (state(ANA, LEE, ZOE, privacy=True), "Use a•••@e••• in Codex", ANA.key),
        (state(LEE, ZOE), GONE, None),
        (state(replace(ANA, personal=True), LEE, ZOE), GONE, None),
    ],
)
def test_the_row_of_the_account_to_use_next_stays_with_it(after: AppState, label: str, key: AccountKey | None) -> None:
    opened, menu = opened_on(state(ANA, LEE, ZOE, homes=(SPENT_IN_CODEX,)), after)
    assert opened.use_next is not None
    assert opened.use_next.key == ANA.key
    assert menu.use_next is not None
    assert (menu.use_next.label, menu.use_next.key) == (label, key)


def test_what_is_put_back_stays_with_its_folder() -> None:
    usual = replace(USUAL, has_kept=True)

    def of(before: tuple[CodexHome, ...], after: tuple[CodexHome, ...]) -> CardAction | None:
        return opened_on(state(ANA, LEE, homes=before), state(ANA, LEE, homes=after))[1].use.put_back

    both = of((USUAL, WORK), (usual, WORK))
    assert both is not None
    assert both.home == WORK.path
    assert of((usual, WORK), (USUAL, WORK)) is None
    assert of((USUAL,), (usual,)) is None


def test_rows_that_come_and_go_wait_for_the_next_opening() -> None:
    newer = replace(state(ANA, LEE), release=Release(version="9.9.9"))
    assert opened_on(state(ANA, LEE), newer)[1].release == ""
    assert opened_on(newer, state(ANA, LEE))[1].release
    assert opened_on(state(ANA, LEE, homes=()), state(ANA, LEE))[1].use.title == ""
    assert opened_on(state(ANA, LEE), state(ANA, LEE, homes=()))[1].use.title == "Use in &Codex"


NAMES = "abcdefghij"
HOMES = ((), (USUAL,), (USUAL, WORK), (replace(USUAL, has_kept=True),))


@st.composite
def states(draw: st.DrawFn) -> AppState:
    """Up to ten accounts, any numbers, any homes."""
    used = st.sampled_from((0, 50, 96, 100))
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    accounts = [account(f"{name}@example.com", snapshot(draw(used), draw(used))) for name in names]
    return state(*accounts, homes=draw(st.sampled_from(HOMES)))


@settings(max_examples=30)
@given(states(), states())
def test_whatever_happens_no_row_moves(before: AppState, after: AppState) -> None:
    opened, menu = opened_on(before, after)
    for shown, was in ((menu.rows, opened.rows), (menu.use.rows, opened.use.rows)):
        assert [row.key for row in shown] == [row.key for row in was]
        there = {one.email for one in after.accounts}
        assert all(row.there is (row.text.partition(" ")[0] in there) for row in shown)
    for has, had in (
        (menu.best, opened.best),
        (menu.use_next, opened.use_next),
        (menu.all_accounts, opened.all_accounts),
        (menu.use.title, opened.use.title),
        (menu.use.all_accounts, opened.use.all_accounts),
        (menu.release, opened.release),
    ):
        assert bool(has) is bool(had)
    assert menu.best_account in {opened.best_account, None}
    assert opened_on(before, before) == (opened, opened)
