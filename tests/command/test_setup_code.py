"""The code for the next computer, shown and entered at a command line."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp

from probe_tray.core.account.secret import Secret
from probe_tray.core.sync.setup_code import SetupCode, read_code, write_code
from probe_tray.demo import DemoService
from probe_tray.demo.table import PUBLISHABLE_KEY, Rights
from tests.command.bench import COMMAND
from tests.command.test_sync import KEY, Machine, login, put
from tests.support.demos import faultless_demo
from tests.support.patience import PATIENCE
from tests.support.screen import Session

EMPTY = {"sync_url": "", "sync_api_key": "", "sync_aes_gcm_key": ""}


def run(machine: Machine, *arguments: str, given: str | bytes = "") -> tuple[int, str, str]:
    own = {name: str(machine.folder / name) for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    done = subprocess.run(
        [COMMAND, "--config", str(machine.config), "--sync", *arguments],
        env=os.environ | own | {"NO_PROXY": "127.0.0.1"},
        input=given.encode() if isinstance(given, str) else given,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def service() -> Iterator[DemoService]:
    with faultless_demo() as running:
        yield running


@pytest.fixture
def first(service: DemoService, tmp_path: Path) -> Machine:
    return Machine(tmp_path / "first", service)


@pytest.fixture
def second(service: DemoService, tmp_path: Path) -> Machine:
    machine = Machine(tmp_path / "second", service)
    machine.set_up(**EMPTY)
    return machine


def test_what_one_computer_prints_sets_up_the_next_one(first: Machine, second: Machine, service: DemoService) -> None:
    put(service, login("ana", 1))
    status, code, said = run(first, "--show-code")
    assert (status, code.count("\n"), said) == (0, 1, "")
    assert read_code(code) == SetupCode(url=service.addresses.table, api_key=Secret(PUBLISHABLE_KEY), key=Secret(KEY))
    assert json.loads(run(first, "--show-code", "--json")[1]) == {"sync_code": code.strip()}
    before = service.table.rows
    status, out, said = run(second, "--enter-code", "--yes", given=code)
    assert (status, out) == (0, ""), said
    assert "The table has 1 row, and the key opens it." in said
    assert service.table.rows == before
    held = json.loads(second.config.read_bytes())
    assert (held["sync_url"], held["sync_api_key"]) == (service.addresses.table, PUBLISHABLE_KEY)
    assert (held["sync_aes_gcm_key"], held["sync_after_renewal"]) == (KEY, True)
    assert second.config.stat().st_mode & 0o777 == 0o600
    assert run(second)[0] == 0
    assert list(second.files()) == ["ana@example.com.json"]
    for secret in (KEY, PUBLISHABLE_KEY, code[7:20]):
        assert secret not in said


def test_the_same_address_written_otherwise_is_no_other_table(first: Machine, service: DemoService) -> None:
    code = run(first, "--show-code")[1]
    first.set_up(sync_url=f"{service.addresses.table}/rest/v1")
    status, _, said = run(first, "--enter-code", given=code)
    assert (status, "This replaces the sync setup" in said) == (0, False), said


def test_a_code_that_is_not_whole_or_leads_to_no_table_saves_nothing(
    first: Machine,
    second: Machine,
    service: DemoService,
) -> None:
    before = second.config.read_bytes()
    _, code, _ = run(first, "--show-code")
    put(service, login("ana", 1))
    other = write_code(SetupCode(url=service.addresses.table, api_key=Secret(PUBLISHABLE_KEY), key=Secret("07" * 32)))
    gone = write_code(SetupCode(url="http://127.0.0.1:1", api_key=Secret(PUBLISHABLE_KEY), key=Secret(KEY)))
    wrong = {
        "": "That isn't a sync code.",
        code[:-9]: "The sync code is incomplete: its end is missing.",
        code[:-4] + "QQQQ": "The sync code has a typo, or part of it is missing.",
        "PTSYNC2" + code[7:]: "This sync code was made by a newer version of Probe Tray.",
        other.reveal(): "No row of the table can be decrypted.",
        gone.reveal(): "Your sync table can't be reached",
    }
    for given, expected in wrong.items():
        status, out, said = run(second, "--enter-code", "--yes", given=given)
        assert (status, out) == (1, "")
        assert expected in said
        assert "Traceback" not in said
    service.table.rights = Rights.READ
    status, _, said = run(second, "--enter-code", "--yes", given=code)
    assert status == 1
    assert "The table doesn't allow: adding rows." in said
    assert second.config.read_bytes() == before


def test_nothing_is_replaced_and_no_key_put_into_a_file_without_consent(
    first: Machine,
    second: Machine,
    service: DemoService,
) -> None:
    _, code, _ = run(first, "--show-code")
    before = second.config.read_bytes()
    status, _, said = run(second, "--enter-code", given=code)
    assert (status, second.config.read_bytes()) == (1, before)
    assert "There is no keyring here." in said
    assert "Run it again with --yes to agree. " in said.replace("\n", " ")
    second.set_up(sync_url="https://other.example")
    before = second.config.read_bytes()
    status, _, said = run(second, "--enter-code", given=code)
    assert (status, second.config.read_bytes()) == (1, before)
    assert "This replaces the sync setup with other.example." in said


@pytest.mark.parametrize(
    ("settings", "question"),
    [
        (EMPTY, "which only you can read? [y/N]"),
        (EMPTY | {"sync_url": "https://other.example"}, "with other.example. Go on? [y/N]"),
    ],
)
@pytest.mark.parametrize(("keys", "status"), [(b"\x03", 130), (b"n\n", 1)])
def test_one_ctrl_c_at_a_question_saves_nothing(
    first: Machine, second: Machine, settings: dict[str, str], question: str, keys: bytes, status: int
) -> None:
    _, code, _ = run(first, "--show-code")
    second.set_up(**settings)
    before = second.config.read_bytes()
    own = {name: str(second.folder / name) for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    environment = os.environ | own | {"TERM": "xterm-256color", "NO_PROXY": "127.0.0.1"}
    command = [COMMAND, "--config", str(second.config), "--sync", "--enter-code"]
    with Session(command, environment, columns=200) as watched:
        watched.watch(lambda screen: "press Enter:" in "\n".join(screen.lines))
        watched.type(code.encode())
        watched.watch(lambda screen: question in "\n".join(screen.lines))
        watched.type(keys)
        assert watched.end() == status
    assert second.config.read_bytes() == before


def test_a_person_at_a_terminal_sees_a_code_that_a_camera_reads(first: Machine) -> None:
    environment = os.environ | {"TERM": "xterm-256color", "NO_PROXY": "127.0.0.1"}
    with Session([COMMAND, "--config", str(first.config), "--sync", "--show-code"], environment, columns=90) as watched:
        assert watched.end() == 0
    lines = watched.screen.lines
    drawn = [line for line in lines if set(line) <= set(" ▀▄█") and "█" in line]
    pairs = {" ": (0, 0), "▄": (0, 255), "▀": (255, 0), "█": (255, 255)}
    width = max(map(len, drawn))
    rows = [
        bytes(pairs[cell][half] for cell in line.ljust(width) for _ in range(4)) for line in drawn for half in (0, 1)
    ]
    picture = memoryview(b"".join(row * 4 for row in rows)).cast("B", (len(rows) * 4, width * 4))
    (found,) = zxingcpp.read_barcodes(picture)
    written = "".join(line for line in lines if line.replace(" ", "").isalnum() and line.isupper())
    assert read_code(found.text) == read_code(written)


def test_a_code_of_the_old_key_does_not_end_a_change_of_the_key(
    first: Machine, second: Machine, service: DemoService
) -> None:
    put(service, login("ana", 1))
    pair = f"{'07' * 32}:{KEY}"
    second.set_up(sync_url=service.addresses.table, sync_api_key=PUBLISHABLE_KEY, sync_aes_gcm_key=pair)
    _, code, _ = run(first, "--show-code")
    status, _, said = run(second, "--enter-code", "--yes", given=code)
    assert status == 0, said
    assert json.loads(second.config.read_bytes())["sync_aes_gcm_key"] == pair


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_code_from_a_file_of_windows_is_read(second: Machine, service: DemoService, encoding: str) -> None:
    code = write_code(SetupCode(url=service.addresses.table, api_key=Secret(PUBLISHABLE_KEY), key=Secret(KEY)))
    status, _, said = run(second, "--enter-code", "--yes", given=f"{code.reveal()}\r\n".encode(encoding))
    assert status == 0, said
    assert json.loads(second.config.read_bytes())["sync_aes_gcm_key"] == KEY


@pytest.mark.parametrize("redirection", ["<&-", "0>/dev/null"])
def test_a_standard_input_that_cannot_be_read_is_told(second: Machine, redirection: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" "$@" {redirection}', COMMAND, "--config", second.config, "--sync", "--enter-code"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("codex-probe: standard input can't be read: ")


def test_show_code_where_sync_is_not_set_up_says_what_is_missing(second: Machine) -> None:
    status, out, said = run(second, "--show-code")
    assert (status, out) == (2, "")
    assert "Sync isn't set up. It still needs: sync_url, sync_api_key, sync_aes_gcm_key." in said
