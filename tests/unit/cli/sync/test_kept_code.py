"""A code entered in place of another table: where that comes to nothing, the former table stays."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from probe_tray.adapters.files.config_file import JsonSettingsFile
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.locks import FileLocks
from probe_tray.cli.sync.kept_code import KeptCode
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import KeyringDeniedError, KeyringHalfKeptError, KeyringNoAnswerError, StoreError
from probe_tray.core.settings import Settings
from probe_tray.core.sync.setup import SecretPlace, SyncSecrets, SyncTarget

FORMER, MOVED = "https://former.example", "https://moved.example"
GOAL = SyncTarget(url=MOVED, api_key=Secret("sb_publishable_new"), key=Secret("22" * 32))
HELD = SyncSecrets(
    api_key=Secret("sb_publishable_old"),
    key=Secret("11" * 32),
    api_key_place=SecretPlace.KEYRING,
    key_place=SecretPlace.KEYRING,
)


class StuckVault:
    """A keyring that asks a person at ``step``, who never answers, or fails there with ``error``."""

    def __init__(self, step: str, error: StoreError | None = None) -> None:
        self._step, self._error = step, error
        self.asked = asyncio.Event()

    async def load(self) -> SyncSecrets:
        await self._at("load")
        return HELD

    async def save(
        self, *, api_key: Secret | None, key: Secret | None, begins: Callable[[], None] = lambda: None
    ) -> None:
        assert (api_key, key) == (GOAL.api_key, GOAL.key)
        await self._at("first read")
        begins()
        await self._at("write")

    async def forget(self) -> None:
        await self._at("forget")

    @asynccontextmanager
    async def hold(self) -> AsyncGenerator[None]:
        yield

    async def _at(self, step: str) -> None:
        if step != self._step:
            return
        self.asked.set()
        if self._error is not None:
            raise self._error
        await asyncio.Event().wait()


class KeptBench:
    def __init__(self, folder: Path, vault: StuckVault) -> None:
        self._path, self._vault = folder / "config.json", vault
        self._path.write_text(json.dumps({"sync_url": FORMER}))
        self.said: list[str] = []
        file = JsonSettingsFile(self._path, FileLocks(folder / "locks"), disk=Disk())
        self._kept = KeptCode(file, Settings(sync_url=FORMER), vault, self.said.append, in_file=False)

    async def keep(self) -> None:
        await self._kept.keep(GOAL)

    async def broken_off(self) -> None:
        task = asyncio.ensure_future(self.keep())
        await self._vault.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    @property
    def url(self) -> str:
        return json.loads(self._path.read_bytes())["sync_url"]


@pytest.mark.parametrize(("step", "url"), [("load", FORMER), ("first read", FORMER), ("write", "")])
async def test_the_former_table_stays_unless_the_keyring_had_begun(tmp_path: Path, step: str, url: str) -> None:
    bench = KeptBench(tmp_path, StuckVault(step))
    await bench.broken_off()
    assert (bench.url, bench.said) == (url, [] if url else ["former.example"])


@pytest.mark.parametrize(
    ("step", "error", "url", "told"),
    [
        ("load", KeyringNoAnswerError(), FORMER, KeyringNoAnswerError),
        ("first read", KeyringNoAnswerError(), FORMER, KeyringNoAnswerError),
        ("write", KeyringNoAnswerError(), "", KeyringHalfKeptError),
        ("write", KeyringHalfKeptError(), "", KeyringHalfKeptError),
        ("write", KeyringDeniedError(), FORMER, KeyringDeniedError),
    ],
)
async def test_a_failure_says_that_nothing_was_lost_only_where_the_former_table_stays(
    tmp_path: Path, step: str, error: StoreError, url: str, told: type[StoreError]
) -> None:
    bench = KeptBench(tmp_path, StuckVault(step, error))
    with pytest.raises(told):
        await bench.keep()
    assert (bench.url, bench.said) == (url, [])


async def test_what_is_kept_whole_is_the_new_table(tmp_path: Path) -> None:
    bench = KeptBench(tmp_path, StuckVault("nowhere"))
    await bench.keep()
    assert (bench.url, bench.said) == (MOVED, [])
