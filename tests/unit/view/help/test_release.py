"""The words about a newer version, and where they stand."""

from datetime import UTC

from msgspec.structs import replace

from probe_tray.core.update.release import Release
from probe_tray.view.help.about import about
from probe_tray.view.presenter import present
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind, Tone
from tests.unit.ui import samples
from tests.unit.view.help.test_about import MACHINE, TOOLKIT

NEWER = Release(version="2.0.0", changes=("A point.", "Another & more."))


def test_without_a_newer_version_nothing_is_said() -> None:
    screen = present(samples.four(), samples.NOW, UTC, Translator())
    assert (screen.panel.release, screen.menu.release) == (None, "")
    shown = about(MACHINE, TOOLKIT, None, Translator())
    assert (shown.release, shown.open_release) == ("", "")


def test_panel_menu_and_about_say_which_version_there_is() -> None:
    screen = present(replace(samples.four(), release=NEWER), samples.NOW, UTC, Translator())
    notice = screen.panel.release
    assert notice is not None
    assert (notice.text, notice.tone) == ("Probe Tray 2.0.0 is available.", Tone.CALM)
    assert [(a.kind, a.label) for a in notice.actions] == [(ActionKind.RELEASE_PAGE, "What's new")]
    assert screen.menu.release == "New &version 2.0.0…"
    shown = about(MACHINE, TOOLKIT, NEWER, Translator())
    assert shown.release == "Probe Tray 2.0.0 is available.\n• A point.\n• Another & more."
    assert shown.open_release == "What's &new"
