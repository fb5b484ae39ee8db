"""Importing and exporting, for whoever sends commands."""

from collections.abc import Callable, Coroutine, Iterable
from typing import NamedTuple

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.transfer.state import (
    CompareAgain,
    ForgetExport,
    ForgetImport,
    ReadFiles,
    ReadPasted,
    StopImport,
    TakeLogins,
    TransferCommand,
    WriteLogins,
    WriteTable,
)
from probe_tray.engine.transfer.export_session import ExportSession
from probe_tray.engine.transfer.import_session import ImportSession

Start = Callable[[Coroutine[object, object, None]], object]
"""Has work done beside everything else."""
Taken = Callable[[Iterable[AccountKey]], None]
"""Hears of accounts that have another login."""


class Transfers(NamedTuple):
    """Import and export."""

    importing: ImportSession
    exporting: ExportSession

    def send(self, command: TransferCommand, start: Start, taken: Taken) -> None:
        """Have ``command`` done; never waits."""
        match command:
            case ReadFiles() | ReadPasted():
                start(self.importing.read(command))
            case CompareAgain():
                start(self.importing.compare())
            case TakeLogins(rows=rows):
                start(self.importing.take(rows, taken))
            case StopImport():
                self.importing.stop()
            case ForgetImport():
                self.importing.forget()
            case WriteLogins() | WriteTable():
                start(self.exporting.write(command))
            case ForgetExport():
                self.exporting.forget()
