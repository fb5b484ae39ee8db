"""Stores of credential files: a folder shared with other tools, and files named on the command line."""

from collections.abc import Sequence
from pathlib import Path

from probe_tray.adapters.files.disk import Disk, reason_of
from probe_tray.adapters.logins.credential_files import Place, is_folder, is_there, json_files, new_path, restored_path
from probe_tray.adapters.logins.files_store import FilesStore
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.errors import ReadError, WriteError
from probe_tray.core.state import Unreadable


class FolderStore(FilesStore):
    """All ``*.json`` right in one folder; a missing folder is an empty one and made on the first save."""

    def __init__(
        self, folder: Path, *, official: Path | None = None, made: MadeHere | None = None, disk: Disk | None = None
    ) -> None:
        """``official`` is the official client's own file, which is never written wherever it turns up."""
        super().__init__(StoreKind.FOLDER, official, made, disk)
        self._folder, self._official = folder, official

    def for_restored(self) -> "FolderStore":
        """The same folder, where the file of an account that is new here is named as a sync names it."""
        return _Restored(self._folder, official=self._official, made=self._made, disk=self._disk)

    def _places(self) -> tuple[list[Place], list[Unreadable]]:
        return json_files(self._folder), []

    def _place_for_new(self, credential: Credential) -> Path:
        return new_path(self._folder, credential)

    def _folder_for_new(self) -> Path:
        return self._folder


class _Restored(FolderStore):
    def _place_for_new(self, credential: Credential) -> Path:
        return restored_path(self._folder, credential)


class NamedFileStore(FilesStore):
    """The files and folders a person named, in their order.

    A new account goes into the first folder, else into the first file that is not there yet.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        official: Path | None = None,
        made: MadeHere | None = None,
        disk: Disk | None = None,
    ) -> None:
        """``official`` is the official client's own file, which is never written wherever it turns up."""
        super().__init__(StoreKind.FILES, official, made, disk)
        self._paths = tuple(dict.fromkeys(paths))

    def _places(self) -> tuple[list[Place], list[Unreadable]]:
        found: dict[Path, Place] = {}
        unreadable: list[Unreadable] = []
        for path in self._paths:
            try:
                places = json_files(path) if is_folder(path) else [_named(path)]
            except ReadError as error:
                unreadable.append(Unreadable(location=str(path), problem=error.problem))
            else:
                # A file may be named twice, once by itself and once by its folder.
                found |= {place.path.absolute(): place for place in places if place.path.absolute() not in found}
        return list(found.values()), unreadable

    def _place_for_new(self, credential: Credential) -> Path:
        place = self._target()
        return new_path(place, credential) if is_folder(place) else place

    def _folder_for_new(self) -> Path:
        place = self._target()
        return place if is_folder(place) else place.parent

    def _target(self) -> Path:
        for path in self._paths:
            if is_folder(path) or not is_there(path):
                return path
        raise WriteError(path=str(self._paths[0]), reason="it holds no login of this account")


def _named(path: Path) -> Place:
    try:
        path.lstat()
    except FileNotFoundError:
        raise ReadError(path=str(path), reason="there is no such file or folder") from None
    except OSError as error:
        raise ReadError(path=str(path), reason=reason_of(error)) from None
    except ValueError:  # a NUL in the name
        raise ReadError(path=repr(str(path)), reason="no file can have such a name") from None
    return Place(path)
