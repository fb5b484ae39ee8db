"""What to do about a failure, said to somebody at a command line: nothing here goes on by itself."""

from datetime import timedelta

import msgspec

from probe_tray.adapters.system import LocalZone, SystemClock
from probe_tray.core.account.report import AccountReport
from probe_tray.core.errors import ProbeError, Problem
from probe_tray.core.formats.document import LARGEST_LIST, LARGEST_LOGIN
from probe_tray.view.text.translate import Translator, mark

_AGAIN = mark("Run it again.")
_AGAIN_UNCHANGED = mark("Run it again. Nothing was changed, neither here nor there.")
_HINTS = {
    "NotSentError": mark("Check the network and the proxy, then run it again."),
    "ProxyAddressError": mark(
        "Correct it, or choose one with --proxy, such as http://proxy.example:8080 or socks5h://127.0.0.1:1080."
    ),
    "ProxyLoginError": mark("Correct them in the proxy's address, or choose another proxy with --proxy."),
    "ProxyLoginMissingError": mark("Add them to the proxy's address: http://user:password@host:port."),
    "UncertainError": _AGAIN,
    "RateLimitedError": mark("Wait a little, then run it again."),
    "UnavailableError": mark("Run it again later."),
    "StrangeAnswerError": mark("Run it again; if it stays, look for an update."),
    "TokenRefusedError": mark("Renew it with --renew -f; if that fails, sign in again with --login."),
    "StillRefusedError": mark("Sign in again with --login."),
    "LoginEndedError": mark("Sign in again with --login."),
    "NotRenewableError": mark("Sign in again with --login when it ends."),
    "UncertainLoginError": mark(
        "The login still works until its token ends. Run it again 15 minutes after the break; "
        "if that fails too, sign in again with --login."
    ),
    "RetryLaterError": mark("Run it again later, or with -f now."),
    "RenewalsPausedError": mark(
        "No request was made. Check the network and the proxy, then run it again after {clock}. The logins were kept."
    ),
    "EdgeBlockedError": mark("Check the proxy or VPN, or choose another one with --proxy."),
    "RegionBlockedError": mark("Use a network or proxy in a supported region; --proxy chooses one."),
    "KeyringLockedError": mark("Unlock the keyring, then run it again. Nothing was lost."),
    "KeyringDeniedError": mark("Allow it in the keyring's own program, then run it again. Nothing was lost."),
    "KeyringNoAnswerError": mark("Look for a password window behind the others, then run it again. Nothing was lost."),
    "JournalSealedError": mark(
        "Unlock the keyring, then run it again: the renewal is completed then. Where its key is gone for good, sign in "
        "again with --login."
    ),
    "SyncOffError": mark("Put it into the configuration file (sync_url, sync_api_key, sync_aes_gcm_key)."),
    "RowSealedError": mark(
        "It was written with another key, or damaged. If the login here is the right one, run it again with --yes, "
        "which overwrites such rows."
    ),
    "RowGarbageError": mark("If the login here is the right one, run it again with --yes, which overwrites such rows."),
    "RenewalWaitsError": mark(
        "Another computer may have renewed this login already; it works until its token ends. Run it again later, or "
        "with -f to renew it without the table."
    ),
    "RenewalUnsharedError": mark("Run --sync before another computer renews the old one: that would end this login."),
    "ClaimedElsewhereError": mark("Run it again in 2 minutes; it then takes over the new login."),
    "SyncConflictError": _AGAIN,
    "SyncCutOffError": _AGAIN_UNCHANGED,
    "SyncUnsteadyError": _AGAIN_UNCHANGED,
    "KeyringAbsentError": mark(
        "Install and start one (GNOME Keyring or KWallet on Linux), or keep logins in a folder: put "
        '"storage": "folder" and the folder as "sync_dir" into the configuration file.'
    ),
    "ModelRefusedError": mark(
        'Another plan or workspace may have it. Remove it from "models" in the configuration file if it is gone for '
        "good."
    ),
    "NoConnectionError": mark("A firewall may forbid it. If your network needs a proxy, name it with --proxy."),
    "OfficialExpiredError": mark(
        "Start Codex once, which renews its login, or log in with --login to have a login of your own."
    ),
    "CredentialFileError": mark("The file was left as it is. Correct it, or sign in again with --login."),
    "SavedForLaterError": mark(
        "The new tokens are safe in Probe Tray's data folder: run it again once the file can be written."
    ),
}
_READ_HINTS = {
    "there is no such file or folder": mark("Check how its name is spelled."),
    "it holds no credential file (*.json)": mark("Name the folder that holds them, or the files themselves."),
    "it holds no credential file (*.json or *.jsonl)": mark(
        "Name the folder that holds them, or the files themselves."
    ),
    f"it is larger than {LARGEST_LOGIN // 1024} KiB": mark("A login has a few KiB. Choose another file."),
    f"it is larger than {LARGEST_LIST // 1024} KiB": mark("Split the file into several, or choose another one."),
    "it is not a regular file": mark("Name a file, or - with --import for standard input."),
    "it is a link that leaves the folder": mark("Name the file itself that it leads to."),
}
"""What to do about a file that cannot be read, by the reason."""


def told(error: ProbeError, t: Translator) -> str:
    """What happened, and what to do about it."""
    return f"{t.title(error.problem)} {t.hint(error.problem)}".strip()


def at_the_command_line(problem: Problem) -> Problem:
    """``problem`` with the hint for a program that runs once."""
    hint = _HINTS.get(problem.kind)
    if problem.kind == "ReadError":
        hint = _READ_HINTS.get(dict(problem.facts).get("reason", ""))
    if hint is None:
        return problem
    facts = (("clock", _clock_at_the_end(problem)),) if "{clock}" in hint else ()
    return msgspec.structs.replace(problem, hint=hint, facts=(*problem.facts, *facts))


def with_hints(report: AccountReport) -> AccountReport:
    """``report`` with such hints."""
    renewal = report.renewal
    if renewal is not None and renewal.problem is not None:
        renewal = msgspec.structs.replace(renewal, problem=at_the_command_line(renewal.problem))
    problem = None if report.problem is None else at_the_command_line(report.problem)
    return msgspec.structs.replace(report, problem=problem, renewal=renewal)


def _clock_at_the_end(problem: Problem) -> str:
    """When, by the clock here, trying again makes sense: the first whole minute, with its date if not today."""
    now = SystemClock().now()
    end = (now + timedelta(seconds=59 + (problem.retry_after or 0))).astimezone(LocalZone())
    return f"{end:%H:%M}" if end.date() == now.astimezone(LocalZone()).date() else f"{end:%Y-%m-%d %H:%M}"
