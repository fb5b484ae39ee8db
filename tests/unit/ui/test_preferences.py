"""Language and appearance while the program runs."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from probe_tray.core.settings import Appearance, Language
from probe_tray.ui.panel.panel import PanelWindow
from probe_tray.ui.preferences import load_catalogue
from probe_tray.ui.settings.settings_dialog import SettingsDialog
from probe_tray.ui.shell import Shell
from probe_tray.ui.theme import Theme
from probe_tray.ui.tokens import DARK, LIGHT, contrast_tokens
from tests.support.desktops import FakeDesktop
from tests.support.widgets import open_windows, opened, tray_icon, tray_menu
from tests.unit.ui import samples
from tests.unit.ui.samples import FakeEngine
from tests.unit.ui.shell_contexts import shell_context

# The screenless platform has no tray to follow.
pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", extend=True)


class Desktop:
    def __init__(self, app: QApplication) -> None:
        self.engine = FakeEngine(samples.four())
        self.system = FakeDesktop()
        around = shell_context(desktop=self.system)
        self.shell = Shell(app, self.engine, around, lambda: None)

    def settings(self, **changes: object) -> None:
        """What happens once a person has saved these."""
        state = self.engine.state
        self.engine.change(replace(state, settings=replace(state.settings, **changes)))
        self.shell.draw()

    @property
    def rows(self) -> list[str]:
        return [row.text() for row in tray_menu(self.shell).actions() if row.isVisible() and not row.isSeparator()]

    @property
    def tooltip(self) -> str:
        return tray_icon(self.shell).toolTip()

    @property
    def settings_title(self) -> str:
        return opened(SettingsDialog).windowTitle()


@pytest.fixture
def desktop(qtbot: QtBot, qapp: QApplication) -> Iterator[Desktop]:
    found = Desktop(qapp)
    yield found
    found.settings(language=Language.AUTO, appearance=Appearance.AUTO)
    found.shell.close()


def test_every_window_the_menu_and_the_tooltip_follow_the_language_at_once(desktop: Desktop) -> None:
    desktop.shell.show_panel()
    desktop.shell.show_settings()
    assert "&Quit" in desktop.rows
    desktop.settings(language=Language.CHINESE)
    assert "退出(&Q)" in desktop.rows
    assert desktop.tooltip.startswith("Probe Tray\n4 个账户中有 2 个可用")
    assert desktop.settings_title == "设置"
    desktop.settings(language=Language.ENGLISH)
    assert "&Quit" in desktop.rows
    assert desktop.settings_title == "Settings"


def test_qts_own_words_follow_too(desktop: Desktop) -> None:
    def cancel() -> str:
        return QCoreApplication.translate("QPlatformTheme", "Cancel")

    desktop.settings(language=Language.CHINESE)
    assert cancel() == "取消"
    desktop.settings(language=Language.ENGLISH)
    assert cancel() == "Cancel"


def test_a_closed_settings_window_is_made_anew_in_the_new_language(desktop: Desktop) -> None:
    desktop.shell.show_settings()
    opened(SettingsDialog).close()
    desktop.settings(language=Language.CHINESE)
    assert not open_windows(SettingsDialog)
    desktop.shell.show_settings()
    assert desktop.settings_title == "设置"


def test_the_chosen_language_wins_over_the_systems() -> None:
    assert load_catalogue(Language.ENGLISH, ["zh-Hans-CN"]).language == "en"
    assert load_catalogue(Language.CHINESE, ["en-GB"]).language == "zh_CN"


def test_windows_are_light_or_dark_as_the_settings_say(desktop: Desktop) -> None:
    desktop.shell.show_panel()
    for appearance, tokens in ((Appearance.DARK, DARK), (Appearance.LIGHT, LIGHT), (Appearance.DARK, DARK)):
        desktop.settings(appearance=appearance)
        assert opened(PanelWindow).palette().window().color().name() == tokens.window
    desktop.settings(appearance=Appearance.AUTO)
    assert opened(PanelWindow).palette().window().color().name() == LIGHT.window


NIGHT_SKY = {
    QPalette.ColorRole.Window: "#000000",
    QPalette.ColorRole.WindowText: "#ffffff",
    QPalette.ColorRole.Base: "#000000",
    QPalette.ColorRole.Text: "#ffffff",
    QPalette.ColorRole.Button: "#000000",
    QPalette.ColorRole.ButtonText: "#ffee32",
    QPalette.ColorRole.Highlight: "#d6b4fd",
    QPalette.ColorRole.HighlightedText: "#2b2b2b",
}
"""A contrast theme of Windows 11, as its settings show it."""


def test_a_contrast_theme_of_the_system_keeps_its_colours(desktop: Desktop, qapp: QApplication) -> None:
    before, contrast = QPalette(qapp.palette()), QPalette(qapp.palette())
    for role, colour in NIGHT_SKY.items():
        contrast.setColor(role, QColor(colour))
    desktop.system.contrast = True
    desktop.shell.show_panel()
    try:
        qapp.setPalette(contrast)
        # The person's own choice for the program comes second.
        desktop.settings(appearance=Appearance.LIGHT)
        shown = opened(PanelWindow).palette()
        assert {role: shown.color(role).name() for role in NIGHT_SKY} == NIGHT_SKY
        contrast.setColor(QPalette.ColorRole.Window, QColor("#202020"))
        qapp.setPalette(contrast)
        assert opened(PanelWindow).palette().window().color().name() == "#202020"
        desktop.system.contrast = False
        qapp.setPalette(before)
        assert opened(PanelWindow).palette().window().color().name() == LIGHT.window
    finally:
        qapp.setPalette(before)


def test_the_colours_of_a_contrast_theme_are_the_persons() -> None:
    palette = QPalette()
    for role, colour in NIGHT_SKY.items():
        palette.setColor(role, QColor(colour))
    tokens = contrast_tokens(palette)
    assert (tokens.window, tokens.card, tokens.line, tokens.text) == ("#000000", "#000000", "#ffffff", "#ffffff")
    assert {tokens.warning_text, tokens.critical_text, tokens.good, tokens.secondary} == {"#ffffff"}
    assert (tokens.accent, tokens.on_accent, tokens.warning) == ("#d6b4fd", "#2b2b2b", "#d6b4fd")


def test_a_chosen_appearance_stays_while_the_system_changes(qapp: QApplication, qtbot: QtBot) -> None:
    theme = Theme(qapp, lambda: False)
    theme.set_appearance(Appearance.LIGHT)
    before = qapp.palette()
    dark = qapp.palette()
    dark.setColor(dark.ColorRole.Window, "#202020")
    dark.setColor(dark.ColorRole.WindowText, "#eeeeee")
    try:
        qapp.setPalette(dark)
        assert not theme.dark
        theme.set_appearance(Appearance.AUTO)
        assert theme.dark
    finally:
        theme.set_appearance(Appearance.AUTO)
        qapp.setPalette(before)
