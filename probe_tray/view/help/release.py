"""The words about a newer version of the program."""

from probe_tray.core.state import AppState
from probe_tray.core.update.release import Release
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind, CardAction, Notice, Tone


def release_notice(state: AppState, t: Translator) -> Notice | None:
    """What the window says below the accounts."""
    if state.release is None:
        return None
    action = CardAction(kind=ActionKind.RELEASE_PAGE, label=t("What's new"))
    return Notice(text=_available(state.release, t), tone=Tone.CALM, action=action)


def release_entry(state: AppState, t: Translator) -> str:
    """The row of the menu; empty where there is none."""
    return "" if state.release is None else t("New &version {version}…", version=state.release.version)


def release_text(release: Release | None, t: Translator) -> str:
    """What "About" says: the version, and the first points of its notes, a line each."""
    if release is None:
        return ""
    return "\n".join((_available(release, t), *(f"• {change}" for change in release.changes)))


def _available(release: Release, t: Translator) -> str:
    return t("Probe Tray {version} is available.", version=release.version)
