"""Puts a secret that a person has to carry elsewhere into the clipboard, and takes it out again."""

from PySide6.QtCore import QMimeData, QObject, QTimer
from PySide6.QtGui import QGuiApplication

from probe_tray.core.account.secret import Secret

SECONDS = 60
"""How long it stays: enough to switch to a password manager and paste."""

_HINTS = (
    # How KDE's, macOS's and Windows' clipboard managers are asked to keep no copy and to send none to other devices.
    ("x-kde-passwordManagerHint", b"secret"),
    ("org.nspasteboard.ConcealedType", b"1"),
    ('application/x-qt-windows-mime;value="ExcludeClipboardContentFromMonitorProcessing"', b"1"),
)


class ConcealedClipboard(QObject):
    """The clipboard, as far as one secret in it is concerned."""

    def __init__(self, parent: QObject) -> None:
        """Hold nothing yet; lives as long as ``parent``."""
        super().__init__(parent)
        self._held: Secret | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SECONDS * 1_000)
        self._timer.timeout.connect(self.clear)

    def put(self, secret: Secret) -> None:
        """Hold ``secret`` there for a minute."""
        data = QMimeData()
        data.setText(secret.reveal())
        for kind, value in _HINTS:
            data.setData(kind, value)
        QGuiApplication.clipboard().setMimeData(data)
        self._held = secret
        self._timer.start()

    def clear(self) -> None:
        """Take it out, unless the person has copied something else since."""
        self._timer.stop()
        held, self._held = self._held, None
        clipboard = QGuiApplication.clipboard()
        if held is not None and Secret(clipboard.text()) == held:
            clipboard.clear()
