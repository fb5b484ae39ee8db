"""What is said once where the system hides new tray icons."""

import msgspec

from probe_tray.view.text.translate import Translator


class OverflowWords(msgspec.Struct, frozen=True):
    """A message by the icon: at most 63 and 255 characters, which is all that Windows shows."""

    title: str
    text: str


def overflow_words(t: Translator) -> OverflowWords:
    """Where the icon is, and how it stays in sight."""
    return OverflowWords(
        t("Probe Tray's icon is behind the arrow"),
        t(
            "Windows keeps new icons behind the small arrow at the right end of the taskbar. Open it, and drag the "
            "icon onto the taskbar to see it always."
        ),
    )
