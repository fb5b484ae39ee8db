"""Parts that several windows use."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from probe_tray.ui.theme import Theme
from probe_tray.ui.widgets import elided, have, ink, last_row


@pytest.mark.parametrize(
    ("system", "order"),
    [
        (QDialogButtonBox.ButtonLayout.WinLayout, ["Again", "Save", "Close"]),
        (QDialogButtonBox.ButtonLayout.KdeLayout, ["Again", "Save", "Close"]),
        (QDialogButtonBox.ButtonLayout.GnomeLayout, ["Again", "Close", "Save"]),
        (QDialogButtonBox.ButtonLayout.MacLayout, ["Again", "Close", "Save"]),
    ],
)
def test_the_last_buttons_of_a_window_stand_in_the_order_of_the_system(
    qapp: QApplication, qtbot: QtBot, system: QDialogButtonBox.ButtonLayout, order: list[str]
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    # Tells the style what that of another system would say.
    window.setStyleSheet(f"QPushButton {{ button-layout: {system.value}; }}")
    again, save, close = (QPushButton(text, window) for text in ("Again", "Save", "Close"))
    window.setLayout(last_row(Theme(qapp, lambda: False), (again,), (save,), close))
    window.show()
    assert [b.text() for b in sorted((again, save, close), key=QWidget.x)] == order


def test_the_fields_of_a_page_are_equally_high(qapp: QApplication, qtbot: QtBot) -> None:
    theme, page = Theme(qapp, lambda: False), QWidget()
    qtbot.addWidget(page)
    row, fields = QHBoxLayout(page), (QSpinBox(), QComboBox(), QLineEdit())
    for field in fields:
        row.addWidget(field, 0, Qt.AlignmentFlag.AlignTop)
    theme.apply_theme(page)
    page.show()
    assert {field.height() for field in fields} == {theme.px(19) + 2 * theme.px(3) + 2}


def test_a_text_is_cut_beside_no_full_stop(qapp: QApplication) -> None:
    metrics, name = QFontMetrics(qapp.font()), "a.b.c.d.e.f@g.h.i.j.k.org"
    whole = metrics.horizontalAdvance(name)
    cut = [elided(metrics, name, Qt.TextElideMode.ElideMiddle, room) for room in range(whole // 2, whole)]
    assert all("…" in text and ".…" not in text and "…." not in text for text in cut)
    assert elided(metrics, name, Qt.TextElideMode.ElideMiddle, whole + 2) == name


def test_a_part_is_laid_out_only_where_it_comes_or_goes(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    part = QWidget(window)
    inside = QWidget(part)
    part.resize(300, 200)
    QHBoxLayout(part).addWidget(inside)
    before = inside.geometry()
    have(part, shown=True)
    assert inside.geometry() == before
    have(part, shown=False)
    assert not part.isVisibleTo(window)
    have(part, shown=True)
    assert part.isVisibleTo(window)
    assert inside.geometry() != before


def test_words_keep_their_ink_when_their_window_gets_other_colours(qapp: QApplication, qtbot: QtBot) -> None:
    theme, window = Theme(qapp, lambda: False), QWidget()
    qtbot.addWidget(window)
    label = QLabel(window)
    ink(label, "#123456")
    theme.apply_theme(window)
    assert label.palette().color(QPalette.ColorRole.WindowText).name() == "#123456"
