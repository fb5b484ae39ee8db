"""Taking logins in and giving them out, as windows show it: what is asked, how far it is, what came of it. No token."""

import enum
from datetime import datetime

import msgspec

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import Problem
from probe_tray.core.formats.login_fields import Format
from probe_tray.core.transfer.export import ExportFormat, LeftOut
from probe_tray.core.transfer.import_plan import ImportAction, Item


class RowId(msgspec.Struct, frozen=True):
    """A login among those that were found; it stays the same while more are added."""

    location: str
    entry: int = 0


class ImportOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a login that was to be taken."""

    action: ImportAction | None = None
    """What was right in the end; None where it could not be kept."""
    problem: Problem | None = None
    """Why it could not."""
    faults: tuple[Problem, ...] = ()
    """Why some of the stores that hold the account did not take it; another one did."""


class ImportRow(msgspec.Struct, frozen=True, kw_only=True):
    """One login that was found, or what could not be read as one."""

    id: RowId
    format: Format | None = None
    account: AccountKey | None = None
    email: str = ""
    workspace: str = ""
    plan: str = ""
    expires_at: datetime | None = None
    """End of the access token, aware UTC."""
    renewable: bool = False
    in_use: bool = False
    """Whether the official client on this computer goes on using it."""
    personal: bool = False
    """Whether it is a personal access token of which it isn't known whose it is."""
    action: ImportAction
    problem: Problem | None = None
    notes: tuple[str, ...] = ()
    outcome: ImportOutcome | None = None
    """None where it was not tried."""

    @property
    def takeable(self) -> bool:
        """Whether it would be kept."""
        return self.action.takes


class ImportPhase(enum.Enum):
    """How far an import has come."""

    READING = "reading"
    COMPARING = "comparing"
    """With what the stores hold."""
    READY = "ready"
    """It waits for the person."""
    TAKING = "taking"
    DONE = "done"


class ImportState(msgspec.Struct, frozen=True, kw_only=True):
    """The import that goes on or that ended last."""

    phase: ImportPhase
    done: int = 0
    """Files that were read, or logins that were tried."""
    total: int = 0
    rows: tuple[ImportRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Stores that cannot tell what they hold."""
    blocked: bool = False
    """The store that takes new logins is one of them."""
    stopped: bool = False
    """The person ended it before its time."""
    target: StoreKind = StoreKind.VAULT
    """What takes new logins."""


class ExportPhase(enum.Enum):
    """How far an export has come."""

    WRITING = "writing"
    ASKING = "asking"
    """Files are in the way."""
    DONE = "done"


class ExportState(msgspec.Struct, frozen=True, kw_only=True):
    """The export that goes on or that ended last."""

    phase: ExportPhase
    in_the_way: tuple[str, ...] = ()
    """Files that would be replaced."""
    written: tuple[str, ...] = ()
    """Paths of the files."""
    logins: int = 0
    """That were to be written; 0 for a table."""
    left_out: tuple[LeftOut, ...] = ()
    not_renewable: tuple[str, ...] = ()
    """Whose logins have no refresh token, though such were to be written."""
    too_large: tuple[str, ...] = ()
    """Files that are larger than an import reads."""
    problems: tuple[Problem, ...] = ()
    """Why some of it was not written."""


class ReadFiles(msgspec.Struct, frozen=True):
    """Read these files and folders, and show what taking their logins would do, besides what was read before."""

    paths: tuple[str, ...]


class ReadPasted(msgspec.Struct, frozen=True):
    """Read what a person pasted."""

    text: Secret


class CompareAgain(msgspec.Struct, frozen=True):
    """Compare what was read with the stores once more: one of them could not be opened before."""


class TakeLogins(msgspec.Struct, frozen=True):
    """Keep these of the logins that were read."""

    rows: tuple[RowId, ...]


class StopImport(msgspec.Struct, frozen=True):
    """Read or take no more; what was read or taken stays."""


class ForgetImport(msgspec.Struct, frozen=True):
    """Put away all that was read."""


class WriteLogins(msgspec.Struct, frozen=True, kw_only=True):
    """Write these accounts' logins as other programs take them."""

    accounts: tuple[AccountKey, ...]
    format: ExportFormat
    refresh_tokens: bool
    place: str
    """The file, or the folder that takes a file of each."""
    folder: bool
    replace: bool = False
    """Whether the person agreed that files are replaced."""


class WriteTable(msgspec.Struct, frozen=True, kw_only=True):
    """Write a table of quotas."""

    data: bytes
    place: str
    replace: bool = False


class ForgetExport(msgspec.Struct, frozen=True):
    """Put away what came of the last export."""


ImportCommand = ReadFiles | ReadPasted | CompareAgain | TakeLogins | StopImport | ForgetImport
ExportCommand = WriteLogins | WriteTable | ForgetExport
TransferCommand = ImportCommand | ExportCommand


class ImportChanged(msgspec.Struct, frozen=True):
    """An import began, moved on or ended; None puts it away."""

    importing: ImportState | None


class ExportChanged(msgspec.Struct, frozen=True):
    """An export began or ended; None puts it away."""

    exporting: ExportState | None


def row_of(item: Item) -> ImportRow:
    """What may be shown of a login that was found."""
    login = item.credential
    plain = ImportRow(
        id=RowId(item.location, item.entry),
        format=item.format,
        in_use=item.in_use,
        action=item.action,
        problem=item.problem,
        notes=item.notes,
        personal=item.personal,
    )
    if login is None:
        return plain
    return msgspec.structs.replace(
        plain,
        account=login.key,
        email=login.email,
        workspace=login.claims.workspace,
        plan=login.claims.plan,
        expires_at=login.expiry,
        renewable=login.renewable,
    )
