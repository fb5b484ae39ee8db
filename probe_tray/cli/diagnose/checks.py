"""The lines of ``codex-probe diagnose``: what was found, how bad it is, and what to do about it."""

import enum
from datetime import timedelta

import msgspec

from probe_tray import __version__
from probe_tray.adapters.desktop.session_bus import Listed
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.cli.tables.layout import padded
from probe_tray.cli.terminal.hints import at_the_command_line
from probe_tray.core.errors import ClockError, NotificationsOffError, ProbeError, Problem
from probe_tray.core.machine import Machine
from probe_tray.core.service.connection import ConnectionStep, Reached
from probe_tray.core.sync.setup import SyncTestResult
from probe_tray.core.update.release import UpdateMemory, is_newer
from probe_tray.view.sync.table_test import missing_rights
from probe_tray.view.tables.result_failure import json_result
from probe_tray.view.text.translate import Translator, mark
from probe_tray.view.view_models import Tone

_TRAY, _NOTIFICATIONS = "org.kde.StatusNotifierWatcher", "org.freedesktop.Notifications"
_CLOCK_MAY_DIFFER = timedelta(minutes=2)
_STEPS = {
    ConnectionStep.NAME: ("DNS", mark("The address of OpenAI was found.")),
    ConnectionStep.CONNECTION: (mark("connection"), mark("Connected to OpenAI.")),
    ConnectionStep.PROXY: (mark("connection"), mark("The proxy connected to OpenAI.")),
    ConnectionStep.TLS: ("TLS", mark("The connection is secure and its certificate is trusted.")),
    ConnectionStep.EDGE: (mark("edge"), mark("The network lets requests through.")),
    ConnectionStep.SERVICE: (mark("service"), mark("OpenAI answered.")),
}
_STATE_WIDTH, _NAME_WIDTH = 5, 14
CONFIGURATION = mark("configuration")
DATA_FOLDER = mark("data folder")
KEYRING = mark("keyring")
VAULT = mark("vault")
OFFICIAL = mark("official")
SYNC = mark("sync")
JOURNAL = mark("journal")
_NEW_VERSIONS = mark("new versions")
PROXY = mark("proxy")
_CLOCK = mark("clock")
_PROGRAM = mark("program")
_DESKTOP = (mark("tray"), mark("notifications"))


