"""What Qt says of the system's proxies, as an address."""

import pytest
from PySide6.QtNetwork import QNetworkProxy, QNetworkProxyFactory, QNetworkProxyQuery

from probe_tray.ui.system_network import script_proxy

HTTP, SOCKS = QNetworkProxy.ProxyType.HttpProxy, QNetworkProxy.ProxyType.Socks5Proxy
NONE, FTP = QNetworkProxy.ProxyType.NoProxy, QNetworkProxy.ProxyType.FtpCachingProxy


@pytest.mark.parametrize(
    ("found", "address"),
    [
        ([QNetworkProxy(HTTP, "proxy", 8080)], "http://proxy:8080"),
        ([QNetworkProxy(SOCKS, "::1", 1080)], "socks5://[::1]:1080"),
        ([QNetworkProxy(NONE), QNetworkProxy(HTTP, "proxy", 8080)], ""),
        ([QNetworkProxy(FTP, "ftp", 21), QNetworkProxy(HTTP, "proxy", 1)], "http://proxy:1"),
        ([QNetworkProxy(HTTP, "", 0)], ""),
        ([], ""),
    ],
)
def test_the_first_usable_proxy_is_taken(
    found: list[QNetworkProxy], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(query: QNetworkProxyQuery) -> list[QNetworkProxy]:
        asked.append(query.url().toString())
        return found

    monkeypatch.setattr(QNetworkProxyFactory, "systemProxyForQuery", answer)
    assert script_proxy("chatgpt.com") == address
    assert asked == ["https://chatgpt.com/"]
