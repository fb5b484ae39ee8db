"""Failures of single rows of the table that several machines share."""

from probe_tray.core.errors.sync import SyncError


class RowError(SyncError):
    """One row that is not used."""


class RowSealedError(RowError):
    """It does not open."""

    title_template = "This row can't be decrypted. It was not changed."
    hint_template = (
        "It has a different key or is damaged. If the login on this computer is the right one, overwrite the row."
    )


class RowGarbageError(RowError):
    """It opens and holds no login."""

    title_template = "This row contains no readable login ({reason}). It was not changed."
    hint_template = "If the login on this computer is the right one, overwrite the row."


class RowSwappedError(RowError):
    """It holds another account's login."""

    title_template = "This row contains another account's login: someone swapped rows. It was not used."
    hint_template = "Delete this row in the table, then sync again from a computer that has the login."


class RowReplayedError(RowError):
    """It is older than one seen before."""

    title_template = "This row has an older login than before: someone put an old one back."
    hint_template = "It was not used. Sync from a computer that has the newer login, or log in again."


class RowForgedError(RowError):
    """It does not open as the row that it says it is."""

    title_template = "This row isn't what your computers wrote: someone swapped or changed it. It was not used."
    hint_template = "Delete this row in the table, then sync again from a computer that has the login."


class RowRolledBackError(RowError):
    """It was written before one seen before."""

    title_template = "This row is older than one this computer has seen: someone put an old copy of the table back."
    hint_template = (
        "It was not used and not changed. If this computer has the newest login, overwrite the row. If you didn't "
        "restore a backup, someone else can change your database."
    )


class RowRepairedError(RowError):
    """It was older than one seen before, and has been replaced."""

    title_template = "This row had an older login than before. It was replaced with the newer one from this computer."
    hint_template = "If you didn't restore a backup of the table, someone else can write to it."


class RowTakenError(RowError):
    """Another member of the team has it."""

    title_template = "This row belongs to another member of the same team. The table can hold only one of you."
    hint_template = "Nothing was changed. Use a separate table for this login."


class RowAlteredError(RowError):
    """The row that the table gave back is not the one that was written."""

    title_template = "The table saved something other than this login, so it doesn't count as sent."
    hint_template = (
        "Check the table at the service: a trigger or a rule may change its rows. This computer still has the login."
    )
