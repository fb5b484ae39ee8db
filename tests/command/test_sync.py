"""``codex-probe --sync``, seen from outside: the table is the simulated service's."""

import errno
import json
import os
import signal
import subprocess
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs

import pytest

from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.sync.rows import RemoteRow
from probe_tray.demo import DemoService, Fault, Gate
from probe_tray.demo.table import PATH, PUBLISHABLE_KEY
from tests.command.bench import COMMAND, Bench, lines, write
from tests.command.preload import failing_to_replace
from tests.command.test_import import Tray, at_a_terminal
from tests.support.demos import faultless_demo
from tests.support.fakes import START
from tests.support.files import flat, proxied
from tests.support.patience import PATIENCE
from tests.support.tokens import credential, tokens

KEY = "5a" * 32


def login(person: str, number: int) -> Credential:
    """The ``number``-th login of a person: the higher, the newer."""
    return credential(person, number=number, at=START + timedelta(hours=number))


def file_of(person: str, number: int) -> dict[str, object]:
    """The same as a credential file holds it."""
    at = START + timedelta(hours=number)
    return flat(person, **tokens(person, number=number, at=at), last_refresh=at.isoformat())


class Machine:
    """A computer with a home folder of its own, which shares the table of a service."""

    def __init__(self, folder: Path, service: DemoService | str) -> None:
        """``service``: the simulated one, or the address of another table."""
        self.folder = folder
        self._table = service if isinstance(service, str) else service.addresses.table
        self.shared, self.config = folder / "tokens", folder / "config.json"
        folder.mkdir()
        self.set_up()

    def set_up(self, **values: object) -> None:
        own: dict[str, object] = {
            "sync_url": self._table,
            "sync_api_key": PUBLISHABLE_KEY,
            "sync_aes_gcm_key": KEY,
            "sync_dir": "tokens",
        }
        self.config.write_text(json.dumps(own | values))
        self.config.chmod(0o600)

    def write(self, name: str, held: Mapping[str, object]) -> None:
        self.shared.mkdir(exist_ok=True, mode=0o700)
        (self.shared / name).write_text(json.dumps(held))
        (self.shared / name).chmod(0o600)

    def start(self, *arguments: str, more: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
        own = {name: str(self.folder / name) for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME")}
        return subprocess.Popen(
            [COMMAND, "--config", str(self.config), *(arguments or ("--sync",))],
            env=os.environ | own | {"NO_PROXY": "127.0.0.1"} | dict(more or {}),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def sync(self, *arguments: str, more: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        """Run it to its end: the exit status, standard output, standard error."""
        process = self.start("--sync", *arguments, more=more)
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out.decode(), err.decode()

    def files(self) -> dict[str, bytes]:
        found = sorted(self.shared.iterdir()) if self.shared.exists() else []
        return {path.name: path.read_bytes() for path in found}

    def number(self, name: str) -> int:
        """Which login a file holds."""
        held = cast("dict[str, str]", json.loads((self.shared / name).read_bytes()))
        return int(held["refresh_token"].partition(".")[2])


@pytest.fixture
def service() -> Iterator[DemoService]:
    with faultless_demo() as running:
        yield running


@pytest.fixture
def machine(service: DemoService, tmp_path: Path) -> Machine:
    return Machine(tmp_path / "here", service)


def put(service: DemoService, held: Credential, *, row_id: str = "", key: str = KEY, time: str = "") -> None:
    """Write a row as another machine does."""
    row = AesGcmLoginCipher(Secret(key)).seal(held, os.urandom(12), UTC)
    data, moment = row.token_data.reveal(), time or row.update_time
    service.table.put(row_id or row.id, email=row.email, token_data=data, update_time=moment)


def in_table(service: DemoService, person: str) -> int:
    """Which login of a person the table holds."""
    row = RemoteRow(id=f"account-{person}", token_data=Secret(service.table.row(f"account-{person}").token_data or ""))
    held = AesGcmLoginCipher(Secret(KEY)).open(row).login
    assert held is not None
    assert held.refresh_token is not None
    return int(held.refresh_token.reveal().partition(".")[2])


def test_both_sides_get_what_is_newer_and_everything_else_is_left_and_told(
    machine: Machine, service: DemoService
) -> None:
    machine.write("mine.json", proxied("ana", **tokens("ana", number=1, at=START + timedelta(hours=1))))
    machine.write("bob.json", file_of("bob", 3))
    machine.write("cat.json", file_of("cat", 2))
    machine.write("lost.json", file_of("lost", 1))
    machine.write("broken.json", {"access_token": "no login"})
    put(service, login("ana", 2))
    put(service, login("bob", 1), time="2099-01-01T00:00:00Z")
    put(service, login("dan", 1))
    put(service, login("lost", 1), key="07" * 32)
    put(service, login("eve", 1), row_id="account-fay")
    untouched = {name: service.table.row(f"account-{name}") for name in ("lost", "fay")}
    broken = machine.files()["broken.json"]

    status, out, err = machine.sync("--json")
    result = json.loads(out)
    assert status == 1, err
    assert {one["account_id"].removeprefix("account-"): one["result"] for one in result["accounts"]} == {
        "": "failed",
        "ana": "adopt",
        "bob": "upload_newer",
        "cat": "upload_new",
        "dan": "restore",
        "lost": "undecryptable",
        "fay": "id_mismatch",
    }
    assert (result["sent"], result["received"], result["refused"], result["failed"]) == (2, 2, 2, 1)
    assert sorted(machine.files()) == [
        "bob.json",
        "broken.json",
        "cat.json",
        "dan@example.com.json",
        "lost.json",
        "mine.json",
    ]
    assert json.loads(machine.files()["mine.json"])["note"] == "<mine>"
    assert [machine.number(name) for name in ("mine.json", "bob.json", "dan@example.com.json")] == [2, 3, 1]
    assert [in_table(service, person) for person in ("ana", "bob", "cat")] == [2, 3, 2]
    assert {name: service.table.row(f"account-{name}") for name in untouched} == untouched
    assert machine.files()["broken.json"] == broken
    assert {path.stat().st_mode & 0o777 for path in machine.shared.iterdir()} == {0o600}
    for secret in (*tokens("ana", number=2).values(), KEY, PUBLISHABLE_KEY, "eyJ"):
        assert secret not in out + err

    # A row that cannot be read gives way with --yes alone, a swapped one never; what was seen is known to this run.
    (machine.shared / "dan@example.com.json").unlink()
    put(service, login("dan", 0), time="2099-01-01T00:00:00Z")
    status, out, err = machine.sync("--yes", "--quiet")
    assert (status, in_table(service, "lost")) == (1, 1)
    assert service.table.row("account-fay") == untouched["fay"]
    assert "dan@example.com.json" not in machine.files()
    told = {line.split()[0]: " ".join(line.split()[1:]) for line in out.splitlines()[1:]}
    assert told["dan@example.com"].startswith("This row has an older login than before")
    assert sorted(told) == sorted(
        [str(machine.shared / "broken.json"), *(f"{p}@example.com" for p in ("dan", "eve", "lost"))]
    )


def test_a_table_that_cannot_be_read_changes_nothing(machine: Machine, service: DemoService) -> None:
    machine.write("ana.json", file_of("ana", 1))
    put(service, login("ana", 2))
    put(service, login("bob", 1))
    before, rows = machine.files(), service.table.rows

    def failing(said: str) -> None:
        status, out, err = machine.sync()
        assert (status, out, machine.files(), service.table.rows) == (1, "", before, rows)
        assert said in err
        assert "Traceback" not in err

    machine.set_up(sync_aes_gcm_key="07" * 32)
    failing("No row of the table can be decrypted")
    machine.set_up(sync_url="http://127.0.0.1:1")
    failing("Your sync table can't be reached")
    machine.set_up()
    service.faults.add(PATH, Fault(short=1))
    failing("Only 1 of the table's 2 rows arrived.")
    service.faults.add(PATH, Fault(status=540), times=None)
    asked = service.count(PATH)
    failing("is paused. Open it in the Supabase dashboard and restore it, then sync again.")
    # Time does not mend it, so that nothing is tried again.
    assert service.count(PATH) == asked + 1


def test_logins_that_are_not_due_cost_the_table_one_read_in_all(machine: Machine, service: DemoService) -> None:
    for person in ("ana", "bob", "cat"):
        machine.write(f"{person}.json", file_of(person, 1))
    assert machine.sync()[0] == 0
    asked = service.count(PATH)
    assert machine.sync()[0] == 0
    assert service.count(PATH) == asked + 1


def test_a_thousand_and_one_rows_come_into_a_folder_that_was_missing(machine: Machine, service: DemoService) -> None:
    for number in range(1001):
        put(service, login(f"p{number}", 1))
    status, out, err = machine.sync()
    assert (status, len(machine.files()), len(out.splitlines())) == (0, 1001, 1002), err
    assert err.splitlines()[-1] == "1001 received."


def test_two_machines_at_once_end_with_the_newest_login_on_both(service: DemoService, tmp_path: Path) -> None:
    first, second = (Machine(tmp_path / name, service) for name in ("first", "second"))
    for machine, newer, older in ((first, "ana", "bob"), (second, "bob", "ana")):
        machine.write("a.json", file_of(newer, 2))
        machine.write("b.json", file_of(older, 1))
    put(service, login("cat", 1))
    for process in [machine.start() for machine in (first, second)]:
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err
    for machine in (first, second):
        assert machine.sync()[0] == 0
        assert (machine.number("a.json"), machine.number("b.json")) == (2, 2)
    assert (in_table(service, "ana"), in_table(service, "bob")) == (2, 2)


def test_a_full_disk_and_ctrl_c_leave_everything_as_it_was(
    machine: Machine, service: DemoService, tmp_path: Path
) -> None:
    machine.write("ana.json", file_of("ana", 1))
    put(service, login("ana", 2))
    before = machine.files()
    status, out, _ = machine.sync(more=failing_to_replace("ana.json", errno.ENOSPC, tmp_path / "full"))
    assert (status, machine.files()) == (1, before)
    assert "no space left" in out.lower() or "full" in out.lower()

    gate = Gate()
    service.faults.add(PATH, Fault(hold=gate))
    process = machine.start()
    assert gate.wait_held()
    process.send_signal(signal.SIGINT)
    out_bytes, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out_bytes, machine.files()) == (130, b"", before)
    assert lines(err)[-1] == "codex-probe: interrupted: nothing was changed."
    gate.open()


def test_two_ctrl_c_end_it_at_once_and_what_is_said_is_in_the_persons_language(
    machine: Machine, service: DemoService
) -> None:
    machine.write("ana.json", file_of("ana", 1))
    chinese = {"LC_ALL": "zh_CN.UTF-8", "LANGUAGE": "", "PYTHONUTF8": "1"}
    before, gate = machine.files(), Gate()
    service.faults.add(PATH, Fault())
    service.faults.add(PATH, Fault(hold=gate))
    process = machine.start(more=chinese)
    assert gate.wait_held()
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    said = [process.stderr.readline().decode() for _ in range(2)]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    gate.open()
    assert (process.returncode, out, machine.files()) == (130, b"", before)
    assert [text[:2] for text in said] == ["代理", "正在"]
    assert err.decode() == "codex-probe: 已中断：此前完成的内容会保留。\n"
    _, out_json, told = machine.sync("--json", more=chinese)
    assert json.loads(out_json)["accounts"][0]["name"] == "ana@example.com"
    assert told.splitlines()[-1].endswith("。")


def test_what_is_wrong_with_the_set_up_is_said_before_anything_is_asked(machine: Machine, service: DemoService) -> None:
    def refused(*said: str) -> None:
        status, out, err = machine.sync()
        assert (status, out) == (2, "")
        assert all(one in err for one in said)

    machine.set_up(sync_aes_gcm_key="canary-5a5a")
    refused("sync_aes_gcm_key", "text of 11 characters", "64 hexadecimal digits")
    machine.set_up(sync_url="")
    refused("Sync isn't set up. It still needs: sync_url")
    assert service.count(PATH) == 0
    assert b"canary" not in b"".join(machine.files().values())


def test_after_a_renewal_a_person_is_asked(bench: Bench, tmp_path: Path) -> None:
    tray = Tray(tmp_path)
    own = {"sync_url": bench.demo.addresses.table, "sync_api_key": PUBLISHABLE_KEY, "sync_aes_gcm_key": KEY}
    tray.config.write_text(json.dumps({"sync_dir": str(tray.shared)} | own))
    tray.shared.mkdir(mode=0o700)
    write(tray.shared / "a.json", bench.demo.issue_login(bench.demo.people[0].email))
    more = bench.proxy.environment | {"NO_PROXY": "127.0.0.1"}
    status, seen = at_a_terminal(tray, b"y\n", "--renew", "-f", str(tray.shared / "a.json"), more=more)
    assert (status, len(bench.demo.table.rows)) == (0, 1), seen
    assert seen.index("renewed") < seen.index("Sync now? [y/N]") < seen.index("1 sent.")


def test_a_table_that_never_ends_and_one_that_saves_something_else(machine: Machine) -> None:
    machine.write("ana.json", file_of("ana", 1))
    before = machine.files()
    with odd_table() as address:
        machine.set_up(sync_url=address + "/endless")
        status, out, err = machine.sync()
        assert (status, out, machine.files()) == (1, "", before)
        assert "doesn't come to an end, so Probe Tray stopped reading it" in err
        machine.set_up(sync_url=address + "/trigger")
        status, out, err = machine.sync()
    assert (status, machine.files()) == (1, before)
    assert "1 failed." in err
    assert "Sent" not in out
    assert "doesn't count as sent" in err


class OddTable(BaseHTTPRequestHandler):
    """Under one path one row after the other without an end, under the other a trigger that alters what is saved."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        offset = int(parse_qs(self.path.partition("?")[2])["offset"][0])
        if self.path.startswith("/endless"):
            row = {"id": f"junk-{offset:09}", "email": None, "token_data": "x", "update_time": None}
            self._answer(200, [row], f"{offset}-{offset}/*")
        else:
            self._answer(200, [], "*/0")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if "/rpc/" in self.path:
            self._answer(404, {"code": "PGRST202"}, "*/*")
            return
        self._answer(201, [{"id": "account-ana", "token_data": "something else"}], "*/*")

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing."""

    def _answer(self, status: int, said: object, span: str) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        for name, value in (
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Content-Range", span),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def odd_table() -> Generator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), OddTable) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
