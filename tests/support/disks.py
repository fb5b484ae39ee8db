"""Disks that fail, or don't answer, when the test says so."""

import errno
import threading
from pathlib import Path
from typing import Final

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.files.thread_batch import DiskJobs
from tests.support.patience import PATIENCE

FAULTS: Final = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EBUSY)
WRITING_STEPS: Final = ("open_folder", "create", "write", "sync", "rename", "sync_folder")


class TroubledDisk(Disk):
    """``trouble(step, number)`` lets every later call of a step fail with that error, until ``calm()``."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self._faults: dict[str, int] = {}
        self._after = 0

    def trouble(self, step: str, number: int, *, after: int = 0) -> None:
        """Fail each call of ``step`` but the next ``after`` ones."""
        self._faults, self._after = {step: number}, after

    def calm(self) -> None:
        self._faults = {}

    def open(self, path: Path) -> int:
        self._step("open")
        return super().open(path)

    def read(self, file: int, count: int) -> bytes:
        self._step("read")
        return super().read(file, count)

    def create(self, path: Path) -> int:
        self._step("create")
        return super().create(path)

    def reopen(self, path: Path) -> int:
        self._step("reopen")
        return super().reopen(path)

    def write(self, file: int, data: memoryview) -> int:
        self._step("write")
        return super().write(file, data)

    def sync(self, file: int) -> None:
        self._step("sync")
        super().sync(file)

    def open_folder(self, folder: Path) -> int | None:
        self._step("open_folder")
        return super().open_folder(folder)

    def sync_folder(self, folder: int) -> None:
        self._step("sync_folder")
        super().sync(folder)

    def rename(self, source: Path, target: Path) -> None:
        self._step("rename")
        super().rename(source, target)

    def remove(self, path: Path) -> None:
        self._step("remove")
        super().remove(path)

    def _step(self, step: str) -> None:
        self.steps.append(step)
        number = self._faults.get(step)
        if number is None:
            return
        if self._after:
            self._after -= 1
            return
        raise OSError(number, "injected")


class HangingDisk(Disk):
    """Opens no file in ``folder`` before ``answers`` is set. Whoever waits for others is not patient."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.answers = folder, threading.Event()
        self.jobs = DiskJobs(patience=0)

    def open(self, path: Path) -> int:
        if path.parent == self.folder:
            assert self.answers.wait(PATIENCE)
        return super().open(path)
