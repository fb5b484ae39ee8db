"""Asks for files and folders in the system's own windows, without holding up anything else."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from PySide6.QtWidgets import QFileDialog


class FileChooser:
    """What a window asks for places with. Qt's classes for it are made with the first question: 0.1 MB."""

    def files(self, parent: QWidget, title: str, chosen: Callable[[list[str]], None]) -> None:
        """Choose files to read."""
        dialog = _dialog(parent, title)
        dialog.setFileMode(dialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(chosen)
        dialog.open()

    def folder(self, parent: QWidget | None, title: str, chosen: Callable[[str], None]) -> None:
        """Choose a folder."""
        dialog = _dialog(parent, title)
        dialog.setFileMode(dialog.FileMode.Directory)
        dialog.setOption(dialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(chosen)
        dialog.open()

    def new_file(self, parent: QWidget, title: str, name: str, chosen: Callable[[str, bool], None]) -> None:
        """Choose where a file goes; it gets the suffix of ``name`` where the person gives it none.

        ``chosen`` hears whether the window itself has asked before a file of that name is replaced.
        """
        from PySide6.QtCore import QStandardPaths

        dialog, places = _dialog(parent, title), QStandardPaths.StandardLocation
        dialog.setFileMode(dialog.FileMode.AnyFile)
        dialog.setAcceptMode(dialog.AcceptMode.AcceptSave)
        documents = QStandardPaths.writableLocation(places.DocumentsLocation)
        home = QStandardPaths.writableLocation(places.HomeLocation)
        dialog.setDirectory(documents if Path(documents).is_dir() else home)
        dialog.selectFile(name)

        def named(path: str) -> None:
            # Qt's default suffix is added after the windows of some desktops have asked about the name without it.
            has_suffix = bool(Path(path).suffix)
            chosen(path if has_suffix else path + Path(name).suffix, has_suffix)

        dialog.fileSelected.connect(named)
        dialog.open()


def _dialog(parent: QWidget | None, title: str) -> "QFileDialog":
    from PySide6.QtWidgets import QFileDialog

    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return dialog
