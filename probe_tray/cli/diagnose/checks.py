"""The lines of ``codex-probe diagnose``: what was found, how bad it is, and what to do about it."""

import enum
from datetime import timedelta

import msgspec

from probe_tray import __version__
from probe_tray.adapters.desktop.session_bus import Listed
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.cli.terminal.hints import at_the_command_line
from probe_tray.core.errors import ClockError, ProbeError, Problem
from probe_tray.core.service.connection import ConnectionStep, Reached
from probe_tray.core.update.release import UpdateMemory
from probe_tray.core.update.version import is_newer
from probe_tray.view.text.translate import Translator

_TRAY, _NOTIFICATIONS = "org.kde.StatusNotifierWatcher", "org.freedesktop.Notifications"
_CLOCK_MAY_DIFFER = timedelta(minutes=2)
_STEPS = {
    ConnectionStep.NAME: ("DNS", "the name is found"),
    ConnectionStep.CONNECTION: ("connection", "the service is reached"),
    ConnectionStep.PROXY: ("connection", "the proxy connects to the service"),
    ConnectionStep.TLS: ("TLS", "the connection is secure and its certificate is trusted"),
    ConnectionStep.EDGE: ("edge", "the network lets the question through"),
    ConnectionStep.SERVICE: ("service", "it answers"),
}
_NAME_WIDTH = 14


class State(enum.Enum):
    """How it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One line. Its texts may still hold names and addresses of people."""

    name: str
    state: State
    what: str
    remedy: str = ""

    @property
    def line(self) -> str:
        """For people."""
        return f"{self.state.value:<5} {self.name:<{_NAME_WIDTH}} {self.what}{f' {self.remedy}' if self.remedy else ''}"


class _CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    checks: list[Check]


def checks_json(checks: list[Check], version: str) -> bytes:
    """All of it for programs."""
    return msgspec.json.format(msgspec.json.encode(_CheckResult(version=version, checks=checks)), indent=2) + b"\n"


def good(name: str, what: str) -> Check:
    """All is well."""
    return Check(name=name, state=State.OK, what=what)


def from_problem(name: str, problem: Problem, state: State = State.FAIL) -> Check:
    """What a failure says."""
    t, problem = Translator(), at_the_command_line(problem)
    return Check(name=name, state=state, what=t.title(problem), remedy=t.hint(problem))


def failed(name: str, error: ProbeError) -> Check:
    """What an exception says."""
    return from_problem(name, error.problem)


def journal_check(unfinished: int) -> Check:
    """Whether each renewal came to its end."""
    if not unfinished:
        return good("journal", "no renewal waits to be finished")
    one = unfinished == 1
    what = f"{unfinished} {'renewal' if one else 'renewals'} did not come to an end, unless one runs at this moment."
    remedy = "The next look at the account finishes it: start Probe Tray, or run codex-probe --status."
    return Check(name="journal", state=State.WARN, what=what, remedy=remedy)


def update_check(memory: UpdateMemory, *, wanted: bool) -> Check:
    """What is known of newer versions; nothing is asked for it."""
    name = "new versions"
    if not wanted:
        return good(name, "not looked for, unless you turn that on in Settings")
    release = memory.release
    if release is not None and is_newer(release.version, __version__):
        what, remedy = f"Probe Tray {release.version} is available.", f"See {release.page}"
        return Check(name=name, state=State.WARN, what=what, remedy=remedy)
    if memory.next_at is None:
        return good(name, "not looked for yet")
    return good(name, f"none is known; Probe Tray looks again after {memory.next_at:%Y-%m-%d %H:%M} UTC")


def proxy_check(choice: ProxyChoice, host: str, *, script: bool = False) -> Check:
    """Which proxy is used, without its user and password; ``script``: the system's settings leave that to one."""
    if choice.address is None and script:
        what = "the network settings leave it to a script (PAC), which codex-probe does not run: it connects directly."
        remedy = "Name the proxy with --proxy or HTTPS_PROXY; Probe Tray itself runs the script."
        return Check(name="proxy", state=State.WARN, what=what, remedy=remedy)
    if choice.address is None:
        return good("proxy", f"none is used ({choice.found_in})")
    if choice.address_for(host) is None:
        return good("proxy", f"{choice.shown} from {choice.found_in}; the service is among its exceptions")
    return good("proxy", f"{choice.shown} from {choice.found_in}")


def way_checks(reached: Reached) -> list[Check]:
    """How far a question to the service came."""
    checks: list[Check] = []
    broken = False
    for step in reached.steps:
        name, what = _STEPS[step]
        if broken:
            checks.append(Check(name=name, state=State.WARN, what="not tried.", remedy="Fix the failure above first."))
        elif step is reached.failed and reached.problem is not None:
            broken = True
            checks.append(from_problem(name, reached.problem))
        else:
            checks.append(good(name, what))
    return checks


def clock_check(ahead: timedelta | None) -> Check:
    """Whether this computer's clock agrees with the service's; ``ahead`` is how far that one is before ours."""
    if ahead is None:
        remedy = "Run it again once the service answers."
        return Check(name="clock", state=State.WARN, what="it could not be compared with the service's.", remedy=remedy)
    if abs(ahead) <= _CLOCK_MAY_DIFFER:
        return good("clock", "it agrees with the service's")
    return failed("clock", ClockError.off_by(ahead))


def desktop_checks(listed: Listed | None, platform: str) -> list[Check]:
    """Whether the desktop has a tray and shows notifications; ``platform`` as ``sys.platform`` has it."""
    if platform in {"darwin", "win32"}:
        return [good(name, "the system has its own") for name in ("tray", "notifications")]
    if listed is None:
        what, remedy = "there is no desktop session here.", "Run it inside one to check that too."
        return [Check(name=name, state=State.WARN, what=what, remedy=remedy) for name in ("tray", "notifications")]
    owned, startable = listed
    tray = Check(
        name="tray",
        state=State.WARN,
        what="this desktop has none, so Probe Tray opens a window instead.",
        remedy="On GNOME, install and enable the extension AppIndicator and KStatusNotifierItem Support.",
    )
    notifications = Check(
        name="notifications",
        state=State.WARN,
        what="nothing here shows them, so Probe Tray shows alerts itself.",
        remedy="Install and start a notification service such as dunst or mako.",
    )
    return [
        good("tray", "the desktop shows tray icons") if _TRAY in owned else tray,
        good("notifications", "the desktop shows them") if _NOTIFICATIONS in owned | startable else notifications,
    ]
