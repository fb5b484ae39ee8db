"""What the rows of a card's menu do."""

from collections.abc import Iterator
from datetime import UTC

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from probe_tray.core.account.arrangement import Arrangement, Density, Sort
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.commands import (
    Arrange,
    Command,
    EditSettings,
    MoveAccount,
    MuteAccount,
    Refresh,
    RemoveAccount,
    Renew,
    ResetVault,
    StartLogin,
    StopSharing,
)
from probe_tray.core.settings import IconAccount, Settings, change
from probe_tray.core.state import AppState
from probe_tray.core.sync.setup import SyncState
from probe_tray.ui.panel.card_actions import CardActionHandler, WindowActions
from probe_tray.ui.question_dialog import QuestionDialog
from probe_tray.ui.theme import Theme
from probe_tray.view.presenter import present
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind, CardAction
from tests.support.fakes import FakeClock
from tests.support.widgets import open_windows, opened, part, parts, press, texts
from tests.unit.ui import samples
from tests.unit.ui.sync_samples import READY

ANA = samples.account("ana@example.com", samples.snapshot(42, 17), revocable=True)
LEE = samples.account("lee@example.com", stores=(StoreKind.FOLDER,), location="lee.json")


class Bench:
    def __init__(self, app: QApplication) -> None:
        state = AppState(loaded=True, accounts=(ANA, LEE), settings=Settings(sync_dir="~/logins"))
        self.engine = samples.FakeEngine(state)
        self.settings_shown: list[str] = []
        self.tested: list[AccountKey | None] = []
        self.moved: list[object] = []
        self.renamed: list[AccountKey] = []
        self.detailed: list[AccountKey] = []
        elsewhere = WindowActions(
            settings=self.settings_shown.append,
            models=self.tested.append,
            details=self.detailed.append,
            name=self.renamed.append,
            import_logins=lambda: self.moved.append("in"),
            export=self.moved.append,
        )
        theme, clock = Theme(app, lambda: False), FakeClock(samples.NOW)
        self.acting = CardActionHandler(self.engine, theme, Translator(), clock, elsewhere)
        self.around = QWidget()

    def menu(self, title: str) -> QMenu:
        panel = present(self.engine.state, samples.NOW, UTC, Translator()).panel
        card = next(c for c in panel.cards if c.title == title)
        menu = self.acting.open_menu(self.around, card, QPoint())
        assert menu is not None
        return menu

    def choose(self, title: str, row: str) -> None:
        menu = self.menu(title)
        next(a for a in menu.actions() if a.text() == row).trigger()
        menu.close()


def test_models_of_the_chosen_account_are_tested(bench: "Bench") -> None:
    bench.choose("lee@example.com", "&Test models…")
    assert bench.tested == [LEE.key]


def test_a_login_is_brought_and_written_in_windows_of_their_own(bench: "Bench") -> None:
    bench.acting.act(CardAction(kind=ActionKind.IMPORT, label=""))
    bench.choose("ana@example.com", "E&xport…")
    assert bench.moved == ["in", ANA.key]


def test_a_name_is_edited_where_it_stands(bench: "Bench") -> None:
    bench.choose("ana@example.com", "Ren&ame…")
    assert bench.renamed == [ANA.key]


def test_everything_about_an_account_opens(bench: Bench) -> None:
    bench.choose("ana@example.com", "&Details…")
    assert bench.detailed == [ANA.key]


@pytest.mark.parametrize(("typed", "kept"), [(" Work ", "Work"), ("", ""), ("ana@example.com ", "")])
def test_a_name_is_kept_unless_it_is_the_accounts_own(bench: "Bench", typed: str, kept: str) -> None:
    bench.acting.name(ANA.key, typed)
    (arranged,) = bench.engine.sent
    assert isinstance(arranged, Arrange)
    assert arranged.arrangement.alias(ANA.key.slug) == kept


def test_how_accounts_are_listed_is_kept(bench: "Bench") -> None:
    keys = (LEE.key, ANA.key)
    bench.acting.choose(Sort.OWN, keys)
    bench.acting.choose(Sort.NAME, keys)
    bench.acting.choose(Density.LINES, keys)
    bench.acting.pin()
    bench.acting.move(keys, LEE.key, None)
    slugs = (LEE.key.slug, ANA.key.slug)
    assert bench.engine.sent == [
        Arrange(Arrangement(sort=Sort.OWN, order=slugs)),
        Arrange(Arrangement(sort=Sort.NAME)),
        Arrange(Arrangement(density=Density.LINES)),
        Arrange(Arrangement(pinned=True)),
        Arrange(Arrangement(sort=Sort.OWN, order=slugs[::-1])),
    ]


