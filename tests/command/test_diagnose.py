"""``codex-probe diagnose``, seen from outside."""

import base64
import json
import os
import re
import sys
from pathlib import Path
from subprocess import CompletedProcess
from typing import cast

import pytest

from probe_tray.adapters.systems.windows import WindowsSystem
from probe_tray.cli.main import main
from probe_tray.cli.tables.layout import width
from tests.command.bench import Bench, lines
from tests.command.preload import with_keyring

KEY = base64.b64encode(bytes(32)).decode()
NO_BUS = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
ALL = [
    "program",
    "configuration",
    "data folder",
    "keyring",
    "vault",
    "official",
    "journal",
    "new versions",
    "proxy",
    "DNS",
    "connection",
    "TLS",
    "edge",
    "service",
    "clock",
    "sync",
    "tray",
    "notifications",
]


@pytest.fixture
def keyring(tmp_path: Path) -> dict[str, str]:
    return with_keyring(tmp_path / "keyring", key=KEY)


def checks(done: "CompletedProcess[bytes]") -> dict[str, dict[str, str]]:
    held = cast("list[dict[str, str]]", json.loads(done.stdout)["checks"])
    return {check["name"]: check for check in held}


def test_a_machine_on_which_all_works_has_a_line_for_each_part(bench: Bench, keyring: dict[str, str]) -> None:
    done = bench.run("diagnose", **keyring, **NO_BUS)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [line[6:21].strip() for line in lines(done.stdout)] == ALL
    assert [line for line in lines(done.stdout)[:16] if not line.startswith("ok ")] == []
    assert {line.split()[0] for line in lines(done.stdout)[16:]} == {"warn"}
    assert f"{bench.proxy.url} from HTTPS_PROXY" in done.stdout.decode()
    assert bench.refreshes() == 0


def test_it_speaks_the_language_of_the_settings_in_columns_and_programs_read_english(
    bench: Bench, keyring: dict[str, str]
) -> None:
    (bench.logins.parent / "config.json").write_text('{"language": "zh_CN"}')
    done = bench.run("diagnose", "--config", "config.json", **keyring, **NO_BUS, PYTHONUTF8="1")
    said = lines(done.stdout)
    assert len(said) == len(ALL)
    assert {shown[0] for line in said if (shown := line.split())} == {"正常", "警告"}
    # The words of the third column begin at the same place, wherever letters are twice as wide.
    assert all(line[: third_column(line)].endswith(" ") and line[third_column(line)] != " " for line in said)
    assert all(re.search("[\u4e00-\u9fff]", line[third_column(line) :]) for line in said)
    for_programs = bench.run("diagnose", "--json", "--config", "config.json", **keyring, **NO_BUS, PYTHONUTF8="1")
    assert for_programs.stdout.isascii()
    assert list(checks(for_programs)) == ALL


def third_column(line: str) -> int:
    return next(end for end in range(len(line)) if width(line[:end]) == 21)


def test_nothing_is_made_or_changed(bench: Bench, keyring: dict[str, str], home: Path) -> None:
    bench.run("diagnose", **keyring, **NO_BUS)
    assert not [path for path in home.rglob("*") if "probe-tray" in path.name]


def test_json_has_the_same(bench: Bench, keyring: dict[str, str]) -> None:
    done = bench.run("diagnose", "--json", **keyring, **NO_BUS)
    assert (done.returncode, list(checks(done))) == (0, ALL)
    assert json.loads(done.stdout)["version"]


@pytest.mark.skipif(sys.platform != "linux", reason="file names elsewhere are always text")
def test_a_client_folder_whose_name_is_no_text_ends_nothing(
    bench: Bench, keyring: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / os.fsdecode(b"bad\xff")
    folder.mkdir()
    told = checks(bench.run("diagnose", "--json", **keyring, **NO_BUS, CODEX_HOME=str(folder)))
    assert "bad?" in told["official"]["what"]


def test_the_logins_of_each_store_are_counted_and_nobody_is_named(
    bench: Bench, keyring: dict[str, str], home: Path
) -> None:
    issued = bench.login("ana@example.com.json")
    bench.login("b.json", 1)
    (bench.logins / "c@example.com.json").write_text("{")
    config = bench.logins.parent / "config.json"
    config.write_text('{"sync_dir": "logins"}')
    done = bench.run("diagnose", "--config", config, **keyring, **NO_BUS)
    said = done.stdout.decode()
    assert done.returncode == 0
    assert re.search(r"ok +sync_dir .* holds 2 logins", said)
    assert re.search(r"warn +sync_dir .*is not a login", said)
    assert not any(part in said for part in ("@example.com", "eyJ", issued.refresh_token, issued.account_id))
    assert str(home) not in said


@pytest.mark.parametrize("inside", [True, False])
def test_on_windows_a_folder_outside_of_the_home_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, inside: bool
) -> None:
    logins, config = tmp_path / "logins", tmp_path / "config.json"
    logins.mkdir()
    config.write_text(json.dumps({"sync_dir": str(logins)}))
    # The rest of the report is this system's own.
    monkeypatch.setattr("probe_tray.cli.diagnose.diagnose.this_system", WindowsSystem)
    monkeypatch.setattr(Path, "home", lambda: tmp_path if inside else tmp_path / "home")
    main(["diagnose", "--config", str(config)])
    said = capsys.readouterr().out
    assert ("Other users of this computer may read it." in " ".join(said.split())) is not inside
    assert ("icacls" in said) is not inside


