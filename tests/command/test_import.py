"""``codex-probe --import``, seen from outside."""

import base64
import json
import os
import select
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol, cast

import pytest

from tests.command.bench import COMMAND, NO_WAY_OUT, lines
from tests.command.preload import failing_to_replace, keyring_was_asked, with_keyring
from tests.support.files import exported, flat, official
from tests.support.patience import PATIENCE
from tests.support.tokens import tokens

KEY = base64.b64encode(bytes(32)).decode()
LATER = datetime.now(UTC) + timedelta(days=1)


class Tray:
    """A tray app that keeps its logins in the folder ``shared``."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.shared = folder, folder / "shared"
        self.config = folder / "config.json"
        self.config.write_text(json.dumps({"sync_dir": str(self.shared), "storage": "folder"}))

    def run(
        self, *arguments: object, given: bytes = b"", more: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            [COMMAND, "--config", str(self.config), *map(str, arguments)],
            env=os.environ | NO_WAY_OUT | dict(more or {}),
            cwd=self.folder,
            input=given,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )

    def write(self, name: str, *held: object) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(json.dumps(one) for one in held))
        return path

    def kept(self) -> list[dict[str, object]]:
        files = sorted(self.shared.glob("*.json")) if self.shared.exists() else []
        return [cast("dict[str, object]", json.loads(file.read_bytes())) for file in files]

    def emails(self) -> list[object]:
        return [held["email"] for held in self.kept()]


@pytest.fixture
def tray(tmp_path: Path, home: Path) -> Tray:
    del home
    return Tray(tmp_path)


def renewed(person: str) -> dict[str, object]:
    """A newer login of the person."""
    return flat(person, **tokens(person, number=2, at=LATER), last_refresh="", expired="")


def test_logins_of_every_format_are_shown_and_taken(tray: Tray) -> None:
    tray.write("old/a.json", flat("ana"))
    tray.write("old/b.json", exported("bob", "cat"))
    done = tray.run("--import", "--yes", "old", tray.write("auth.json", official("dan")))
    assert done.returncode == 0, done.stderr
    assert tray.emails() == [f"{name}@example.com" for name in ("ana", "bob", "cat", "dan")]
    header, *rows = lines(done.stdout)
    assert header.split() == ["Account", "Format", "Expires", "File", "What", "happens"]
    assert [row.split()[0] for row in rows] == [f"{name}@example.com" for name in ("ana", "bob", "cat", "dan")]
    assert all(row.endswith("New") for row in rows)
    assert "old/b.json, entry 2" in rows[2]
    said = done.stderr.decode()
    assert f"4 of 4 logins will be saved in {tray.shared}." in said
    assert said.count("one of the two will be logged out") == 1
    assert lines(done.stderr)[-1] == "4 logins imported, 0 skipped, 0 failed."
    assert {stat.S_IMODE(file.stat().st_mode) for file in tray.shared.iterdir()} == {0o600}


def test_standard_input_is_read(tray: Tray) -> None:
    given = "\n".join(json.dumps(flat(name)) for name in ("ana", "bob")).encode()
    done = tray.run("--import", "-", "--yes", given=given)
    assert (done.returncode, tray.emails()) == (0, ["ana@example.com", "bob@example.com"])


def test_a_script_has_to_say_yes(tray: Tray) -> None:
    done = tray.run("--import", tray.write("a.json", flat("ana")))
    assert (done.returncode, tray.kept()) == (2, [])
    assert "New" in done.stdout.decode()
    assert lines(done.stderr)[-1] == (
        "codex-probe: nothing was imported: there is no terminal to ask on. Run it again with --yes."
    )


def test_one_bad_file_is_named_and_stops_nothing(tray: Tray) -> None:
    tray.write("old/a.json", flat("ana"))
    bad = tray.folder / "old" / "b.json"
    bad.write_bytes(b'{"access_token": "ey')
    done = tray.run("--import", "--yes", "old", "gone.json")
    assert (done.returncode, tray.emails()) == (1, ["ana@example.com"])
    said = done.stderr.decode()
    assert "old/b.json is not a login: " in said
    assert "gone.json can't be read: there is no such file or folder." in said
    assert bad.read_bytes() == b'{"access_token": "ey'


def test_a_second_import_takes_nothing_and_asks_nobody(tray: Tray) -> None:
    path = tray.write("a.json", flat("ana"))
    tray.run("--import", "--yes", path)
    before = [file.stat().st_mtime_ns for file in tray.shared.iterdir()]
    done = tray.run("--import", path)
    assert done.returncode == 0
    assert "Already here" in done.stdout.decode()
    assert "refresh_token_reused" not in done.stderr.decode()
    assert [file.stat().st_mtime_ns for file in tray.shared.iterdir()] == before


def test_a_newer_login_takes_the_older_ones_place_and_never_the_other_way(tray: Tray) -> None:
    older, newer = tray.write("a.json", flat("ana")), tray.write("b.json", renewed("ana"))
    tray.run("--import", "--yes", older)
    done = tray.run("--import", "--yes", newer)
    assert "Newer than the saved login" in done.stdout.decode()
    back = tray.run("--import", "--yes", older)
    assert (done.returncode, back.returncode) == (0, 0)
    assert "the saved login is at least as new" in back.stdout.decode()
    (held,) = tray.kept()
    assert held["refresh_token"] == "rt_ana.2"


def test_of_two_of_one_account_the_newer_is_taken(tray: Tray) -> None:
    done = tray.run("--import", "--yes", tray.write("a.json", flat("ana"), renewed("ana")))
    assert done.returncode == 0
    assert [held["refresh_token"] for held in tray.kept()] == ["rt_ana.2"]
    assert lines(done.stderr)[-1] == "1 login imported, 1 skipped, 0 failed."


def test_json_says_what_was_done_and_nothing_else(tray: Tray) -> None:
    done = tray.run("--import", "--yes", "--json", "--quiet", tray.write("a.json", flat("ana"), {"x": 1}))
    assert done.returncode == 1
    first, second = json.loads(done.stdout)["logins"]
    assert (first["email"], first["action"], first["imported"], first["error"]) == (
        "ana@example.com",
        "add",
        True,
        None,
    )
    assert (second["action"], second["imported"], second["error"]["kind"]) == ("unusable", False, "CredentialFile")
    assert second["error"]["hint"] == "The file was not changed. Fix it, or log in again with --login."
    assert not any(part in done.stdout + done.stderr for part in (b"eyJ", b"rt_"))


@pytest.mark.skipif(sys.platform != "linux", reason="file names elsewhere are always text")
def test_json_is_whole_where_a_folder_has_a_name_that_is_no_text(tray: Tray) -> None:
    folder = os.fsdecode(b"bad\xff")
    done = tray.run("--import", "--yes", "--json", tray.write(f"{folder}/a.json", flat("ana")))
    (told,) = json.loads(done.stdout)["logins"]
    assert (done.returncode, told["imported"], tray.emails()) == (0, True, ["ana@example.com"])
    assert told["file"].endswith("/bad?/a.json")


def test_the_vault_takes_them_where_nothing_else_was_chosen(tray: Tray, home: Path) -> None:
    tray.config.write_text("{}")
    environment = with_keyring(tray.folder / "keyring", key=KEY)
    done = tray.run("--import", "--yes", tray.write("a.json", flat("ana")), more=environment)
    assert done.returncode == 0, done.stderr
    assert "1 of 1 login will be saved in the vault." in done.stderr.decode()
    (record,) = (home / ".local" / "share" / "probe-tray" / "vault").glob("*.json")
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert b"rt_ana" not in record.read_bytes()
    again = tray.run("--import", tray.folder / "a.json", more=environment)
    assert "Already here" in again.stdout.decode()
    assert keyring_was_asked(environment)


def test_a_keyring_that_refuses_costs_nothing(tray: Tray, home: Path) -> None:
    tray.config.write_text("{}")
    environment = with_keyring(tray.folder / "keyring")
    done = tray.run("--import", "--yes", tray.write("a.json", flat("ana")), more=environment)
    assert done.returncode == 1
    assert "keyring" in done.stderr.decode()
    assert lines(done.stderr)[-1] == "0 logins imported, 0 skipped, 1 failed."
    assert not list((home / ".local" / "share" / "probe-tray" / "vault").glob("*.json"))


def test_a_store_that_cannot_be_opened_takes_nothing(tray: Tray, home: Path) -> None:
    tray.config.write_text("{}")
    vault = home / ".local" / "share" / "probe-tray" / "vault"
    vault.mkdir(parents=True)
    sealed = with_keyring(tray.folder / "keyring", key=KEY)
    assert tray.run("--import", "--yes", tray.write("a.json", flat("ana")), more=sealed).returncode == 0
    lost = with_keyring(tray.folder / "lost")
    done = tray.run("--import", "--yes", "--json", tray.write("b.json", flat("bob")), more=lost)
    assert (done.returncode, json.loads(done.stdout)) == (1, {"logins": []})
    assert "The key to your saved logins is no longer in the keyring." in done.stderr.decode()
    assert len(list(vault.glob("*.json"))) == 1


def test_a_full_disk_costs_nothing(tray: Tray) -> None:
    path = tray.write("a.json", flat("ana"), flat("bob"))
    before = path.read_bytes()
    full = failing_to_replace("codex_ana_at_example_com_20261122.json", 28, tray.folder / "preload")
    done = tray.run("--import", "--yes", path, more=full)
    assert (done.returncode, tray.emails(), path.read_bytes()) == (1, ["bob@example.com"], before)
    assert "can't be written" in done.stderr.decode()
    assert lines(done.stderr)[-1] == "1 login imported, 0 skipped, 1 failed."
    assert [file.name for file in tray.shared.iterdir()] == ["codex_bob_at_example_com_20261122.json"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--import"], "--import needs something to read"),
        (["--import", "--status", "a.json"], "--import can't be combined"),
        (["--import", "--login", "-o", "x/"], "--login can't be combined"),
        (["--import", "-o", "x", "a.json"], "-o works only with --login and --export"),
    ],
)
def test_wrong_use_is_said(tray: Tray, arguments: list[str], said: str) -> None:
    done = tray.run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr.decode()


# --- a person at a terminal


class HomeOfTerminal(Protocol):
    """Where a command runs."""

    @property
    def config(self) -> Path: ...

    @property
    def folder(self) -> Path: ...


def at_a_terminal(
    tray: HomeOfTerminal, answer: bytes, *arguments: str, more: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run it with a terminal and type ``answer`` at the question; the exit status and what was seen."""
    import pty  # There is none on Windows, where these tests are left out.

    screen, terminal = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, "--config", str(tray.config), *arguments],
        env=os.environ | NO_WAY_OUT | {"TERM": "dumb", "COLUMNS": "200"} | dict(more or {}),
        cwd=tray.folder,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=_take_terminal(terminal),  # noqa: PLW1509 - the tests' own process has no other thread with a lock
    )
    os.close(terminal)
    seen, typed, end = b"", False, time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if select.select([screen], [], [], 0.2)[0]:
            try:
                part = os.read(screen, 65536)
            except OSError:  # Linux: nobody holds the terminal any more.
                break
            if not part:
                break
            seen += part
        if not typed and b"[y/N]" in seen:
            typed = True
            os.write(screen, answer)
    # It lets go of the terminal shortly before it ends; a terminal that is closed by then would end it by SIGHUP.
    status = process.wait(timeout=PATIENCE)
    os.close(screen)
    return status, seen.decode()


def _take_terminal(terminal: int) -> Callable[[], None]:
    def take() -> None:
        import fcntl
        import termios

        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)

    return take


@pytest.mark.parametrize(
    ("answer", "status", "emails"),
    [(b"y\n", 0, ["ana@example.com"]), (b"\n", 0, []), (b"no\n", 0, []), (b"\x03", 130, [])],
)
def test_a_person_is_asked_first(tray: Tray, answer: bytes, status: int, emails: list[object]) -> None:
    tray.write("a.json", flat("ana"))
    ended, seen = at_a_terminal(tray, answer, "--import", "a.json")
    assert (
        seen.index("What happens") < seen.index("one of the two will be logged out") < seen.index("Import them? [y/N]")
    )
    assert (ended, tray.emails()) == (status, emails)
