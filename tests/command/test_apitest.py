"""``codex-probe --apitest``, seen from outside: flags, tables, files, exit states, and what it says about quota."""

import csv
import json
import os
import signal
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from probe_tray.demo import DemoService, Fault, Gate
from probe_tray.demo.models import NAMES
from tests.command.bench import COMMAND, Bench
from tests.support.patience import PATIENCE

RESPONSES = "/codex/responses"
MODELS = "/codex/models"
ALL = list(NAMES)
COSTS = "Each test asks a model for one word and uses a little of the account's quota."


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def said(done: "subprocess.CompletedProcess[bytes]") -> list[str]:
    return done.stderr.decode().splitlines()


def trial(data: bytes) -> Mapping[str, object]:
    """The test of the first account in a JSON result."""
    accounts = cast("list[Mapping[str, object]]", json.loads(data)["accounts"])
    return cast("Mapping[str, object]", accounts[0]["model_test"])


def outcomes(data: bytes) -> dict[str, Mapping[str, object]]:
    models = cast("list[Mapping[str, object]]", trial(data)["models"])
    return {str(model["model"]): model for model in models}


@pytest.fixture
def config(home: Path) -> Path:
    return home / ".config" / "probe-tray" / "config.json"


# --- which models


def test_three_models_of_each_login_are_tried_and_the_csv_says_so(demo: DemoService, bench: Bench) -> None:
    ids = [bench.login(name, number).account_id for number, name in enumerate(("a.json", "b.json"))]
    done = bench.run("--apitest", "--output", "x.csv", "logins")
    assert done.returncode == 0
    header, *found = rows(bench.logins.parent / "x.csv")
    assert header == ["file", "account_id", "sample_models", "available"]
    assert [(row[0], row[1], row[3]) for row in found] == [
        ("logins/a.json", ids[0], "true"),
        ("logins/b.json", ids[1], "true"),
    ]
    for row in found:
        names = row[2].split(";")
        assert len(set(names)) == 3
        assert set(names) <= set(ALL)
    assert stat.S_IMODE((bench.logins.parent / "x.csv").stat().st_mode) == 0o600
    assert (demo.count(MODELS), demo.count(RESPONSES), demo.count("/wham/usage")) == (2, 6, 0)


@pytest.mark.parametrize("flag", ["--apitest", "-apitest", "--test", "-test"])
def test_each_spelling_of_the_flag_means_the_same(demo: DemoService, bench: Bench, flag: str) -> None:
    bench.login()
    assert bench.run(flag, "logins/a.json").returncode == 0
    assert demo.count(RESPONSES) == 3


def test_all_models_are_tried_on_request_each_with_its_own_result(demo: DemoService, bench: Bench) -> None:
    bench.login()
    done = bench.run("--apitest", "--all-models", "--json", "logins/a.json")
    assert done.returncode == 0
    found = outcomes(done.stdout)
    assert list(found) == ALL
    bad = {name for name, model in found.items() if not model["available"]}
    assert {"gpt-5.5", "gpt-5.6-luna"} <= bad
    busy = cast("Mapping[str, object]", found["gpt-5.6-luna"]["error"])
    assert (busy["kind"], busy["title"]) == ("ModelFailed", "The model returned an error: the model is busy.")
    gone = cast("Mapping[str, object]", found["gpt-5.5"]["error"])
    assert (found["gpt-5.5"]["upstream_status"], gone["kind"]) == (400, "ModelRefused")
    good = found["gpt-6-sol"]
    latency = cast("float", good["latency_seconds"])
    assert (good["available"], good["upstream_status"], good["error"]) == (True, 200, None)
    assert 0 < latency < 40
    assert trial(done.stdout)["listed_by"] == "service"
    assert demo.count(RESPONSES) == len(ALL)


def test_named_models_are_tried_and_no_list_is_asked_for(demo: DemoService, bench: Bench) -> None:
    bench.login()
    done = bench.run("--apitest", "--models", "gpt-6-sol, nonsense,gpt-6-sol", "--output", "x.csv", "logins/a.json")
    assert done.returncode == 0
    assert rows(bench.logins.parent / "x.csv")[1][2:] == ["gpt-6-sol;nonsense", "true"]
    assert (demo.count(MODELS), demo.count(RESPONSES)) == (0, 2)
    (line,) = [text for text in done.stdout.decode().splitlines() if "nonsense" in text]
    assert "the model nonsense does not exist." in line


