"""No login is lost by ``codex-probe --renew``, whatever happens to it: races, kills, broken connections, full disks."""

import base64
import contextlib
import errno
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.journal.journal import holds_sealed_answer
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.sealer import VaultKey
from probe_tray.adapters.logins.vault import VaultStore
from probe_tray.core.account.credential import make_credential
from probe_tray.core.account.secret import Secret
from probe_tray.demo import Fault, Gate
from probe_tray.demo.token_families import DemoLogin
from tests.command.bench import COMMAND, TOKEN, Bench, write
from tests.command.preload import (
    failing_to_replace,
    in_no_hurry,
    keyring_was_asked,
    killed_before_replacing,
    with_keyring,
)
from tests.support.keyrings import FakeKeyStore
from tests.support.patience import PATIENCE
from tests.support.secret_service import is_here as secret_service_is_here
from tests.support.secret_service import secret_service
from tests.support.signals import ENDING, posix_signals, wait_taken

KEY = base64.b64encode(bytes(range(32))).decode()
UNCERTAIN = (
    "The connection broke during a renewal, so it may or may not have gone through. The "
    "login works until its token expires. Run it again after 15 minutes"
)

# --- several processes


def test_eight_processes_at_once_make_one_request(bench: Bench) -> None:
    bench.login(days=9)
    with ThreadPoolExecutor(8) as pool:
        runs = [pool.submit(bench.run, "--renew", "-f", "logins/a.json") for _ in range(8)]
    assert [run.result().returncode for run in runs] == [0] * 8
    assert (bench.refreshes(), bench.is_live()) == (1, True)


def test_a_process_that_was_slow_to_begin_counts_from_its_creation(bench: Bench) -> None:
    bench.login(days=9)
    slow = subprocess.Popen(
        # The shell becomes the command once it is told to, and is the same process then.
        ["sh", "-c", 'read go; exec "$@"', "sh", COMMAND, "--renew", "-f", "logins/a.json"],  # noqa: S607 - the system's shell
        env=os.environ | bench.proxy.environment,
        cwd=bench.logins.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert bench.run("--renew", "-f", "logins/a.json").returncode == 0
    out, _ = slow.communicate(b"go\n", timeout=PATIENCE)
    assert (slow.returncode, bench.refreshes()) == (0, 1)
    assert "taken over" in out.decode()


def test_two_runs_one_after_the_other_make_two_requests(bench: Bench) -> None:
    bench.login(days=9)
    for _ in range(2):
        assert bench.run("--renew", "-f", "logins/a.json").returncode == 0
    assert (bench.refreshes(200), bench.is_live()) == (2, True)


# --- kills


def test_killed_after_the_answer_was_kept_the_next_run_saves_it(bench: Bench, tmp_path: Path) -> None:
    before = bench.login(days=9)
    killed = bench.run("--renew", "-f", "logins/a.json", **killed_before_replacing("a.json", tmp_path / "preload"))
    assert killed.returncode == -signal.SIGKILL
    assert (bench.refresh_token(), bench.refreshes(200)) == (before.refresh_token, 1)
    done = bench.run("--renew", "-f", "logins/a.json")
    assert (done.returncode, bench.refreshes(), bench.is_live()) == (0, 1, True)
    assert bench.journal() == []


def test_a_look_at_the_quota_saves_it_as_well(bench: Bench, tmp_path: Path) -> None:
    bench.login(days=9)
    bench.run("--renew", "-f", "logins/a.json", **killed_before_replacing("a.json", tmp_path / "preload"))
    assert bench.run("--status", "logins/a.json").returncode == 0
    assert (bench.refreshes(), bench.is_live()) == (1, True)


@pytest.mark.parametrize("at", ["request", "reply"])
def test_killed_while_it_waits_the_token_is_not_sent_again(bench: Bench, at: str) -> None:
    bench.login(days=9)
    gate = Gate()
    bench.demo.faults.add(TOKEN, Fault(hold=gate, at="request" if at == "request" else "reply"))
    process = bench.start("--renew", "-f", "logins/a.json")
    assert gate.wait_held()
    bench.kill(process)
    gate.open()
    before = (bench.logins / "a.json").read_bytes()
    for _ in range(2):
        done = bench.run("--renew", "-f", "logins/a.json")
        assert done.returncode == 1
        assert UNCERTAIN in done.stderr.decode()
    assert bench.refreshes() == 1
    assert (bench.logins / "a.json").read_bytes() == before


@pytest.mark.parametrize("pause", [0.0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1])
def test_killed_around_the_answer_nothing_is_lost_in_silence(bench: Bench, pause: float) -> None:
    bench.login(days=9)
    process = bench.start("--renew", "-f", "logins/a.json")
    last = time.monotonic() + PATIENCE

    def delivered() -> bool:
        return any(r.path == TOKEN and r.delivered for r in bench.demo.requests)

    while not delivered():
        # All that comes after the answer can happen between two looks.
        assert process.poll() is None or delivered(), process.communicate()
        assert time.monotonic() < last, bench.demo.requests
        time.sleep(0.001)
    # What must hold is the same at each moment; the pauses only spread the kills over the way of the answer.
    time.sleep(pause)
    bench.kill(process)
    done = bench.run("--renew", "logins/a.json")
    # Fresh by its end, so this run makes no request of its own: it saves what was kept.
    assert bench.refreshes() == 1
    if not bench.is_live():
        # The answer had reached the machine and not yet the program.
        flagged = bench.run("--renew", "-f", "logins/a.json")
        assert (flagged.returncode, bench.refreshes()) == (1, 1)
        assert UNCERTAIN in flagged.stderr.decode()
    assert done.returncode == 0


# --- signals


@posix_signals
@pytest.mark.parametrize(("number", "status"), ENDING)
def test_interrupted_it_sees_to_its_end_what_was_sent(bench: Bench, number: signal.Signals, status: int) -> None:
    bench.login("a.json", 0)
    bench.login("b.json", 1)
    gate = Gate()
    bench.demo.faults.add(TOKEN, Fault(hold=gate, at="reply"))
    process = bench.start("--renew", "--status", "--jobs", "1", bench.logins)
    assert gate.wait_held()
    process.send_signal(number)
    wait_taken(process)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    gate.open()
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == status
    assert (bench.refreshes(), bench.is_live("a.json"), bench.is_live("b.json")) == (1, True, True)
    assert "renewed (it was about to expire)" in out.decode()
    assert "interrupted: 1 login was not checked." in err.decode()
    assert bench.demo.count("/wham/usage") == 0
    assert b"Traceback" not in err


def test_interrupted_it_sends_nothing_that_still_waits_for_its_turn(bench: Bench) -> None:
    for number in range(6):
        write(bench.logins / f"{number}.json", bench.demo.issue_login(f"p{number}@example.com"), days=1)
    gate = Gate()
    bench.demo.faults.add(TOKEN, Fault(hold=gate), times=None)
    process = bench.start("--renew", "--jobs", "6", bench.logins)
    assert gate.wait_held(4)
    process.send_signal(signal.SIGINT)
    wait_taken(process)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    gate.open()
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, bench.refreshes()) == (130, 4)
    assert "4 of 4 logins renewed." in err.decode()


