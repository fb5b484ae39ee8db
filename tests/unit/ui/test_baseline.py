"""What stands in one row stands on one line, in every language and size."""

from collections.abc import Iterator
from datetime import UTC

import pytest
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QWidget

from probe_tray.core.quota.history import Span
from probe_tray.resources import resource
from probe_tray.ui.details.details_window import DetailsActions, DetailsWindow
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.view.details.details import details
from probe_tray.view.presenter import present
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator, parse_po
from probe_tray.view.view_models import Bar
from tests.support.painted import drawn_texts
from tests.unit.ui import samples

LANGUAGES = {"en": Translator(), "zh": Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))}


@pytest.fixture
def theme(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[Theme]:
    """With letters of so many pixels, and Chinese ones from another font."""
    before = QFont(qapp.font())
    font = QFont(["Inter", "Noto Sans CJK SC"])
    font.setPixelSize(request.param)
    qapp.setFont(font)
    yield Theme(qapp, lambda: False)
    qapp.setFont(before)


def rows(window: QWidget, bars: list[Bar]) -> list[list[float]]:
    """The heights on which label, amount and reset of each row stand."""
    drawn = drawn_texts(window)
    told = {text for b in bars for text in (b.label, b.amount, b.percent_text, b.reset, b.reset_short)}
    found = [line for line in drawn if line.text in told or line.text.strip() in told]
    starts = [line for line in found if line.text in {b.label for b in bars}]
    return [[line.baseline for line in found if abs(line.baseline - start.baseline) < 6] for start in starts]


@pytest.mark.parametrize("theme", [13, 15, 20, 26], indirect=True)
@pytest.mark.parametrize("t", LANGUAGES.values(), ids=LANGUAGES.keys())
def test_label_amount_and_reset_of_a_card_stand_on_one_line(theme: Theme, t: Translator) -> None:
    model = present(samples.only(samples.four().accounts[:1]), samples.NOW, UTC, t).panel
    panel = PanelWindow(theme, IconPainter(), samples.idle_actions())
    panel.show_model(model)
    panel.open_at(None)
    panel.resize(theme.px(460), theme.px(400))
    QApplication.processEvents()
    heights = rows(panel, list(model.cards[0].bars))
    panel.close()
    assert [len(set(row)) for row in heights] == [1, 1]
    assert all(len(row) >= len(("label", "amount or reset")) for row in heights)


@pytest.mark.parametrize("theme", [13, 20], indirect=True)
@pytest.mark.parametrize("t", LANGUAGES.values(), ids=LANGUAGES.keys())
def test_each_bar_of_the_details_stands_on_one_line(theme: Theme, t: Translator) -> None:
    state = samples.looked_at()
    model = details(state, state.accounts[0].key, Span.WEEK, Now(samples.NOW, UTC), t)
    assert model is not None
    window = DetailsWindow(
        theme,
        IconPainter(),
        DetailsActions(act=lambda _: None, menu=lambda _key, _around, _at: None, span=lambda _: None),
    )
    window.show_model(model)
    window.show()
    QApplication.processEvents()
    heights = rows(window, list(model.bars))
    window.close()
    # The legend of the chart names some of them, too.
    assert len(heights) >= len(model.bars)
    assert {len(set(row)) for row in heights} == {1}
    assert sum(len(row) >= len(("label", "amount or reset")) for row in heights) >= len(model.bars)
