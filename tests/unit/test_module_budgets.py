"""Which libraries a command may load: each costs its start milliseconds and megabytes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.support.tokens import tokens

DATA: Final = frozenset({"msgspec", "platformdirs"})
NETWORK: Final = DATA | ({"truststore"} if sys.platform != "linux" else frozenset[str]())
SINGLE: Final = frozenset(
    {"anyio", "certifi", "h11", "httpcore", "httpx", "idna", "sniffio", "socksio", "typing_extensions"}
)
"""What sends a renewal."""
LOCKS: Final = NETWORK | ({"filelock"} if sys.platform == "win32" else frozenset[str]())
KEYRING: Final = frozenset(
    [
        "cryptography",
        "_cffi_backend",
        "_openssl",
        "jaraco",
        "jeepney",
        "keyring",
        "secretstorage",
        "win32ctypes",
    ]
)
"""What seals the answer to a renewal before it is saved."""
LOADED: Final = """
import contextlib, io, sys
from probe_tray.cli.main import main

quiet = io.TextIOWrapper(io.BytesIO())
with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet), contextlib.suppress(SystemExit):
    main(sys.argv[1:])
# A placeholder that keeps a part of httpx out is no library.
sys.__stdout__.write(" ".join(sys.modules.keys() - {"httpx._main"}))
"""
IDLE: Final = frozenset(
    {
        "bz2",
        "lzma",
        "probe_tray.cli.renew.model_test",
        "probe_tray.engine.models.model_tester",
        "probe_tray.view.text.chinese_spaces",
        "random",
        "shutil",
        "tempfile",
    }
)
"""Modules for what a look at quotas in English has no use for, though something that it loads names them."""


def loaded_by(arguments: list[str], folder: Path) -> set[str]:
    held = tokens("ana") | {"type": "codex", "account_id": "account-ana"}
    (folder / "login.json").write_text(json.dumps(held))
    (folder / "login.json").chmod(0o600)
    # Coverage would load libraries of its own.
    there = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE_"))}
    run = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments],
        env=there | {"HTTPS_PROXY": "http://127.0.0.1:9"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["--version"], frozenset[str]()),
        (["--no-such-option"], DATA),
        (["--status", "login.json"], LOCKS),
        (["--renew", "login.json"], LOCKS | KEYRING | SINGLE),
        (["--apitest", "login.json"], LOCKS),
        (["--export", "auth.json", "-o", "copy.json", "login.json"], LOCKS),
        (["--import", "login.json"], LOCKS),
        (["--sync"], LOCKS),
    ],
    ids=["version", "wrong use", "status", "renew", "apitest", "export", "import", "sync"],
)
def test_a_command_loads_no_library_that_it_has_no_use_for(
    arguments: list[str], allowed: frozenset[str], tmp_path: Path, home: Path
) -> None:
    loaded = {name.partition(".")[0] for name in loaded_by(arguments, tmp_path)}
    assert loaded - set(sys.stdlib_module_names) - {"__main__", "__mp_main__", "probe_tray"} <= allowed


def test_a_look_at_quotas_loads_nothing_that_only_others_use(tmp_path: Path, home: Path) -> None:
    loaded = loaded_by(["--status", "login.json"], tmp_path)
    assert "probe_tray.engine.batch" in loaded
    assert not loaded & IDLE
    if sys.version_info < (3, 14):
        assert not loaded & {"inspect", "tokenize"}
