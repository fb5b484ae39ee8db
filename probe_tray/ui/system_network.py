"""Qt evaluates the script of the system's proxy settings (PAC) on macOS and Windows."""

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


def script_proxy(host: str) -> str:
    """The proxy that the system chooses for ``host``, such as ``http://proxy:8080``; empty = a direct connection.

    Blocks, on some systems for seconds.
    """
    # Imported here: a third of a second and some megabytes, for the few who have such a script.
    from PySide6.QtCore import QUrl
    from PySide6.QtNetwork import QNetworkProxy, QNetworkProxyFactory, QNetworkProxyQuery

    kinds = {
        QNetworkProxy.ProxyType.HttpProxy: "http",
        QNetworkProxy.ProxyType.HttpCachingProxy: "http",
        QNetworkProxy.ProxyType.Socks5Proxy: "socks5",
    }
    query = QNetworkProxyQuery(QUrl(f"https://{host}/"))
    for proxy in QNetworkProxyFactory.systemProxyForQuery(query):
        if proxy.type() is QNetworkProxy.ProxyType.NoProxy:
            return ""
        scheme = kinds.get(proxy.type())
        if scheme is not None and proxy.hostName():
            name = f"[{proxy.hostName()}]" if ":" in proxy.hostName() else proxy.hostName()
            return f"{scheme}://{name}:{proxy.port()}"
    return ""