class State(enum.Enum):
    """How it is."""

    OK = mark("ok")
    WARN = mark("warn")
    FAIL = mark("fail")


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One line. Its texts may still hold names and addresses of people."""

    name: str
    """In English, as programs read it; :meth:`line` translates it."""
    state: State
    what: str
    remedy: str = ""

    def line(self, t: Translator) -> str:
        """For people: two columns, then sentences."""
        state, name = padded(t(self.state.value), _STATE_WIDTH), padded(t(self.name), _NAME_WIDTH)
        return f"{state} {name} {t.joined((self.what, self.remedy))}"


class _CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    checks: list[Check]


def checks_json(checks: list[Check], version: str) -> bytes:
    """All of it for programs."""
    return json_result(_CheckResult(version=version, checks=checks))


def good(name: str, what: str) -> Check:
    """All is well."""
    return Check(name=name, state=State.OK, what=what)


def from_problem(name: str, problem: Problem, t: Translator, state: State = State.FAIL) -> Check:
    """What a failure says."""
    problem = at_the_command_line(problem)
    return Check(name=name, state=state, what=t.title(problem), remedy=t.hint(problem))


def failed(name: str, error: ProbeError, t: Translator) -> Check:
    """What an exception says."""
    return from_problem(name, error.problem, t)


def journal_check(unfinished: int, t: Translator) -> Check:
    """Whether each renewal came to its end."""
    if not unfinished:
        return good(JOURNAL, t("All renewals have finished."))
    what = t.plural(
        "{n} renewal hasn't finished. It may still be running.",
        "{n} renewals haven't finished. They may still be running.",
        unfinished,
    )
    remedy = t("Start Probe Tray or run codex-probe --status to finish it.")
    return Check(name=JOURNAL, state=State.WARN, what=what, remedy=remedy)


def table_check(tested: SyncTestResult, t: Translator) -> Check:
    """What came of trying the shared table."""
    if tested.problem is not None:
        return from_problem(SYNC, tested.problem, t)
    if tested.rights is not None and tested.rights.missing:
        what, remedy, tone = missing_rights(tested.rights, t)
        return Check(name=SYNC, state=State.FAIL if tone is Tone.CRITICAL else State.WARN, what=what, remedy=remedy)
    if tested.opened < tested.rows:
        what = t("The key opens {k} of the table's {n} rows.", k=str(tested.opened), n=str(tested.rows))
        return Check(name=SYNC, state=State.WARN, what=what, remedy=t("Run codex-probe --sync to see which rows."))
    what = t("The table is empty.")
    if tested.rows:
        what = t.plural(
            "The table has {n} row, and the key opens it.",
            "The table has {n} rows, and the key opens all of them.",
            tested.rows,
        )
    if tested.rights is None:
        remedy = t(
            "Only reading was tested. Run all of the SQL that comes with Probe Tray in the project's SQL editor."
        )
        return Check(name=SYNC, state=State.WARN, what=what, remedy=remedy)
    return good(SYNC, what)


def update_check(memory: UpdateMemory, t: Translator, *, wanted: bool) -> Check:
    """What is known of newer versions; nothing is asked for it."""
    if not wanted:
        return good(_NEW_VERSIONS, t("Not checked. You can turn this on in Settings."))
    release = memory.release
    if release is not None and is_newer(release.version, __version__):
        what, remedy = (
            t("Probe Tray {version} is available.", version=release.version),
            t("See {page}", page=release.page),
        )
        return Check(name=_NEW_VERSIONS, state=State.WARN, what=what, remedy=remedy)
    if memory.next_at is None:
        return good(_NEW_VERSIONS, t("Not checked yet."))
    when = f"{memory.next_at:%Y-%m-%d %H:%M} UTC"
    return good(_NEW_VERSIONS, t("No newer version is known. The next check is after {when}.", when=when))


def proxy_check(
    choice: ProxyChoice, host: str, t: Translator, *, script: bool = False, searched: bool = False
) -> Check:
    """Which proxy is used, without its user and password.

    ``script``: the system's settings leave that to one. ``searched``: they say to look for one in the network, and no
    direct connection came about.
    """
    if choice.address is None and (script or searched):
        what = (
            t("The network settings use a script (PAC). codex-probe can't run it, so it connects directly.")
            if script
            else t(
                "The network may offer a proxy script (WPAD). codex-probe can't look for it, so it connects directly."
            )
        )
        remedy = t("Set the proxy with --proxy or HTTPS_PROXY. Probe Tray itself runs the script.")
        return Check(name=PROXY, state=State.WARN, what=what, remedy=remedy)
    facts = {"proxy": t(choice.shown), "where": t(choice.found_in)}
    if choice.address is None and choice.found_in == ProxyChoice().found_in:
        return good(PROXY, t("No proxy is used."))
    if choice.address is None:
        return good(PROXY, t("No proxy is used ({where}).", **facts))
    if choice.address_for(host) is None:
        return good(PROXY, t("{proxy} from {where}, but not for {host}.", host=host, **facts))
    return good(PROXY, t("{proxy} from {where}.", **facts))


def connection_checks(reached: Reached, t: Translator) -> list[Check]:
    """How far a request to the service came."""
    checks: list[Check] = []
    broken = False
    for step in reached.steps:
        name, what = _STEPS[step]
        if broken:
            remedy = t("Fix the failure above first.")
            checks.append(Check(name=name, state=State.WARN, what=t("Not tried."), remedy=remedy))
        elif step is reached.failed and reached.problem is not None:
            broken = True
            checks.append(from_problem(name, reached.problem, t))
        else:
            checks.append(good(name, t(what)))
    return checks


def clock_check(ahead: timedelta | None, t: Translator) -> Check:
    """Whether this computer's clock agrees with the service's; ``ahead`` is how far that one is before ours."""
    if ahead is None:
        what, remedy = (
            t("The clock couldn't be compared with OpenAI's."),
            t("Run this again once OpenAI answers."),
        )
        return Check(name=_CLOCK, state=State.WARN, what=what, remedy=remedy)
    if abs(ahead) <= _CLOCK_MAY_DIFFER:
        return good(_CLOCK, t("This computer's clock agrees with OpenAI's."))
    return failed(_CLOCK, ClockError.off_by(ahead), t)


def program_check(machine: Machine, qt: str, t: Translator) -> Check:
    """What runs here and from where; ``qt`` is the version of PySide6, empty where it is not installed."""
    parts = (f"Probe Tray {machine.version}", machine.python, *([f"PySide6 {qt}"] if qt else []), machine.system)
    return good(_PROGRAM, t("{what}, running from {where}.", what=", ".join(parts), where=t(machine.installed)))


def desktop_checks(
    listed: Listed | None, platform: str, t: Translator, *, permitted: bool | None = None
) -> list[Check]:
    """Whether the desktop has a tray and shows notifications; ``platform`` as ``sys.platform`` has it.

    ``permitted`` is what the system says of this program's notifications, None where it says nothing.
    """
    if platform in {"darwin", "win32"}:
        tray, notifications = _DESKTOP
        built_in = t("Built into the system.")
        if permitted is False:
            off = from_problem(notifications, NotificationsOffError().problem, t, State.WARN)
        else:
            off = good(notifications, t("The system lets Probe Tray show them.") if permitted else built_in)
        return [good(tray, built_in), off]
    if listed is None:
        what, remedy = t("There is no desktop session here."), t("Run it in a desktop session to check this too.")
        return [Check(name=name, state=State.WARN, what=what, remedy=remedy) for name in _DESKTOP]
    owned, startable = listed
    tray, notifications = _DESKTOP
    return [
        good(tray, t("The desktop shows tray icons."))
        if _TRAY in owned
        else Check(
            name=tray,
            state=State.WARN,
            what=t("This desktop has no tray, so Probe Tray opens a window instead."),
            remedy=t("On GNOME, install and enable the extension AppIndicator and KStatusNotifierItem Support."),
        ),
        good(notifications, t("The desktop shows notifications."))
        if _NOTIFICATIONS in owned | startable
        else Check(
            name=notifications,
            state=State.WARN,
            what=t("This desktop shows no notifications, so Probe Tray shows alerts itself."),
            remedy=t("Install and start a notification service such as dunst or mako."),
        ),
    ]
