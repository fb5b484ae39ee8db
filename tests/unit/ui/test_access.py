"""Every window for people who do not see it, do not use a mouse, or need larger letters."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAccessible, QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QWidget,
)
from pytestqt.qtbot import QtBot

from probe_tray.ui.theme import Theme
from tests.unit.ui import samples
from tests.unit.ui.every_window import EveryWindow, rich
from tests.unit.ui.wheel import wheel

# The screenless platform has no tray to follow.
_MOST_STOPS = 200
_VERY_LARGE, _WHOLE_SCREEN = 2.0, 0.9
_FAR = 40
"""Pixels: what is further from each other belongs to two ends of a row."""
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)


@pytest.fixture
def everything(qtbot: QtBot, qapp: QApplication) -> Iterator[EveryWindow]:
    found = EveryWindow(qapp, rich())
    yield found
    found.close()


@pytest.fixture
def larger(qtbot: QtBot, qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[EveryWindow]:
    before = QFont(qapp.font())
    font = QFont(before)
    font.setPixelSize(round(13 * request.param))
    qapp.setFont(font)
    found = EveryWindow(qapp, rich())
    yield found
    found.close()
    qapp.setFont(before)


def _is_inside(widget: QWidget, kind: type[QWidget]) -> bool:
    above: QObject | None = widget.parent()
    while above is not None and not isinstance(above, kind):
        above = above.parent()
    return above is not None


def _controls(window: QWidget) -> list[QWidget]:
    return [
        w
        for w in window.findChildren(QWidget)
        if w.focusPolicy() is not Qt.FocusPolicy.NoFocus
        and w.isVisibleTo(window)
        # A spin box speaks for the field inside it.
        and not _is_inside(w, QAbstractSpinBox)
    ]


def _named(control: QWidget) -> str:
    told = QAccessible.queryAccessibleInterface(control)
    if isinstance(control, QComboBox):
        # What Qt calls a choice's name is what is chosen; its label names it.
        labels = told.relations(QAccessible.RelationFlag.Label)
        return labels[0][0].text(QAccessible.Text.Name) if labels else ""
    return told.text(QAccessible.Text.Name)


def test_every_control_has_a_name_and_says_what_it_is_for(everything: EveryWindow) -> None:
    everything.change(samples.many(100))
    everything.change(rich())
    unnamed, undescribed = list[str](), list[str]()
    for window in everything.windows():
        for control in _controls(window):
            where = f"{type(window).__name__}: {type(control).__name__} {_named(control)}"
            told = QAccessible.queryAccessibleInterface(control)
            unnamed += [] if _named(control) else [where]
            undescribed += [] if told.text(QAccessible.Text.Description) else [where]
    assert unnamed == []
    assert undescribed == []


def test_the_tab_key_reaches_every_control_and_shows_where_it_is(everything: EveryWindow) -> None:
    for window in everything.windows():
        window.activateWindow()
        QApplication.processEvents()
        reached, unseen = list[QWidget](), list[str]()
        for _ in range(_MOST_STOPS):
            QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_Tab)
            now = window.focusWidget()
            if reached and now is reached[-1]:
                # A page goes through its links first.
                continue
            if now in reached:
                break
            reached.append(now)
            focused = now.grab().toImage()
            now.clearFocus()
            unseen += [f"{type(now).__name__} {_named(now)}"] if now.grab().toImage() == focused else []
            now.setFocus(Qt.FocusReason.TabFocusReason)
        assert unseen == [], type(window).__name__
        wanted = {
            w
            for w in _controls(window)
            if w.focusPolicy().value & Qt.FocusPolicy.TabFocus.value and w.isEnabled() and w.focusProxy() is None
        }
        assert wanted <= set(reached), type(window).__name__


def test_the_wheel_changes_no_field_that_it_only_passes_over(everything: EveryWindow) -> None:
    fields = [field for window in everything.windows() for field in window.findChildren(QComboBox)]
    seen = [field for field in fields if not field.visibleRegion().isEmpty()]
    before = [field.currentIndex() for field in seen]
    for field in seen:
        field.setFocus(Qt.FocusReason.TabFocusReason)
        wheel(field)
    assert len({field.window() for field in seen}) > 1
    assert [field.currentIndex() for field in seen] == before


def test_a_click_on_free_space_frames_no_page(everything: EveryWindow) -> None:
    pages = [page for window in everything.windows() for page in window.findChildren(QScrollArea)]
    assert len({page.window() for page in pages}) > 1
    assert not [page for page in pages if page.focusPolicy().value & Qt.FocusPolicy.ClickFocus.value]


@pytest.mark.parametrize(
    ("name", "stops"), [("panel", 9), ("export", 6), ("import", 5), ("model-test", 3), ("sync-result", 3)]
)
def test_a_window_is_walked_from_top_to_bottom(everything: EveryWindow, name: str, stops: int) -> None:
    window = next(w for w in everything.windows() if w.objectName() == name)
    controls = _controls(window)
    places = {w: w.mapTo(window, QPoint(0, w.height() // 2)).toTuple() for w in controls}
    first = min(controls, key=lambda w: (places[w][1], places[w][0]))
    walked, now = [first], first.nextInFocusChain()
    while now is not None and now is not first:
        walked += [now] if now in controls and now.focusProxy() is None else []
        now = now.nextInFocusChain()
    assert len(walked) >= stops
    assert [places[w] for w in walked] == sorted((places[w] for w in walked), key=lambda at: (at[1], at[0]))


def test_a_row_that_needs_a_person_tells_its_button_too(everything: EveryWindow) -> None:
    told = [text for text in everything.texts() if text.startswith("Saved logins. ")]
    assert told
    assert told[0].endswith("Try again")


@pytest.mark.parametrize(("larger", "scale"), [(1.5, 1.5), (2.0, 2.0)], indirect=["larger"])
def test_with_larger_letters_nothing_is_cut_off(larger: EveryWindow, scale: float) -> None:
    for window in larger.windows():
        room = window.screen().availableGeometry()
        assert window.width() <= room.width(), type(window).__name__
        if scale >= _VERY_LARGE and window.width() > _WHOLE_SCREEN * room.width():
            # The screen of these tests is small: such letters leave it as many of them as a phone has.
            continue
        cut = [text for w in window.findChildren(QWidget) if w.isVisibleTo(window) for text in _cut(w, window)]
        assert cut == [], type(window).__name__


@pytest.mark.parametrize("larger", [2.0], indirect=True)
def test_what_came_of_an_export_is_read_whole_in_very_large_letters_on_a_small_screen(larger: EveryWindow) -> None:
    for window in larger.windows():
        if window.objectName() in {"export", "import"}:
            said = [label for label in window.findChildren(QLabel) if label.isVisibleTo(window)]
            assert [text for label in said for text in _cut(label, window)] == []


def _cut(widget: QWidget, window: QWidget) -> Iterator[str]:
    match widget:
        case QLabel() if widget.text():
            lines = widget.heightForWidth(widget.width()) if widget.wordWrap() else widget.fontMetrics().height()
            wide = 0 if widget.wordWrap() else widget.fontMetrics().horizontalAdvance(widget.text().replace("&", ""))
            if widget.height() < lines - 1 or wide > widget.width() + 1:
                yield widget.text()
        case QAbstractButton() | QComboBox() | QLineEdit() | QAbstractSpinBox() if not _is_inside(widget, QLineEdit):
            smallest = widget.minimumSizeHint()
            if widget.width() < smallest.width() - 1 or widget.height() < smallest.height() - 1:
                yield f"{type(widget).__name__} {widget.accessibleName()}"
            right = widget.mapTo(window, QPoint(widget.width(), 0)).x()
            if right > window.width() + 1:
                yield f"{type(widget).__name__} {widget.accessibleName()} is outside"
        case _:
            pass
    below = widget.mapTo(window, QPoint(0, widget.height())).y()
    if below > window.height() + 1 and not _is_inside(widget, QAbstractScrollArea):
        yield f"{type(widget).__name__} is below the window"


def test_every_window_closes_by_its_cross_and_by_esc(everything: EveryWindow) -> None:
    windows = everything.windows()
    for window in windows:
        QTest.keyClick(window, Qt.Key.Key_Escape)
    assert [type(w).__name__ for w in windows if w.isVisible()] == []
    for window in windows:
        window.show()
        window.close()
    assert [type(w).__name__ for w in windows if w.isVisible()] == []


def test_the_last_buttons_of_every_window_are_as_far_from_each_other(
    everything: EveryWindow, qapp: QApplication
) -> None:
    gaps = dict[str, set[int]]()
    for window in everything.windows():
        shown = [b for b in window.findChildren(QPushButton) if b.isVisible() and not _is_inside(b, QScrollArea)]
        places = {b: b.mapTo(window, b.rect().topLeft()) for b in shown}
        lowest = max((place.y() for place in places.values()), default=0)
        last = sorted((b for b in shown if places[b].y() == lowest), key=lambda b: places[b].x())
        apart = {places[two].x() - places[one].x() - one.width() for one, two in pairwise(last)}
        gaps[window.objectName()] = {gap for gap in apart if gap < _FAR}
    usual = Theme(qapp, lambda: False).px(8)
    # The last buttons of the others stand among what they are about.
    ends = {name: gaps[name] for name in ("settings", "sync-setup", "question", "import", "export", "about")}
    assert all(found == {usual} for found in ends.values()), ends


def test_nothing_opens_again_after_the_end(qtbot: QtBot, qapp: QApplication) -> None:
    everything, before = EveryWindow(qapp, rich()), QFont(qapp.font())
    everything.close()
    larger = QFont(before)
    larger.setPixelSize(20)
    qapp.setFont(larger)
    qapp.processEvents()
    qapp.setFont(before)
    assert [type(w).__name__ for w in everything.windows()] == []