def test_readers_that_go_away_meanwhile_cost_no_login(bench: Bench) -> None:
    bench.login(days=1)
    gate = Gate()
    bench.demo.faults.add(TOKEN, Fault(hold=gate, at="reply"))
    process = bench.start("--renew", "--status", "--json", bench.logins)
    assert gate.wait_held()
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()
    gate.open()
    assert process.wait(PATIENCE) == 0
    assert (bench.refreshes(), bench.is_live(), bench.journal()) == (1, True, [])


# --- answers that are lost or refuse


@pytest.mark.parametrize("drop", ["after", "mid"])
def test_an_answer_that_is_lost_is_never_asked_for_again(bench: Bench, drop: str) -> None:
    bench.login(days=1)
    before = (bench.logins / "a.json").read_bytes()
    bench.demo.faults.add(TOKEN, Fault(drop="after" if drop == "after" else "mid"))
    for flags in (["--renew"], ["--renew"], ["--renew", "-f"]):
        done = bench.run(*flags, "logins/a.json")
        assert done.returncode == 1
        assert UNCERTAIN in done.stderr.decode()
    assert bench.refreshes() == 1
    assert (bench.logins / "a.json").read_bytes() == before


def test_a_token_that_was_used_elsewhere_is_never_sent_again(bench: Bench) -> None:
    issued = bench.login(days=1)
    bench.demo.renew_elsewhere(issued.refresh_token)
    before = (bench.logins / "a.json").read_bytes()
    for flags in (["--renew"], ["--renew"], ["--renew", "-f"]):
        done = bench.run(*flags, "logins/a.json")
        assert done.returncode == 1
        assert "This login has ended: it was used elsewhere" in done.stderr.decode()
    assert bench.refreshes() == 1
    assert (bench.logins / "a.json").read_bytes() == before


