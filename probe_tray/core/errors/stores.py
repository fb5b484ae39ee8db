"""Failures of the places where logins are kept."""

from collections.abc import Mapping
from typing import ClassVar

from probe_tray.core.errors.base import ProbeError, Remedy
from probe_tray.core.errors.phrase import Phrase


class StoreError(ProbeError):
    """A store of logins does not work."""

    title_template = "Your logins can't be opened."
    hint_template = "Try again."


class KeyringAbsentError(StoreError):
    """No keyring that is known to keep a secret."""

    title_template = "This system has no keyring that can keep the key to your logins."
    hint_template = (
        "Install and start one (GNOME Keyring or KWallet on Linux), or choose a folder in Settings, Storage and sync."
    )
    needs_keyring = True
    remedy = Remedy.STORAGE_SETTINGS


class KeyringLockedError(StoreError):
    """The keyring is locked, or its prompt was dismissed."""

    title_template = "The keyring is locked, so your logins can't be opened yet."
    hint_template = "Unlock the keyring and press Try again. Nothing was lost."
    needs_keyring = quiet = True


class KeyringDeniedError(StoreError):
    """The keyring refused."""

    title_template = "The keyring refused access to the key to your logins."
    hint_template = "Allow Probe Tray in your keyring app, then press Try again. Nothing was lost."
    needs_keyring = True


class KeyringNoAnswerError(StoreError):
    """The keyring did not answer in time."""

    title_template = "The keyring doesn't answer."
    hint_template = "Look for a password window behind other windows, then press Try again. Nothing was lost."
    needs_keyring = quiet = True


class KeyringHalfKeptError(StoreError):
    """It isn't known which of two secrets that belong together the keyring holds, an old one or a new one."""

    title_template = "The keyring may have saved only one of the two keys for sync."
    hint_template = "Allow Probe Tray in your keyring app, then save the setup again. Nothing is shared until then."


class KeyMissingError(StoreError):
    """Records exist, their key does not."""

    title_template = "The key to your saved logins is no longer in the keyring."
    hint_template = "Unlock or restore the keyring that had it, or log in again. Your saved files were kept."
    needs_keyring = True


class RecordError(StoreError):
    """One record of the vault cannot be opened."""

    title_template = "A saved login can't be opened: {reason}."
    hint_template = "The file {path} was kept. Restore it from a backup, or log in again."


class ReadError(StoreError):
    """A store's file or folder cannot be read."""

    title_template = "{path} can't be read: {reason}."
    hint_template = "Check that it is yours and that you can read it."


class SilentDiskError(ReadError):
    """The disk neither answers nor fails. Only who can do without waits no longer for it."""

    title_template = "The disk that holds {path} doesn't answer."
    hint_template = "Connect its drive or network share again. If that doesn't help, restart the computer."


class ArchiveError(ReadError):
    """A file that has others in it, such as another program's backup."""

    hint_template = "Unpack it, then choose the files or the folder in it."


class NotFolderError(ReadError):
    """A file is where a folder should be, or one above it."""

    usual_facts: ClassVar[Mapping[str, str]] = {"reason": Phrase("a part of its path is not a folder")}
    hint_template = "Correct the path, or move the file that is in its way."


class OfficialBrokenError(ReadError):
    """The official client's file is not whole: the client may be writing it, or its disk was full."""

    hint_template = "Codex may be writing it right now, so try again. If that doesn't help, log in with Codex again."
    passing = True


class PathMissingError(ReadError):
    """What was named isn't there."""

    usual_facts: ClassVar[Mapping[str, str]] = {"reason": Phrase("there is no such file or folder")}
    hint_template = "Check its name. If it's on a drive or network share, connect that first."


class FolderGoneError(StoreError):
    """The folder of credential files held logins, and is gone or another one by now."""

    title_template = "The folder of logins {path} is gone."
    hint_template = "Connect its drive or network share again, or choose the folder in Settings, Storage and sync."
    remedy = Remedy.STORAGE_SETTINGS


class FolderMissingError(StoreError):
    """The folder that is to hold credential files does not exist."""

    title_template = "The folder {path} doesn't exist."
    hint_template = "Create it, or choose another one."


class FolderUnusableError(StoreError):
    """What was named can't be the folder that holds credential files."""

    title_template = "{path} can't be the folder of logins: {reason}."
    hint_template = "Choose another folder."


class OfficialLoginError(StoreError):
    """Somebody asked to change the official client's own login."""

    title_template = "The login in {path} belongs to the Codex client, so Probe Tray only shows it."
    hint_template = "Codex renews it itself. Log in here if you want Probe Tray to have a login of its own."


class OfficialSealedError(StoreError):
    """The official client keeps its login sealed (``secret_auth_storage``)."""

    title_template = "The Codex client keeps its login sealed in {path}, so its quota can't be shown."
    hint_template = "Log in here to see the quota of this account."


class WriteError(StoreError):
    """A store's file or folder cannot be written."""

    title_template = "{path} can't be written: {reason}."
    hint_template = "Free some space or make it writable, then try again. The old content is unchanged."


class OutputError(WriteError):
    """The result of a command can't be printed."""

    usual_facts: ClassVar[Mapping[str, str]] = {"path": Phrase("standard output")}
    hint_template = "Free some space, or send the output somewhere else, then run it again."


class NoSuchStoreError(StoreError):
    """The store to move to is not set up."""

    title_template = "There is no folder to move the login to."
    hint_template = "Choose one in Settings, Storage and sync, then try again."


class SavedForLaterError(StoreError):
    """The new tokens are in the journal, and a store could not take them."""

    title_template = "The login was renewed, but {path} can't be written: {reason}."
    hint_template = (
        "The new tokens are safe in Probe Tray's data folder. They are saved to the file once it can be written."
    )


class JournalSealedError(StoreError):
    """An answer is in the journal that cannot be opened for the time being."""

    title_template = "A renewed login is safe but can't be opened yet."
    hint_template = "Unlock the keyring to finish the renewal. If the key is gone for good, log in again."
    needs_keyring = True
