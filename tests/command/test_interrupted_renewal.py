"""A signal costs no login, whatever the command was asked for: what was sent is seen to its end."""

import json
import signal
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from probe_tray.demo import Fault, Gate
from tests.command.bench import TOKEN, Bench
from tests.support.patience import PATIENCE
from tests.support.signals import ENDING, posix_signals, wait_taken

QUESTIONS = ("/wham/usage", "/codex/models")
WAITS = "Waiting up to 45 s for the answer to 1 renewal, so that its login is not lost."
LOOKS = (
    ["next", "a.json"],
    ["guard", "a.json"],
    ["watch", "a.json"],
    ["--format", "line", "a.json"],
    ["--status", "a.json"],
    ["--apitest", "--yes", "a.json"],
)
"""The actions that renew a login which the service refuses."""

pytestmark = posix_signals


@contextmanager
def renewing(bench: Bench, words: Sequence[str]) -> Generator[tuple["subprocess.Popen[bytes]", Gate]]:
    """The command, whose renewal was sent, and the gate that holds the answer."""
    gate = Gate()
    for question in QUESTIONS:
        bench.demo.faults.add(question, Fault(status=401, body={"error": {"code": "token_invalidated"}}))
    bench.demo.faults.add(TOKEN, Fault(hold=gate, at="reply"))
    arguments = [bench.logins / word if word.endswith(".json") else word for word in words]
    process = bench.start(*arguments)
    try:
        assert gate.wait_held(), process.poll()
        yield process, gate
    finally:
        gate.open()
        bench.kill(process)


def interrupted(bench: Bench, words: Sequence[str], number: signal.Signals) -> tuple[int, str]:
    """How a run ended whose answer came after the signal: its status, and what it said of it."""
    with renewing(bench, words) as (process, gate):
        process.send_signal(number)
        wait_taken(process)
        gate.open()
        _, err = process.communicate(timeout=PATIENCE)
    assert b"Traceback" not in err
    return process.returncode, err.decode()


@pytest.mark.parametrize("words", LOOKS, ids=lambda words: words[0])
def test_a_renewal_in_flight_is_kept(bench: Bench, words: list[str]) -> None:
    bench.login(days=9)
    status, said = interrupted(bench, words, signal.SIGTERM)
    assert (status, bench.refreshes(), bench.is_live()) == (143, 1, True)
    assert (bench.journal(), WAITS in said, "interrupted" in said) == ([], True, True)


@pytest.mark.parametrize(("number", "status"), ENDING)
def test_whatever_the_signal_is(bench: Bench, number: signal.Signals, status: int) -> None:
    bench.login(days=9)
    assert interrupted(bench, ["next", "a.json"], number)[0] == status
    assert (bench.refreshes(), bench.is_live()) == (1, True)


def test_a_login_that_is_renewed_for_codex_is_kept_and_codex_left_alone(bench: Bench, tmp_path: Path) -> None:
    issued = bench.login(days=-1)
    config, home = tmp_path / "config.json", tmp_path / "codex"
    config.write_text(json.dumps({"sync_dir": str(bench.logins), "storage": "folder"}))
    home.mkdir(mode=0o700)
    words = ["use", issued.email, "--home", str(home), "--config", str(config)]
    status, _ = interrupted(bench, words, signal.SIGTERM)
    assert (status, bench.refreshes(), bench.is_live()) == (143, 1, True)
    assert (bench.journal(), list(home.iterdir())) == ([], [])


def test_who_does_not_want_to_wait_is_told_what_that_means(bench: Bench) -> None:
    bench.login(days=9)
    with renewing(bench, ["next", "a.json"]) as (process, _):
        assert process.stderr is not None
        process.send_signal(signal.SIGINT)
        assert process.stderr.readline().decode().startswith(WAITS)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Stopped before the answer to 1 renewal arrived." in err.decode()
