"""Draws every window and the icon in all their states: ``python -m tests.pictures FOLDER``.

Each appearance is drawn by a process of its own, since Qt takes its scale factor and its screen once, at its start: at
1x and 2x, light and dark, in both languages; then on small screens, and with the letters of 144 dpi.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC
from itertools import product
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPalette, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from probe_tray.core.account.arrangement import Arrangement, Density
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ModelRefusedError, ProxyFailedError, QuotaUsedUpError, SyncKeyError
from probe_tray.core.errors.phrase import Phrase
from probe_tray.core.models.model_test import ListedBy, ModelResult, ModelRun, ModelTest
from probe_tray.core.quota.history import Span
from probe_tray.core.service.connection import ConnectionCheck, ConnectionStep, FoundProxy, Reached
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState
from probe_tray.core.sync.rows import SyncReport
from probe_tray.core.sync.setup import SyncTestResult
from probe_tray.core.sync.setup_code import SetupCode, write_code
from probe_tray.resources import resource
from probe_tray.ui.details.chart_view import ChartView
from probe_tray.ui.details.details_window import DetailsActions, DetailsWindow
from probe_tray.ui.login.login_dialog import LoginActions, LoginDialog
from probe_tray.ui.models.model_test_dialog import ModelTestActions, ModelTestDialog
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.placement import fitting
from probe_tray.ui.question_controller import QuestionController
from probe_tray.ui.question_dialog import QuestionDialog
from probe_tray.ui.settings.settings_dialog import SettingsDialog
from probe_tray.ui.sync.key_change_dialog import KeyChangeDialog
from probe_tray.ui.sync.result_dialog import SyncResultDialog
from probe_tray.ui.sync.setup_dialog import SyncSetupDialog
from probe_tray.ui.sync.sync_controller import SyncController
from probe_tray.ui.theme import Theme
from probe_tray.ui.tokens import DARK
from probe_tray.ui.tray.icon import ON_DARK, ON_LIGHT, IconPainter
from probe_tray.view.details.details import details
from probe_tray.view.models.model_test import consent, model_test
from probe_tray.view.panel.account_menu import removing, vault_reset_question
from probe_tray.view.presenter import present
from probe_tray.view.screen import Panel
from probe_tray.view.settings.connection import connection
from probe_tray.view.sync.key_change_view import ending_key
from probe_tray.view.sync.sync_questions import overwriting
from probe_tray.view.sync.sync_view import sync_result
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator, parse_po
from probe_tray.view.view_models import IconLook, Tone
from probe_tray.wiring import table_sql
from tests.support.widgets import opened
from tests.unit.ui import samples
from tests.unit.ui.codex_pictures import codex_pictures
from tests.unit.ui.popup_pictures import popups
from tests.unit.ui.scene_pictures import scenes
from tests.unit.ui.sync_samples import changing, synced
from tests.unit.ui.transfer_pictures import exports, imports
from tests.unit.ui.window_pictures import helps, logins, settings_pages, tray_menus

WARN, BAD = Tone.WARNING, Tone.CRITICAL
_LARGE = (2880, 1800)
LOOKS = (
    IconLook(weekly=17, short=42),
    IconLook(weekly=61, short=88, short_tone=WARN),
    IconLook(weekly=91, short=64, weekly_tone=WARN),
    IconLook(weekly=97, short=30, weekly_tone=BAD),
    IconLook(weekly=100, short=11, weekly_tone=BAD, exhausted=True),
    IconLook(weekly=20, short=100, short_tone=BAD, exhausted=True),
    IconLook(weekly=61, short=42, badge=True),
    IconLook(weekly=30, short=50, stale=True),
    IconLook(weekly=33),
    IconLook(weekly=0, short=0),
    IconLook(badge=True),
    IconLook(),
    IconLook(weekly=17, short=42, number=42, number_bar=17),
    IconLook(weekly=61, short=88, short_tone=WARN, number=88, number_bar=61, number_tone=WARN),
    IconLook(weekly=100, short=11, weekly_tone=BAD, exhausted=True, number=100, number_bar=100, number_tone=BAD),
    IconLook(weekly=61, short=53, badge=True, number=61, number_bar=61),
)


def main() -> int:
    """Draw everything into the folder."""
    parser = argparse.ArgumentParser(description="Draw every window and the icon in all their states.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--one", nargs=3, metavar=("SCALE", "TONE", "LANGUAGE"), help=argparse.SUPPRESS)
    parser.add_argument("--letters", type=int, default=13, help=argparse.SUPPRESS)
    parser.add_argument("--called", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder: Path = options.folder
    if options.one:
        scale, tone, language = options.one
        _draw(folder, scale, tone, language, options.letters, options.called)
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    for tone, language in product(("light", "dark"), ("en", "zh")):
        for scale in "12":
            _run(folder, scale, tone, language)
        _run(folder, "2", tone, language, "--called", "800px-2x", screen=(1280, 800))
        _run(folder, "1", tone, language, "--called", "1024x600", screen=(1024, 600))
        _run(folder, "1", tone, language, "--called", "144dpi", "--letters", "20", screen=(1920, 1080))
    return 0


def _run(
    folder: Path, scale: str, tone: str, language: str, *more: str, screen: tuple[int, int] = (2880, 1800)
) -> None:
    """Draw one appearance on a screen of its own."""
    width, height = screen
    told = {"x": 0, "y": 0, "width": width, "height": height, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "screen.json"
        file.write_text(json.dumps({"screens": [told]}), "utf-8")
        place = {"QT_QPA_PLATFORM": f"offscreen:configfile={file}", "QT_SCALE_FACTOR": scale}
        command = [sys.executable, "-m", "tests.pictures", str(folder), "--one", scale, tone, language, *more]
        subprocess.run(command, check=True, env={**os.environ, **place})


def _draw(folder: Path, scale: str, tone: str, language: str, letters: int, called: str) -> None:
    app = QApplication([])
    font = QFont(["Inter", "Noto Sans CJK SC"])
    font.setPixelSize(letters)
    app.setFont(font)
    if tone == "dark":
        palette = QPalette(app.palette())
        palette.setColor(QPalette.ColorRole.Window, QColor(DARK.window))
        palette.setColor(QPalette.ColorRole.WindowText, QColor(DARK.text))
        app.setPalette(palette)
    translator = Translator()
    if language == "zh":
        translator = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))
    theme, icons = Theme(app, lambda: False), IconPainter()
    end = f"{tone}-{language}-{called or scale + 'x'}.png"
    states = {
        "empty": AppState(loaded=True),
        "one": samples.only(samples.four().accounts[:1]),
        "three": samples.only(samples.four().accounts[:3]),
        "four": samples.four(),
        "limits": samples.looked_at(),
        "twenty": samples.many(20),
        "many": samples.many(100),
        "cards": replace(samples.many(100), arrangement=Arrangement(density=Density.CARDS)),
        "names": samples.long_names(),
        "conditions": samples.conditions(),
        "foreseen": samples.foreseen(),
        "lives": samples.troubled_lives(),
        "codex": samples.in_codex(),
        "private": replace(samples.four(), settings=Settings(privacy=True)),
    }
    tall = {"conditions", "lives"}
    panels = [_panel(state, theme, icons, translator, tall=name in tall) for name, state in states.items()]
    for name, panel in zip(states, panels, strict=True):
        panel.save(str(folder / f"panel-{name}-{end}"))
    for name, model in scenes(translator):
        _grab(_opened(model, theme, icons)).save(str(folder / f"scene-{name}-{end}"))
    login = [_login(state, theme, icons, translator) for state in (samples.waiting_login(), samples.failed_login())]
    seen = [_details(state, theme, icons, translator) for state in (samples.looked_at(), samples.troubled_lives())]
    _side_by_side(seen, theme).save(str(folder / f"details-{end}"))
    charts = [_details(_begun_today(), theme, icons, translator)]
    charts += [_details(samples.looked_at(), theme, icons, translator, read=True)]
    _side_by_side(charts, theme).save(str(folder / f"charts-{end}"))
    _side_by_side(_asked(theme, translator), theme).save(str(folder / f"questions-{end}"))
    _side_by_side(_tested(theme, translator), theme).save(str(folder / f"models-{end}"))
    for name, windows in (("import", imports(theme, translator)), ("export", exports(theme, translator))):
        _side_by_side([_grab(window) for window in windows], theme).save(str(folder / f"{name}-{end}"))
    _side_by_side(_synced(theme, translator), theme).save(str(folder / f"sync-{end}"))
    dialog = SettingsDialog(theme, translator, lambda _: None)
    dialog.open_with(Settings())
    proxy = Phrase("the proxy {proxy}", proxy="http://proxy.example:8080")
    unreachable = ProxyFailedError(reason=Phrase("{peer} refused the connection", peer=proxy)).problem
    way = Reached(
        steps=(ConnectionStep.NAME, ConnectionStep.PROXY, ConnectionStep.TLS),
        failed=ConnectionStep.PROXY,
        problem=unreachable,
    )
    found = FoundProxy(place="HTTPS_PROXY", shown="http://proxy.example:8080")
    dialog.show()
    dialog.reveal("proxy")
    dialog.resize(fitting(dialog, QSize(dialog.width(), 800)))
    dialog.pages.show_connection(connection(ConnectionCheck(proxy=found, reached=way), translator))
    _side_by_side([*login, _grab(dialog)], theme).save(str(folder / f"dialogs-{end}"))
    panel = _opened(present(samples.four(), samples.NOW, UTC, translator).panel, theme, icons)
    _side_by_side(popups(panel, dialog, translator, _grab), theme).save(str(folder / f"popups-{end}"))
    more = {
        "logins": [_grab(window) for window in logins(theme, icons, translator)],
        "help": helps(theme, icons, translator, _grab),
        "menus": [_grab(menu) for menu in tray_menus(theme, icons, translator)],
        "settings": settings_pages(theme, translator, _grab),
        "codex": codex_pictures(theme, icons, translator, _grab),
    }
    for name, pictures in more.items():
        _side_by_side(pictures, theme).save(str(folder / f"{name}-{end}"))
    if language == "en" and scale == "1" and not called:
        _icons(icons, dark=tone == "dark").save(str(folder / f"icons-{tone}.png"))


def _panel(state: AppState, theme: Theme, icons: IconPainter, t: Translator, *, tall: bool) -> QPixmap:
    panel = _opened(present(state, samples.NOW, UTC, t).panel, theme, icons)
    if tall:
        panel.resize(panel.width(), 2300)
    return _grab(panel)


def _opened(model: Panel, theme: Theme, icons: IconPainter) -> PanelWindow:
    panel = PanelWindow(theme, icons, samples.idle_actions())
    panel.show_model(model)
    panel.open_at(None)
    return panel


def _details(state: AppState, theme: Theme, icons: IconPainter, t: Translator, *, read: bool = False) -> QPixmap:
    """The details of the first account; with ``read`` while somebody reads a moment of its chart."""
    actions = DetailsActions(act=lambda _: None, menu=lambda _key, _around, _at: None, span=lambda _: None)
    window = DetailsWindow(theme, icons, actions)
    model = details(state, state.accounts[0].key, Span.WEEK, Now(samples.NOW, UTC), t)
    assert model is not None
    window.show_model(model)
    window.show()
    if window.height() >= theme.px(600):
        # What is on a page that is longer than the window is seen too.
        window.resize(window.width(), theme.px(760))
    for _ in range(3 if read else 0):
        QTest.keyClick(window.findChildren(ChartView)[0], Qt.Key.Key_PageUp)
    return _grab(window)


def _begun_today() -> AppState:
    """An account with three points, all of them from the last hours."""
    state = samples.looked_at()
    assert state.details is not None
    begun = (replace(line, points=line.points[-3:]) for line in state.details.lines)
    return replace(state, details=replace(state.details, lines=tuple(begun), renewals=()))


def _asked(theme: Theme, t: Translator) -> list[QPixmap]:
    """What is asked before something is deleted."""
    state = AppState(settings=Settings(sync_dir="~/logins"))
    ours, both = samples.account("ana@example.com", revocable=True), (StoreKind.FOLDER, StoreKind.OFFICIAL)
    file = samples.account("lee@studio.example", stores=both, location="/home/ana/logins/codex-lee@studio.example.json")
    asked: list[QPixmap] = []
    dialog = QuestionDialog(theme)
    for question in (removing(ours, state, t), removing(file, state, t), vault_reset_question(t)):
        dialog.ask(question, lambda _: None)
        asked.append(_grab(dialog))
    return asked


def _tested(theme: Theme, t: Translator) -> list[QPixmap]:
    """The question before a test of models, and the test while it runs."""
    refused = ModelRefusedError(reason="the model gpt-6-sol is not available with this ChatGPT account").problem
    results = (
        ModelResult(model="gpt-6.1-sol", latency=0.62),
        ModelResult(model="gpt-6-sol", problem=refused, latency=0.41),
        ModelResult(model="gpt-5.6-terra", problem=QuotaUsedUpError().problem, resets_at=samples.NOW, latency=0.3),
    )
    names = tuple(result.model for result in results)
    one, two = samples.account("ana@example.com"), samples.account("a.very.long.address@department.example.org")
    done = ModelTest(started_at=samples.NOW, models=names, listed_by=ListedBy.SERVICE, results=results)
    half = replace(done, results=results[:1])
    run = ModelRun(started_at=samples.NOW, accounts=(one.key, two.key))
    state = AppState(accounts=(replace(one, models=done), replace(two, models=half)), model_run=run)
    question = QuestionDialog(theme)
    question.ask(consent(2, t), lambda _: None)
    dialog = ModelTestDialog(theme, ModelTestActions(stop=lambda: None, again=lambda: None))
    dialog.show_model(model_test(state, Now(samples.NOW, UTC), t))
    dialog.show()
    return [_grab(question), _grab(dialog)]


def _synced(theme: Theme, t: Translator) -> list[QPixmap]:
    """Setting sync up: at first, with a new key, and later; and what came of a sync, well and badly."""
    failed = SyncReport(ended_at=samples.NOW, problem=SyncKeyError().problem)
    tested = replace(synced(), test=SyncTestResult(rows=4, opened=3))
    engine = samples.FakeEngine(AppState())
    here = Now(samples.NOW, UTC)
    question = QuestionController(theme)
    windows = SyncController(engine, theme, t, question, lambda: here, table_sql())
    drawn: list[QPixmap] = []
    windows.set_up()
    page = opened(SyncSetupDialog)
    drawn.append(_grab(page))
    windows.set_up()
    page.project.address.setText("https://abcdefgh.supabase.co")
    page.project.api_key.setText("sb_publishable_of_the_project")
    for button in (page.key.make, page.key.show_key, page.key.copy, page.table.show_sql):
        button.click()
    drawn.append(_grab(page))
    engine.change(AppState(sync=tested))
    windows.set_up()
    page.test.click()
    windows.draw()
    drawn.append(_grab(page))
    for sync in (tested, replace(tested, report=failed)):
        engine.change(AppState(sync=sync))
        windows.show_result()
        drawn.append(_grab(opened(SyncResultDialog)))
    rows = sync_result(AppState(sync=tested), here, t).rows
    for sync in (replace(changing(), setup=replace(changing().setup, is_key_changing=False)), changing()):
        engine.change(AppState(sync=sync))
        windows.set_up()
        opened(SyncSetupDialog).key.make.click()
        window = opened(KeyChangeDialog)
        engine.sync_code = write_code(
            SetupCode(
                url="https://abcdefgh.supabase.co",
                api_key=Secret("sb_publishable_" + "a1" * 16),
                key=Secret(f"{'07' * 32}:{'5e' * 32}"),
            )
        )
        window.code.show_code.click()
        drawn.append(_grab(window))
        opened(SyncSetupDialog).hide()
    for asked in (ending_key(changing(), t), overwriting(rows[1], t)):
        question.ask(asked, lambda _: None)
        drawn.append(_grab(opened(QuestionDialog)))
    # What is in the clipboard must not outlive Python.
    windows.close()
    return drawn


def _login(state: object, theme: Theme, icons: IconPainter, t: Translator) -> QPixmap:
    def nothing(*_: object) -> None:
        return

    actions = LoginActions(
        open_again=nothing,
        copy_address=nothing,
        copy_text=nothing,
        log_in=nothing,
        paste=nothing,
        settings=nothing,
        cancel=nothing,
    )
    dialog = LoginDialog(theme, icons, actions)
    screen = present(AppState(login=state), samples.NOW, UTC, t)  # pyright: ignore[reportArgumentType]
    dialog.show_model(screen.login)
    dialog.show()
    return _grab(dialog)


def _grab(window: QWidget) -> QPixmap:
    QApplication.processEvents()
    picture = window.grab()
    window.hide()
    return picture


def _side_by_side(pictures: list[QPixmap], theme: Theme) -> QPixmap:
    ratio = pictures[0].devicePixelRatio()
    sizes = [p.deviceIndependentSize().toSize() for p in pictures]
    whole = QSize(sum(s.width() + 24 for s in sizes) + 24, max(s.height() for s in sizes) + 48)
    sheet = QPixmap(whole * ratio)
    sheet.setDevicePixelRatio(ratio)
    sheet.fill(QColor("#101215" if theme.dark else "#bcc7d1"))
    painter = QPainter(sheet)
    x = 24
    for picture, size in zip(pictures, sizes, strict=True):
        painter.drawPixmap(QPoint(x, 24), picture)
        x += size.width() + 24
    painter.end()
    return sheet


def _icons(icons: IconPainter, *, dark: bool) -> QPixmap:
    """All looks: 16, 22 and 32 px at 1x and 2x, and each of them enlarged so that single pixels can be judged."""
    sheet = QPixmap(2000, 560)
    sheet.fill(QColor("#22262c" if dark else "#eceff2"))
    painter = QPainter(sheet)
    y = 12
    for size, ratio in ((16, 1), (22, 1), (32, 1), (16, 2), (22, 2), (32, 2)):
        for column, look in enumerate(LOOKS):
            picture = icons.pixmap(look, ON_DARK if dark else ON_LIGHT, size, ratio)
            plain = QPixmap(picture)
            plain.setDevicePixelRatio(1)
            painter.drawPixmap(12 + column * 124, y, plain)
            if size * ratio <= 32:
                times = 64 // plain.width()
                painter.drawPixmap(48 + column * 124, y, plain.scaled(plain.size() * times))
        y += 90
    painter.end()
    return sheet


if __name__ == "__main__":
    raise SystemExit(main())