@pytest.fixture
def bench(qtbot: QtBot, qapp: QApplication) -> Iterator[Bench]:
    found = Bench(qapp)
    yield found
    found.acting.question.close()
    found.around.deleteLater()


@pytest.mark.parametrize(
    ("title", "row", "command"),
    [
        ("ana@example.com", "Re&fresh now", Refresh(ANA.key)),
        ("ana@example.com", "Re&new now", Renew(ANA.key)),
        ("ana@example.com", "&Log in again…", StartLogin(ANA.key)),
        ("ana@example.com", "Move to the f&older", MoveAccount(ANA.key, StoreKind.FOLDER)),
        ("lee@example.com", "Move to the &vault", MoveAccount(LEE.key, StoreKind.VAULT)),
    ],
)
def test_a_row_sends_its_command(bench: Bench, title: str, row: str, command: Command) -> None:
    bench.choose(title, row)
    assert bench.engine.sent == [command]


def test_the_address_is_copied(bench: Bench) -> None:
    bench.choose("ana@example.com", "&Copy email address")
    assert QGuiApplication.clipboard().text() == "ana@example.com"


@pytest.mark.parametrize("revoke", [False, True])
def test_an_account_is_removed_after_one_question(bench: Bench, *, revoke: bool) -> None:
    bench.choose("ana@example.com", "&Remove…")
    question = opened(QuestionDialog)
    assert bench.engine.sent == []
    assert not question.isModal()
    box = part(question, QCheckBox)
    assert not box.isChecked()
    if revoke:
        box.click()
    press(question, "Remove")
    assert bench.engine.sent == [RemoveAccount(ANA.key, revoke)]
    assert not question.isVisible()


def test_a_choice_made_for_one_account_is_not_made_for_the_next(bench: Bench) -> None:
    bench.choose("ana@example.com", "&Remove…")
    part(opened(QuestionDialog), QCheckBox).click()
    bench.choose("lee@example.com", "&Remove…")
    assert "Remove lee@example.com?" in texts(opened(QuestionDialog))
    assert not parts(opened(QuestionDialog), QCheckBox)
    press(opened(QuestionDialog), "Remove")
    assert bench.engine.sent == [RemoveAccount(LEE.key, revoke=False)]


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_a_hasty_key_removes_nothing(bench: Bench, key: Qt.Key) -> None:
    bench.choose("ana@example.com", "&Remove…")
    QTest.keyClick(opened(QuestionDialog), key)
    assert not open_windows(QuestionDialog)
    assert bench.engine.sent == []


def test_the_button_that_removes_is_marked_and_works_by_return(bench: Bench) -> None:
    bench.choose("ana@example.com", "&Remove…")
    question = opened(QuestionDialog)
    buttons = {button.text(): button for button in question.findChildren(QPushButton) if button.isVisible()}
    assert set(buttons) == {"&Remove", "Cancel"}
    assert not any(button.isDefault() for button in buttons.values())
    assert buttons["&Remove"].grab().toImage() != buttons["Cancel"].grab().toImage()
    buttons["&Remove"].setFocus()
    QTest.keyClick(buttons["&Remove"], Qt.Key.Key_Return)
    assert bench.engine.sent == [RemoveAccount(ANA.key, revoke=False)]


def test_an_account_that_went_meanwhile_is_not_asked_about(bench: Bench) -> None:
    bench.engine.change(replace(bench.engine.state, accounts=()))
    bench.acting.act(CardAction(kind=ActionKind.REMOVE, label="", key=ANA.key))
    assert not open_windows(QuestionDialog)


@pytest.mark.parametrize("row", ["&Remove…", "Stop s&haring…"])
def test_a_question_about_an_account_goes_with_it(bench: Bench, row: str) -> None:
    bench.engine.change(replace(bench.engine.state, sync=SyncState(setup=READY)))
    bench.choose("ana@example.com", row)
    bench.acting.question.draw()
    assert open_windows(QuestionDialog)
    bench.engine.change(replace(bench.engine.state, accounts=(LEE,)))
    bench.acting.question.draw()
    assert not open_windows(QuestionDialog)
    assert bench.engine.sent == []


def test_a_removal_says_where_the_login_is_by_now(bench: Bench) -> None:
    bench.choose("ana@example.com", "&Remove…")
    moved = replace(ANA, stores=(StoreKind.FOLDER,), location="/logins/ana.json")
    bench.engine.change(replace(bench.engine.state, accounts=(moved, LEE)))
    bench.acting.question.draw()
    assert texts(opened(QuestionDialog))[1].startswith("This deletes the file /logins/ana.json.")
    # The login of ours went, and the client's own is left.
    theirs = replace(ANA, stores=(StoreKind.OFFICIAL,))
    bench.engine.change(replace(bench.engine.state, accounts=(theirs, LEE)))
    bench.acting.question.draw()
    assert not open_windows(QuestionDialog)