def test_where_the_service_has_no_list_that_of_the_configuration_is_used(
    demo: DemoService, bench: Bench, config: Path
) -> None:
    config.parent.mkdir(parents=True)
    config.write_text('{"models": ["gpt-6-luna", "gpt-5.6-terra"]}')
    demo.faults.add(MODELS, Fault(status=500))
    bench.login()
    done = bench.run("--apitest", "--output", "x.csv", "logins/a.json")
    assert done.returncode == 0
    assert rows(bench.logins.parent / "x.csv")[1][2:] == ["gpt-6-luna;gpt-5.6-terra", "true"]
    assert any("in the configuration was used" in line for line in said(done))


# --- what goes wrong


def test_no_model_that_answers_is_a_failure(demo: DemoService, bench: Bench) -> None:
    bench.login()
    done = bench.run("--apitest", "--models", "gpt-5.5,nonsense", "--output", "x.csv", "logins/a.json")
    assert done.returncode == 1
    assert rows(bench.logins.parent / "x.csv")[1][2:] == ["gpt-5.5;nonsense", "false"]
    assert "0 of 1 login can use at least one of the tested models." in said(done)
    assert any("logins/a.json: OpenAI refused it" in line for line in said(done))


def test_a_refused_token_is_renewed_once_for_all_models(demo: DemoService, bench: Bench) -> None:
    bench.login()
    demo.faults.add(MODELS, Fault(status=401))
    done = bench.run("--apitest", "logins/a.json")
    assert done.returncode == 0
    assert (bench.refreshes(), demo.count(RESPONSES, status=401)) == (1, 0)
    assert bench.is_live()


def test_a_dead_login_is_named_and_the_others_are_tested(demo: DemoService, bench: Bench) -> None:
    bench.login("a.json")
    bench.login("b.json", 1)
    demo.end_logins(demo.people[0].email)
    done = bench.run("--apitest", "--output", "x.csv", "logins")
    assert done.returncode == 1
    found = rows(bench.logins.parent / "x.csv")[1:]
    assert [row[3] for row in found] == ["false", "true"]
    assert len(found[0][2].split(";")) == 3
    assert demo.count(RESPONSES) == 3


def test_a_file_that_is_no_login_has_its_row(bench: Bench) -> None:
    bench.login("a.json")
    (bench.logins / "b.json").write_text("no JSON; sk_canary")
    done = bench.run("--apitest", "--output", "x.csv", "logins")
    assert done.returncode == 1
    assert rows(bench.logins.parent / "x.csv")[2] == ["logins/b.json", "", "", "false"]
    assert b"canary" not in done.stdout + done.stderr


# --- together with the others


def test_status_and_apitest_with_one_output_write_two_files(demo: DemoService, bench: Bench) -> None:
    bench.login()
    done = bench.run("--status", "--apitest", "--output", "result.csv", "logins/a.json")
    assert done.returncode == 0
    folder = bench.logins.parent
    assert {p.name for p in folder.glob("result*")} == {"result_status.csv", "result_apitest.csv"}
    assert rows(folder / "result_status.csv")[0][-2:] == ["upstream_status", "error"]
    assert rows(folder / "result_apitest.csv")[0] == ["file", "account_id", "sample_models", "available"]
    assert demo.count("/wham/usage") == 1


def test_renewed_tokens_are_the_ones_that_are_tested_with(demo: DemoService, bench: Bench) -> None:
    bench.login()
    done = bench.run("--renew", "-f", "--status", "--apitest", "--json", "logins/a.json")
    assert done.returncode == 0
    account = json.loads(done.stdout)["accounts"][0]
    assert account["renewal"]["result"] == "renewed"
    assert account["quota"] is not None
    assert account["model_test"]["available"]
    assert (bench.refreshes(), demo.count(RESPONSES, status=401)) == (1, 0)


