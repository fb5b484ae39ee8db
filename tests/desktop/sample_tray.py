"""A tray program as small as can be, on which the bench is proved: `sample_tray.py URL`.

It opens URL when "Log in to Codex…" is chosen, says so in a notification, and shows a window on click.
"""

import sys
import webbrowser

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QSystemTrayIcon, QVBoxLayout, QWidget
from shiboken6 import delete


def icon() -> QIcon:
    """Paint an orange disc, which neither the panel nor the screen has."""
    pixmap = QPixmap(64, 64)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#ff6a00"))
    painter.drawEllipse(4, 4, 56, 56)
    painter.end()
    return QIcon(pixmap)


def main() -> int:
    """Run until Quit is chosen."""
    app = QApplication(sys.argv)
    app.setApplicationDisplayName("Sample")
    app.setQuitOnLastWindowClosed(False)

    window = QWidget()
    window.setWindowTitle("Sample window")
    pressed = QPushButton("Renew now", window)
    pressed.clicked.connect(lambda: pressed.setText("Renewed"))
    QVBoxLayout(window).addWidget(pressed)
    scheme = QGuiApplication.styleHints().colorScheme()
    window.setAccessibleName(f"Sample in {scheme.name}")

    tray = QSystemTrayIcon(icon())
    tray.setToolTip("42 % used · ana_b@example.com")

    def log_in() -> None:
        webbrowser.open(sys.argv[1])
        tray.showMessage("Signing in", "The browser has the page.", icon())

    menu = QMenu()
    menu.addAction("&Log in to Codex…", log_in)
    menu.addSeparator()
    accounts = menu.addMenu("Accounts")
    # Over D-Bus one underscore marks the mnemonic, and Qt does not write it twice: an address loses it.
    first = accounts.addAction("ana__b@example.com")
    first.setCheckable(True)
    first.setChecked(True)
    accounts.addAction("Not now").setEnabled(False)
    menu.addAction("&Quit", app.quit)
    tray.setContextMenu(menu)

    def show(_reason: QSystemTrayIcon.ActivationReason) -> None:
        window.show()

    tray.activated.connect(show)
    tray.show()
    status = app.exec()
    # Whatever is left to the end of Python is destroyed in any order, and Qt does not survive each of them.
    for part in (tray, menu, window):
        part.hide()
        delete(part)
    return status


if __name__ == "__main__":
    sys.exit(main())
