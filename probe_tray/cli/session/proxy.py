"""The proxy of one run of the command."""

import os
from collections.abc import Sequence
from urllib.parse import urlsplit

from probe_tray.adapters.proxy.proxy import ProxyChoice, detect_proxy, read_system_proxies
from probe_tray.cli.arguments import Arguments
from probe_tray.core.errors import Phrase
from probe_tray.core.settings import Settings
from probe_tray.view.text.translate import Translator


def chosen_proxy(arguments: Arguments, settings: Settings) -> ProxyChoice:
    """The proxy of the flag, else of the configuration, else the one that is found."""
    asked, name = arguments.proxy, "--proxy"
    if asked is None and settings.proxy is not None:
        asked, name = settings.proxy, Phrase("the configuration")
    return detect_proxy(asked, os.environ, override_name=name, system=read_system_proxies)


def proxy_note(proxy: ProxyChoice, addresses: Sequence[str], t: Translator) -> str:
    """Which proxy requests to ``addresses`` take and where it was found, without its user and password."""
    hosts = [urlsplit(address).hostname or "" for address in addresses]
    direct = list(
        dict.fromkeys(host for host in hosts if proxy.address is not None and proxy.address_for(host) is None)
    )
    facts = {"proxy": t(proxy.shown), "where": t(proxy.found_in), "hosts": ", ".join(direct)}
    if not direct:
        return t("Proxy: {proxy} ({where})", **facts)
    if len(direct) == len(set(hosts)):
        return t("Proxy: none. {proxy} ({where}) is not used for {hosts}.", **facts)
    return t("Proxy: {proxy} ({where}), but not for {hosts}", **facts)
