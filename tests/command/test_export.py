"""``codex-probe --export``, seen from outside."""

import base64
import json
import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from probe_tray.cli.arguments import EXPORT_FORMATS
from probe_tray.core.transfer.export import ExportFormat
from tests.command.bench import COMMAND, NO_WAY_OUT, lines
from tests.command.preload import failing_to_replace, with_keyring
from tests.support.files import exported, flat, official
from tests.support.patience import PATIENCE
from tests.support.tokens import tokens

KEY = base64.b64encode(bytes(32)).decode()
LIVE, SHARED = "Anyone with this file can use", "Renew a login in one program only"


class Bench:
    """A folder to work in, and a tray app that keeps its logins in the folder ``shared``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.json"
        self.config.write_text(json.dumps({"sync_dir": "shared", "storage": "folder"}))

    def run(self, *arguments: object, more: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            [COMMAND, "--config", str(self.config), *map(str, arguments)],
            env=os.environ | NO_WAY_OUT | dict(more or {}),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )

    def write(self, name: str, held: object) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(held))
        return path


@pytest.fixture
def bench(tmp_path: Path, home: Path) -> Bench:
    del home
    return Bench(tmp_path)


def test_every_format_has_its_name() -> None:
    assert tuple(kind.value for kind in ExportFormat) == EXPORT_FORMATS


def test_the_logins_of_the_tray_go_into_one_private_file(bench: Bench) -> None:
    bench.write("shared/a.json", flat("ana"))
    bench.write("shared/b.json", flat("bob"))
    done = bench.run("--export", "sub2api", "-o", "all.json")
    assert (done.returncode, lines(done.stdout)) == (0, ["all.json"])
    path = bench.folder / "all.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one["name"] for one in json.loads(path.read_bytes())["accounts"]] == ["ana@example.com", "bob@example.com"]
    said = done.stderr.decode()
    assert (said.count(LIVE), said.count(SHARED)) == (1, 1)
    assert "eyJ" not in said


def test_an_account_is_exported_with_its_refresh_token_or_it_is_said_that_there_is_none(bench: Bench) -> None:
    newer = tokens("ana", number=2, at=datetime.now(UTC)) | {"refresh_token": ""}
    bench.write("shared/a.json", flat("ana"))
    bench.write("shared/b.json", flat("ana", **newer))
    both, alone = bench.run("--export", "jsonl", "-o", "-"), bench.run("--export", "jsonl", "-o", "-", "shared/b.json")
    assert json.loads(both.stdout)["refresh_token"] == "rt_ana.1"
    assert "No refresh token" not in both.stderr.decode()
    assert not json.loads(alone.stdout).get("refresh_token")
    assert "No refresh token is saved for ana@example.com" in alone.stderr.decode()


def test_an_export_never_replaces_a_login_in_our_own_folder(bench: Bench) -> None:
    kept = bench.write("shared/a.json", flat("ana"))
    before = kept.read_bytes()
    done = bench.run("--export", "codex-probe", "--no-refresh-tokens", "--yes", "-o", kept)
    assert done.returncode == 2
    assert "a.json is one of Probe Tray's own logins, which an export never replaces." in done.stderr.decode()
    assert kept.read_bytes() == before


@pytest.mark.parametrize(
    ("target", "source"), [("a.json", "a.json"), ("link", "a.json"), ("logins/", "logins"), ("real.json", "link.json")]
)
def test_an_export_never_replaces_what_it_reads(bench: Bench, target: str, source: str) -> None:
    bench.write("a.json", flat("ana"))
    bench.write("logins/codex_ana_at_example_com_20261122.json", flat("ana"))
    (bench.folder / "link.json").symlink_to(bench.write("real.json", flat("ana")))
    (bench.folder / "link").symlink_to("a.json")
    before = {path: path.read_bytes() for path in bench.folder.rglob("*.json")}
    done = bench.run("--export", "codex-probe", "--no-refresh-tokens", "--yes", "-o", target, source)
    assert done.returncode == 2
    assert ("replaced" in done.stderr.decode(), done.stdout) == (True, b"")
    assert {path: path.read_bytes() for path in bench.folder.rglob("*.json")} == before


def test_a_file_that_an_export_reads_is_named_for_what_it_is(bench: Bench) -> None:
    path = bench.write("a.json", flat("ana"))
    said = bench.run("--export", "jsonl", "-o", path, path).stderr.decode()
    assert "a.json is a file that this export reads logins from, so it isn't replaced. Choose another place." in said
    assert "--yes" not in said


def test_the_vault_is_exported_too(bench: Bench) -> None:
    bench.config.write_text("{}")
    keyring = with_keyring(bench.folder / "keyring", key=KEY)
    assert bench.run("--import", "--yes", bench.write("a.json", flat("ana")), more=keyring).returncode == 0
    done = bench.run("--export", "jsonl", "-o", "-", more=keyring)
    assert done.returncode == 0
    assert json.loads(done.stdout)["refresh_token"] == "rt_ana.1"


@pytest.mark.parametrize("name", EXPORT_FORMATS)
def test_what_is_exported_can_be_imported_again(bench: Bench, name: str) -> None:
    bench.write("old/a.json", flat("ana"))
    bench.write("old/b.json", exported("bob", "cat"))
    done = bench.run("--export", name, "-o", "new/", "old")
    assert done.returncode == 0, done.stderr
    back = bench.run("--import", "--yes", *lines(done.stdout))
    assert back.returncode == 0, back.stderr
    assert lines(back.stderr)[-1] == "3 logins imported, 0 skipped, 0 failed."
    kept = [json.loads(file.read_bytes()) for file in sorted((bench.folder / "shared").iterdir())]
    names = ("id_token", "access_token", "refresh_token")
    assert [{key: one[key] for key in names} for one in kept] == [tokens(name) for name in ("ana", "bob", "cat")]


def test_a_login_for_the_official_client_is_named_as_it_expects(bench: Bench) -> None:
    done = bench.run("--export", "auth.json", "-o", "codex", bench.write("a.json", flat("ana")))
    assert (done.returncode, lines(done.stdout)) == (0, ["codex/auth.json"])
    held = json.loads((bench.folder / "codex" / "auth.json").read_bytes())
    assert (held["auth_mode"], held["tokens"]["refresh_token"]) == ("chatgpt", "rt_ana.1")


def test_a_login_for_the_official_client_may_come_without_its_refresh_token(bench: Bench) -> None:
    path = bench.write("a.json", flat("ana"))
    done = bench.run("--export", "auth.json", "--no-refresh-tokens", "-o", "codex", path)
    assert (done.returncode, lines(done.stdout)) == (0, ["codex/auth.json"])
    held = json.loads((bench.folder / "codex" / "auth.json").read_bytes())
    assert held["tokens"] == {**tokens("ana"), "refresh_token": "", "account_id": "account-ana"}
    assert "two programs renew it" not in done.stderr.decode()


def test_a_login_that_the_official_client_would_refuse_is_named(bench: Bench) -> None:
    bench.write("old/a.json", flat("ana", id_token=""))
    bench.write("old/b.json", flat("bob"))
    done = bench.run("--export", "auth.json", "-o", "new/", "old")
    assert (done.returncode, lines(done.stdout)) == (1, ["new/auth.json"])
    assert "ana@example.com can't be saved as auth.json: it has no usable id_token" in done.stderr.decode()


def test_refresh_tokens_stay_here_where_that_is_asked(bench: Bench) -> None:
    path = bench.write("a.json", flat("ana"))
    done = bench.run("--export", "codex-probe", "--no-refresh-tokens", "-o", "-", path)
    assert done.returncode == 0
    assert "refresh_token" not in json.loads(done.stdout)
    assert SHARED not in done.stderr.decode()


def test_nothing_that_is_there_is_replaced_without_yes(bench: Bench) -> None:
    path, old = bench.write("a.json", flat("ana")), bench.write("old.json", {"mine": 1})
    done = bench.run("--export", "sub2api", "-o", old, path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert "already exists" in done.stderr.decode()
    assert json.loads(old.read_bytes()) == {"mine": 1}
    assert bench.run("--export", "sub2api", "-o", old, "--yes", path).returncode == 0
    assert json.loads(old.read_bytes())["type"] == "sub2api-data"
    assert stat.S_IMODE(old.stat().st_mode) == 0o600


def test_one_name_that_is_taken_keeps_all_of_them_from_being_written(bench: Bench) -> None:
    bench.write("old/a.json", flat("ana"))
    bench.write("old/b.json", flat("bob"))
    bench.write("new/auth_bob@example.com.json", {})
    assert bench.run("--export", "auth.json", "-o", "new", "old").returncode == 2
    assert [path.name for path in (bench.folder / "new").iterdir()] == ["auth_bob@example.com.json"]


@pytest.mark.parametrize("name", [".codex", ".codex-work"])
def test_the_official_clients_own_login_is_never_replaced(bench: Bench, home: Path, name: str) -> None:
    (home / name).mkdir()
    own = home / name / "auth.json"
    bench.config.write_text(json.dumps({"sync_dir": "shared", "storage": "folder", "codex_homes": ["~/.codex-work"]}))
    own.write_text(json.dumps(official("bob")))
    done = bench.run("--export", "auth.json", "--yes", "-o", own, bench.write("a.json", flat("ana")))
    assert done.returncode == 2
    assert "never replaced" in done.stderr.decode()
    assert json.loads(own.read_bytes()) == official("bob")


def test_a_bad_file_among_good_ones_is_named(bench: Bench) -> None:
    bench.write("old/a.json", flat("ana"))
    bench.write("old/b.json", {"access_token": ""})
    bench.write("old/models_cache.json", {"models": []})
    done = bench.run("--export", "jsonl", "-o", "all.jsonl", "old")
    assert done.returncode == 1
    said = done.stderr.decode()
    assert "old/b.json is not a login" in said
    assert "old/models_cache.json was skipped: it doesn't look like a credential file." in said
    assert len((bench.folder / "all.jsonl").read_text().splitlines()) == 1


def test_a_full_disk_leaves_nothing_half_written(bench: Bench) -> None:
    path = bench.write("a.json", flat("ana"))
    full = failing_to_replace("all.json", 28, bench.folder / "preload")
    done = bench.run("--export", "sub2api", "-o", "all.json", path, more=full)
    assert (done.returncode, done.stdout) == (1, b"")
    assert "all.json can't be written" in done.stderr.decode()
    assert not [file for file in bench.folder.iterdir() if "all.json" in file.name or file.name.startswith(".")]


def test_what_is_too_large_to_be_imported_again_is_told(bench: Bench) -> None:
    for number in range(18):
        bench.write(f"many/{number}.json", flat(f"p{number}", refresh_token="r" * 240 * 1024))
    done = bench.run("--export", "jsonl", "-o", "-", "many")
    assert (done.returncode, len(done.stdout) > 4 * 1024 * 1024) == (0, True)
    assert b"standard output is larger than 4096 KiB" in done.stderr


def test_a_list_of_many_logins_can_be_imported_again(bench: Bench) -> None:
    bench.write("many/all.json", [flat(f"p{number}") for number in range(300)])
    done = bench.run("--export", "jsonl", "-o", "all.jsonl", "many")
    assert (done.returncode, b"larger than" in done.stderr) == (0, False)
    assert (bench.folder / "all.jsonl").stat().st_size > 256 * 1024
    back = bench.run("--import", "all.jsonl", "--yes")
    assert lines(back.stderr)[-1] == "300 logins imported, 0 skipped, 0 failed."


def test_json_names_the_files_and_no_token(bench: Bench) -> None:
    done = bench.run("--export", "codex-probe", "-o", "new/", "--json", "--quiet", bench.write("a.json", flat("ana")))
    held = json.loads(done.stdout)
    assert (done.returncode, done.stderr, held["logins"], held["failures"]) == (0, b"", 1, [])
    assert held["files"] == ["new/codex_ana_at_example_com_20261122.json"]


@pytest.mark.skipif(sys.platform != "linux", reason="file names elsewhere are always text")
def test_a_folder_whose_name_is_no_text_takes_files_too(bench: Bench) -> None:
    login, folder = bench.write("a.json", flat("ana")), os.fsdecode(b"bad\xff")
    done = bench.run("--export", "codex-probe", "-o", f"{folder}/", "--quiet", login)
    path = Path(os.fsdecode(done.stdout.removesuffix(b"\n")))
    assert (done.returncode, (bench.folder / path).is_file()) == (0, True)
    told = bench.run("--export", "jsonl", "-o", f"{folder}/x.jsonl", "--json", login)
    assert (told.returncode, json.loads(told.stdout)["files"]) == (0, ["bad?/x.jsonl"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--export", "yaml"], "--export takes one of these formats"),
        (["--export", "sub2api", "--status"], "--export can't be combined"),
        (["--export", "sub2api", "--import", "a"], "--export can't be combined"),
        (["--export", "jsonl", "-o", "-", "--json"], "Choose one."),
        (["--no-refresh-tokens", "--status"], "works only with --export"),
        (["--export", "auth.json", "-o", "-", "both"], "-o - takes a single file"),
        (["--export", "auth.json", "-o", "a.json", "both"], "Choose a folder"),
        (["--export", "jsonl", "-o", "gone/a.jsonl", "both"], "there is no folder"),
    ],
)
def test_wrong_use_is_said(bench: Bench, arguments: list[str], said: str) -> None:
    bench.write("both/a.json", exported("ana", "bob"))
    done = bench.run(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()
