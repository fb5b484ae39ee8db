"""What came of refresh tokens that were used, one small file per token, shared by every process of this user."""

import asyncio
import contextlib
import hashlib
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from probe_tray.adapters.files.disk import NEWER_VERSION, Disk
from probe_tray.adapters.files.safe_files import (
    is_absent,
    make_private_folder,
    read_regular,
    remove_file,
    remove_stale,
    replace_file,
)
from probe_tray.core.errors import Phrase, ReadError, SilentDiskError, StoreError, WriteError
from probe_tray.core.renewal.journal import TokenOutcome, TokenVerdict

_FINGERPRINT: Final = re.compile(r"[0-9a-f]{16}")
_ENDED: Final = ".ended"
_PASSING: Final = ".passing"
_BETWEEN_PRUNINGS: Final = timedelta(days=1)
_IN_DOUBT: Final = timedelta(minutes=15)
"""So long an outcome that cannot be read may have forbidden a request whatever anybody wished."""
_END_WITHOUT_A_DATE: Final = TokenOutcome(verdict=TokenVerdict.ENDED, at=datetime.fromtimestamp(0, UTC))


_DAYS_IN_USE: Final = 7
"""So many days with outcomes must follow the end of a lifetime: a clock that has jumped brings few."""


def _lifetime(verdict: TokenVerdict) -> timedelta:
    match verdict:
        case TokenVerdict.ENDED | TokenVerdict.FRESH:
            # Fresh also says whose a login is, in a program that may not run for months.
            return timedelta(days=400)
        case TokenVerdict.UNCERTAIN | TokenVerdict.BACKOFF | TokenVerdict.REFUSED:
            return timedelta(days=30)


_VERSION: Final = 1


class _OutcomeHead(msgspec.Struct, frozen=True):
    version: int = 1
    """The first versions did not write it."""


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    version: int = _VERSION
    outcome: TokenOutcome
    check: str
    """The first 16 hex digits of SHA-256 of the encoded outcome."""


_HEAD: Final = msgspec.json.Decoder(_OutcomeHead)
_LINE: Final = msgspec.json.Decoder(_Line)