def test_json_files_have_everything_of_their_kind(bench: Bench) -> None:
    bench.login()
    bench.run("--status", "--apitest", "--output", "r.json", "logins/a.json")
    folder = bench.logins.parent
    assert json.loads((folder / "r_status.json").read_bytes())["accounts"][0]["model_test"] is None
    assert len(outcomes((folder / "r_apitest.json").read_bytes())) == 3


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--status", "--models", "a"], "work only with --apitest"),
        (["--status", "--all-models"], "work only with --apitest"),
        (["--apitest", "--models", "a", "--all-models"], "Choose one."),
        (["--apitest", "--models", " , "], "takes names separated by commas"),
        (["--apitest", "--output", "x.txt"], "must end in .csv or .json"),
    ],
)
def test_wrong_use_is_explained_before_anything_is_asked(
    demo: DemoService, bench: Bench, arguments: list[str], reason: str
) -> None:
    bench.login()
    done = bench.run(*arguments, "logins")
    assert (done.returncode, done.stdout, demo.count()) == (2, b"", 0)
    assert reason in done.stderr.decode()


# --- what it costs


def test_a_script_is_told_that_it_costs_quota_and_goes_on(bench: Bench, config: Path) -> None:
    bench.login()
    assert COSTS in said(bench.run("--apitest", "logins/a.json"))
    assert COSTS not in said(bench.run("--apitest", "--yes", "logins/a.json"))
    assert COSTS not in said(bench.run("--apitest", "--quiet", "logins/a.json"))
    config.write_text('{"model_test_confirmed": true}')
    assert COSTS not in said(bench.run("--apitest", "logins/a.json"))


def at_terminal(bench: Bench, answer: str, *arguments: str) -> tuple[int, str]:
    """Run at a terminal, where somebody types ``answer`` at the question; the exit status and what was shown."""
    import pty

    leader, follower = pty.openpty()
    environment = os.environ | bench.proxy.environment
    process = subprocess.Popen(
        [COMMAND, *arguments],
        env=environment,
        cwd=bench.logins.parent,
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    shown = b""
    asked = False
    while True:
        try:
            part = os.read(leader, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
        if not asked and b"[y/N] " in shown:
            asked = True
            os.write(leader, f"{answer}\n".encode())
    os.close(leader)
    return process.wait(timeout=PATIENCE), shown.decode()


def test_a_person_is_asked_once(demo: DemoService, bench: Bench, config: Path) -> None:
    bench.login()
    status, shown = at_terminal(bench, "n", "--apitest", "logins/a.json")
    assert (status, demo.count()) == (0, 0)
    assert COSTS in " ".join(shown.split())
    assert "No model was tested." in shown
    status, shown = at_terminal(bench, "y", "--apitest", "logins/a.json")
    assert (status, demo.count(RESPONSES)) == (0, 3)
    assert json.loads(config.read_bytes())["model_test_confirmed"] is True
    status, shown = at_terminal(bench, "", "--apitest", "logins/a.json")
    assert (status, demo.count(RESPONSES)) == (0, 6)
    assert "[y/N]" not in shown


def test_who_says_no_still_gets_the_rest(demo: DemoService, bench: Bench) -> None:
    bench.login()
    status, _ = at_terminal(bench, "", "--status", "--apitest", "logins/a.json")
    assert (status, demo.count("/wham/usage"), demo.count(RESPONSES)) == (0, 1, 0)


def test_an_interruption_keeps_what_was_answered(demo: DemoService, bench: Bench) -> None:
    bench.login()
    gate = Gate()
    demo.faults.add(RESPONSES, Fault(), times=1)
    demo.faults.add(RESPONSES, Fault(hold=gate), times=None)
    names = ["gpt-6.1-sol", "gpt-6-sol", "gpt-6-luna", "gpt-5.6-sol", "gpt-5.6-terra"]
    process = bench.start("--apitest", "--json", "--models", ",".join(names), "logins/a.json")
    # Four are asked at once, so the fifth question shows that one answer has come.
    assert gate.wait_held(4)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=PATIENCE)
    gate.open()
    assert process.returncode == 130, error
    assert len(outcomes(out)) == 1
    assert trial(out)["sample_models"] == names
