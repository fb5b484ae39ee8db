"""What to do about a failure, said to somebody at a command line: nothing here goes on by itself."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec

from probe_tray.adapters.system import LocalZone, SystemClock
from probe_tray.core.account.report import AccountReport
from probe_tray.core.errors import (
    ClaimedElsewhereError,
    CredentialFileError,
    EdgeBlockedError,
    JournalSealedError,
    KeyInFileError,
    KeyringAbsentError,
    KeyringDeniedError,
    KeyringHalfKeptError,
    KeyringLockedError,
    KeyringNoAnswerError,
    LoginEndedError,
    ModelRefusedError,
    NoConnectionError,
    NotFolderError,
    NotRenewableError,
    NotSentError,
    OfficialExpiredError,
    Phrase,
    ProbeError,
    Problem,
    ProxyAddressError,
    ProxyLoginError,
    ProxyLoginMissingError,
    RateLimitedError,
    ReadError,
    RegionBlockedError,
    RenewalsPausedError,
    RenewalUnsharedError,
    RenewalWaitsError,
    RetryLaterError,
    RowGarbageError,
    RowRolledBackError,
    RowSealedError,
    SavedForLaterError,
    SetupCodeStrangeError,
    StillRefusedError,
    StrangeAnswerError,
    SyncConflictError,
    SyncCutOffError,
    SyncKeyEndedError,
    SyncKeyNeededError,
    SyncKeyUnfinishedError,
    SyncLeasesError,
    SyncNewerLoginError,
    SyncNoKeyChangeError,
    SyncOffError,
    SyncOpenedError,
    SyncSecretError,
    SyncUnprotectedError,
    SyncUnsteadyError,
    TokenRefusedError,
    UnavailableError,
    UncertainError,
    UncertainLoginError,
)
from probe_tray.core.formats.document import LARGEST_LIST, LARGEST_LOGIN
from probe_tray.core.models.model_test import ModelResult
from probe_tray.view.text.translate import Translator, mark

_AGAIN = mark("Run it again.")
_AGAIN_UNCHANGED = mark("Run it again. Nothing was changed on this computer or in the table.")
_NEW_KEY = mark(
    "The key was probably changed on another computer. Run codex-probe --sync --show-code there and codex-probe --sync "
    "--enter-code here."
)
_HINTS: Final[Mapping[type[ProbeError], str]] = {
    NotSentError: mark("Check your network and proxy, then run it again."),
    ProxyAddressError: mark(
        "Correct it, or choose one with --proxy, such as http://proxy.example:8080 or socks5h://127.0.0.1:1080."
    ),
    ProxyLoginError: mark("Correct them in the proxy's address, or choose another proxy with --proxy."),
    ProxyLoginMissingError: mark("Add them to the proxy's address: http://user:password@host:port."),
    UncertainError: _AGAIN,
    RateLimitedError: mark("Wait a few minutes, then run it again."),
    UnavailableError: mark("Run it again later."),
    StrangeAnswerError: mark("Run it again. If it keeps happening, update Probe Tray."),
    TokenRefusedError: mark("Renew it with --renew -f. If that fails, log in again with --login."),
    StillRefusedError: mark("Log in again with --login."),
    LoginEndedError: mark("Log in again with --login."),
    NotRenewableError: mark("Log in again with --login when it expires."),
    UncertainLoginError: mark(
        "The login works until its token expires. Run it again after 15 minutes. If that fails "
        "too, log in again with --login."
    ),
    RetryLaterError: mark("Run it again later, or with -f now."),
    RenewalsPausedError: mark(
        "No request was made. Check your network and proxy, then run it again after {clock}. Your logins are safe."
    ),
    EdgeBlockedError: mark("Check the proxy or VPN, or choose another one with --proxy."),
    RegionBlockedError: mark("Use a network or proxy in a supported region; --proxy chooses one."),
    KeyringLockedError: mark("Unlock the keyring, then run it again. Nothing was lost."),
    KeyringDeniedError: mark("Allow it in your keyring app, then run it again. Nothing was lost."),
    KeyringHalfKeptError: mark("Allow it in your keyring app, then run it again. Nothing is shared until then."),
    KeyringNoAnswerError: mark("Look for a password window behind other windows, then run it again. Nothing was lost."),
    JournalSealedError: mark(
        "Unlock the keyring and run it again to finish the renewal. If the key is gone for good, "
        "log in again with --login."
    ),
    SyncOffError: mark("Put it into the configuration file (sync_url, sync_api_key, sync_aes_gcm_key)."),
    RowSealedError: mark(
        "It has a different key or is damaged. If the login on this computer is the right one, "
        "run it again with --yes to overwrite such rows."
    ),
    RowGarbageError: mark(
        "If the login on this computer is the right one, run it again with --yes to overwrite such rows."
    ),
    RowRolledBackError: mark(
        "If this computer has the newest login, run it again with --yes to overwrite such rows. If you didn't restore "
        "a backup, someone else can change your database."
    ),
    SyncSecretError: _NEW_KEY,
    SyncKeyEndedError: _NEW_KEY,
    SyncOpenedError: mark(
        "Nothing was changed on this computer or in the table. Protect it again with the SQL from codex-probe --sync "
        "--show-sql. If you turned its protection off yourself, run codex-probe --sync --allow-unprotected."
    ),
    SyncLeasesError: mark(
        "Run all of the SQL again in Supabase's SQL editor: Set up sync in the Probe Tray app shows it. It deletes "
        "nothing. If other programs use the table, choose “Let other programs use the table” there first."
    ),
    SetupCodeStrangeError: mark("Run codex-probe --sync --show-code on a computer that already syncs."),
    RenewalWaitsError: mark(
        "Another computer may have renewed this login already; it works until its token ends. Run it again later, or "
        "with -f to renew it without the table."
    ),
    SyncUnprotectedError: mark("Run the SQL from codex-probe --sync --show-sql in Supabase's SQL editor first."),
    SyncKeyNeededError: mark(
        "Nothing was changed. Run all of the SQL from codex-probe --sync --show-sql in Supabase's SQL editor, then run "
        "it again."
    ),
    SyncKeyUnfinishedError: mark(
        "Run codex-probe --sync, then change the key again. The sync names the rows that still need the old key."
    ),
    SyncNoKeyChangeError: mark("Run codex-probe --sync --change-key first."),
    KeyInFileError: mark(
        "Write a new key, a colon and the old key there (sync_aes_gcm_key), then run codex-probe --sync --change-key "
        "again."
    ),
    RenewalUnsharedError: mark("Run --sync before another computer renews the old one: that would end this login."),
    ClaimedElsewhereError: mark("Run it again in 2 minutes; it then takes over the new login."),
    SyncConflictError: _AGAIN,
    SyncNewerLoginError: mark("Sync this computer, with Probe Tray or codex-probe --sync, then try again."),
    SyncCutOffError: _AGAIN_UNCHANGED,
    SyncUnsteadyError: _AGAIN_UNCHANGED,
    KeyringAbsentError: mark(
        "Install and start one (GNOME Keyring or KWallet on Linux), or keep logins in a folder: put "
        '"storage": "folder" and the folder as "sync_dir" into the configuration file.'
    ),
    ModelRefusedError: mark(
        'Another plan or workspace may have it. Remove it from "models" in the configuration file if it is gone for '
        "good."
    ),
    NoConnectionError: mark("A firewall may be blocking it. If your network needs a proxy, set it with --proxy."),
    OfficialExpiredError: mark("Start Codex once to renew it, or log in with --login."),
    CredentialFileError: mark("The file was not changed. Fix it, or log in again with --login."),
    SavedForLaterError: mark(
        "The new tokens are safe in Probe Tray's data folder. Run it again once the file can be written."
    ),
}
_READ_HINTS = {
    "a part of its path is not a folder": NotFolderError.hint_template,
    "there is no such file or folder": mark("Check the spelling."),
    "it contains no credential file (*.json)": mark("Give the folder that contains them, or the files."),
    "it contains no credential file (*.json or *.jsonl)": mark("Give the folder that contains them, or the files."),
    Phrase("it is larger than {n} KiB", n=str(LARGEST_LOGIN // 1024)): mark(
        "A login has a few KiB. Choose another file."
    ),
    Phrase("it is larger than {n} KiB", n=str(LARGEST_LIST // 1024)): mark(
        "Split the file into several, or choose another one."
    ),
    "it is not a regular file": mark("Give a file, or - with --import for standard input."),
    "it is a link that leaves the folder": mark("Give the file it points to."),
}
"""What to do about a file that cannot be read, by the reason."""


def told(error: ProbeError, t: Translator) -> str:
    """What happened, and what to do about it."""
    return f"{t.title(error.problem)} {t.hint(error.problem)}".strip()


def at_the_command_line(problem: Problem) -> Problem:
    """``problem`` with the hint for a program that runs once."""
    hint = _HINTS.get(problem.kind)
    if problem.is_a(ReadError):
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
    models = report.models
    if models is not None:
        models = msgspec.structs.replace(models, results=tuple(map(_with_hint, models.results)))
    problem = None if report.problem is None else at_the_command_line(report.problem)
    return msgspec.structs.replace(report, problem=problem, renewal=renewal, models=models)


def _with_hint(result: ModelResult) -> ModelResult:
    problem = None if result.problem is None else at_the_command_line(result.problem)
    return msgspec.structs.replace(result, problem=problem)


def _clock_at_the_end(problem: Problem) -> str:
    """When, by the clock here, trying again makes sense: the first whole minute, with its date if not today."""
    now = SystemClock().now()
    end = (now + timedelta(seconds=59 + (problem.retry_after or 0))).astimezone(LocalZone())
    return f"{end:%H:%M}" if end.date() == now.astimezone(LocalZone()).date() else f"{end:%Y-%m-%d %H:%M}"
