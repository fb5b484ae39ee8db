"""The login's window as a person uses it, over made-up states."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFont, QFontInfo
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import DeviceCodeOffError, PastedAddressError, PortsTakenError, WriteError
from probe_tray.core.login.oauth import CallbackFault
from probe_tray.core.state import AppState, LoginPhase, LoginState, Way
from probe_tray.resources import resource
from probe_tray.ui.login.login_dialog import LoginActions, LoginDialog
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.presenter import present
from probe_tray.view.text.translate import Translator, parse_po
from tests.unit.ui import samples
from tests.unit.ui.samples import NOW

BROWSER = samples.waiting_login()
CODE = LoginState(
    phase=LoginPhase.WAITING,
    way=Way.CODE,
    user_code="WDJB-MJHT",
    page="https://auth.openai.com/codex/device",
    ends_at=NOW + timedelta(minutes=15),
)
PASTE = LoginState(phase=LoginPhase.WAITING, way=Way.PASTE, ends_at=NOW + timedelta(minutes=9))
WRONG = PastedAddressError(reason=CallbackFault.OTHER_LOGIN.value).problem
FAILED = tuple(
    LoginState(phase=LoginPhase.FAILED, way=way, problem=error.problem, unsaved=True, clock_off=timedelta(hours=3))
    for way, error in (
        (Way.BROWSER, PortsTakenError(holder="a program with a rather long name (process 123456)")),
        (Way.CODE, DeviceCodeOffError()),
        (Way.BROWSER, WriteError(path="/home/somebody/folder/with/logins", reason="the disk is full")),
    )
)
CHINESE = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))


class Person:
    """One in front of the window."""

    def __init__(self, app: QApplication) -> None:
        self.did: list[tuple[Any, ...]] = []
        self.pasted: list[Secret] = []
        self.dialog = LoginDialog(
            Theme(app, lambda: False),
            IconPainter(),
            LoginActions(
                open_again=lambda: self.did.append(("open",)),
                copy_address=lambda: self.did.append(("copy address",)),
                copy_text=lambda text: self.did.append(("copy", text)),
                log_in=lambda account, way: self.did.append(("log in", account, way)),
                paste=self.pasted.append,
                settings=lambda: self.did.append(("settings",)),
                cancel=lambda: self.did.append(("cancel",)),
            ),
        )

    def sees(self, state: LoginState | None, t: Translator | None = None) -> None:
        model = present(AppState(login=state), NOW, UTC, t or Translator()).login
        self.dialog.show_model(model)
        if model is not None:
            self.dialog.show()
        QApplication.processEvents()

    def buttons(self) -> dict[str, QPushButton]:
        found = self.dialog.findChildren(QPushButton)
        return {b.text().replace("&", ""): b for b in found if b.isVisible()}

    def press(self, text: str) -> None:
        self.buttons()[text].click()
        QApplication.processEvents()

    @property
    def field(self) -> QLineEdit:
        return self.dialog.findChildren(QLineEdit)[0]

    def words(self) -> list[str]:
        return [label.text() for label in self.dialog.findChildren(QLabel) if label.isVisible() and label.text()]


@pytest.fixture
def person(qapp: QApplication) -> Iterator[Person]:
    found = Person(qapp)
    yield found
    found.sees(None)
    found.dialog.deleteLater()


@pytest.fixture
def font(qapp: QApplication) -> Iterator[QFont]:
    before = QFont(qapp.font())
    yield QFont(before)
    qapp.setFont(before)


def test_it_never_blocks_other_windows(person: Person) -> None:
    person.sees(BROWSER)
    assert person.dialog.isVisible()
    assert not person.dialog.isModal()


def test_the_buttons_of_a_waiting_login_do_what_they_say(person: Person) -> None:
    person.sees(replace(BROWSER, account=samples.four().accounts[0].key))
    for text in ("Open the page again", "Copy address", "Use a code instead"):
        person.press(text)
    assert person.did == [("open",), ("copy address",), ("log in", samples.four().accounts[0].key, Way.CODE)]


def test_a_code_is_shown_large_and_can_be_copied(person: Person) -> None:
    person.sees(CODE)
    assert "WDJB-MJHT" in person.words()
    assert CODE.page in person.words()
    for text in ("Use the browser", "Paste the address", "Copy code"):
        person.press(text)
    assert person.did == [
        ("log in", None, Way.BROWSER),
        ("log in", None, Way.PASTE),
        ("copy", "WDJB-MJHT"),
    ]


def test_opening_the_page_copies_the_code_and_says_so(person: Person) -> None:
    person.sees(CODE)
    assert "Copied" not in person.buttons()
    person.press("Open the page")
    assert person.did == [("copy", "WDJB-MJHT"), ("open",)]
    assert "Copied" in person.buttons()


def test_the_letters_of_a_code_are_equally_wide(person: Person) -> None:
    person.sees(CODE)
    (code,) = (label for label in person.dialog.findChildren(QLabel) if label.text() == "WDJB-MJHT")
    assert QFontInfo(code.font()).fixedPitch()


def test_pasting_opens_a_field_in_the_same_window(person: Person) -> None:
    person.sees(BROWSER)
    assert not person.field.isVisible()
    before = person.dialog.height()
    person.press("Paste the address")
    assert person.field.isVisible()
    assert person.dialog.focusWidget() is person.field
    assert person.dialog.height() > before
    assert "Paste the address" not in person.buttons()
    assert person.did == []


@pytest.mark.parametrize("by_key", [True, False])
def test_what_is_pasted_is_sent_once_and_kept_nowhere(person: Person, *, by_key: bool) -> None:
    person.sees(BROWSER)
    person.press("Paste the address")
    QTest.keyClicks(person.field, "code=canary")
    if by_key:
        QTest.keyClick(person.field, Qt.Key.Key_Return)
    else:
        person.press("Finish")
    assert person.pasted == [Secret("code=canary")]
    assert (person.field.text(), person.field.isUndoAvailable(), person.field.isRedoAvailable()) == ("", False, False)
    assert person.did == []
    assert person.dialog.isVisible()


def test_an_empty_field_sends_nothing(person: Person) -> None:
    person.sees(PASTE)
    QTest.keyClicks(person.field, "  ")
    QTest.keyClick(person.field, Qt.Key.Key_Return)
    assert person.pasted == []


def test_the_field_stays_open_while_time_passes_and_a_wrong_address_is_explained(person: Person) -> None:
    person.sees(BROWSER)
    person.press("Paste the address")
    QTest.keyClicks(person.field, "half")
    person.sees(replace(BROWSER, ends_at=NOW + timedelta(minutes=3)))
    assert person.field.text() == "half"
    person.sees(replace(BROWSER, pasted=WRONG))
    assert person.field.isVisible()
    assert any(CallbackFault.OTHER_LOGIN.value in text for text in person.words())
    assert CallbackFault.OTHER_LOGIN.value in person.field.accessibleDescription()


def test_a_login_by_pasting_has_its_field_ready(person: Person) -> None:
    person.sees(PASTE)
    assert person.field.isVisible()
    assert person.dialog.focusWidget() is person.field


@pytest.mark.parametrize("after", [None, CODE, replace(BROWSER, phase=LoginPhase.EXCHANGING)])
def test_what_was_typed_is_gone_with_the_login_it_was_for(person: Person, after: LoginState | None) -> None:
    person.sees(BROWSER)
    person.press("Paste the address")
    QTest.keyClicks(person.field, "code=canary")
    person.sees(after)
    person.sees(BROWSER)
    assert person.field.text() == ""
    assert not person.field.isVisible()


@pytest.mark.parametrize(
    ("state", "text", "did"),
    [
        (FAILED[0], "Use a code instead", ("log in", None, Way.CODE)),
        (FAILED[0], "Paste the address", ("log in", None, Way.PASTE)),
        (FAILED[0], "Try again", ("log in", None, Way.BROWSER)),
        (FAILED[1], "Use the browser", ("log in", None, Way.BROWSER)),
        (FAILED[1], "Log in again", ("log in", None, Way.CODE)),
        (FAILED[2], "Try again", ("log in", None, Way.BROWSER)),
        (FAILED[2], "Settings…", ("settings",)),
        (FAILED[2], "Close", ("cancel",)),
    ],
)
def test_a_failure_can_be_mended_from_its_window(
    person: Person, state: LoginState, text: str, did: tuple[Any, ...]
) -> None:
    person.sees(state)
    person.press(text)
    assert person.did == [did]


def test_enter_logs_in_again_after_a_failure_and_does_nothing_while_it_waits(person: Person) -> None:
    person.sees(BROWSER)
    QTest.keyClick(person.dialog, Qt.Key.Key_Return)
    assert person.did == []
    person.sees(FAILED[2])
    QTest.keyClick(person.dialog, Qt.Key.Key_Return)
    assert person.did == [("log in", None, Way.BROWSER)]


def test_escape_cancels_and_forgets(person: Person) -> None:
    person.sees(PASTE)
    QTest.keyClicks(person.field, "code=canary")
    QTest.keyClick(person.dialog, Qt.Key.Key_Escape)
    assert person.did == [("cancel",)]
    assert not person.dialog.isVisible()
    assert person.field.text() == ""


@pytest.mark.parametrize("state", [BROWSER, CODE, PASTE, *FAILED])
def test_the_keyboard_reaches_every_button_in_the_order_they_are_seen(person: Person, state: LoginState) -> None:
    person.sees(state)
    reached: list[QWidget] = []
    last = next(b for text, b in person.buttons().items() if text in {"Cancel", "Close"})
    last.setFocus()
    for _ in range(20):
        QTest.keyClick(person.dialog, Qt.Key.Key_Tab)
        focused = person.dialog.focusWidget()
        assert focused is not None
        reached.append(focused)
        if focused is last:
            break
    assert set(person.buttons().values()) <= set(reached)
    assert (person.field in reached) == person.field.isVisible()
    places = [w.mapTo(person.dialog, w.rect().bottomLeft()) for w in reached]
    assert places == sorted(places, key=lambda p: (p.y() // 12, p.x()))


def test_the_keyboard_is_never_left_on_cancel_while_there_is_something_better(person: Person) -> None:
    opening = LoginState(phase=LoginPhase.OPENING)
    for state, text in ((opening, "Cancel"), (BROWSER, "Open the page again"), (CODE, "Open the page")):
        person.sees(state)
        assert person.dialog.focusWidget() is person.buttons()[text]
    person.buttons()["Copy code"].setFocus()
    person.sees(replace(CODE, ends_at=NOW + timedelta(minutes=3)))
    assert person.dialog.focusWidget() is person.buttons()["Copy code"]
    person.sees(FAILED[0])
    assert person.dialog.focusWidget() is person.buttons()["Try again"]


@pytest.mark.parametrize("state", [BROWSER, CODE, PASTE, *FAILED])
def test_what_can_be_reached_has_a_name_and_every_label_is_plain(person: Person, state: LoginState) -> None:
    person.sees(state)
    assert all(b.text() or b.accessibleName() for b in person.buttons().values())
    written = [label for label in person.dialog.findChildren(QLabel) if label.text()]
    assert {label.textFormat() for label in written} == {Qt.TextFormat.PlainText}
    if state is PASTE:
        assert person.field.accessibleName() == "Address of that page"


def test_from_state_to_state_it_takes_the_room_it_needs_and_no_more(qapp: QApplication, person: Person) -> None:
    states = (BROWSER, CODE, FAILED[0], PASTE, FAILED[2], BROWSER)
    for state in states:
        person.sees(state)
        fresh = Person(qapp)
        fresh.sees(state)
        assert person.dialog.size() == fresh.dialog.size()
        fresh.sees(None)
        fresh.dialog.deleteLater()


def test_a_window_that_grows_stays_on_the_screen(person: Person) -> None:
    person.sees(LoginState(phase=LoginPhase.OPENING))
    room = person.dialog.screen().availableGeometry()
    person.dialog.move(room.right() - 200, room.bottom() - 60)
    person.sees(CODE)
    assert room.contains(person.dialog.frameGeometry())
    person.sees(None)
    person.dialog.move(room.right() - 200, room.bottom() - 60)
    person.sees(BROWSER)
    assert room.contains(person.dialog.frameGeometry())


@pytest.mark.parametrize("points", [8, 13, 22])
@pytest.mark.parametrize("translator", [Translator(), CHINESE], ids=["en", "zh"])
def test_nothing_is_cut_off_whatever_the_font_and_language(
    person: Person, qapp: QApplication, font: QFont, points: int, translator: Translator
) -> None:
    font.setPixelSize(points)
    qapp.setFont(font)
    for state in (BROWSER, replace(BROWSER, pasted=WRONG), CODE, PASTE, replace(PASTE, pasted=WRONG), *FAILED):
        person.sees(None)
        person.sees(state, translator)
        if state.way is Way.BROWSER and state.pasted is not None:
            person.press(translator("&Paste the address").replace("&", ""))
        for label in person.dialog.findChildren(QLabel):
            if label.isVisible() and label.text():
                assert label.height() >= label.heightForWidth(label.width()), label.text()
                assert person.dialog.rect().contains(label.geometry())
        for button in person.buttons().values():
            assert button.width() >= button.sizeHint().width(), button.text()
            corner = button.mapTo(person.dialog, button.rect().bottomRight())
            assert person.dialog.rect().contains(corner), button.text()


@pytest.mark.parametrize(("state", "label"), [(CODE, "Copy code"), (BROWSER, "Copy address")])
def test_a_button_that_has_copied_says_so_for_a_moment(person: Person, state: LoginState, label: str) -> None:
    person.sees(state)
    button = person.buttons()[label]
    width = button.width()
    button.click()
    assert (button.text(), button.width()) == ("Copied", width)
    (moment,) = (timer for timer in person.dialog.findChildren(QTimer) if timer.isActive())
    moment.timeout.emit()
    assert button.text().replace("&", "") == label
    button.click()
    # The window is drawn anew all the time, at once too: the first check of an account ends just then.
    person.sees(state)
    assert (button.text(), button.width()) == ("Copied", width)
    moment.timeout.emit()
    assert button.text().replace("&", "") == label


@pytest.mark.parametrize("other", [replace(CODE, user_code="KLMN-PQRS"), BROWSER])
def test_what_was_copied_is_no_longer_said_of_something_else(person: Person, other: LoginState) -> None:
    person.sees(CODE)
    person.press("Copy code")
    assert "Copied" in person.buttons()
    person.sees(other)
    assert "Copied" not in person.buttons()
