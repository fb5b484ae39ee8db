"""A tray icon with a menu of three lines and nothing else; ``stack`` also imports what the tray app stands on."""

import sys
from importlib import import_module

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

STACK = (
    "qasync",
    "httpx",
    "keyring",
    "keyring.backends.SecretService",
    "cryptography.hazmat.primitives.ciphers.aead",
)


def main() -> int:
    """Run until it is ended."""
    if "stack" in sys.argv[1:]:
        for name in STACK:
            import_module(name)
    app = QApplication(sys.argv)
    app.setQuitOnLastWindowClosed(False)
    picture = QPixmap(22, 22)
    picture.fill(Qt.GlobalColor.darkCyan)
    menu = QMenu()
    menu.addAction("Open")
    menu.addAction("Settings")
    menu.addAction("Quit", app.quit)
    icon = QSystemTrayIcon(QIcon(picture))
    icon.setContextMenu(menu)
    icon.show()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
