"""The files of ``--output``: one for the quotas, one for the tested models, checked before anything is asked."""

import stat
from collections.abc import Sequence
from pathlib import Path

import msgspec

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.safe_files import mode_of, real_path, replace_file
from probe_tray.adapters.system import LocalZone
from probe_tray.cli.arguments import Arguments
from probe_tray.cli.terminal.console import Console
from probe_tray.core.account.report import AccountReport
from probe_tray.core.errors import Phrase, ReadError, UsageError
from probe_tray.view.tables.csv_table import models_csv, status_csv
from probe_tray.view.tables.json_table import accounts_json
from probe_tray.view.text.translate import Translator


class OutputFile:
    """A file that takes a result, .csv or .json."""

    def __init__(self, path: Path, disk: Disk) -> None:
        """Take ``path``. Raises UsageError when it could not be written for a reason that shows beforehand."""
        self.path, self._disk = path, disk
        self.is_json = path.suffix.lower() == ".json"
        if not self.is_json and path.suffix.lower() != ".csv":
            raise UsageError(what=Phrase("--output {path} must end in .csv or .json.", path=str(path)))
        folder = path.absolute().parent
        try:
            if not stat.S_ISDIR(mode_of(folder) or 0):
                raise UsageError(
                    what=Phrase("--output {path}: there is no folder {folder}.", path=str(path), folder=str(folder))
                )
            mode = mode_of(real_path(path))
        except ReadError as error:
            raise UsageError(
                what=Phrase("--output {path} can't be written: {reason}.", path=str(path), reason=error.facts["reason"])
            ) from None
        if mode is not None and not stat.S_ISREG(mode):
            raise UsageError(what=Phrase("--output {path} already exists and can't be replaced.", path=str(path)))

    def write(self, data: bytes) -> None:
        """Put ``data`` in the file's place, 0600. Raises WriteError; then the old content is unchanged."""
        # A link stays a link: what it leads to is replaced.
        replace_file(real_path(self.path), data, disk=self._disk)


class ResultFiles:
    """What is written at the end. With both tables, ``result.csv`` becomes two files with names of their own."""

    def __init__(self, arguments: Arguments, disk: Disk) -> None:
        """Raises UsageError when a file could not be written for a reason that shows beforehand."""
        self._status = self._models = None
        self._unused = False
        if arguments.output is None:
            return
        path, several = Path(arguments.output), arguments.status and arguments.apitest
        self._unused = not (arguments.status or arguments.apitest)
        OutputFile(path, disk)
        if arguments.status:
            self._status = OutputFile(_named(path, "status") if several else path, disk)
        if arguments.apitest:
            self._models = OutputFile(_named(path, "apitest") if several else path, disk)

    def write(self, reports: Sequence[AccountReport], console: Console, t: Translator, *, tested: bool) -> None:
        """Write the tables, 0600; without that of the models where none was ``tested``. Raises WriteError."""
        if self._unused:
            console.note(t("--output works with --status and --apitest. Nothing was written."))
        if self._status is not None:
            zone = LocalZone()
            # With both tables, each has its own.
            plain = [msgspec.structs.replace(r, models=None) for r in reports]
            as_csv = status_csv(plain, lambda moment: moment.astimezone(zone))
            _put(self._status, accounts_json(plain) if self._status.is_json else as_csv, console, t)
        if self._models is not None and tested:
            _put(self._models, accounts_json(reports) if self._models.is_json else models_csv(reports), console, t)


def _named(path: Path, table: str) -> Path:
    return path.with_name(f"{path.stem}_{table}{path.suffix}")


def _put(file: OutputFile, data: bytes, console: Console, t: Translator) -> None:
    file.write(data)
    console.note(t("Wrote {file}.", file=str(file.path)))
