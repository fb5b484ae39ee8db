"""One account in several files of one folder: a renewal reaches each that has its refresh token, whatever happens."""

import errno
import json
import os
from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.errors import SavedForLaterError
from probe_tray.core.renewal.policy import Reason
from tests.safety.bench import ANA, Bench, Crash
from tests.support.stores import folder_store

FIRST, SECOND = "ana@example.com.json", "codex-ana.json"


class InterruptedDisk(Disk):
    """Is whole until it is told which file can't be put in its place, or after which the process is killed."""

    def __init__(self) -> None:
        self.busy = ""
        self.killed_after = ""

    def rename(self, source: Path, target: Path) -> None:
        if target.name == self.busy:
            self.busy = ""
            raise OSError(errno.EIO, "injected")
        super().rename(source, target)
        if target.name == self.killed_after:
            raise Crash


def is_relied_on(signature: tuple[int, ...]) -> bool:
    """The time of a file's last change can't be set, so a test would have to wait until one is relied on."""
    del signature
    return True


class SharedFolder(Bench):
    """A folder in which two programs have a file of the account."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.disk = folder, InterruptedDisk()
        super().__init__(StoreKind.FOLDER)

    async def fill(self) -> None:
        await folder_store(self.folder).save(self.stores[0].held[ANA])
        (file,) = self.folder.iterdir()
        data = file.read_bytes()
        file.unlink()
        for name in (FIRST, SECOND):
            self.write(name, json.loads(data))

    def write(self, name: str, record: dict[str, object]) -> None:
        (self.folder / name).write_text(json.dumps(record))
        (self.folder / name).chmod(0o600)

    def restart(self) -> None:
        super().restart()
        self.disk.killed_after = ""
        self.accounts.use([folder_store(self.folder, disk=self.disk)])

    def record(self, name: str) -> dict[str, object]:
        return json.loads((self.folder / name).read_bytes())

    @property
    def tokens(self) -> list[object]:
        return [self.record(name).get("refresh_token") for name in (FIRST, SECOND)]


@pytest.fixture
async def shared(tmp_path: Path) -> SharedFolder:
    folder = tmp_path / "logins"
    folder.mkdir(mode=0o700)
    shared = SharedFolder(folder)
    await shared.fill()
    return shared


async def test_a_process_that_is_killed_between_two_files_leaves_neither_behind(shared: SharedFolder) -> None:
    shared.disk.killed_after = FIRST
    with pytest.raises(Crash):
        await shared.renew(Reason.FORCED)
    renewed, spent = shared.tokens
    assert renewed != spent
    shared.restart()
    assert await shared.transaction.finish_pending(ANA)
    assert (shared.tokens, shared.journal.entries) == ([renewed, renewed], {})


@pytest.mark.parametrize("name", [FIRST, SECOND])
async def test_a_file_that_is_busy_gets_the_login_later(shared: SharedFolder, name: str) -> None:
    shared.disk.busy = name
    with pytest.raises(SavedForLaterError):
        await shared.renew(Reason.FORCED)
    assert len(set(shared.tokens)) == 2
    assert await shared.transaction.finish_pending(ANA)
    assert (len(set(shared.tokens)), shared.journal.entries) == (1, {})


async def test_a_file_without_a_refresh_token_stays_as_it_is(shared: SharedFolder) -> None:
    bare = shared.record(SECOND)
    del bare["refresh_token"]
    shared.write(SECOND, bare)
    before = shared.tokens[0]
    await shared.renew(Reason.FORCED)
    assert shared.record(SECOND) == bare
    assert shared.tokens[0] != before


async def test_a_newer_access_token_beside_it_keeps_no_login_from_being_renewed(shared: SharedFolder) -> None:
    old = shared.record(FIRST)
    await shared.renew(Reason.FORCED)
    bare = shared.record(SECOND)
    del bare["refresh_token"]
    shared.write(SECOND, bare)
    # As it was before: the folder of a computer that has a login of its own.
    shared.write(FIRST, old)
    shared.restart()
    await shared.accounts.read()
    (stored,) = [stored for _, stored in await shared.accounts.holders(ANA)]
    assert stored.location == str(shared.folder / FIRST)
    # What only asks the service something goes on with the newest.
    asked_with = await shared.accounts.at_a_glance(ANA)
    assert asked_with is not None
    assert asked_with.location == str(shared.folder / SECOND)


async def test_the_look_before_a_token_is_spent_opens_the_file(
    shared: SharedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = shared.folder / FIRST
    (shared.folder / SECOND).unlink()
    long_ago = 1_700_000_000
    os.utime(file, (long_ago, long_ago))
    with monkeypatch.context() as patched:
        before, real = file.stat(), os.stat

        def cached(path: object, **options: bool) -> os.stat_result:
            # As a network file system answers for up to a minute, while an open file shows what is there.
            return before if str(path) == str(file) else real(path, **options)  # pyright: ignore[reportArgumentType]

        patched.setattr(os, "stat", cached)
        patched.setattr("probe_tray.adapters.logins.credential_files.is_settled", is_relied_on)
        await shared.accounts.read()
        await shared.accounts.holders(ANA)
        shared.issuer.rotate()
        await folder_store(shared.folder).save(shared.issuer.credential())
        await shared.renew(Reason.FORCED)
    assert (shared.issuer.reused, shared.issuer.revoked) == ([], False)