def test_a_request_that_never_left_is_tried_three_times_and_costs_nothing(bench: Bench) -> None:
    bench.login(days=1)
    done = bench.run("--renew", "--proxy", "http://127.0.0.1:9", "logins/a.json")
    assert done.returncode == 1
    assert "refused the connection" in done.stderr.decode()
    assert bench.run("--renew", "logins/a.json").returncode == 0
    assert (bench.refreshes(), bench.is_live()) == (1, True)


@pytest.mark.parametrize(
    ("scheme", "answers"),
    [
        ("http", [b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"]),
        ("http", [b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"]),
        # It asks for a password, and refuses it.
        ("socks5", [b"\x05\x02", b"\x01\x01"]),
    ],
)
def test_a_proxy_that_refuses_the_password_is_asked_once_and_costs_nothing(
    bench: Bench, scheme: str, answers: list[bytes]
) -> None:
    bench.login(days=1)
    with _answering(*answers) as (port, asked):
        done = bench.run("--renew", "--proxy", f"{scheme}://ana:s3cret@127.0.0.1:{port}", "logins/a.json")
    assert (done.returncode, len(asked)) == (1, 1)
    assert "didn't accept the user name and password. Correct them in the proxy's address" in done.stderr.decode()
    assert b"s3cret" not in done.stderr
    assert bench.run("--renew", "logins/a.json").returncode == 0


@pytest.mark.parametrize("answer", [b"", b"\x05\x00\x07", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_socks_proxy_that_answers_anything_crashes_nothing(bench: Bench, answer: bytes) -> None:
    bench.login(days=1)
    with _answering(answer) as (port, _):
        for command in (["--renew", "logins/a.json"], ["--status", "--json", "logins/a.json"], ["diagnose"]):
            done = bench.run(*command, "--proxy", f"socks5://127.0.0.1:{port}")
            assert done.returncode == 1
            assert b"Traceback" not in done.stderr
    # Nothing was sent, so nothing is uncertain.
    assert bench.journal() == []
    assert bench.run("--renew", "logins/a.json").returncode == 0
    assert (bench.refreshes(), bench.is_live()) == (1, True)


def test_a_rest_that_another_program_began_is_kept_by_every_account_and_told(bench: Bench) -> None:
    for number, name in enumerate(("a.json", "b.json")):
        bench.login(name, number)
    end = (datetime.now(UTC) + timedelta(minutes=20)).replace(second=30)
    bench.data.mkdir(parents=True, mode=0o700)
    (bench.data / "requests.json").write_text(
        json.dumps({"version": 1, "tally": {"attempts": [], "rest_until": end.isoformat()}})
    )
    done = bench.run("--renew", "-f", bench.logins)
    assert (done.returncode, bench.refreshes()) == (1, 0)
    assert done.stdout.decode().count("Automatic renewal is paused for 30 minutes") == 2
    clock = (end + timedelta(minutes=1)).astimezone(ZoneInfo("Asia/Shanghai"))
    # Past midnight the day is said too.
    again = r"No request was made\. Check your network and proxy, then run it again after (\d{4}-\d\d-\d\d )?"
    assert re.search(f"{again}{clock:%H:%M}\\.", done.stderr.decode())


# --- files and disks


def test_a_file_that_is_removed_meanwhile_is_written_anew(bench: Bench) -> None:
    bench.login(days=1)
    with _held(bench) as process:
        (bench.logins / "a.json").unlink()
    assert process.returncode == 0
    assert bench.is_live()


def test_a_list_that_is_removed_while_two_of_its_logins_are_renewed_is_written_anew_with_both(bench: Bench) -> None:
    for number, name in enumerate(("a.json", "b.json")):
        bench.login(name, number, days=1)
    path = bench.logins / "a.json"
    path.write_text(json.dumps([json.loads((bench.logins / name).read_bytes()) for name in ("a.json", "b.json")]))
    gate = Gate()
    bench.demo.faults.add(TOKEN, Fault(hold=gate, at="reply"), times=2)
    process = bench.start("--renew", "logins/a.json", "--jobs", "2")
    assert gate.wait_held(2)
    path.unlink()
    gate.open()
    process.communicate(timeout=PATIENCE)
    assert (process.returncode, bench.refreshes(200), bench.journal()) == (0, 2, [])
    assert all(bench.demo.is_live(one["refresh_token"]) for one in json.loads(path.read_bytes()))


def test_a_file_that_turns_to_garbage_meanwhile_is_left_alone_and_the_answer_kept(bench: Bench) -> None:
    bench.login(days=1)
    path = bench.logins / "a.json"
    before = path.read_bytes()
    with _held(bench) as process:
        path.write_text("somebody else's")
    assert process.returncode == 1
    assert path.read_text() == "somebody else's"
    assert len(bench.journal()) == 1
    path.write_bytes(before)
    done = bench.run("--renew", "logins/a.json")
    assert (done.returncode, bench.refreshes(), bench.is_live()) == (0, 1, True)


def test_a_disk_that_fills_up_meanwhile_is_told_and_the_answer_kept(bench: Bench, tmp_path: Path) -> None:
    bench.login(days=1)
    full = failing_to_replace("a.json", errno.ENOSPC, tmp_path / "preload")
    done = bench.run("--renew", "logins/a.json", **full)
    assert done.returncode == 1
    assert "a.json can't be written: the disk is full. The new tokens are safe" in done.stderr.decode()
    later = bench.run("--renew", "logins/a.json")
    assert (later.returncode, bench.refreshes(), bench.is_live()) == (0, 1, True)


def test_no_request_is_made_where_its_answer_would_have_no_room(bench: Bench) -> None:
    import resource

    bench.login(days=1)
    before = (bench.logins / "a.json").read_bytes()
    process = bench.start(
        "--renew", "logins/a.json", before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    )
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, bench.refreshes()) == (1, 0)
    assert "can't be written: the file is too large for this disk" in err.decode()
    assert (bench.logins / "a.json").read_bytes() == before
    assert [path.name for path in bench.logins.iterdir()] == ["a.json"]


def test_a_folder_that_is_read_only_is_told_before_any_request(bench: Bench) -> None:
    bench.login(days=1)
    with _read_only(bench.logins):
        done = bench.run("--renew", "-f", "logins/a.json")
    assert (done.returncode, bench.refreshes()) == (1, 0)
    assert "logins can't be written: " in done.stderr.decode()


def test_a_full_disk_is_told_before_any_request(bench: Bench) -> None:
    with _mounted(bench.logins, "size=64k"):
        bench.login(days=1)
        done = bench.run("--renew", "-f", "logins/a.json")
        assert (done.returncode, bench.refreshes()) == (1, 0)
        assert "can't be written: the disk is full" in done.stderr.decode()


def test_a_data_folder_that_cannot_be_used_is_told_before_any_request(bench: Bench, tmp_path: Path) -> None:
    bench.login(days=1)
    (tmp_path / "file").write_text("in the way")
    done = bench.run("--renew", "-f", "logins/a.json", XDG_DATA_HOME=str(tmp_path / "file"))
    assert (done.returncode, bench.refreshes()) == (1, 0)
    assert "The data folder" in done.stderr.decode()
    assert b"Traceback" not in done.stderr


# --- the vault and its keyring


def test_a_keyring_that_hangs_delays_no_renewal_of_plain_files(bench: Bench, tmp_path: Path, home: Path) -> None:
    bench.login("a.json", 0)
    _in_vault(bench, bench.demo.issue_login(bench.demo.people[1].email))
    hanging = with_keyring(tmp_path / "preload", hangs=True)
    began = time.monotonic()
    done = bench.run("--renew", "--status", "logins/a.json", **hanging)
    assert (done.returncode, bench.is_live()) == (0, True), done.stderr.decode()
    assert keyring_was_asked(hanging)
    # It never answers; how long it is waited for at most is told by the sealer's own tests.
    assert time.monotonic() - began < 60


def test_plain_files_that_need_no_renewal_never_ask_the_keyring(bench: Bench, tmp_path: Path) -> None:
    bench.login("a.json", days=9)
    keyring = with_keyring(tmp_path / "preload", key=KEY)
    assert bench.run("--renew", "--status", "logins/a.json", **keyring).returncode == 0
    assert not keyring_was_asked(keyring)


@pytest.mark.skipif(not secret_service_is_here(), reason="GNOME Keyring is missing")
def test_an_answer_is_sealed_with_an_open_keyring_and_waits_for_it_while_it_is_locked(
    bench: Bench, tmp_path: Path
) -> None:
    bench.login(days=9)
    again = ("--renew", "-f", "--status", "logins/a.json")
    with secret_service() as keyring:
        # A keyring that answers late is told by the sealer's own tests; here a busy machine must not make it one.
        killing = keyring.environment | in_no_hurry(tmp_path / "killing", killed_before="a.json")
        assert bench.run(*again, **killing).returncode == -signal.SIGKILL
        assert holds_sealed_answer(bench.data / "journal", disk=Disk())
        keyring.lock()
        locked = bench.run(*again, **keyring.environment)
        assert (locked.returncode, bench.refreshes()) == (1, 1)
        assert "Unlock the keyring and run it again to finish the renewal." in locked.stderr.decode()
        keyring.unlock()
        done = bench.run("--renew", "logins/a.json", **keyring.environment, **in_no_hurry(tmp_path / "finishing"))
        assert (done.returncode, bench.refreshes(), bench.is_live(), bench.journal()) == (0, 1, True, [])


def test_a_login_that_is_in_the_vault_as_well_is_renewed_in_both(bench: Bench, tmp_path: Path) -> None:
    issued = bench.login(days=9)
    _in_vault(bench, issued)
    keyring = with_keyring(tmp_path / "preload", key=KEY)
    assert bench.run("--renew", "-f", "logins/a.json", **keyring).returncode == 0
    again = bench.run("--renew", "--json", "--quiet", **keyring)
    assert again.returncode == 0
    (account,) = json.loads(again.stdout)["accounts"]
    assert (account["file"], account["renewal"]["result"]) == ("", "fresh")
    assert (bench.refreshes(), bench.is_live()) == (1, True)
    forced = bench.run("--renew", "-f", **keyring)
    assert (forced.returncode, bench.refreshes()) == (0, 2)
    assert "vault" in forced.stdout.decode()
    assert not bench.is_live()


def test_a_vault_whose_keyring_is_gone_stops_the_renewal_of_its_accounts_only(bench: Bench) -> None:
    issued = bench.login("a.json", 0)
    bench.login("b.json", 1)
    _in_vault(bench, issued)
    done = bench.run("--renew", "-f", bench.logins)
    assert (done.returncode, bench.refreshes()) == (1, 1)
    assert bench.is_live("b.json")
    assert "no keyring that can keep the key" in done.stderr.decode()


@contextlib.contextmanager
def _answering(*answers: bytes) -> Generator[tuple[int, list[bytes]]]:
    """A port that answers what it is asked one by one and hangs up, and what each caller asked."""
    asked: list[bytes] = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                made, _ = listener.accept()
                with made:
                    asked.append(b"")
                    for answer in answers:
                        asked[-1] += made.recv(10_000)
                        made.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=serve)
        serving.start()
        yield int(listener.getsockname()[1]), asked
        listener.shutdown(socket.SHUT_RDWR)
        serving.join()


@contextlib.contextmanager
def _held(bench: Bench) -> "Generator[subprocess.Popen[bytes]]":
    """A renewal whose answer comes after the block; it has ended then."""
    gate = Gate()
    bench.demo.faults.add(TOKEN, Fault(hold=gate, at="reply"))
    process = bench.start("--renew", "logins/a.json")
    assert gate.wait_held()
    yield process
    gate.open()
    process.communicate(timeout=PATIENCE)


@contextlib.contextmanager
def _mounted(folder: Path, options: str) -> Generator[None]:
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],  # noqa: S607 - the system's own
        capture_output=True,
        check=False,
    )
    if mount.returncode:
        pytest.skip("may not mount here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S607 - the system's own


@contextlib.contextmanager
def _read_only(folder: Path) -> Generator[None]:
    if os.geteuid():
        folder.chmod(0o500)
        yield
        folder.chmod(0o700)
        return
    content = {path.name: path.read_bytes() for path in folder.iterdir()}
    with _mounted(folder, "size=1m"):
        for name, data in content.items():
            (folder / name).write_bytes(data)
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)  # noqa: S607 - the system's own
        yield


def _in_vault(bench: Bench, issued: DemoLogin) -> None:
    import asyncio

    made = make_credential(
        access_token=Secret(issued.access_token),
        refresh_token=Secret(issued.refresh_token),
        id_token=Secret(issued.id_token),
        expired=issued.expires_at,
    )
    assert made is not None
    key = VaultKey(FakeKeyStore(Secret(KEY)), FileLocks(bench.data / "locks"), lambda: True)
    asyncio.run(VaultStore(bench.data / "vault", key, disk=Disk()).save(made))