def test_a_configuration_that_cannot_be_used_is_told_with_all_the_rest(bench: Bench, keyring: dict[str, str]) -> None:
    config = bench.logins.parent / "config.json"
    config.write_text('{"renew_before_expiry_days": "soon"}')
    done = bench.run("diagnose", "--json", "--config", config, **keyring, **NO_BUS)
    found = checks(done)
    assert (done.returncode, found["configuration"]["state"]) == (1, "fail")
    assert "renew_before_expiry_days" in found["configuration"]["what"]
    assert found["service"]["state"] == "ok"
    assert config.read_text() == '{"renew_before_expiry_days": "soon"}'


def test_secrets_that_others_may_read_are_warned_of(bench: Bench, keyring: dict[str, str]) -> None:
    config = bench.logins.parent / "config.json"
    config.write_text(json.dumps({"sync_aes_gcm_key": "ab" * 32}))
    config.chmod(0o644)
    done = bench.run("diagnose", "--json", "--config", config, **keyring, **NO_BUS)
    assert checks(done)["configuration"]["state"] == "warn"
    assert "ab" * 8 not in done.stdout.decode()


def test_without_a_way_to_the_service_the_step_that_fails_is_named(bench: Bench, keyring: dict[str, str]) -> None:
    done = bench.run("diagnose", "--json", "--proxy", "http://ana:s3cret@127.0.0.1:9", **keyring, **NO_BUS)
    found = checks(done)
    assert done.returncode == 1
    assert (found["DNS"]["state"], found["connection"]["state"], found["TLS"]["state"]) == ("ok", "fail", "warn")
    assert found["connection"]["remedy"]
    assert found["proxy"]["what"] == "http://127.0.0.1:9 from --proxy."
    assert "s3cret" not in done.stdout.decode()


def test_a_lost_key_is_a_failure_only_where_something_is_sealed(bench: Bench, tmp_path: Path) -> None:
    empty = with_keyring(tmp_path / "empty")
    assert checks(bench.run("diagnose", "--json", **empty, **NO_BUS))["keyring"]["state"] == "ok"
    (bench.data / "vault").mkdir(parents=True)
    (bench.data / "vault" / f"{'a' * 24}.json").write_text("{}")
    done = bench.run("diagnose", "--json", **empty, **NO_BUS)
    assert (done.returncode, checks(done)["keyring"]["state"]) == (1, "fail")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows says of a long name that it is not there")
def test_a_configuration_that_cannot_be_looked_at_is_told_with_its_reason(bench: Bench) -> None:
    found = checks(bench.run("diagnose", "--json", "--config", "x" * 300, **NO_BUS))["configuration"]
    assert (found["state"], "its name is too long" in found["what"]) == ("fail", True)


@pytest.mark.parametrize("arguments", [["diagnose", "more"], ["diagnose", "-o", "x"]])
def test_wrong_use_is_said(bench: Bench, arguments: list[str]) -> None:
    assert bench.run(*arguments).returncode == 2


def test_a_file_may_have_that_name(bench: Bench) -> None:
    done = bench.run("--renew", "diagnose")
    assert done.returncode == 1
    assert "diagnose can't be read: there is no such file or folder." in done.stderr.decode()


def test_a_personal_access_token_and_a_folder_that_leads_nowhere_are_said(bench: Bench, tmp_path: Path) -> None:
    home = tmp_path / "codex"
    home.mkdir()
    (home / "auth.json").write_text('{"OPENAI_API_KEY": null, "personal_access_token": "at-canary"}')
    done = bench.run("diagnose", "--json", CODEX_HOME=str(home), **NO_BUS)
    assert "codex holds a personal access token." in checks(done)["official"]["what"]
    assert b"canary" not in done.stdout
    lost = tmp_path / "lost"
    lost.symlink_to(tmp_path / "unmounted")
    done = bench.run("diagnose", CODEX_HOME=str(lost), **NO_BUS)
    assert "it is a link that leads nowhere" in done.stdout.decode()
