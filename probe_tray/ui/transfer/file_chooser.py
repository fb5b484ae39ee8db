"""Asks for files and folders in the system's own windows, without holding up anything else."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

_PLACES = QStandardPaths.StandardLocation


class FileChooser:
    """What a window asks for places with."""

    def files(self, parent: QWidget, title: str, chosen: Callable[[list[str]], None]) -> None:
        """Choose files to read."""
        dialog = _dialog(parent, title, QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(chosen)
        dialog.open()

    def folder(self, parent: QWidget, title: str, chosen: Callable[[str], None]) -> None:
        """Choose a folder."""
        dialog = _dialog(parent, title, QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(chosen)
        dialog.open()

    def new_file(self, parent: QWidget, title: str, name: str, chosen: Callable[[str], None]) -> None:
        """Choose where a file goes; the window itself asks before one that is there already is chosen."""
        dialog = _dialog(parent, title, QFileDialog.FileMode.AnyFile)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(Path(name).suffix.removeprefix("."))
        documents = QStandardPaths.writableLocation(_PLACES.DocumentsLocation)
        home = QStandardPaths.writableLocation(_PLACES.HomeLocation)
        dialog.setDirectory(documents if Path(documents).is_dir() else home)
        dialog.selectFile(name)
        dialog.fileSelected.connect(chosen)
        dialog.open()


def _dialog(parent: QWidget, title: str, mode: QFileDialog.FileMode) -> QFileDialog:
    dialog = QFileDialog(parent, title)
    dialog.setFileMode(mode)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return dialog
