"""The tray app's own wiring, with its real files: a login comes in from one program and goes out to another."""

import asyncio
import json
import stat
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from probe_tray.adapters.files.app_folders import user_places
from probe_tray.adapters.files.safe_files import make_private_folder
from probe_tray.core.state import AppState
from probe_tray.core.transfer.export import ExportFormat
from probe_tray.core.transfer.state import ExportPhase, ImportPhase, ReadFiles, TakeLogins, WriteLogins
from probe_tray.engine.runtime import Engine
from tests.support.files import proxied
from tests.support.programs import wired_tray


@asynccontextmanager
async def tray(shared: Path) -> AsyncGenerator[Engine]:
    """A tray app that keeps logins in the folder ``shared``."""
    places = user_places()
    make_private_folder(places.config_file.parent)
    places.config_file.write_text(json.dumps({"sync_dir": str(shared), "storage": "folder"}))
    wired = wired_tray()
    try:
        yield wired.engine
    finally:
        await wired.client.aclose()


async def until(engine: Engine, reached: Callable[[AppState], bool]) -> None:
    """Wait for the state to come so far."""
    come = asyncio.Event()
    unsubscribe = engine.subscribe(lambda: come.set() if reached(engine.state) else None)
    await come.wait()
    unsubscribe()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.skipif(sys.platform == "win32", reason="modes as POSIX has them")
async def test_a_login_of_one_program_is_taken_and_written_for_another(tmp_path: Path) -> None:
    shared, given, out = tmp_path / "shared", tmp_path / "codex-1.json", tmp_path / "out"
    given.write_text(json.dumps(proxied("ana")))
    make_private_folder(out)
    async with tray(shared) as engine:
        engine.send(ReadFiles((str(given),)))
        await until(engine, lambda s: s.importing is not None and s.importing.phase is ImportPhase.READY)
        shown = engine.state.importing
        assert shown is not None
        engine.send(TakeLogins(tuple(row.id for row in shown.rows)))
        await until(engine, lambda s: s.importing is not None and s.importing.phase is ImportPhase.DONE)
        (account,) = engine.state.accounts
        assert account.email == "ana@example.com"
        (kept,) = shared.glob("*.json")
        assert mode(kept) == 0o600
        engine.send(
            WriteLogins(
                accounts=(account.key,),
                format=ExportFormat.OFFICIAL,
                refresh_tokens=True,
                place=str(out),
                folder=True,
            )
        )
        await until(engine, lambda s: s.exporting is not None and s.exporting.phase is ExportPhase.DONE)
        assert engine.state.exporting is not None
        assert engine.state.exporting.written == (str(out / "auth.json"),)
    assert json.loads((out / "auth.json").read_text())["tokens"]["refresh_token"] == "rt_ana.1"
    assert mode(out / "auth.json") == 0o600
    assert json.loads(given.read_text()) == proxied("ana")
