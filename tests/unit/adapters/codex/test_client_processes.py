"""Which programs of the client run, as the system tells it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from probe_tray.adapters.codex.client_processes import SystemClientProcesses


@pytest.fixture
def client(tmp_path: Path) -> Iterator[int]:
    program = tmp_path / "codex"
    shutil.copy(shutil.which("sleep") or "", program)
    with subprocess.Popen([program, "600"], env={**os.environ, "CODEX_HOME": str(tmp_path)}) as process:
        yield process.pid
        process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="the process table of Linux")
async def test_a_client_is_found_by_its_name_and_its_home(client: int, tmp_path: Path) -> None:
    processes = SystemClientProcesses(Path("/home/ana/.codex"))
    found = [(one.name, one.number) for one in await processes.running(str(tmp_path))]
    assert found == [("codex", client)]
    assert client not in [one.number for one in await processes.running("/home/ana/.codex")]
