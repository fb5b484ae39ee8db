"""What a person sees on a terminal while the command works, and when it is interrupted there."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from probe_tray.demo import Fault, Gate
from tests.command.bench import COMMAND, TOKEN, Bench, write
from tests.support.patience import PATIENCE
from tests.support.screen import Screen, Session
from tests.support.signals import wait_taken

USAGE = "/backend-api/wham/usage"
BAR = re.compile(r"[━─]{24} +\d+ of \d+")


def session(bench: Bench, *arguments: object, columns: int = 80, elsewhere: dict[str, int] | None = None) -> Session:
    environment = os.environ | bench.proxy.environment | {"TERM": "xterm-256color"}
    return Session([COMMAND, *map(str, arguments)], environment, columns=columns, elsewhere=elsewhere)


def people(bench: Bench, count: int, *, days: float = 9) -> list[str]:
    emails = [f"p{number:02}@example.com" for number in range(count)]
    for number, email in enumerate(emails):
        write(bench.logins / f"{number:02}.json", bench.demo.issue_login(email), days=days)
    return emails


def said(screen: Screen) -> str:
    """Everything on the screen, as it would be read aloud: lines end where the terminal does."""
    return " ".join(" ".join(screen.lines).split())


def test_a_table_fills_within_the_screen_and_the_whole_one_is_there_at_the_end(bench: Bench) -> None:
    emails = people(bench, 40)
    gate = Gate()
    last = bench.demo.issue_login(emails[-1]).account_id
    bench.demo.faults.add(USAGE, Fault(hold=gate), account=last)
    with session(bench, "--status", bench.logins) as watched:
        watched.watch(lambda screen: "39 of 40" in said(screen))
        # More than the screen's own lines would scroll away, and be there twice in the end.
        assert len(watched.screen.lines) <= watched.screen.height
        gate.open()
        assert watched.end() == 0
    lines = watched.screen.lines
    assert [next(email for email in emails if line.startswith(email)) for line in lines if "@" in line] == emails
    assert lines[-1] == "40 accounts"
    assert not any(BAR.search(line) for line in lines)
    assert watched.screen.at_line_start
    assert watched.screen.cursor_shown


def test_the_first_ctrl_c_waits_for_what_was_sent_and_the_second_does_not(bench: Bench) -> None:
    people(bench, 2, days=1)
    gate = Gate()
    bench.demo.faults.add(TOKEN, Fault(hold=gate, at="reply"))
    with session(bench, "--renew", "--jobs", "1", bench.logins, columns=40) as watched:
        watched.watch_until(lambda: gate.wait_held(1, timeout=0))
        watched.watch(lambda screen: "Renewal" in said(screen))
        watched.type(b"\x03")
        watched.watch(lambda screen: "Press Ctrl-C again to stop at once." in said(screen))
        watched.type(b"\x03")
        assert watched.end(timeout=40) == 130
    gate.open()
    text = said(watched.screen)
    assert "Waiting up to 45 s for the answer to 1 renewal" in text
    assert "codex-probe: interrupted: 1 login was not checked." in text
    assert "Stopped before the answer to 1 renewal arrived. Run it again in 15 minutes" in text
    assert "Traceback" not in text
    assert watched.screen.at_line_start
    assert watched.screen.cursor_shown
    again = bench.run("--renew", bench.logins / "00.json")
    assert (again.returncode, bench.refreshes()) == (1, 1)


@pytest.mark.parametrize("jobs", [1, 4])
def test_a_terminal_that_is_closed_costs_no_login_whose_renewal_was_sent(bench: Bench, jobs: int) -> None:
    people(bench, 6, days=1)
    gate = Gate()
    bench.demo.faults.add(TOKEN, Fault(hold=gate, at="reply"), times=None)
    with session(bench, "--renew", "--status", "--jobs", str(jobs), bench.logins) as watched:
        watched.watch_until(lambda: gate.wait_held(jobs, timeout=0))
        watched.watch(lambda screen: "Renewal" in said(screen))
        watched.hang_up()
        # A desktop session that ends adds these; none of them comes from a person who insists.
        watched.process.send_signal(signal.SIGHUP)
        watched.process.send_signal(signal.SIGTERM)
        # The answers come after it has noticed: before, it would rightly go on with the next ones.
        wait_taken(watched.process)
        with pytest.raises(subprocess.TimeoutExpired):
            watched.process.wait(0.3)
        gate.open()
        assert watched.process.wait(PATIENCE) == 129
    assert bench.refreshes(200) == jobs
    assert all(bench.is_live(f"{number:02}.json") for number in range(6))
    assert bench.journal() == []


def test_results_go_to_their_file_though_the_terminal_is_gone(bench: Bench, tmp_path: Path) -> None:
    emails = people(bench, 2, days=1)
    gate = Gate()
    bench.demo.faults.add(TOKEN, Fault(hold=gate, at="reply"), times=None)
    result = tmp_path / "result.txt"
    with (
        result.open("wb") as file,
        session(bench, "--renew", "--jobs", "2", bench.logins, elsewhere={"stdout": file.fileno()}) as watched,
    ):
        watched.watch_until(lambda: gate.wait_held(2, timeout=0))
        watched.hang_up()
        wait_taken(watched.process)
        gate.open()
        assert watched.process.wait(PATIENCE) == 129
    assert [line.split()[0] for line in result.read_text().splitlines()] == ["Account", *emails]


def test_results_in_a_file_leave_the_bar_to_the_terminal(bench: Bench, tmp_path: Path) -> None:
    emails = people(bench, 6)
    gate = Gate()
    bench.demo.faults.add(USAGE, Fault(hold=gate))
    result = tmp_path / "result.txt"
    with (
        result.open("wb") as file,
        session(bench, "--status", bench.logins, elsewhere={"stdout": file.fileno()}) as watched,
    ):
        watched.watch(lambda screen: BAR.search(said(screen)) is not None)
        gate.open()
        assert watched.end() == 0
    assert [line.split()[0] for line in result.read_text().splitlines()] == ["Account", *emails]
    assert "\x1b" not in result.read_text()
    assert [line for line in watched.screen.lines if not line.startswith("Proxy: ")] == ["6 accounts"]


def test_what_comes_byte_by_byte_is_read_as_it_was_written() -> None:
    drawn = "█▀▄"
    program = "import sys; [(sys.stdout.buffer.write(bytes([b])), sys.stdout.flush()) for b in sys.argv[1].encode()]"
    with Session([sys.executable, "-c", program, drawn * 300], os.environ) as watched:
        assert watched.end() == 0
    assert "".join(watched.screen.lines) == drawn * 300
