"""Proxies of a script, with the script played by the test."""

import sys

import pytest

from probe_tray.adapters.proxy.pac import PLACE, PacProxies, names_script
from probe_tray.adapters.proxy.proxy import ProxyChoice, detect_proxy
from probe_tray.adapters.systems.macos import scutil_finds_script, scutil_names_script
from probe_tray.adapters.systems.operating_system import SystemProxies

BACKEND, ISSUER = "chatgpt.com", "auth.openai.com"
SHOWN = """<dictionary> {
  FTPPassive : 1
  ProxyAutoConfigEnable : 1
  ProxyAutoConfigURLString : http://wpad.example/proxy.pac
}
"""


class Script:
    def __init__(self, **proxies: str) -> None:
        self.proxies = proxies
        self.asked: list[str] = []

    def __call__(self, host: str) -> str:
        self.asked.append(host)
        return self.proxies.get(host.partition(".")[0], "")


def proxies(
    script: Script, *, there: bool = False, in_network: bool = False, fixed: SystemProxies | None = None
) -> PacProxies:
    return PacProxies(
        script,
        (BACKEND, ISSUER),
        has_script=lambda: there,
        finds_script=lambda: in_network,
        read=lambda: fixed or SystemProxies(),
    )


def chosen(
    script: Script, *, there: bool = True, fixed: SystemProxies | None = None, **environment: str
) -> ProxyChoice:
    system = proxies(script, there=there, fixed=fixed)
    return detect_proxy(None, environment, system=system, override_name="--proxy")


def shown(choice: ProxyChoice, host: str) -> str | None:
    address = choice.address_for(host)
    return None if address is None else address.reveal()


@pytest.mark.parametrize("address", ["http://proxy:8080", "socks5://proxy:1080"])
def test_the_scripts_proxy_is_taken_and_named(address: str) -> None:
    choice = chosen(Script(chatgpt=address, auth=address))
    assert (choice.found_in, choice.shown, shown(choice, BACKEND)) == (PLACE, address, address)


def test_a_host_that_the_script_sends_directly_goes_directly() -> None:
    choice = chosen(Script(auth="http://proxy:1"))
    assert (shown(choice, BACKEND), shown(choice, ISSUER)) == (None, "http://proxy:1")


def test_a_script_that_sends_all_directly_means_no_proxy() -> None:
    assert chosen(Script()) == ProxyChoice()


def test_without_a_script_nothing_is_evaluated() -> None:
    script = Script(chatgpt="http://proxy:1")
    assert chosen(script, there=False).address is None
    assert script.asked == []


def test_fixed_settings_and_variables_come_first() -> None:
    script = Script(chatgpt="http://proxy:1")
    fixed = SystemProxies("the network settings of macOS", {"https": "http://fixed:1"})
    assert chosen(script, fixed=fixed).shown == "http://fixed:1"
    assert chosen(script, HTTPS_PROXY="http://variable:1").shown == "http://variable:1"
    assert script.asked == []


def test_each_host_is_evaluated_once_however_many_requests_follow() -> None:
    script = Script(chatgpt="http://proxy:1")
    choice = chosen(script)
    for _ in range(5):
        choice.address_for(BACKEND)
        choice.address_for(ISSUER)
    assert script.asked == [BACKEND, ISSUER]


@pytest.mark.parametrize(
    ("text", "there"),
    [
        (SHOWN, True),
        (SHOWN.replace("Enable : 1", "Enable : 0"), False),
        (SHOWN.replace("http://wpad.example/proxy.pac", ""), False),
        ("<dictionary> {\n}\n", False),
        ("", False),
    ],
)
def test_what_scutil_shows_is_understood(text: str, there: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert scutil_names_script(text) is there


@pytest.mark.skipif(sys.platform != "linux", reason="the others' answer depends on the machine")
def test_linux_has_no_such_setting() -> None:
    assert not names_script()


def test_a_script_of_the_network_is_looked_for_only_once_it_is_asked_for() -> None:
    script = Script(chatgpt="http://proxy:1")
    system = proxies(script, in_network=True)
    assert not any(system().addresses.values())
    assert script.asked == []
    assert system.search()
    assert system().addresses == {"http": "http://proxy:1"}


def test_where_the_settings_look_for_no_script_none_is_evaluated() -> None:
    script = Script(chatgpt="http://proxy:1")
    system = proxies(script)
    assert not system.search()
    assert not any(system().addresses.values())
    assert script.asked == []


@pytest.mark.parametrize(
    ("text", "there"),
    [("  ProxyAutoDiscoveryEnable : 1\n", True), ("  ProxyAutoDiscoveryEnable : 0\n", False), (SHOWN, False)],
)
def test_macos_says_whether_it_looks_in_the_network(text: str, *, there: bool) -> None:
    assert scutil_finds_script(text) is there
