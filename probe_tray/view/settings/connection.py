"""What the settings show of the way to the service: the proxy that was found, and which step of a test failed."""

import msgspec

from probe_tray.core.service.connection import ConnectionCheck, ConnectionStep, FoundProxy, Reached
from probe_tray.view.text.translate import Translator, mark
from probe_tray.view.view_models import Tone

_STEPS = {
    ConnectionStep.NAME: mark("Name"),
    ConnectionStep.CONNECTION: mark("Connection"),
    ConnectionStep.PROXY: mark("Proxy"),
    ConnectionStep.TLS: mark("Secure connection"),
    ConnectionStep.EDGE: mark("Network's edge"),
    ConnectionStep.SERVICE: mark("Service"),
}
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
    mark("its kind is not known"),
    mark("a #, / or ? in its user name or password has to be written as %23, %2F or %3F"),
)
"""Why an address cannot be used."""
_DONE, _FAILED, _OPEN = "✓", "✗", "–"


class ConnectionView(msgspec.Struct, frozen=True, kw_only=True):
    """The lines below the proxy's setting."""

    proxy: str
    """Which proxy is used, and why; empty while it is looked for."""
    steps: str
    """All steps with their marks; empty before a test."""
    said: str
    advice: str
    tone: Tone | None
    test: str
    """The button; while a test runs it stops it."""
    running: bool


def connection(check: ConnectionCheck, t: Translator) -> ConnectionView:
    """What is known of the way to the service."""
    reached = check.reached
    said, advice, tone = "", "", None
    if check.running:
        said = t("Testing the connection…")
    elif reached is not None and reached.problem is not None:
        said, advice, tone = t.title(reached.problem), t.hint(reached.problem), Tone.CRITICAL
    elif reached is not None:
        said, tone = t("The connection works."), Tone.CALM
    return ConnectionView(
        proxy="" if check.proxy is None else _proxy(check.proxy, t),
        steps="" if reached is None else _steps(reached, t),
        said=said,
        advice=advice,
        tone=tone,
        test=t("S&top the test") if check.running else t("&Test connection"),
        running=check.running,
    )


def _proxy(found: FoundProxy, t: Translator) -> str:
    if found.problem is not None:
        return t.title(found.problem)
    if not found.shown:
        return t("No proxy is used.") if found.place else t("No proxy was found. Probe Tray connects directly.")
    said = t("From {place}: {proxy}", place=t(found.place), proxy=found.shown)
    if found.excepted:
        return said + " " + t("OpenAI is one of its exceptions, so Probe Tray connects directly.")
    return said


def _steps(reached: Reached, t: Translator) -> str:
    words: list[str] = []
    failed = False
    for step in reached.steps:
        sign = _OPEN if failed else _DONE
        if step is reached.failed:
            failed, sign = True, _FAILED
        words.append(f"{sign} {t(_STEPS[step])}")
    return "   ".join(words)
