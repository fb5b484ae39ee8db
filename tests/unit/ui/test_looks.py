"""How windows look with large letters and on small screens: nothing overlaps, nothing is out of reach."""

from collections.abc import Callable, Iterator
from datetime import UTC, timedelta

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QApplication, QLabel, QListWidget, QPushButton, QScrollArea, QTreeWidget, QWidget
from pytestqt.qtbot import QtBot

from probe_tray.core.account.secret import Secret
from probe_tray.core.codex.codex_state import CodexHome, CodexState
from probe_tray.core.quota.history import Span
from probe_tray.core.quota.snapshot import Limit, Snapshot, WindowKind
from probe_tray.core.state import AppState
from probe_tray.core.update.release import Release
from probe_tray.resources import resource
from probe_tray.ui.details.details_window import DetailsActions, DetailsWindow
from probe_tray.ui.help.about_controller import AboutController
from probe_tray.ui.help.about_dialog import AboutDialog
from probe_tray.ui.help.help_dialog import HelpDialog
from probe_tray.ui.panel.card_painter import ButtonState
from probe_tray.ui.panel.line_face import LineFace
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.panel.welcome import WelcomePage
from probe_tray.ui.placement import fitting, free_area
from probe_tray.ui.question_controller import QuestionController
from probe_tray.ui.search_field import SearchField
from probe_tray.ui.sync.key_change_dialog import KeyChangeDialog
from probe_tray.ui.sync.next_computer_step import NextComputerStep
from probe_tray.ui.sync.result_dialog import SyncResultDialog
from probe_tray.ui.sync.setup_dialog import SyncSetupDialog
from probe_tray.ui.sync.sync_controller import SyncController
from probe_tray.ui.theme import Theme
from probe_tray.ui.tray.icon import IconPainter
from probe_tray.ui.widgets import ElidedLabel
from probe_tray.ui.wrapping_tree import OneLineDelegate, WrappingTree
from probe_tray.view.details.details import details
from probe_tray.view.help.guides import help_view
from probe_tray.view.panel.cards import widest_briefs
from probe_tray.view.presenter import present
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator, parse_po
from probe_tray.wiring import table_sql
from tests.support.painted import DrawnText, drawn_texts
from tests.support.widgets import opened, parts
from tests.unit.ui import samples
from tests.unit.ui.sync_samples import changing, synced
from tests.unit.ui.transfer_pictures import imports

T = Translator()
CHINESE = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))
HERE = Now(samples.NOW, UTC)


