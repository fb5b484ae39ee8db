"""The moment when a process was made, as the system knows it."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from probe_tray.adapters.system import process_began
from probe_tray.adapters.systems.current import this_system
from probe_tray.adapters.systems.linux import LinuxSystem
from tests.support.patience import PATIENCE

_TELL = (
    "from probe_tray.adapters.system import process_began; "
    "from probe_tray.adapters.systems.current import this_system; "
    "print(process_began(this_system()).isoformat())"
)
_NOW = "from datetime import UTC, datetime; print(datetime.now(UTC).isoformat())"
_EXACT = timedelta(milliseconds=50)


def test_it_is_the_same_moment_each_time_and_lies_in_the_past() -> None:
    readings = [process_began(this_system()) for _ in range(20)]
    first = min(readings)
    # One may be late by as long as the process had to wait for its turn in the middle of it.
    assert sorted(readings)[10] - first < _EXACT
    assert first.utcoffset() == timedelta()
    assert first < datetime.now(UTC)


@pytest.mark.skipif(sys.platform not in {"linux", "darwin", "win32"}, reason="the system does not tell")
def test_the_time_before_the_first_line_counts() -> None:
    before = datetime.now(UTC)
    # What a process does first is not yet this program's.
    code = f"import time; time.sleep(0.3); {_TELL}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE)
    began = datetime.fromisoformat(done.stdout.strip())
    assert before - _EXACT <= began
    assert datetime.now(UTC) - began > timedelta(seconds=0.3)


@pytest.mark.skipif(os.name == "nt", reason="needs a shell that becomes another program")
def test_a_program_that_another_one_became_is_as_old_as_that() -> None:
    before = datetime.now(UTC)
    # The shell's own time is over before it becomes the program, however long the machine takes for either.
    command = ["sh", "-c", '"$0" -c "$1"; sleep 0.3; exec "$0" -c "$2"', sys.executable, _NOW, _TELL]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
    in_the_shell, began = map(datetime.fromisoformat, done.stdout.split())
    assert before - _EXACT <= began < in_the_shell + timedelta(seconds=0.25)


def test_where_the_system_does_not_tell_it_is_at_most_what_was_computed(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    began = process_began(LinuxSystem(tmp_path))
    assert before - timedelta(seconds=time.process_time()) - _EXACT <= began <= datetime.now(UTC)


@pytest.mark.parametrize("broken", [b"", b"1 (x) R", b"1 (x) R " + b"999999999999 " * 30, b"1 (x) R " + b"z " * 30])
@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux tells")
def test_a_system_that_tells_nonsense_is_not_believed(monkeypatch: pytest.MonkeyPatch, broken: bytes) -> None:
    read = Path.read_bytes

    def tell(path: Path) -> bytes:
        return broken if path.name == "stat" else read(path)

    monkeypatch.setattr(Path, "read_bytes", tell)
    before = datetime.now(UTC)
    began = process_began(this_system())
    assert before - timedelta(seconds=time.process_time()) - _EXACT <= began <= datetime.now(UTC)