class FileRenewalMemory:
    """Implements ``RenewalMemory``.

    An end has a file name of its own, and that name alone says it: no process can overwrite it with something lesser,
    and damage to its content does not take it back. Any other file with damaged content may have said that an answer
    was lost, and counts as if it had, from the moment when it was last changed.
    """

    def __init__(self, folder: Path, *, disk: Disk) -> None:
        """Keep the files in ``folder``, which is made when needed."""
        self._folder, self._disk = folder, disk
        self._pruned: datetime | None = None

    async def recall(self, fingerprint: str) -> TokenOutcome | None:
        """Read the token's file."""
        return await self._disk.jobs.do(self._folder, partial(self._recall, _checked(fingerprint)))

    async def glance(self, fingerprint: str) -> TokenOutcome | None:
        """Read the token's file, but don't wait for a disk that does not answer."""
        try:
            return await self._disk.jobs.do(self._folder, partial(self._recall, _checked(fingerprint)), waits=False)
        except TimeoutError:
            raise SilentDiskError(path=str(self._folder)) from None

    async def recall_all(self, fingerprints: Sequence[str]) -> Sequence[TokenOutcome | ReadError | None]:
        """Read the files of all of them in one thread: a start asks about each account."""
        names = [_checked(fingerprint) for fingerprint in fingerprints]
        return await self._disk.jobs.do(self._folder, partial(self._recall_all, names))

    async def remember(self, fingerprint: str, outcome: TokenOutcome) -> None:
        """Write the token's file; once a day also remove those that are too old.

        The clock alone is not believed: what is removed is gone for good, and it may be ahead for some days.
        """
        await asyncio.to_thread(self._remember, _checked(fingerprint), outcome)

    def _recall(self, fingerprint: str) -> TokenOutcome | None:
        ended, passing = (f"{self._folder}{os.sep}{fingerprint}{suffix}" for suffix in (_ENDED, _PASSING))
        with contextlib.suppress(FileNotFoundError):
            if not is_absent(ended):
                data = read_regular(Path(ended), disk=self._disk)
                return _parse(data, TokenVerdict.ENDED) or _END_WITHOUT_A_DATE
        with contextlib.suppress(FileNotFoundError):
            if not is_absent(passing):
                data = read_regular(Path(passing), disk=self._disk)
                if _is_newer(data):
                    raise ReadError(path=passing, reason=NEWER_VERSION)
                return _parse(data) or _in_doubt(Path(passing))
        return None

    def _recall_all(self, fingerprints: Sequence[str]) -> Sequence[TokenOutcome | ReadError | None]:
        found: list[TokenOutcome | ReadError | None] = []
        for fingerprint in fingerprints:
            try:
                found.append(self._recall(fingerprint))
            except ReadError as error:
                found.append(error)
        return found

    def _remember(self, fingerprint: str, outcome: TokenOutcome) -> None:
        make_private_folder(self._folder)
        suffix = _ENDED if outcome.verdict is TokenVerdict.ENDED else _PASSING
        line, path = _Line(outcome=outcome, check=_check(outcome)), self._folder / f"{fingerprint}{suffix}"
        with contextlib.suppress(FileNotFoundError, ReadError):
            if _is_newer(read_regular(path, disk=self._disk)):
                raise WriteError(path=str(path), reason=NEWER_VERSION)
        replace_file(path, msgspec.json.encode(line) + b"\n", disk=self._disk)
        # Once a day: it reads every file, and a renewal waits for it.
        if self._pruned is None or abs(outcome.at - self._pruned) >= _BETWEEN_PRUNINGS:
            self._prune(outcome.at)
            self._pruned = outcome.at

    def _prune(self, now: datetime) -> None:
        remove_stale(self._folder)
        found: dict[Path, TokenOutcome] = {}
        with contextlib.suppress(OSError):
            for path in list(self._folder.iterdir()):
                if path.suffix not in {_ENDED, _PASSING}:
                    continue
                with contextlib.suppress(OSError, StoreError):
                    if (outcome := _parse(read_regular(path, disk=self._disk))) is not None:
                        found[path] = outcome
        days = sorted({one.at.date(): one.at for one in found.values() if one.at <= now}.values())[-_DAYS_IN_USE:]
        for path, outcome in found.items() if len(days) == _DAYS_IN_USE else ():
            if outcome.at < days[0] - _lifetime(outcome.verdict):
                with contextlib.suppress(OSError, StoreError):
                    remove_file(path, disk=self._disk)


def _is_newer(data: bytes) -> bool:
    try:
        return _HEAD.decode(data).version > _VERSION
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


def _parse(data: bytes, only: TokenVerdict | None = None) -> TokenOutcome | None:
    try:
        line = _LINE.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    if line.check != _check(line.outcome) or (only is not None and line.outcome.verdict is not only):
        return None
    return line.outcome


def _in_doubt(path: Path) -> TokenOutcome:
    try:
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return TokenOutcome(verdict=TokenVerdict.UNCERTAIN, at=changed, until=changed + _IN_DOUBT)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, OverflowError):
        raise ReadError(path=str(path), reason=Phrase("its content was damaged")) from None


def _checked(fingerprint: str) -> str:
    if not _FINGERPRINT.fullmatch(fingerprint):
        msg = "a fingerprint is 16 hex digits"
        raise ValueError(msg)
    return fingerprint


def _check(outcome: TokenOutcome) -> str:
    fields: dict[str, object] = msgspec.to_builtins(outcome)
    if outcome.uptime is None:
        # As earlier versions wrote it, which knew no such field.
        del fields["uptime"]
    return hashlib.sha256(msgspec.json.encode(fields)).hexdigest()[:16]
