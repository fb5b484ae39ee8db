"""What the settings say of the way to the service."""

import msgspec
import pytest

from probe_tray.core.errors import ProxyAddressError, ProxyFailedError
from probe_tray.core.service.connection import ConnectionCheck, ConnectionStep, FoundProxy, Reached
from probe_tray.resources import resource
from probe_tray.view.settings.connection import connection
from probe_tray.view.text.translate import Translator, parse_po
from probe_tray.view.view_models import Tone

T = Translator()
CHINESE = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))
STEPS = (ConnectionStep.NAME, ConnectionStep.PROXY, ConnectionStep.TLS, ConnectionStep.EDGE, ConnectionStep.SERVICE)


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        (FoundProxy(), "No proxy was found. Probe Tray connects directly."),
        (FoundProxy(place="the settings"), "No proxy is used."),
        (FoundProxy(place="HTTPS_PROXY", shown="http://proxy:8080"), "From HTTPS_PROXY: http://proxy:8080"),
        (
            FoundProxy(place="HTTPS_PROXY", shown="http://p:1", excepted=True),
            ("From HTTPS_PROXY: http://p:1 OpenAI is one of its exceptions, so Probe Tray connects directly."),
        ),
    ],
)
def test_the_proxy_is_shown_with_where_it_was_found(proxy: FoundProxy, words: str) -> None:
    line = connection(ConnectionCheck(proxy=proxy), T).proxy
    assert (line.text, line.tone) == (words, None)


def test_before_a_test_there_is_only_the_button() -> None:
    view = connection(ConnectionCheck(), T)
    assert (view.proxy.text, view.steps, view.said, view.advice) == ("", (), "", "")
    assert (view.test, view.running) == ("&Test connection", False)


def test_a_test_that_runs_can_be_stopped() -> None:
    view = connection(ConnectionCheck(running=True), T)
    assert (view.said, view.test, view.running) == ("Testing the connection…", "S&top the test", True)


def test_a_way_that_works_has_one_line_per_step() -> None:
    view = connection(ConnectionCheck(reached=Reached(steps=STEPS)), T)
    assert [f"{line.sign} {line.text}" for line in view.steps] == [
        "✓ The address of the proxy was found",
        "✓ The proxy connected to OpenAI",
        "✓ The connection is secure",
        "✓ The network lets Probe Tray through",
        "✓ OpenAI answered",
    ]
    assert {line.tone for line in view.steps} == {Tone.CALM}
    assert (view.said, view.tone) == ("The connection works.", Tone.CALM)


def test_the_step_that_failed_is_explained_where_it_stands() -> None:
    problem = ProxyFailedError(reason="the proxy http://p:1 refused the connection").problem
    view = connection(ConnectionCheck(reached=Reached(steps=STEPS, failed=ConnectionStep.PROXY, problem=problem)), T)
    assert [f"{line.sign} {line.text}" for line in view.steps] == [
        "✓ The address of the proxy was found",
        "✗ No connection through the proxy",
        " Can't connect: the proxy http://p:1 refused the connection.",
        " Check the proxy's address and that it is running, or ask your network administrator.",
        "– Secure connection: not tested",
        "– Way through the network: not tested",
        "– Answer from OpenAI: not tested",
    ]
    assert view.said == ""


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("the settings", "This address can't be used: it isn't an http, https, socks5 or socks5h address."),
        (
            "HTTPS_PROXY",
            "The proxy address in HTTPS_PROXY can't be used: it isn't an http, https, socks5 or socks5h address.",
        ),
    ],
)
def test_a_proxy_that_cannot_be_used_is_said_once_and_nothing_is_called_tried(place: str, said: str) -> None:
    problem = ProxyAddressError(place=place, reason="it isn't an http, https, socks5 or socks5h address").problem
    reached = Reached(steps=STEPS, failed=ConnectionStep.PROXY, problem=problem)
    for check in (ConnectionCheck(), ConnectionCheck(reached=reached)):
        view = connection(msgspec.structs.replace(check, proxy=FoundProxy(problem=problem)), T)
        assert (view.proxy.text, view.proxy.tone) == (said, Tone.CRITICAL)
        assert view.advice == "Enter one such as http://proxy.example:8080 or socks5h://127.0.0.1:1080."
        assert (view.steps, view.said) == ((), "")


def test_where_a_proxy_was_found_is_said_in_the_persons_language() -> None:
    proxy = FoundProxy(place="the network settings of macOS", shown="http://p:1")
    assert "macOS 的网络设置" in connection(ConnectionCheck(proxy=proxy), CHINESE).proxy.text
