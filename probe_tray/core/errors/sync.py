"""Failures of sync with a table that several machines share."""

from probe_tray.core.errors.base import ProbeError


class SyncError(ProbeError):
    """Sync as a whole did not come to its end."""

    title_template = "Your logins couldn't be synced."
    hint_template = "Sync again."


class SyncOffError(SyncError):
    """It is not set up."""

    title_template = "Sync isn't set up. It still needs: {missing}."
    hint_template = "Set it up in Settings, Storage and sync, or in the configuration file."


class SyncKeyError(SyncError):
    """No row opens."""

    title_template = (
        "No row of the table can be decrypted. The encryption key (sync_aes_gcm_key) is probably a different one."
    )
    hint_template = (
        "Use the key from the computer that wrote them. Nothing was changed on this computer or in the table."
    )


class SyncRefusedError(SyncError):
    """401 or 403: the publishable key is wrong, or the table's policies forbid it."""

    title_template = "The table rejected the publishable key (status {status})."
    hint_template = (
        "Check the key (sync_api_key) and that the table's policies (row level security) allow reading and writing."
    )


class SyncSecretError(SyncError):
    """The table is protected, and the key here is none of those that it lets in."""

    title_template = "The table at {host} doesn't accept the encryption key of this computer."
    hint_template = (
        "The key was probably changed on another computer. Enter the current one here. Nothing was changed on this "
        "computer or in the table."
    )


class SyncOpenedError(SyncError):
    """The table was protected, and is not any more."""

    title_template = "The table at {host} is no longer protected: anyone with the publishable key can use it."
    hint_template = (
        "Nothing was changed on this computer or in the table. Protect it again with the SQL from Set up sync. If you "
        "turned its protection off yourself, you can allow this in Settings, Storage and sync, Last result."
    )


class SyncUnprotectedError(SyncError):
    """Only a protected table knows keys and removed accounts."""

    title_template = "The table isn't protected, so this can't be done."
    hint_template = "Protect it first with the SQL from Set up sync."


class SyncKeyEndedError(SyncError):
    """A key that was let in once."""

    title_template = "The table doesn't accept this key anymore."
    hint_template = "The key was changed on another computer. Enter the current one here."


class SyncNoKeyChangeError(SyncError):
    """There is one key alone."""

    title_template = "The encryption key isn't being changed, so there is no old key to end."
    hint_template = "Change the key first."


class SyncKeyUnfinishedError(SyncError):
    """Some rows can be read with the old key alone."""

    title_template = "The last change of the encryption key isn't finished: some rows still need the old key."
    hint_template = "Sync once, then change the key again. The sync names rows that it can't use."


class SyncKeyNeededError(SyncError):
    """Its rights are gone: rows would be left that only the old key opens."""

    title_template = "The table doesn't let this computer read, add and change rows, so the old key wasn't ended."
    hint_template = (
        "Nothing was changed. Run all of the SQL from Set up sync in Supabase's SQL editor, then end the old key again."
    )


class SyncSetupChangedError(SyncError):
    """Another table or another key was set up, or sync was turned off, while this waited for its turn."""

    title_template = "The sync setup was changed meanwhile."
    hint_template = "Nothing was changed. Check the setup, then try again."


class SyncOtherKeyChangeError(SyncError):
    """The table lets in a key that this computer doesn't have, and not the old one of its two."""

    title_template = "The encryption key was changed again on another computer."
    hint_template = "Nothing was changed. End the old key there, or enter that computer's code here first."


class KeyInFileError(SyncError):
    """The configuration file is the person's."""

    title_template = "The encryption key is in the configuration file, which Probe Tray doesn't change."
    hint_template = "Write a new key, a colon and the old key there (sync_aes_gcm_key), then try again."


class SyncNoSuchRowError(SyncError):
    """Nobody of that name."""

    title_template = "No account in the table is called “{who}”."
    hint_template = "Use the account's email address or id."


class SyncSeveralRowsError(SyncError):
    """One email may have several workspaces, each with a row of its own."""

    title_template = "“{who}” matches several accounts in the table: {ids}."
    hint_template = "Nothing was removed. Use the id of one."


class SyncUnopenedRowError(SyncError):
    """It may hold the newest login of anybody."""

    title_template = "The row {who} can't be opened, so it was left as it is."
    hint_template = "Sync once to see why."


class SyncNewerLoginError(SyncError):
    """Taking the row out would leave nobody the login that works."""

    title_template = "The table has a newer login of {who} than this computer, so its row was left as it is."
    hint_template = "Sync, then try again."


class SyncPausedError(SyncError):
    """540: Supabase has paused the free project, which no later try brings back."""

    title_template = "The project at {host} is paused."
    hint_template = "Open it in the Supabase dashboard and restore it, then sync again. Only its owner can."


class SyncNoTableError(SyncError):
    """The service is there and has no such table."""

    title_template = "There is no table called tokens at {host}."
    hint_template = "Run the SQL that comes with Probe Tray in Supabase's SQL editor, and check the address (sync_url)."


