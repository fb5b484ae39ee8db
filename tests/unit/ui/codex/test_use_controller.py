"""Use in Codex in the windows: the tray's menu, the panel, and the question that is asked first."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from probe_tray.adapters.systems.current import this_desktop
from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.codex.codex_state import CodexHome, CodexState, CodexUse, CodexUsePhase, HandOver
from probe_tray.core.commands import Arrange, CloseCodexUse, Command, PutBackInCodex, Refresh, UseInCodex
from probe_tray.core.errors import CodexHomeMissingError, WriteError
from probe_tray.core.feedback import Feedback, FeedbackKind
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.ui.details.details_window import DetailsWindow
from probe_tray.ui.panel.banner import Banner
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.question_dialog import QuestionDialog
from probe_tray.ui.shell import Shell
from probe_tray.ui.widgets import closes_first
from probe_tray.view.view_models import ActionKind, CardAction
from tests.support.widgets import button, open_windows, opened, press, texts, tray_menu
from tests.unit.ui import samples
from tests.unit.ui.samples import FakeEngine, account, snapshot
from tests.unit.ui.shell_contexts import shell_context

# The screenless platform has no tray to follow.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)

ANA = account("ana@example.com", snapshot(100, 17), stores=(StoreKind.VAULT, StoreKind.OFFICIAL))
LEE = account("lee@example.com", snapshot(20, 10))
USUAL = CodexHome(path="~/.codex", is_default=True, account=ANA.key, way=HandOver.LENT)
WORK = CodexHome(path="/srv/ana@example.com/codex", is_default=False)
USE_LEE = UseInCodex(account=LEE.key, home="~/.codex")


def with_use(use: CodexUse | None, *homes: CodexHome) -> AppState:
    state = replace(samples.only([ANA, LEE]), arrangement=Arrangement(codex_told=True))
    return replace(state, codex=CodexState(homes=homes or (USUAL,), use=use))


ASKING = CodexUse(
    account=LEE.key,
    home="~/.codex",
    way=HandOver.WHOLE,
    phase=CodexUsePhase.ASKING,
    found="mia@example.com",
    asks_about=account("mia@example.com").key,
)


class Desktop:
    def __init__(self, app: QApplication) -> None:
        self.engine = FakeEngine(with_use(None))
        self.shell = Shell(app, self.engine, shell_context(desktop=this_desktop()), lambda: None)

    def change(self, state: AppState) -> None:
        self.engine.change(state)
        self.shell.draw()

    def sent(self) -> list[Command]:
        """What was asked of the engine about Codex."""
        return [c for c in self.engine.sent if isinstance(c, UseInCodex | PutBackInCodex | CloseCodexUse | Arrange)]

    def submenu(self) -> QMenu:
        action = next(a for a in tray_menu(self.shell).actions() if a.text() == "Use in &Codex" and a.isVisible())
        found = action.menu()
        assert isinstance(found, QMenu)
        return found


@pytest.fixture
def desktop(qtbot: QtBot, qapp: QApplication) -> Iterator[Desktop]:
    found = Desktop(qapp)
    yield found
    found.shell.close()


def test_one_click_in_the_trays_menu_uses_an_account_and_shows_the_panel(desktop: Desktop) -> None:
    menu = desktop.submenu()
    rows = [a for a in menu.actions() if a.isVisible()]
    assert [(a.text().partition(" ")[0], a.isChecked()) for a in rows] == [
        ("lee@example.com", False),
        ("ana@example.com", True),
    ]
    rows[0].trigger()
    assert desktop.sent() == [USE_LEE]
    assert opened(PanelWindow)
    # Only what is in place is marked, whatever Qt does with a row that was clicked.
    assert [a.isChecked() for a in rows] == [False, True]


def test_a_row_of_the_open_menu_uses_the_account_that_was_aimed_at(desktop: Desktop) -> None:
    zoe = account("zoe@example.com", snapshot(30, 10))
    desktop.change(replace(with_use(None), accounts=(LEE, zoe)))
    menu, submenu = tray_menu(desktop.shell), desktop.submenu()
    menu.aboutToShow.emit()
    row = next(a for a in submenu.actions() if a.text().startswith("lee@"))
    desktop.change(replace(with_use(None), accounts=(replace(LEE, snapshot=snapshot(97, 96)), zoe)))
    assert row.text() == "lee@example.com — 97% · 96% used"
    row.trigger()
    assert desktop.sent() == [USE_LEE]
    desktop.change(replace(with_use(None), accounts=(zoe,)))
    assert (row.text(), row.isEnabled()) == ("No longer available", False)
    row.trigger()
    assert desktop.sent() == [USE_LEE]
    menu.aboutToShow.emit()
    assert [a.text() for a in submenu.actions() if a.isVisible()] == ["zoe@example.com — 30% · 10% used"]


def test_rows_above_that_lead_to_accounts_keep_to_them_too(desktop: Desktop) -> None:
    zoe = account("zoe@example.com", snapshot(30, 10))
    desktop.change(replace(with_use(None), accounts=(ANA, LEE, zoe)))
    menu = tray_menu(desktop.shell)
    menu.aboutToShow.emit()
    best, following = (a for a in menu.actions() if a.text().startswith(("Best now: lee@", "Use lee@")))
    desktop.change(replace(with_use(None), accounts=(ANA, replace(LEE, snapshot=snapshot(97, 96)), zoe)))
    following.trigger()
    assert desktop.sent() == [USE_LEE]
    assert best.text() == "lee@example.com — 97% · 96% used"
    desktop.change(replace(with_use(None), accounts=(ANA, zoe)))
    assert [(row.text(), row.isEnabled(), row.isVisible()) for row in (best, following)] == [
        ("No longer available", False, True)
    ] * 2
    menu.aboutToShow.emit()
    assert (best.text(), following.text()) == (
        "Best now: zoe@example.com, 70% of the 5 hours free",
        "Use zoe@example.com in Codex",
    )
    assert best.isEnabled()
    assert following.isEnabled()


def test_a_notification_asks_for_the_account_that_it_has_named(desktop: Desktop) -> None:
    desktop.shell.use_in_codex(LEE.key)
    assert desktop.sent() == [USE_LEE]
    assert opened(PanelWindow)


def test_what_the_client_had_before_comes_back_from_the_trays_menu(desktop: Desktop) -> None:
    assert not [a for a in desktop.submenu().actions() if "Put" in a.text()]
    desktop.change(with_use(None, USUAL, replace(WORK, has_kept=True)))
    next(a for a in desktop.submenu().actions() if "Put" in a.text()).trigger()
    assert desktop.sent() == [PutBackInCodex(WORK.path)]


def test_the_account_that_is_suggested_is_one_click_away_in_the_menu_and_in_the_panel(desktop: Desktop) -> None:
    next(a for a in tray_menu(desktop.shell).actions() if a.text() == "Use lee@example.com in Codex").trigger()
    assert desktop.sent() == [USE_LEE]
    press(opened(PanelWindow), "Use in Codex")
    assert desktop.sent() == [USE_LEE, USE_LEE]
    desktop.change(samples.only([LEE]))
    assert not [a for a in tray_menu(desktop.shell).actions() if a.isVisible() and a.text().endswith("in Codex")]


def test_it_is_handed_over_as_the_settings_say_and_to_the_home_that_was_named(desktop: Desktop) -> None:
    desktop.change(
        replace(with_use(None, USUAL, WORK), settings=Settings(codex_hand_over=HandOver.WHOLE, privacy=True))
    )
    desktop.shell.act(CardAction(kind=ActionKind.USE_IN_CODEX, label="", key=LEE.key, home=WORK.path))
    assert desktop.sent() == [UseInCodex(account=LEE.key, home=WORK.path, way=HandOver.WHOLE)]


NAMED_AFTER = ("~/.codex-account-work", "~/.codex-org-acme", "/home/user-anna/.codex2", WORK.path, "~/.codex-work")


@pytest.mark.parametrize("privacy", [False, True])
@pytest.mark.parametrize("path", NAMED_AFTER)
def test_undo_and_try_again_are_about_the_home_of_the_hand_over(desktop: Desktop, path: str, *, privacy: bool) -> None:
    other = CodexHome(path="~/.codex-org-other", is_default=False)
    homes = (USUAL, other, CodexHome(path=path, is_default=False, account=LEE.key, way=HandOver.LENT))
    done = CodexUse(account=LEE.key, home=path, phase=CodexUsePhase.DONE, before=ANA.key)
    given = Feedback(number=1, kind=FeedbackKind.USED_IN_CODEX, account=LEE.key)
    state = replace(with_use(done, *homes), settings=Settings(privacy=privacy))
    desktop.change(replace(state, feedback=(given,)))
    desktop.shell.show_panel()
    press(opened(PanelWindow), "Undo")
    full = WriteError(path="auth.json", reason="the disk is full").problem
    failed = replace(done, phase=CodexUsePhase.FAILED, problem=full)
    desktop.change(replace(state, codex=replace(state.codex, use=failed)))
    press(opened(PanelWindow), "Try again")
    kept = replace(done, before=None, kept=True)
    desktop.change(replace(state, codex=replace(state.codex, use=kept), feedback=(given,)))
    press(opened(PanelWindow), "Undo")
    assert desktop.sent() == [
        UseInCodex(account=ANA.key, home=path),
        UseInCodex(account=LEE.key, home=path),
        PutBackInCodex(path),
    ]


def test_a_home_that_is_gone_is_not_taken_for_another_one(desktop: Desktop) -> None:
    missing = CodexHomeMissingError(path="~/.codex-work").problem
    use = CodexUse(account=LEE.key, home="~/.codex-work", phase=CodexUsePhase.FAILED, problem=missing)
    desktop.change(with_use(use))
    desktop.shell.show_panel()
    press(opened(PanelWindow), "Try again")
    assert desktop.sent() == [UseInCodex(account=LEE.key, home="~/.codex-work")]


def test_a_row_of_an_open_menu_is_about_the_home_that_it_names(desktop: Desktop) -> None:
    work = CodexHome(path="~/.codex-work", is_default=False)
    desktop.change(with_use(None, USUAL, CodexHome(path="~/.codex-old", is_default=False), work))
    desktop.shell.show_details(LEE.key)
    press(opened(DetailsWindow), "More about lee@example.com")
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    row = next(row for row in menu.actions() if row.text() == "Use in Codex in ~/.codex-work")
    desktop.change(with_use(None, USUAL, work))
    row.trigger()
    menu.close()
    assert desktop.sent() == [UseInCodex(account=LEE.key, home="~/.codex-work")]


def test_before_the_homes_were_looked_at_nothing_is_offered(desktop: Desktop) -> None:
    desktop.change(samples.only([ANA, LEE]))
    rows = [a.text() for a in tray_menu(desktop.shell).actions() if a.isVisible()]
    assert not [row for row in rows if row.startswith("Use")]


def test_a_login_that_nobody_knows_is_asked_about_once_and_kept(desktop: Desktop) -> None:
    desktop.change(with_use(ASKING))
    question = opened(QuestionDialog)
    desktop.shell.draw()
    assert texts(question)[0] == "Keep the login of mia@example.com first?"
    press(question, "Keep and use lee@example.com")
    assert desktop.sent() == [UseInCodex(account=LEE.key, home="~/.codex", way=HandOver.WHOLE, keep=ASKING.asks_about)]
    assert not open_windows(QuestionDialog)


def test_another_login_there_meanwhile_is_asked_about_again(desktop: Desktop) -> None:
    desktop.change(with_use(ASKING))
    press(opened(QuestionDialog), "Keep and use lee@example.com")
    zoe = account("zoe@example.com").key
    desktop.change(with_use(replace(ASKING, found="zoe@example.com", asks_about=zoe)))
    question = opened(QuestionDialog)
    assert texts(question)[0] == "Keep the login of zoe@example.com first?"
    press(question, "Keep and use lee@example.com")
    kept = [command.keep for command in desktop.sent() if isinstance(command, UseInCodex)]
    assert kept == [ASKING.asks_about, zoe]


@pytest.mark.parametrize("by", ["button", "another question"])
def test_whoever_does_not_want_it_kept_changes_nothing(desktop: Desktop, by: str) -> None:
    desktop.change(with_use(ASKING))
    if by == "button":
        press(opened(QuestionDialog), "Cancel")
    else:
        desktop.shell.act(CardAction(kind=ActionKind.REMOVE, label="", key=LEE.key))
    assert desktop.sent() == [CloseCodexUse()]


def test_a_question_that_is_settled_elsewhere_goes_away_and_is_put_again_when_it_comes_back(desktop: Desktop) -> None:
    desktop.change(with_use(ASKING))
    desktop.change(with_use(replace(ASKING, phase=CodexUsePhase.DONE, found="")))
    assert not open_windows(QuestionDialog)
    assert desktop.sent() == []
    desktop.change(with_use(ASKING))
    assert opened(QuestionDialog)


def test_another_question_is_not_taken_away(desktop: Desktop) -> None:
    desktop.change(with_use(ASKING))
    desktop.shell.act(CardAction(kind=ActionKind.REMOVE, label="", key=LEE.key))
    desktop.change(with_use(None))
    assert texts(opened(QuestionDialog))[0] == "Remove lee@example.com?"


def test_why_it_failed_can_be_tried_again_or_put_away_above_the_cards(desktop: Desktop) -> None:
    full = WriteError(path="auth.json", reason="the disk is full").problem
    desktop.change(with_use(replace(ASKING, phase=CodexUsePhase.FAILED, problem=full)))
    desktop.shell.show_panel()
    banner = next(b for b in opened(PanelWindow).findChildren(Banner) if b.isVisible())
    cancel, again = button(banner, "Cancel"), button(banner, "Try again")
    # As in the dialogs of this system, which begins with what closes or ends with it.
    assert (cancel.x() < again.x()) is closes_first(banner)
    press(banner, "Try again")
    press(banner, "Cancel")
    assert desktop.sent() == [USE_LEE, CloseCodexUse()]


def test_the_advice_is_remembered_as_read(desktop: Desktop) -> None:
    desktop.shell.act(CardAction(kind=ActionKind.CODEX_TOLD, label=""))
    assert desktop.sent() == [Arrange(Arrangement(codex_told=True))]


def test_a_banner_with_one_button_has_no_other(desktop: Desktop) -> None:
    desktop.change(replace(with_use(None), trouble=WriteError(path="a", reason="the disk is full").problem))
    desktop.shell.show_panel()
    banner = next(b for b in opened(PanelWindow).findChildren(Banner) if b.isVisible())
    press(banner, "OK")
    assert len([b for b in banner.stops if b.isVisible()]) == 1
    assert Refresh() not in desktop.engine.sent
