"""Failures of the program and its files that belong to no store, login or service."""

from datetime import timedelta

from probe_tray.core.errors.base import ProbeError
from probe_tray.core.errors.phrase import Phrase


class UsageError(ProbeError):
    """The command was called in a way it does not know."""

    title_template = "{what}"
    hint_template = "Run it with --help to see the options."


class ConfigError(ProbeError):
    """A configuration value that cannot be used."""

    title_template = "The configuration {path} can't be used: {key} is {found}."
    hint_template = "Allowed: {allowed}. Fix it in the file, which was not changed."


class SettingRoundedError(ProbeError):
    """A setting of an earlier version, which took more values."""

    title_template = "{key} is {found} in {path}. Probe Tray uses {used}, the nearest allowed value."
    hint_template = "Choose a value in Settings. The file was not changed."


class ReleasePageError(ProbeError):
    """The system has no browser that shows the page of a newer version."""

    title_template = "Your browser couldn't be opened."
    hint_template = "Open {page} yourself."


class NoDisplayError(ProbeError):
    """The tray app was started where there is no screen."""

    title_template = "Probe Tray needs a display and found none."
    hint_template = "Start it in a desktop session, or use the command codex-probe here."


class SystemLibraryError(ProbeError):
    """A library of the operating system that Qt needs is not installed."""

    title_template = "Probe Tray can't open a window: the system library {library} is missing."
    hint_template = (
        "Install it: on Debian and Ubuntu "
        "apt install libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0."
    )


class OldSystemError(ProbeError):
    """The operating system's C library is older than the one that Qt was built for."""

    title_template = "Probe Tray can't open a window: this system's C library (glibc) is older than {needed}."
    hint_template = "Update the system, or use the command codex-probe here."


class NotificationsOffError(ProbeError):
    """The person, or who manages the computer, has turned notifications off for this program."""

    title_template = "Notifications are turned off for Probe Tray."
    hint_template = "Turn them on in your system's notification settings."


class NotAnsweringError(ProbeError):
    """The tray app runs already, and what a second start asked of it was not heard."""

    title_template = "Probe Tray is already running but doesn't answer."
    hint_template = "Wait a moment and try again. If that doesn't help, quit it and start it again."


class DataFolderError(ProbeError):
    """The program's own folder cannot be used."""

    title_template = "The data folder {path} can't be used: {reason}."
    hint_template = "Make it writable for your user."


class LogError(DataFolderError):
    """The log cannot be written."""

    title_template = "The log {path} can't be written: {reason}."
    hint_template = "Move it away or make it writable for your user, then start Probe Tray again."


class HeldUpError(DataFolderError):
    """Another process keeps its lock, as one does that was stopped in the middle of its work."""

    title_template = "Another Probe Tray process has been working on this for {minutes} minutes."
    hint_template = "Wait for it, or quit it; then try again."


class CredentialFileError(ProbeError):
    """A file that holds no login this program can read."""

    title_template = "{path} is not a login: {reason}."
    hint_template = "The file was not changed. Fix it or delete it, then try again."


class DeadLoginError(ProbeError):
    """A file that holds a login which works no longer."""

    title_template = "The login in {path} no longer works: {reason}."
    hint_template = "Nothing was changed. Log in again, or make a new personal access token."


class NotRevokedError(ProbeError):
    """The service did not end a login that was to be removed."""

    title_template = "OpenAI didn't end the login of {who} ({reason}), so it was not removed."
    hint_template = "Try again later, or remove it without ending it at OpenAI."


class ClockError(ProbeError):
    """This computer's clock is wrong."""

    title_template = "This computer's clock is off by {away}."
    hint_template = "Set the clock. Until then, times and reminders in Probe Tray are wrong too."

    @classmethod
    def off_by(cls, away: timedelta) -> "ClockError":
        """The failure for a clock that is ahead or behind by so much."""
        return cls(away=rough(abs(away)))


def rough(span: timedelta) -> Phrase:
    """A length of time in one unit, from "1 minute" to "3 years"."""
    for unit, length, least in _UNITS:
        if span >= least:
            return _counted(max(1, round(span / length)), unit)
    return _counted(max(1, round(span / timedelta(minutes=1))), _MINUTES)


_MINUTES = (Phrase("{n} minute"), Phrase("{n} minutes"))
_UNITS = (
    ((Phrase("{n} year"), Phrase("{n} years")), timedelta(days=365.25), timedelta(days=360)),
    ((Phrase("{n} day"), Phrase("{n} days")), timedelta(days=1), timedelta(days=2)),
    ((Phrase("{n} hour"), Phrase("{n} hours")), timedelta(hours=1), timedelta(hours=2)),
)
"""Each unit, its length, and from when on it is used."""


def _counted(count: int, unit: tuple[str, str]) -> Phrase:
    one, many = unit
    return Phrase(one if count == 1 else many, n=str(count))


class NotRenewableError(ProbeError):
    """There is no refresh token that is ours to use."""

    title_template = "This login can't be renewed: it has no refresh token."
    hint_template = "Log in again when it expires."
    needs_login = True


class HookMissingError(ProbeError):
    """The person's own program that was named is not there."""

    title_template = "The program {path} doesn't exist."
    hint_template = "Check its path, or choose another program."


class HookFailedError(ProbeError):
    """The person's own program, which runs when something happens, could not be run or failed."""

    title_template = "Your program {path} failed: {reason}."
    hint_template = "Fix it, or choose another one in Settings, Notifications."