class SyncColumnsError(SyncError):
    """The table has other columns."""

    title_template = "The table tokens at {host} has the wrong columns."
    hint_template = "It needs id, email, token_data and update_time. Run the SQL that comes with Probe Tray."


class SyncPageError(SyncError):
    """HTML: a proxy, a sign-in page of the network, or the wrong address."""

    title_template = "{host} answered with a web page instead of the table."
    hint_template = "Check the address (sync_url). Your network may also want you to log in first."


class SyncStrangeError(SyncError):
    """An answer that is no table."""

    title_template = "{host} did not answer like a logins table (status {status})."
    hint_template = "Check the address (sync_url). If it's right, try again later."


class SyncNewerError(SyncError):
    """Its SQL is one that this program does not know."""

    title_template = "The table at {host} was set up by a newer version of Probe Tray."
    hint_template = "Update Probe Tray on this computer. Nothing was changed on this computer or in the table."


class SyncTooLargeError(SyncError):
    """413: something on the way takes no request of this size."""

    title_template = "{host} refused a login as too large (status 413)."
    hint_template = "The project or a proxy limits the size of requests. Raise that limit, then sync again."


class SyncCutOffError(SyncError):
    """The table did not come whole."""

    title_template = "Only {got} of the table's {expected} rows arrived."
    hint_template = "Sync again. Nothing was changed on this computer or in the table."
    passing = True


class SyncUnsteadyError(SyncError):
    """Its pages do not make one table."""

    title_template = "The table changed while it was being read."
    hint_template = "Sync again. Nothing was changed on this computer or in the table."
    passing = True


class SyncFloodedError(SyncError):
    """More rows, or larger ones, than there are logins."""

    title_template = "The table contains far more than logins, so it wasn't read completely."
    hint_template = "Someone else may have filled it. Delete the rows that aren't yours in Supabase."


class SyncEndlessError(SyncError):
    """Page after page, and no end."""

    title_template = "The table at {host} doesn't come to an end, so Probe Tray stopped reading it."
    hint_template = (
        "Nothing was changed on this computer or in the table. Check the address (sync_url), and the table for rows "
        "that aren't yours."
    )


class SyncConflictError(SyncError):
    """Somebody else wrote the row each time."""

    title_template = "Another computer kept changing this row. It was not changed from here."
    hint_template = "Sync again."


class SyncForbiddenError(SyncError):
    """A change had no effect, and nobody else had made one."""

    title_template = "This key can read the table but can't change it."
    hint_template = "The table's policies (row level security) forbid it. Run the SQL that comes with Probe Tray."


class TableUncheckedError(SyncError):
    """What other computers have renewed cannot be looked up, or what was renewed here not be given to them."""

    title_template = "Probe Tray couldn't check the shared table ({reason})."
    hint_template = "Check your network and the sync setup."


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
        "If another computer has renewed it in the meantime, you may have to log in again. Check your network and the "
        "sync setup."
    )


class RenewalUnsharedError(SyncError):
    """A renewal went well, and the table does not have it yet."""

    title_template = "A login was renewed, but the shared table doesn't have it yet ({reason})."
    hint_template = "Sync before another computer renews the old one: that would end this login."


class ClaimedElsewhereError(SyncError):
    """Another computer has claimed the row."""

    title_template = "This login is being renewed on another computer right now."
    hint_template = "Probe Tray tries again in 15 minutes and then takes over the new login."


class RenewalSentElsewhereError(SyncError):
    """Another computer has sent the refresh token, and its lease says so; what it got is not in the table."""

    title_template = "Another computer began to renew this login and hasn't shared the new one yet."
    hint_template = (
        "Start Probe Tray on that computer and let it sync; the new login then arrives here. If that computer is gone, "
        "log in again."
    )


class SharingStoppedError(RenewalSentElsewhereError):
    """Likewise, and the account was taken out of the table: what that computer got never comes."""

    title_template = "Another computer renews this login, and the account is no longer shared."
    hint_template = "Log in again on this computer; it then has a login of its own."


class SyncLeasesError(SyncError):
    """A function of the leases is there, and what it needs is not."""

    title_template = "The SQL for the shared table at {host} was only run in part."
    hint_template = (
        "Copy the SQL from Set up sync and run all of it in Supabase's SQL editor. It deletes nothing. If other "
        "programs use the table, choose “Let other programs use the table” first."
    )


class SetupCodeStrangeError(SyncError):
    """It is something else."""

    title_template = "That isn't a sync code."
    hint_template = "Show the code on a computer that syncs already: Settings, Storage and sync, Change setup."


class SetupCodeNewerError(SyncError):
    """It has a version that this program does not know."""

    title_template = "This sync code was made by a newer version of Probe Tray."
    hint_template = "Update Probe Tray on this computer, then enter the code again."


class SetupCodeCutError(SyncError):
    """Its end is missing."""

    title_template = "The sync code is incomplete: its end is missing."
    hint_template = "Copy the whole code and paste it again."


class SetupCodeMistypedError(SyncError):
    """Its check does not fit."""

    title_template = "The sync code has a typo, or part of it is missing."
    hint_template = "Compare it with the code on the other computer, or copy and paste it."
