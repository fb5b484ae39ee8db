"""Walks the pages of the settings window as a person does: by choosing one after the other in its list."""

from collections.abc import Iterator

from PySide6.QtWidgets import QApplication, QWidget

from probe_tray.ui.settings.page_list import PageList
from tests.support.widgets import part


def each_page(dialog: QWidget) -> Iterator[str]:
    """The title of each page while it is the one that is shown, and then the first page again."""
    side = part(dialog, PageList)
    for number in range(side.pages.count()):
        side.choose(number)
        QApplication.processEvents()
        yield side.pages.item(number).text()
    side.choose(0)