@pytest.fixture
def theme(qtbot: QtBot, qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[Theme]:
    """With letters of so many pixels."""
    before, font = QFont(qapp.font()), QFont(qapp.font())
    font.setPixelSize(getattr(request, "param", 13))
    qapp.setFont(font)
    yield Theme(qapp, lambda: False)
    qapp.setFont(before)


def place(part: QWidget, window: QWidget) -> QRect:
    return QRect(part.mapTo(window, QPoint()), part.size())


@pytest.mark.parametrize("height", [220, 290, 420])
def test_the_first_page_never_overlaps_itself(theme: Theme, height: int) -> None:
    page = WelcomePage(theme, IconPainter(), lambda _: None)
    page.show_model(present(AppState(loaded=True), samples.NOW, UTC, T).panel.welcome)
    page.resize(384, height)
    page.show()
    QApplication.processEvents()
    buttons = [place(button, page) for button in parts(page, QPushButton)]
    assert len(buttons) == 3
    assert not any(one.intersects(other) for one in buttons for other in buttons if one is not other)
    assert all(button.height() >= 22 for button in buttons)
    page.close()


@pytest.mark.parametrize("theme", [13, 20], indirect=True)
def test_no_box_of_an_import_covers_the_name_beside_it(theme: Theme) -> None:
    # All of them stay: an open window that is collected takes Qt down with it.
    dialogs = imports(theme, T)
    table = next(iter(dialogs[1].findChildren(QTreeWidget)))
    QApplication.processEvents()
    row = table.visualRect(table.model().index(0, 0))
    ticked = table.viewport().grab(row).toImage()
    accent = QColor(theme.tokens.accent)
    box = [x for x in range(ticked.width()) for y in range(ticked.height()) if ticked.pixelColor(x, y) == accent]
    ground = QColor(theme.tokens.card)
    after = max(box) + 2
    gap = range(after, after + theme.px(4))
    assert {ticked.pixelColor(x, y).rgb() for x in gap for y in range(2, ticked.height() - 2)} == {ground.rgb()}
    for dialog in dialogs:
        dialog.close()


@pytest.mark.parametrize("theme", [13, 20], indirect=True)
def test_the_code_for_another_computer_grows_with_the_letters(theme: Theme) -> None:
    step = NextComputerStep(theme, lambda _: None)
    step.apply_theme()
    assert step.written.font().pixelSize() == theme.px(13)


def test_the_code_for_another_computer_fills_its_lines(theme: Theme) -> None:
    def fetch(show: Callable[[Secret], None]) -> None:
        show(Secret("PTSYNC1" + "A1B2C" * 40 + "Z"))

    step = NextComputerStep(theme, lambda _: None)
    step.fetched.connect(fetch)
    step.show_code.click()
    # A line may end behind every group, behind those at the end too.
    assert QLabel.text(step.written).split(" ")[1:] == ["A1B2C"] * 40 + ["Z"]


@pytest.mark.parametrize("theme", [13, 20], indirect=True)
def test_the_glyph_of_the_search_grows_with_the_letters(theme: Theme) -> None:
    panel = samples_panel(theme)
    assert next(iter(panel.findChildren(SearchField))).textMargins().left() >= theme.px(14) + theme.px(8)
    panel.close()


def samples_panel(theme: Theme) -> QWidget:
    panel = PanelWindow(theme, IconPainter(), samples.idle_actions())
    panel.show_model(present(samples.conditions(), samples.NOW, UTC, T).panel)
    return panel


def test_no_window_opens_with_a_frame_round_its_page(theme: Theme) -> None:
    engine = samples.FakeEngine(
        AppState(sync=replace(changing(), setup=replace(changing().setup, is_key_changing=False)))
    )
    windows = SyncController(engine, theme, T, QuestionController(theme), lambda: HERE, table_sql())
    windows.set_up()
    opened(SyncSetupDialog).key.make.click()
    guides = HelpDialog(theme)
    guides.show_model(help_view(T))
    guides.show()
    key = opened(KeyChangeDialog)
    QApplication.processEvents()
    assert isinstance(key.focusWidget(), QPushButton)
    assert isinstance(guides.focusWidget(), SearchField)
    guides.close()
    windows.close()


def test_the_buttons_of_a_long_window_about_the_program_stay_in_reach(theme: Theme) -> None:
    release = Release(version="2.0.0", changes=tuple(f"Change number {n} of this version." for n in range(60)))
    engine = samples.FakeEngine(AppState(loaded=True, release=release))
    about = AboutController(engine, theme, IconPainter(), samples.FakeInspector(), T, lambda: None)
    about.show(lambda: samples.NOW, tray=True, ink="#3792a5")
    dialog = opened(AboutDialog)
    assert dialog.height() <= free_area(dialog.screen()).height()
    close = next(button for button in parts(dialog, QPushButton) if button.text() == "Close")
    assert dialog.rect().contains(place(close, dialog))
    about.close()


def test_the_details_are_no_higher_than_what_is_known(theme: Theme) -> None:
    window = DetailsWindow(
        theme,
        IconPainter(),
        DetailsActions(act=lambda _: None, menu=lambda _key, _around, _at: None, span=lambda _: None),
    )
    state = samples.troubled_lives()
    model = details(state, state.accounts[0].key, Span.WEEK, HERE, T)
    assert model is not None
    window.show_model(model)
    window.show()
    QApplication.processEvents()
    scroll = next(iter(window.findChildren(QScrollArea)))
    assert (window.height() < 600, scroll.verticalScrollBar().maximum()) == (True, 0)
    window.resize(700, 620)
    window.show_model(replace(model, facts=()))
    assert (window.width(), window.height()) == (700, 620)
    window.close()


@pytest.mark.parametrize(("theme", "width", "below"), [(13, 640, False), (26, 736, True)], indirect=["theme"])
@pytest.mark.parametrize("t", [T, CHINESE], ids=["English", "Chinese"])
def test_the_details_have_room_for_the_name_and_every_button(
    theme: Theme, width: int, *, below: bool, t: Translator
) -> None:
    window = DetailsWindow(
        theme,
        IconPainter(),
        DetailsActions(act=lambda _: None, menu=lambda _key, _around, _at: None, span=lambda _: None),
    )
    home = CodexHome(path="~/.codex", is_default=True)
    state = replace(samples.four(), codex=CodexState(homes=(home,)))
    model = details(state, state.accounts[0].key, Span.WEEK, HERE, t)
    assert model is not None
    assert len(model.actions) == 3
    window.show_model(model)
    window.show()
    # As wide as a window may be on a screen of 800 pixels.
    window.resize(width, 560)
    QApplication.processEvents()
    assert window.width() == width
    labels = [action.label for action in model.actions]
    buttons = [place(b, window) for b in parts(window, QPushButton) if b.text() in labels]
    assert len(buttons) == 3
    (title,) = (place(one, window) for one in parts(window, ElidedLabel))
    assert title.width() >= theme.px(200)
    assert all(window.rect().contains(button) and not button.intersects(title) for button in buttons)
    assert [button.top() > title.bottom() for button in buttons] == [below] * 3
    assert all(b.width() >= b.sizeHint().width() for b in parts(window, QPushButton) if b.text() in labels)
    window.close()


def lines_below(panel: QWidget, start: str) -> list[DrawnText]:
    """The line that begins with ``start``, and those right below it."""
    drawn = drawn_texts(panel)
    first = next(line for line in drawn if line.text.startswith(start))
    left = first.place.left()
    block = [line for line in drawn if abs(line.place.left() - left) < 2 and line.baseline >= first.baseline]
    block.sort(key=lambda line: line.baseline)
    return [line for n, line in enumerate(block) if line.baseline - first.baseline <= n * 1.5 * first.place.height()]


@pytest.mark.parametrize("theme", [13, 20], indirect=True)
def test_the_lines_of_a_notice_are_of_like_length(theme: Theme) -> None:
    panel = PanelWindow(theme, IconPainter(), samples.idle_actions())
    state = samples.only(samples.four().accounts[2:3])
    panel.show_model(present(state, samples.NOW, UTC, T).panel)
    panel.open_at(None)
    QApplication.processEvents()
    first, second = (line.place.width() for line in lines_below(panel, "No capacity until Fri")[:2])
    panel.close()
    assert second > first / 2


@pytest.mark.parametrize("theme", [13, 20], indirect=True)
def test_no_line_of_the_panels_head_ends_or_begins_with_a_dot(theme: Theme) -> None:
    panel = PanelWindow(theme, IconPainter(), samples.idle_actions())
    panel.show_model(present(samples.four(), samples.NOW, UTC, T).panel)
    panel.open_at(None)
    QApplication.processEvents()
    first, second = lines_below(panel, "Best now")[:2]
    assert (first.text.strip(" ·") == first.text, second.text.replace("\u00a0", " ")) == (True, "1 needs you")
    # Where there is room for both, they stand in one line.
    panel.resize(theme.px(600), panel.height())
    QApplication.processEvents()
    assert lines_below(panel, "Best now")[0].text.replace("\u00a0", " ").endswith(" · 1 needs you")
    panel.close()


@pytest.mark.parametrize("theme", [13, 20], indirect=True)
def test_the_last_line_of_a_sentence_in_a_list_has_more_than_a_short_word(theme: Theme) -> None:
    tree = WrappingTree(theme, 2)
    tree.apply_theme()
    line = tree.line(tree.invisibleRootItem(), 0)
    tree.write(line, ("gpt-6-sol", "The quota of this account is used up. It resets now."), None)
    tree.setColumnWidth(0, theme.px(80))
    tree.resize(theme.px(80 + 310), theme.px(200))
    tree.show()
    QApplication.processEvents()
    drawn = [piece.text.replace("\u00a0", " ").strip() for piece in drawn_texts(tree)]
    tree.close()
    assert "It resets now." in drawn
    # What a screen reader or a copy gets is as it was.
    assert line.text(1).endswith("It resets now.")


@pytest.mark.parametrize("theme", [13, 20], indirect=True)
def test_a_line_of_a_list_is_as_high_as_its_sentence_is_drawn(theme: Theme) -> None:
    tree = WrappingTree(theme, 2)
    tree.apply_theme()
    line = tree.line(tree.invisibleRootItem(), 0)
    tree.write(line, ("gpt-6-sol", "The model is not available with this account, and another plan may have it."), None)
    tree.setColumnWidth(0, theme.px(80))
    tree.show()
    for width in range(260, 460, 3):
        tree.resize(theme.px(width), theme.px(300))
        QApplication.processEvents()
        cell = tree.visualItemRect(line)
        drawn = [piece for piece in drawn_texts(tree.viewport()) if piece.place.left() > theme.px(80)]
        assert cell.height() < (len(drawn) + 1) * tree.fontMetrics().height()
        assert all(cell.contains(piece.place.center().toPoint()) for piece in drawn)
    tree.close()


@pytest.mark.parametrize("theme", [13, 20], indirect=True)
@pytest.mark.parametrize("place", [Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignVCenter])
def test_all_cells_of_a_line_stand_on_one_baseline_whatever_font_lends_their_letters(
    theme: Theme, place: Qt.AlignmentFlag
) -> None:
    tree = WrappingTree(theme, 3, place)
    tree.setFont(QFont(["DejaVu Sans", "Noto Sans CJK SC"]))
    said = ("可用", "Available")
    rows = [tree.line(tree.invisibleRootItem(), number) for number in range(len(said))]
    for row, words in zip(rows, said, strict=True):
        tree.write(row, ("gpt-6-sol", "0.6 s", words), None)
    tree.setColumnWidth(0, theme.px(160))
    tree.resize(theme.px(500), theme.px(200))
    tree.show()
    QApplication.processEvents()
    lines, cells = drawn_texts(tree.viewport()), [tree.visualItemRect(row) for row in rows]
    tree.close()
    for cell, words in zip(cells, said, strict=True):
        drawn = [line for line in lines if cell.top() < line.place.center().y() < cell.bottom()]
        assert [line.text.strip() for line in drawn] == ["gpt-6-sol", "0.6 s", words]
        assert len({round(line.baseline) for line in drawn}) == 1


@pytest.mark.parametrize("theme", [13, 20], indirect=True)
def test_a_long_name_in_a_list_is_cut_with_one_ellipsis_and_no_dots_beside_it(theme: Theme) -> None:
    tree, listed = WrappingTree(theme, 2), QListWidget()
    tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    tree.apply_theme()
    listed.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    OneLineDelegate(listed)
    # So many full stops that some stand at every place where it may be cut.
    name = "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z@department.example.org"
    tree.write(tree.line(tree.invisibleRootItem(), 0), (name, "Available"), None)
    tree.setColumnWidth(0, theme.px(200))
    listed.addItem(name)
    listed.resize(theme.px(200), theme.px(100))
    for view in (tree, listed):
        view.show()
        QApplication.processEvents()
        (drawn,) = (piece.text.strip() for piece in drawn_texts(view) if piece.text.startswith("a.b"))
        view.close()
        head, _, tail = drawn.partition("…")
        assert (name.startswith(head), name.endswith(tail), bool(tail), "…" in tail) == (True, True, True, False)
        assert not head.endswith(".")
        assert not tail.startswith(".")


@pytest.mark.parametrize("theme", [13], indirect=True)
@pytest.mark.parametrize(("kind", "column"), [(WindowKind.SHORT, 0), (WindowKind.WEEKLY, 1), (WindowKind.MONTHLY, 1)])
def test_the_bar_of_an_only_limit_stands_below_the_head_that_names_it(
    theme: Theme, kind: WindowKind, column: int
) -> None:
    found = Snapshot(taken_at=samples.NOW, main=Limit(windows=(samples.window(kind, 60, timedelta(hours=2)),)))
    state = samples.only([samples.account("a@x.org", found), samples.account("b@x.org", found)])
    face = LineFace(theme, IconPainter(), theme.px(464), widest_briefs(T))
    picture = QImage(face.size_of_all, QImage.Format.Format_RGB32)
    painter = QPainter(picture)
    face.paint(
        painter, present(state, samples.NOW, UTC, T).panel.cards[0], lambda _: ButtonState.HOVERED, focused=False
    )
    painter.end()
    middles = [picture.pixelColor(bar.center().toPoint()) for bar in face.columns.bars]
    assert [colour != QColor(theme.tokens.card) for colour in middles] == [column == place for place in (0, 1)]


@pytest.mark.parametrize("theme", [13, 20], indirect=True)
def test_the_result_of_a_sync_is_as_wide_as_its_letters_need_and_no_wider(theme: Theme) -> None:
    engine = samples.FakeEngine(AppState(sync=synced()))
    windows = SyncController(engine, theme, T, QuestionController(theme), lambda: HERE, table_sql())
    windows.show_result()
    dialog = opened(SyncResultDialog)
    assert dialog.width() == fitting(dialog, QSize(theme.px(640), 1)).width()