def test_a_new_key_is_made_after_one_question(bench: Bench) -> None:
    bench.engine.change(samples.troubled_lives())
    bench.choose("Saved logins", "Start with a new key…")
    assert bench.engine.sent == []
    press(opened(QuestionDialog), "Start with a new key")
    assert bench.engine.sent == [ResetVault()]


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (ActionKind.SETTINGS, ""),
        (ActionKind.NETWORK_SETTINGS, "proxy"),
        (ActionKind.STORAGE_SETTINGS, "sync_dir"),
    ],
)
def test_the_settings_open_at_what_is_asked_for(bench: Bench, kind: ActionKind, key: str) -> None:
    bench.acting.act(CardAction(kind=kind, label=""))
    assert bench.settings_shown == [key]


def test_an_account_is_chosen_for_the_icon_and_let_go_again(bench: Bench) -> None:
    bench.choose("ana@example.com", "Show in the tray &icon")
    chosen = Arrangement(in_icon=ANA.key.slug)
    assert bench.engine.sent == [Arrange(chosen)]
    bench.engine.change(replace(bench.engine.state, arrangement=chosen))
    bench.choose("lee@example.com", "Show in the tray &icon")
    bench.choose("ana@example.com", "Show the tightest account in the &icon")
    assert bench.engine.sent[1:] == [Arrange(Arrangement(in_icon=LEE.key.slug)), Arrange(Arrangement())]


def test_an_account_is_muted_and_muting_is_ended(bench: Bench) -> None:
    bench.choose("ana@example.com", "&Mute until reset")
    assert bench.engine.sent == [MuteAccount(ANA.key, muted=True)]
    muted = replace(ANA, muted_until=samples.NOW)
    bench.engine.change(replace(bench.engine.state, accounts=(muted, LEE)))
    bench.choose("ana@example.com", "Un&mute notifications")
    assert bench.engine.sent[1:] == [MuteAccount(ANA.key, muted=False)]
    # Nothing is known of a reset of the other one.
    with pytest.raises(StopIteration):
        bench.choose("lee@example.com", "&Mute until reset")


def test_choosing_an_account_for_the_icon_overrides_the_rule_of_the_settings(bench: Bench) -> None:
    best = replace(bench.engine.state.settings, icon_account=IconAccount.BEST)
    remembered = Arrangement(in_icon=ANA.key.slug)
    bench.engine.change(replace(bench.engine.state, settings=best, arrangement=remembered))
    bench.choose("ana@example.com", "Show in the tray &icon")
    assert bench.engine.sent == [EditSettings(change(icon_account=IconAccount.PINNED)), Arrange(remembered)]


def test_a_name_is_given_in_privacy_mode_too_and_the_shown_letters_are_none(bench: Bench) -> None:
    bench.engine.change(replace(bench.engine.state, settings=Settings(privacy=True)))
    bench.acting.name(ANA.key, "a•••@e•••")
    bench.acting.name(ANA.key, "Work")
    assert bench.engine.sent == [Arrange(Arrangement()), Arrange(Arrangement().named(ANA.key.slug, "Work"))]


def test_the_menu_of_an_account_names_it_as_it_is_to_be_shown(bench: Bench) -> None:
    for privacy, name in ((False, "ana@example.com"), (True, "a•••@e•••")):
        bench.engine.change(replace(bench.engine.state, settings=Settings(privacy=privacy)))
        menu = bench.acting.open_account_menu(ANA.key, bench.around, QPoint())
        assert menu is not None
        assert menu.accessibleName() == name
        menu.close()


def test_the_menu_tells_the_keys_that_do_the_same(bench: Bench) -> None:
    menu = bench.menu("ana@example.com")
    keys = {row.text(): row.shortcut().toString() for row in menu.actions() if not row.shortcut().isEmpty()}
    assert keys == {"&Details…": "Return", "Ren&ame…": "F2"}
    menu.close()


def test_sharing_is_stopped_after_a_question_that_says_what_that_means(bench: Bench) -> None:
    assert "Stop s&haring…" not in [a.text() for a in bench.menu("ana@example.com").actions()]
    bench.engine.change(replace(bench.engine.state, sync=SyncState(setup=READY)))
    bench.choose("ana@example.com", "Stop s&haring…")
    said = " ".join(texts(opened(QuestionDialog)))
    assert "only one of them can keep using it. Log in again on the others." in said
    assert "To shut out a computer instead, change the key" in said
    assert bench.engine.sent == []
    opened(QuestionDialog).accept()
    assert bench.engine.sent == [StopSharing(ANA.key)]
    bench.choose("ana@example.com", "&Remove…")
    assert "To remove it for all computers, choose Stop sharing first." in " ".join(texts(opened(QuestionDialog)))
    opened(QuestionDialog).reject()
