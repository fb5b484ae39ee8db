"""What the settings show of the way to the service: the proxy that was found, and which step of a test failed."""

import msgspec

from probe_tray.core.errors import Problem
from probe_tray.core.service.connection import ConnectionCheck, ConnectionStep, FoundProxy, Reached
from probe_tray.view.settings.faults import proxy_example, unusable_proxy
from probe_tray.view.text.translate import Translator, mark
from probe_tray.view.view_models import Tone


class _StepWords(msgspec.Struct, frozen=True):
    done: str
    failed: str
    untested: str


_STEPS = {
    ConnectionStep.NAME: _StepWords(
        mark("The address of OpenAI was found"), mark("The address of OpenAI was not found"), ""
    ),
    ConnectionStep.CONNECTION: _StepWords(
        mark("Connected to OpenAI"), mark("No connection to OpenAI"), mark("Connection to OpenAI: not tested")
    ),
    ConnectionStep.PROXY: _StepWords(
        mark("The proxy connected to OpenAI"), mark("No connection through the proxy"), mark("Proxy: not tested")
    ),
    ConnectionStep.TLS: _StepWords(
        mark("The connection is secure"), mark("The connection is not secure"), mark("Secure connection: not tested")
    ),
    ConnectionStep.EDGE: _StepWords(
        mark("The network lets Probe Tray through"),
        mark("The network blocks Probe Tray"),
        mark("Way through the network: not tested"),
    ),
    ConnectionStep.SERVICE: _StepWords(
        mark("OpenAI answered"), mark("OpenAI didn't answer as expected"), mark("Answer from OpenAI: not tested")
    ),
}
_PROXY_NAME = _StepWords(mark("The address of the proxy was found"), mark("The address of the proxy was not found"), "")
"""Behind a proxy that is the name that is looked up."""
_SYSTEMS = (
    mark("the network settings of macOS"),
    mark("the network settings of Windows"),
    mark("the script of the network settings (PAC)"),
    mark("the settings"),
)
"""Where a proxy may be found, besides variables, whose names are the same in every language."""
_UNUSABLE = (
    mark("it has no usable host and port"),
    mark("it has no usable host"),
    mark("it isn't an http, https, socks5 or socks5h address"),
    mark("a #, / or ? in its user name or password has to be written as %23, %2F or %3F"),
)
"""Why an address cannot be used."""
_IN_SETTINGS = _SYSTEMS[-1]
_DONE, _FAILED, _UNTESTED = "✓", "✗", "–"


class ConnectionLine(msgspec.Struct, frozen=True):
    """One line of what a test showed."""

    sign: str
    """Before the text; empty for what explains the line above."""
    text: str
    tone: Tone | None = None


class ConnectionView(msgspec.Struct, frozen=True, kw_only=True):
    """The lines below the proxy's setting."""

    proxy: ConnectionLine
    """Which proxy is used, and why, or why it cannot be; empty while it is looked for."""
    advice: str
    """What to do about a proxy that cannot be used."""
    steps: tuple[ConnectionLine, ...]
    """Each step with its sign; none before a test."""
    said: str
    tone: Tone | None
    test: str
    """The button; while a test runs it stops it."""
    running: bool


def connection(check: ConnectionCheck, t: Translator) -> ConnectionView:
    """What is known of the way to the service."""
    reached, unusable = check.reached, None if check.proxy is None else check.proxy.problem
    said, tone = "", None
    if check.running:
        said = t("Testing the connection…")
    elif reached is not None and reached.problem is None:
        said, tone = t("The connection works."), Tone.CALM
    return ConnectionView(
        proxy=ConnectionLine("", "") if check.proxy is None else _proxy(check.proxy, t),
        advice="" if unusable is None else proxy_example(t),
        # Nothing was tried where the proxy's address cannot be used, and why it cannot is said above.
        steps=() if reached is None or unusable is not None else _steps(reached, t),
        said=said,
        tone=tone,
        test=t("S&top the test") if check.running else t("&Test connection"),
        running=check.running,
    )


def _proxy(found: FoundProxy, t: Translator) -> ConnectionLine:
    if found.problem is not None:
        return ConnectionLine("", _unusable(found.problem, t), Tone.CRITICAL)
    if not found.shown:
        direct = t("No proxy is used.") if found.place else t("No proxy was found. Probe Tray connects directly.")
        return ConnectionLine("", direct)
    said = t("From {place}: {proxy}", place=t(found.place), proxy=found.shown)
    if found.excepted:
        said = t.joined((said, t("OpenAI is one of its exceptions, so Probe Tray connects directly.")))
    return ConnectionLine("", said)


def _unusable(problem: Problem, t: Translator) -> str:
    return unusable_proxy(problem, t) if ("place", _IN_SETTINGS) in problem.facts else t.title(problem)


def _steps(reached: Reached, t: Translator) -> tuple[ConnectionLine, ...]:
    lines: list[ConnectionLine] = []
    failed = False
    for step in reached.steps:
        named_proxy = step is ConnectionStep.NAME and ConnectionStep.PROXY in reached.steps
        words = _PROXY_NAME if named_proxy else _STEPS[step]
        if failed:
            lines.append(ConnectionLine(_UNTESTED, t(words.untested)))
        elif step is not reached.failed:
            lines.append(ConnectionLine(_DONE, t(words.done), Tone.CALM))
        else:
            failed = True
            lines.append(ConnectionLine(_FAILED, t(words.failed), Tone.CRITICAL))
            if reached.problem is not None:
                lines += [ConnectionLine("", t.title(reached.problem)), ConnectionLine("", t.hint(reached.problem))]
    return tuple(lines)
