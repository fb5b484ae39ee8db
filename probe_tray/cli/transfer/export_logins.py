"""``codex-probe --export``: writes logins as other programs take them."""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from probe_tray.adapters.files.config_file import LoadedSettings
from probe_tray.adapters.files.export_files import FileId, Obstacle, OwnFiles, file_ids, obstacle_at, own_files
from probe_tray.adapters.files.safe_files import replace_file
from probe_tray.adapters.journal.renewal_memory import FileRenewalMemory
from probe_tray.adapters.logins.credential_files import is_folder, is_there
from probe_tray.adapters.logins.files_store import make_missing
from probe_tray.adapters.system import LocalZone, SystemClock, SystemRandomness
from probe_tray.cli.accounts import SelectedLogins, find_logins, tell_left_out, with_owners
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.session.session import CommandSession
from probe_tray.cli.terminal.hints import at_the_command_line, with_hints
from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.account.report import AccountReport
from probe_tray.core.account.worth import rivals
from probe_tray.core.errors import Phrase, UsageError, WriteError
from probe_tray.core.formats.document import size_limit
from probe_tray.core.service.service import OFFICIAL
from probe_tray.core.transfer.export import (
    SHARED_WARNING,
    Export,
    ExportFormat,
    NewFile,
    Style,
    export,
    live_warning,
)
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.engine.transfer.ended_logins import EndedLogins
from probe_tray.view.tables.result_failure import json_result
from probe_tray.view.tables.status_table import failures
from probe_tray.view.text.translate import Translator
from probe_tray.view.transfer.words import not_renewable_words

_STANDARD_OUTPUT = "-"


class _ExportResult(msgspec.Struct, frozen=True, kw_only=True):
    files: list[str]
    logins: int
    failures: list[str]


def export_logins(session: CommandSession) -> ExitStatus:
    """Write the logins in the format of ``--export`` and return the exit status.

    Raises UsageError or ConfigError before anything is written.
    """
    arguments = session.arguments
    loaded = session.read_settings()
    found, ended = session.runner.run(_find(session, loaded))
    style = Style(
        format=ExportFormat(arguments.export),
        refresh_tokens=not arguments.no_refresh_tokens,
        now=SystemClock().now(),
        zone=LocalZone(),
        client_id=OFFICIAL.client_id,
    )
    # Complaints are part of the JSON, which does not change with the language.
    t = Translator() if arguments.json else session.t
    own = own_files(session.places, loaded.settings, loaded.path)._replace(read=_files_of(found))
    exporting = _Exporting(session, found, own, t)
    return exporting.run(export(_exportable(found, session), style, ended), style)


async def _find(session: CommandSession, loaded: LoadedSettings) -> tuple[SelectedLogins, frozenset[str]]:
    """What is to be exported, and the lifelines of those that have ended."""
    # Whose a token is decides what its file is called, and in most formats it is written with its owner.
    found = await with_owners(await find_logins(session, loaded), session, loaded)
    logins = _exportable(found, session)
    memory = TokenMemory(FileRenewalMemory(session.places.memory, disk=session.disk), SystemClock(), SystemRandomness())
    return found, await EndedLogins(memory.renewal_of, SystemClock()).find(rivals(logins))


def _exportable(found: SelectedLogins, session: CommandSession) -> list[Credential]:
    # The official client's own login is exported only where somebody names its file.
    paths = session.arguments.paths
    return [stored.credential for stored in found.logins if paths or stored.store is not StoreKind.OFFICIAL]


def _files_of(found: SelectedLogins) -> frozenset[FileId]:
    """The files that logins were found in, those included whose owner isn't known."""
    held = (e for e in found.entries if isinstance(e, StoredCredential) or e.personal)
    return file_ids(Path(entry.location) for entry in held if entry.location)


