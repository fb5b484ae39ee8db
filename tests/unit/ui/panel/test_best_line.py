"""The line below the headline: whose address it names is cut, never broken."""

from datetime import UTC

import pytest
from msgspec.structs import replace
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from probe_tray.resources import resource
from probe_tray.ui.panel.best_line import BestLine
from probe_tray.ui.theme import Theme
from probe_tray.view.presenter import present
from probe_tray.view.text.translate import Translator, parse_po
from probe_tray.view.view_models import ActionKind, CardAction
from tests.support.painted import drawn_texts
from tests.unit.ui import samples

ENGLISH = Translator()
CHINESE = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))
DOMAIN = "@department.of.research.example.org"
SHORT, LONG = "first-name.last@my-company.example", f"a.very.long.address.that.must-not.break.any/where{DOMAIN}"


@pytest.mark.parametrize("t", [ENGLISH, CHINESE], ids=["English", "Chinese"])
@pytest.mark.parametrize("letters", [13, 20])
@pytest.mark.parametrize("address", [SHORT, LONG, "x" * 80])
@pytest.mark.parametrize("button_text", ["", "Use in Codex"])
def test_no_line_ends_within_an_address(
    qtbot: QtBot, qapp: QApplication, t: Translator, letters: int, address: str, button_text: str
) -> None:
    before, font = QFont(qapp.font()), QFont(qapp.font())
    font.setPixelSize(letters)
    qapp.setFont(font)
    theme = Theme(qapp, lambda: False)
    line = BestLine(theme, lambda _: None)
    qtbot.addWidget(line)
    line.apply_theme()
    first, second = samples.four().accounts[:2]
    panel = present(samples.only([replace(first, email=address), second]), samples.NOW, UTC, t).panel
    button = CardAction(kind=ActionKind.USE_IN_CODEX, label=t(button_text)) if button_text else None
    line.show_model(replace(panel, use_next=button))
    line.show()
    for width in range(theme.px(230), theme.px(760), theme.px(53)):
        line.resize(width, max(line.heightForWidth(width), 1))
        qapp.processEvents()
        drawn = [piece.text.replace("\u2060", "") for piece in drawn_texts(line)]
        start = address[:4]
        (named,) = (text for text in drawn if start in text)
        word = named[named.index(start) :].partition("，")[0].partition(", ")[0].rstrip(",")
        assert word == address or word.count("…") == 1
        head, _, tail = word.partition("…")
        assert (address.startswith(head), address.endswith(tail), tail != "") == (True, True, True) or word == address
        assert ".…" not in word
        assert "….." not in word
    qapp.setFont(before)


def test_a_cut_address_keeps_its_domain_where_there_is_room(qtbot: QtBot, qapp: QApplication) -> None:
    line = BestLine(Theme(qapp, lambda: False), lambda _: None)
    qtbot.addWidget(line)
    line.apply_theme()
    first, second = samples.four().accounts[:2]
    line.show_model(present(samples.only([replace(first, email=LONG), second]), samples.NOW, UTC, ENGLISH).panel)
    line.resize(420, 60)
    line.show()
    qapp.processEvents()
    assert drawn_texts(line)[0].text.replace("\u2060", "").partition("…")[2].startswith(f"{DOMAIN},")
