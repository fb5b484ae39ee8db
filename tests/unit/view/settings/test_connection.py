"""What the settings say of the way to the service."""

import pytest

from probe_tray.core.errors import ProxyFailedError, UsageError
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
        (FoundProxy(problem=UsageError(what="The address has no host.").problem), "The address has no host."),
    ],
)
def test_the_proxy_is_shown_with_where_it_was_found(proxy: FoundProxy, words: str) -> None:
    assert connection(ConnectionCheck(proxy=proxy), T).proxy == words


def test_before_a_test_there_is_only_the_button() -> None:
    view = connection(ConnectionCheck(), T)
    assert (view.proxy, view.steps, view.said, view.advice) == ("", "", "", "")
    assert (view.test, view.running) == ("&Test connection", False)


def test_a_test_that_runs_can_be_stopped() -> None:
    view = connection(ConnectionCheck(running=True), T)
    assert (view.said, view.test, view.running) == ("Testing the connection…", "S&top the test", True)


def test_a_way_that_works_has_every_step_ticked() -> None:
    view = connection(ConnectionCheck(reached=Reached(steps=STEPS)), T)
    assert view.steps == "✓ Name   ✓ Proxy   ✓ Secure connection   ✓ Network's edge   ✓ Service"
    assert (view.said, view.tone) == ("The connection works.", Tone.CALM)


def test_the_step_that_failed_is_marked_and_has_a_remedy() -> None:
    problem = ProxyFailedError(reason="the proxy http://p:1 refused the connection").problem
    view = connection(ConnectionCheck(reached=Reached(steps=STEPS, failed=ConnectionStep.PROXY, problem=problem)), T)
    assert view.steps == "✓ Name   ✗ Proxy   – Secure connection   – Network's edge   – Service"
    assert view.said == "The proxy isn't working: the proxy http://p:1 refused the connection."
    assert (view.advice, view.tone) == (
        "Check its address, user name and password, or ask your network administrator.",
        Tone.CRITICAL,
    )


def test_where_a_proxy_was_found_is_said_in_the_persons_language() -> None:
    proxy = FoundProxy(place="the network settings of macOS", shown="http://p:1")
    assert "macOS 的网络设置" in connection(ConnectionCheck(proxy=proxy), CHINESE).proxy
