"""Start both programs of a bundle as somebody who has just installed it, and have the tray app quit again.

uv run python packaging/smoke_start.py dist/probe-tray

The tray app runs with the simulated service. On Linux without a screen it draws nowhere.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from project import COMMAND, TITLE, TRAY, VERSION, stop

SECONDS: Final = 60
_PAUSE: Final = 0.5
_QUITTING: Final = "Probe Tray is quitting."


def programs_of(bundle: Path) -> Path:
    """The folder with both programs: the bundle itself, or a place inside the app of macOS."""
    inside = bundle / "Contents" / "MacOS"
    return inside if inside.is_dir() else bundle


def program(folder: Path, name: str) -> Path:
    """The path of a program, with the ending it has on Windows."""
    for path in (folder / name, folder / f"{name}.exe"):
        if path.is_file():
            return path
    return stop(f"{folder} has no program {name}.")


def environment(home: Path, known: Mapping[str, str], platform: str) -> dict[str, str]:
    """A home folder of its own, and on Linux without a screen a way to draw without one."""
    folders = {"XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data"), "HOME": str(home)}
    own = {**known, **(folders if platform.startswith("linux") else {})}
    if platform.startswith("linux") and not {"DISPLAY", "WAYLAND_DISPLAY"} & own.keys():
        own["QT_QPA_PLATFORM"] = "offscreen"
    return own


def check_versions(folder: Path, env: Mapping[str, str]) -> None:
    """Ask both programs which version they are; end this script where one of them says something else."""
    for name in (COMMAND, TRAY):
        done = subprocess.run(
            [program(folder, name), "--version"], env=env, check=False, capture_output=True, encoding="utf-8"
        )
        # Windows gives a program with windows no place to print to.
        silent = sys.platform == "win32" and name == TRAY
        if done.returncode or (not silent and done.stdout.strip() != f"{name} {VERSION}"):
            stop(f"{name} --version ended with {done.returncode} and said {(done.stdout + done.stderr).strip()!r}.")


def start_and_quit(folder: Path, env: Mapping[str, str]) -> float:
    """Start the tray app until it answers, have it quit, and return the seconds until its end."""
    tray, began = program(folder, TRAY), time.monotonic()
    with subprocess.Popen([tray, "--demo", "--background"], env=env) as running:
        try:
            while time.monotonic() - began < SECONDS:
                if running.poll() is not None:
                    stop(f"{TRAY} ended by itself with {running.returncode}.")
                if _asks_to_quit(tray, env):
                    break
                time.sleep(_PAUSE)
            status = running.wait(SECONDS)
        except subprocess.TimeoutExpired:
            stop(f"{TRAY} did not quit within {SECONDS} s.")
        finally:
            running.kill()
    if status:
        stop(f"{TRAY} ended with {status}.")
    return time.monotonic() - began


def _asks_to_quit(tray: Path, env: Mapping[str, str]) -> bool:
    asked = subprocess.run(
        [tray, "--demo", "--quit"], env=env, check=False, capture_output=True, encoding="utf-8", timeout=SECONDS
    )
    # On Windows it prints nowhere: whether it quits is seen by the program that runs.
    return asked.returncode == 0 and (sys.platform == "win32" or _QUITTING in asked.stdout)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Start both programs of a bundle.")
    parser.add_argument("bundle", type=Path, help=f"the folder of the bundle, or {TITLE}.app")
    bundle: Path = parser.parse_args().bundle.resolve()
    folder = programs_of(bundle)
    with tempfile.TemporaryDirectory(prefix="probe-tray-") as home:
        env = environment(Path(home), os.environ, sys.platform)
        check_versions(folder, env)
        seconds = start_and_quit(folder, env)
    print(f"Both programs of {bundle.name} start; the tray app quit after {seconds:.1f} s.")


if __name__ == "__main__":
    main()
