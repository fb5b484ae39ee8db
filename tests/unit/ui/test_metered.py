"""What Qt says of the network's price, and that Linux does not load Qt's network module for it."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from PySide6.QtNetwork import QNetworkInformation

from probe_tray.ui.system_network import metered_network

METERED = QNetworkInformation.Feature.Metered
elsewhere = pytest.mark.parametrize("platform", ["win32", "darwin"])
AT_START = """
import sys
import probe_tray.app, probe_tray.bootstrap, probe_tray.ui.event_loop.loop, probe_tray.ui.shell
from probe_tray.ui.system_network import metered_network
print(metered_network(), "PySide6.QtNetwork" in sys.modules)
"""


class Information:
    """Qt's network information, with a backend for ``features``."""

    def __init__(self, features: QNetworkInformation.Feature) -> None:
        self.features = features
        self.metered = False

    def load(self, wanted: QNetworkInformation.Feature) -> bool:
        return wanted in self.features

    def isMetered(self) -> bool:
        return self.metered


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Callable[[QNetworkInformation.Feature], Information]:
    def make(features: QNetworkInformation.Feature) -> Information:
        made = Information(features)
        monkeypatch.setattr(QNetworkInformation, "loadBackendByFeatures", made.load)
        monkeypatch.setattr(QNetworkInformation, "instance", lambda: made)
        return made

    return make


@elsewhere
def test_qt_is_asked_anew_each_time(
    platform: str, backend: Callable[[QNetworkInformation.Feature], Information], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    information = backend(METERED | QNetworkInformation.Feature.Reachability)
    assert metered_network() is False
    information.metered = True
    assert metered_network() is True


@elsewhere
def test_a_backend_that_does_not_know_the_price_tells_nothing(
    platform: str, backend: Callable[[QNetworkInformation.Feature], Information], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    backend(QNetworkInformation.Feature.Reachability).metered = True
    assert metered_network() is None


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Qt is asked")
def test_linux_does_not_load_qts_network_module() -> None:
    answer = subprocess.run([sys.executable, "-c", AT_START], capture_output=True, text=True, check=True)
    assert answer.stdout == "None False\n"
