"""What files held when they were last whole: another program may be in the middle of writing one."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final, final

from probe_tray.adapters.logins.credential_files import Held, belongs
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.formats.login_fields import NoLogin

_WRITING_TAKES: Final = 10.0
"""Seconds after which a broken file is taken for one that stays broken."""


@final
class LastCompleteFiles:
    """For showing what there is, and for writing a removed file anew; never for using a token, which may be spent."""

    def __init__(self, now: Callable[[], float]) -> None:
        """``now`` counts seconds and never goes back."""
        self._now = now
        self._whole: dict[Path, Held] = {}
        self._broken_since: dict[Path, float] = {}

    def forget_others(self, paths: Collection[Path]) -> None:
        """Drop what is known of files that are not among ``paths``."""
        for gone in self._whole.keys() - set(paths):
            self._drop(gone)

    def note(self, path: Path, held: Held) -> bool:
        """Whether the file, of which this is what it holds now, is whole; then that is what it held last."""
        if not _is_whole(held):
            return False
        self._broken_since.pop(path, None)
        self._whole[path] = held
        return True

    def last(self, path: Path) -> Held | None:
        """What the file held when it was last whole, also where it is gone since."""
        return self._whole.get(path)

    def instead_of(self, path: Path, held: Held | None) -> Held | None:
        """What the file held before it broke a moment ago; None for one that is whole, or was never, or stays broken.

        ``held`` is what it holds now, None where it could not be read.
        """
        if held is not None and self.note(path, held):
            return None
        earlier = self._whole.get(path)
        if earlier is None or self._now() - self._broken_since.setdefault(path, self._now()) >= _WRITING_TAKES:
            self._drop(path)
            return None
        return earlier

    def held_before(self, path: Path, key: AccountKey) -> bool:
        """Whether the file, which is not whole now, held this account a moment ago."""
        earlier = self.instead_of(path, None)
        return earlier is not None and any(belongs(document, key) for document in earlier.documents)

    def _drop(self, path: Path) -> None:
        self._whole.pop(path, None)
        self._broken_since.pop(path, None)


def _is_whole(held: Held) -> bool:
    return bool(held.documents) and all(
        one.credential is not None or one.no_login not in {None, NoLogin.SOMETHING_ELSE} for one in held.documents
    )
