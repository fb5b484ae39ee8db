"""Libraries work without what they would bring along for nothing."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

LEFT_OUT = frozenset(
    [
        "backports.tarfile",
        "configparser",
        "cryptography.hazmat.backends",
        "importlib_metadata",
        "jaraco.context",
        "jaraco.functools",
        "more_itertools",
        "tarfile",
    ]
)
LEAN = "from probe_tray.adapters.keyring.backends import load_library; load_library(); "
WHOLE = "import keyring.core; "
BACKENDS = """
import sys
from keyring.backend import KeyringBackend, get_all_keyring

print(*sorted(f"{type(made).__module__}.{type(made).__name__}" for made in get_all_keyring()))
print(*sorted(f"{cls.__name__}:{cls.viable}" for cls in KeyringBackend.get_viable_backends()))
"""


CONFIGURED = "from keyring.core import load_config; print(type(load_config()).__module__)"


def told(program: str, **more: str) -> str:
    there = os.environ | more
    return subprocess.run([sys.executable, "-c", program], env=there, capture_output=True, text=True, check=True).stdout


def test_asking_the_keyring_loads_nothing_that_has_no_use() -> None:
    loaded = set(told(f"{LEAN}import sys; {CONFIGURED}; print(*sys.modules)").split())
    assert "keyring.core" in loaded
    assert not loaded & LEFT_OUT


@pytest.mark.skipif(sys.platform != "linux", reason="the file has another place")
def test_what_a_person_has_configured_is_read(tmp_path: Path) -> None:
    file = tmp_path / "python_keyring" / "keyringrc.cfg"
    assert told(LEAN + CONFIGURED, XDG_CONFIG_HOME=str(tmp_path)) == "builtins\n"
    file.parent.mkdir()
    file.write_text("[backend]\ndefault-keyring=keyring.backends.null.Keyring\n")
    assert told(LEAN + CONFIGURED, XDG_CONFIG_HOME=str(tmp_path)) == "keyring.backends.null\n"


def test_whoever_wants_what_was_left_out_gets_it() -> None:
    assert told(f"{LEAN}import jaraco.context, jaraco.functools; print(jaraco.context.tarball.__name__)") == "tarball\n"


def test_the_library_finds_the_same_backends_as_without_it() -> None:
    # Chains of backends that a person has configured are put together so.
    found = told(LEAN + BACKENDS)
    assert found.strip()
    assert found == told(WHOLE + BACKENDS)


def test_what_the_library_wants_beyond_that_it_gets(tmp_path: Path) -> None:
    # As another version of it might.
    for name, text in {
        "keyring/__init__": "",
        "keyring/core": "from jaraco.context import ExceptionTrap, tarball\nfrom jaraco.functools import compose",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.py").write_text(text)
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from probe_tray.adapters.lean_import import import_lean
import_lean("keyring.core")
loaded = sys.modules["keyring.core"]
import jaraco.context
print(loaded.tarball is jaraco.context.tarball, loaded.compose.__name__)
print(loaded.ExceptionTrap is jaraco.context.ExceptionTrap)
"""
    assert told(program) == "True compose\nFalse\n"


def test_what_cannot_be_imported_so_is_imported_as_ever(tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text("import jaraco.functools\nassert hasattr(jaraco.functools, '__file__')\n")
    program = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
from probe_tray.adapters.lean_import import import_lean
import_lean("odd")
print("odd" in sys.modules)
import odd
print("odd" in sys.modules)
"""
    assert told(program) == "False\nTrue\n"


ARCHIVES = """
import sys
from probe_tray.adapters.lean_import import import_lean

import_lean("shutil", "zipfile")
import shutil, zipfile

assert not {"_bz2", "_lzma"} & set(sys.modules)
for form in ("bztar", "xztar"):
    shutil.unpack_archive(shutil.make_archive(form, form, "in"), form + "-out", form)
    print(open(form + "-out/file").read())
for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
    with zipfile.ZipFile("a.zip", "w", method) as archive:
        archive.write("in/file", "file")
    with zipfile.ZipFile("a.zip") as archive:
        print(archive.read("file").decode())
"""


def test_archives_of_every_kind_can_still_be_opened(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file").write_text("kept")
    run = subprocess.run([sys.executable, "-c", ARCHIVES], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["kept"] * 4


ADDRESSES = """
import sys
import probe_tray.adapters
from urllib.parse import urlsplit

assert "ipaddress" not in sys.modules
for address in ("https://[::1]:8/", "https://[::x]:8/"):
    try:
        print(urlsplit(address).port)
    except ValueError:
        print("odd")
import ipaddress
print(ipaddress.ip_address("127.0.0.1").is_loopback)
"""


@pytest.mark.skipif(sys.version_info < (3, 11, 4), reason="brackets may hold anything there")
def test_numbers_in_brackets_are_still_judged() -> None:
    assert told(ADDRESSES).split() == ["8", "odd", "True"]


SAID: Final = """
import asyncio, functools, sys, traceback

@functools.wraps(print)
def wrapped(task):
    pass

async def main():
    task = asyncio.ensure_future(asyncio.sleep(0))
    task.add_done_callback(functools.partial(wrapped))
    task.add_done_callback(wrapped)
    said = repr(task)
    await task
    return said

said = asyncio.run(main())
loaded = [name for name in ("inspect", "tokenize") if name in sys.modules]
"""


def test_asyncio_says_of_a_task_what_it_always_says() -> None:
    lean = "from probe_tray.adapters.lean_import import import_asyncio; import_asyncio()\n"
    said = "print(said.partition('cb=')[2])"
    assert told(f"{lean}{SAID}{said}") == told(f"{SAID}{said}")
    if sys.version_info < (3, 14):
        assert told(f"{lean}{SAID}print(loaded)") == "[]\n"
    # What it was given nothing of is the real one's.
    assert told(f"{lean}import asyncio.coroutines as c; print(c.iscoroutinefunction(c.iscoroutine))") == "False\n"
    assert told(f"{lean}import inspect; print(inspect.signature(inspect.unwrap))") == "(func, *, stop=None)\n"
