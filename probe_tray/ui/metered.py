"""Qt says on Windows and macOS whether the network is paid for by use."""

import sys


def metered_network() -> bool | None:
    """Whether Qt calls the network metered; None where Qt cannot tell. On the main thread only, where Qt keeps it.

    Always None on Linux, where NetworkManager is asked without Qt. Qt up to 6.11 tells it on Windows; on macOS its
    backend does not know it yet.
    """
    if sys.platform not in {"win32", "darwin"}:
        return None
    # Imported here, so that the start loads no module that Linux never needs.
    from PySide6.QtNetwork import QNetworkInformation

    # A backend that was loaded before stays, so asking again costs nothing; Qt hears of changes by itself.
    if not QNetworkInformation.loadBackendByFeatures(QNetworkInformation.Feature.Metered):
        return None
    return QNetworkInformation.instance().isMetered()
