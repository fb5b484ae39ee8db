"""Failures of sync with a table that several machines share."""

from probe_tray.core.errors.base import ProbeError


class SyncError(ProbeError):
    """Sync as a whole did not come to its end."""

    title_template = "The logins could not be synchronised."
    hint_template = "Sync again."


class SyncOffError(SyncError):
    """It is not set up."""

    title_template = "Sync is not set up. It still needs: {missing}."
    hint_template = "Set it up in Settings, Sync, or in the configuration file."


class SyncKeyError(SyncError):
    """No row opens."""

    title_template = (
        "None of the rows of the table can be decrypted: the encryption key (sync_aes_gcm_key) is probably another one."
    )
    hint_template = "Use the key of the computer that wrote them. Nothing was changed, neither here nor there."


class SyncRefusedError(SyncError):
    """401 or 403: the publishable key is wrong, or the table's policies forbid it."""

    title_template = "The table refuses the publishable key (status {status})."
    hint_template = (
        "Check the key (sync_api_key), and that the table's policies (row level security) let it read and write."
    )


class SyncPausedError(SyncError):
    """540: Supabase has paused the free project, which no later try brings back."""

    title_template = "The project at {host} is paused."
    hint_template = "Open it in the Supabase dashboard and restore it, then sync again. Only its owner can."


class SyncNoTableError(SyncError):
    """The service is there and has no such table."""

    title_template = "There is no table named tokens at {host}."
    hint_template = (
        "Run the SQL that comes with Probe Tray in the service's SQL editor, and check the address (sync_url)."
    )


class SyncColumnsError(SyncError):
    """The table has other columns."""

    title_template = "The table named tokens at {host} has other columns than it needs."
    hint_template = "It needs id, email, token_data and update_time: run the SQL that comes with Probe Tray."


class SyncPageError(SyncError):
    """HTML: a proxy, a sign-in page of the network, or the wrong address."""

    title_template = "{host} answered with a web page and not with the table."
    hint_template = "Check the address (sync_url); the network may also want you to sign in first."


class SyncStrangeError(SyncError):
    """An answer that is no table."""

    title_template = "{host} answered something that is no table of logins (status {status})."
    hint_template = "Check the address (sync_url); if it is right, try again later."


class SyncCutOffError(SyncError):
    """The table did not come whole."""

    title_template = "The table came incomplete: {got} of {expected} rows."
    hint_template = "Sync again. Nothing was changed, neither here nor there."


class SyncUnsteadyError(SyncError):
    """Its pages do not make one table."""

    title_template = "The table changed while it was read, or its pages contradict each other."
    hint_template = "Sync again. Nothing was changed, neither here nor there."


class SyncFloodedError(SyncError):
    """More rows, or larger ones, than there are logins."""

    title_template = "The table holds far more than logins, so it was not read to its end."
    hint_template = "Somebody else may have filled it: delete the rows that are not yours at the service."


class SyncEndlessError(SyncError):
    """Page after page, and no end."""

    title_template = "The table at {host} doesn't come to an end, so Probe Tray stopped reading it."
    hint_template = (
        "Nothing was changed on this computer or in the table. Check the address (sync_url), and the table for rows "
        "that aren't yours."
    )


class SyncConflictError(SyncError):
    """Somebody else wrote the row each time."""

    title_template = "Another computer kept changing this row meanwhile, so it was left as it is."
    hint_template = "Sync again."


class SyncForbiddenError(SyncError):
    """A change had no effect, and nobody else had made one."""

    title_template = "The table lets its rows be read and not changed."
    hint_template = "Its policies (row level security) forbid it with this key: run the SQL that comes with Probe Tray."


class TableUncheckedError(SyncError):
    """What other computers have renewed cannot be looked up, or what was renewed here not be given to them."""

    title_template = "Probe Tray couldn't check the shared table ({reason})."
    hint_template = "Check the network and the sync set-up."


class RenewalWaitsError(SyncError):
    """A renewal that has time waits for the table."""

    title_template = "The renewal waits because the shared table couldn't be checked ({reason})."
    hint_template = (
        "Another computer may have renewed this login already; it works until its token ends. Probe Tray tries again "
        "in 15 minutes. To renew it without the table, choose Renew now."
    )


class RenewedUncheckedError(SyncError):
    """A renewal that has no time goes on without the table."""

    title_template = "A login had to be renewed although the shared table couldn't be checked ({reason})."
    hint_template = (
        "If another computer has renewed it in the meantime, you may have to log in again. Check the network and the "
        "sync set-up."
    )


class RenewalUnsharedError(SyncError):
    """A renewal went well, and the table does not have it yet."""

    title_template = "A login was renewed, but the shared table doesn't have it yet ({reason})."
    hint_template = "Sync before another computer renews the old one: that would end this login."


class ClaimedElsewhereError(SyncError):
    """Another computer has claimed the row."""

    title_template = "This login is being renewed on another computer right now."
    hint_template = "Probe Tray tries again in 15 minutes and then takes over the new login."


class RowError(SyncError):
    """One row that is not used."""


class RowSealedError(RowError):
    """It does not open."""

    title_template = "This row cannot be decrypted, so it was left as it is."
    hint_template = (
        "It was written with another key, or damaged. If the login here is the right one, let this row be overwritten."
    )


class RowGarbageError(RowError):
    """It opens and holds no login."""

    title_template = "This row holds no login that can be read ({reason}), so it was left as it is."
    hint_template = "If the login here is the right one, let this row be overwritten."


class RowSwappedError(RowError):
    """It holds another account's login."""

    title_template = "This row holds the login of another account, so somebody has swapped rows. It was not used."
    hint_template = "Delete this row in the table, then sync again from a computer that has the login."


class RowReplayedError(RowError):
    """It is older than one seen before."""

    title_template = "This row holds an older login than it did before, so somebody has put an old one back."
    hint_template = "It was not used. Sync from a computer that has the newer login, or log in again."


class RowRepairedError(RowError):
    """It was older than one seen before, and has been replaced."""

    title_template = "This row held an older login than it did before; the newer one from here took its place."
    hint_template = "If you did not put back a backup of the table, somebody else can write to it."


class RowTakenError(RowError):
    """Another member of the team has it."""

    title_template = "This row belongs to another member of the same team: the table has room for one of them."
    hint_template = "This login was left as it is on both sides. Use a table of its own for it."


class RowAlteredError(RowError):
    """The row that the table gave back is not the one that was written."""

    title_template = "The table saved something else than this login, so it doesn't count as sent."
    hint_template = (
        "Check the table at the service: a trigger or a rule may change its rows. This computer still has the login."
    )