class _Exporting:
    def __init__(self, session: CommandSession, found: SelectedLogins, own: OwnFiles, t: Translator) -> None:
        self._arguments = session.arguments
        self._t = t
        self._own = own
        self._console = session.console
        self._disk = session.disk
        self._found = found
        self._complaints = _complaints(found, t)
        self._written: list[str] = []

    def run(self, result: Export, style: Style) -> ExitStatus:
        name, t = style.format.value, self._t
        tell_left_out(self._found, self._console, t, hide_names=False)
        self._complaints += [
            t("{who} can't be saved as {format}: {reason}.", who=left.who, format=name, reason=t.said(left.reason))
            for left in result.left_out
        ]
        if not result.files:
            self._complaints.append(t("there is nothing to export."))
        printed = self._arguments.o == _STANDARD_OUTPUT
        targets = [] if printed else self._targets(result.files)
        if printed and len(result.files) > 1:
            what = Phrase(
                "-o - takes a single file, but {format} makes {n}. Choose jsonl or sub2api, or a folder.",
                format=name,
                n=str(len(result.files)),
            )
            raise UsageError(what=what)
        if result.files:
            self._console.note(t(live_warning(accounts=result.logins, files=len(result.files))))
            if style.refresh_tokens:
                self._console.note(t(SHARED_WARNING))
                self._console.note(t("--no-refresh-tokens leaves them out."))
            if result.not_renewable:
                self._console.note(not_renewable_words(result.not_renewable, t))
        if printed:
            for file in result.files:
                data = file.text.reveal().encode()
                self._console.result(data)
                self._warn_of_size(t("standard output"), data)
        try:
            for path, file in zip(targets, result.files, strict=False):
                self._write(path, file)
        except KeyboardInterrupt:
            facts = {"done": str(len(self._written)), "all": str(len(targets))}
            self._complaints.append(t("interrupted: {done} of {all} files were written.", **facts))
            return self._end(result, ExitStatus.INTERRUPTED)
        return self._end(result, ExitStatus.FAILURE if self._complaints else ExitStatus.SUCCESS)

    def _end(self, result: Export, status: ExitStatus) -> ExitStatus:
        if self._arguments.json:
            said = _ExportResult(files=self._written, logins=result.logins, failures=self._complaints)
            self._console.result(json_result(said))
        elif self._written:
            # The names' own bytes, so that a script can open the files.
            self._console.result(os.fsencode("".join(f"{path}\n" for path in self._written)))
        for complaint in self._complaints:
            self._console.failure(complaint)
        return status

    def _write(self, path: Path, file: NewFile) -> None:
        data = file.text.reveal().encode()
        try:
            make_missing(path.absolute().parent)
            replace_file(path, data, disk=self._disk)
        except WriteError as error:
            self._complaints.append(f"{self._t.title(error.problem)} {self._t.hint(error.problem)}")
            return
        self._written.append(str(path))
        self._warn_of_size(str(path), data)

    def _warn_of_size(self, where: str, data: bytes) -> None:
        limit = size_limit(data)
        if len(data) > limit:
            t = self._t
            said = t(
                (
                    "{file} is larger than {size} KiB, so --import can't read it. The codex-probe format "
                    "makes one file per login."
                ),
                file=where,
                size=str(limit // 1024),
            )
            self._console.note(said)

    def _targets(self, files: Sequence[NewFile]) -> list[Path]:
        """Where each file goes. Raises UsageError where something is in the way; then nothing is written."""
        given = self._arguments.o
        if given is None:
            paths = [Path(file.name) for file in files]
        elif _means_folder(given):
            paths = [Path(given) / file.name for file in files]
        elif len(files) > 1:
            raise UsageError(
                what=Phrase(
                    "-o {path} is a single file, but {n} files would be written. Choose a folder.",
                    path=str(given),
                    n=str(len(files)),
                )
            )
        else:
            paths = [Path(given) for _ in files]
        for path in paths:
            self._refuse(path)
        return paths

    def _refuse(self, path: Path) -> None:
        obstacle = obstacle_at(path, self._own)
        if obstacle is None:
            folder = path.absolute().parent
            if not _means_folder(self._arguments.o or ".") and not is_folder(folder):
                raise UsageError(
                    what=Phrase("-o {path}: there is no folder {folder}.", path=str(path), folder=str(folder))
                )
            return
        if obstacle is Obstacle.OFFICIAL:
            raise UsageError(
                what=Phrase("{path} is the Codex client's own login, which is never replaced.", path=str(path))
            )
        if obstacle is Obstacle.OURS:
            raise UsageError(
                what=Phrase(
                    "{path} is one of Probe Tray's own logins, which an export never replaces. Choose another place.",
                    path=str(path),
                )
            )
        if obstacle is Obstacle.READ:
            raise UsageError(
                what=Phrase(
                    "{path} is a file that this export reads logins from, so it isn't replaced. Choose another place.",
                    path=str(path),
                )
            )
        if obstacle is Obstacle.NO_FILE:
            raise UsageError(what=Phrase("{path} already exists and can't be replaced.", path=str(path)))
        if not self._arguments.yes:
            raise UsageError(
                what=Phrase("{path} already exists. Choose another place, or replace it with --yes.", path=str(path))
            )


def _means_folder(given: str) -> bool:
    path = Path(given)
    if is_folder(path) or given.endswith(("/", os.sep)):
        return True
    return not path.suffix and not is_there(path)


def _complaints(found: SelectedLogins, t: Translator) -> list[str]:
    stores = [f"{t.title(trouble)} {t.hint(trouble)}" for trouble in map(at_the_command_line, found.troubles)]
    reports = [entry for entry in found.entries if isinstance(entry, AccountReport)]
    keys = [t("{file} contains an API key and no login.", file=r.location) for r in reports if r.api_key]
    return stores + failures(map(with_hints, reports), t) + keys
