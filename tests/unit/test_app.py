"""The tray app as a process: its arguments, what it says where it cannot start, and how it ends."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from probe_tray import __version__
from probe_tray.adapters.desktop.display import check_display, check_libraries, with_other_platforms
from probe_tray.adapters.desktop.instance import Instance
from probe_tray.adapters.desktop.instance_socket import StartRequest
from probe_tray.adapters.files.app_folders import demo_places
from probe_tray.app import run
from probe_tray.core.demo_scene import DemoScene
from probe_tray.core.errors import NoDisplayError, OldSystemError, SystemLibraryError
from tests.desktop.waiting import wait_for
from tests.support.patience import PATIENCE
from tests.support.programs import program_start
from tests.support.signals import ENDING, posix_signals

# Less than the 45 s of one request, for which an end must not wait.
END_SECONDS = 40.0
EGL = "libEGL.so.1: cannot open shared object file: No such file or directory"
CURSOR = "libxcb-cursor.so.0: cannot open shared object file: No such file or directory"


@contextmanager
def started(*arguments: str, **env: str) -> Generator[subprocess.Popen[str]]:
    """The app in a process of its own, on the screenless platform that all tests use."""
    process = subprocess.Popen(
        [sys.executable, "-m", "probe_tray", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **env},
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def folder(home: Path) -> Path:
    """Have the demo's logins kept in a folder, so that a test sees from outside when the app is running."""
    logins = home / "logins"
    logins.mkdir(parents=True)
    config = Path(os.environ["XDG_CONFIG_HOME"]) / "probe-tray-demo" / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"storage": "folder", "sync_dir": str(logins)}), "utf-8")
    return logins


def wait_running(process: subprocess.Popen[str], logins: Path) -> None:
    def runs() -> bool:
        assert process.poll() is None, process.communicate()
        return len(list(logins.glob("*.json"))) == 3

    assert wait_for("the sample logins", runs)


def said(errors: str) -> list[str]:
    """What the program itself wrote: its windows cannot do everything on the screenless platform."""
    return [line for line in errors.splitlines() if not line.startswith("This plugin does not support")]


def test_help_tells_what_the_demo_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "--demo run with a simulated service and three sample accounts --demo=SCENE the same with" in told
    assert all(scene.value in told for scene in DemoScene)


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"probe-tray {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "english", "chinese"),
    [
        (["--dmo"], "There is no option --dmo.", "没有参数 --dmo。"),
        (["accounts.json"], "Probe Tray takes no files here.", "Probe Tray 在这里不接受文件。"),
        (["--show=yes"], "--show takes no value.", "--show 不带值。"),
        (["--demo=yes"], "--demo takes one of: three, first, states,", "--demo 只能是以下之一：three, first, states,"),
        (["--show", "--background"], "--show and --background can't", "--show 和 --background 不能一起使用"),
        (["--show", "--quit"], "--show and --quit can't be combined.", "--show 和 --quit 不能一起使用，"),
    ],
)
def test_what_it_does_not_know_is_refused_in_the_person_s_language(
    arguments: list[str],
    english: str,
    chinese: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for language, sentence in (("C.UTF-8", english), ("zh_CN.UTF-8", chinese)):
        monkeypatch.setenv("LC_ALL", language)
        monkeypatch.setenv("LANGUAGE", "")
        assert run(arguments) == 2
        assert capsys.readouterr().err.startswith(f"probe-tray: {sentence}")


def test_the_help_is_in_the_person_s_language(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setenv("LANGUAGE", "")
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("用法： probe-tray")
    assert "显示此帮助" in shown
    assert "open the window" not in shown


def test_what_ends_a_start_is_said_in_the_person_s_language(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    def fail(*_: object) -> None:
        raise NoDisplayError

    monkeypatch.setattr("probe_tray.app.check_display", fail)
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setenv("LANGUAGE", "")
    assert run(["--demo"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("probe-tray: 没有可用的显示器。")
    assert "desktop session" not in said


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="there is always a screen")
@pytest.mark.parametrize("display", ["", ":4711", "host.invalid", "unix:4711"])
def test_without_a_display_it_says_so_and_ends_with_2(
    display: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    monkeypatch.delenv("QT_QPA_PLATFORM")
    monkeypatch.setenv("DISPLAY", display)
    before = sorted(home.rglob("*"))
    assert run(["--demo"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "probe-tray: Probe Tray needs a display and found none. Start it in a desktop session, "
        "or use the command codex-probe here.\n"
    )
    assert sorted(home.rglob("*")) == before


@pytest.mark.skipif(sys.platform == "win32", reason="Unix sockets")
def test_a_wayland_display_is_one(home: Path) -> None:
    runtime = Path(os.environ["XDG_RUNTIME_DIR"])
    environment = {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(runtime)}
    with pytest.raises(NoDisplayError):
        check_display(environment, "linux")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(runtime / "wayland-0"))
        listener.listen()
        check_display(environment, "linux")


def test_the_platforms_that_always_have_a_display_are_not_asked() -> None:
    with pytest.raises(NoDisplayError):
        check_display({}, "linux")
    for platform in ("win32", "darwin"):
        check_display({}, platform)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has displays")
@pytest.mark.parametrize("name", ["", ":31077", "nonsense"])
def test_a_display_that_is_not_there_is_not_waited_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Longer than a test may take.
    monkeypatch.setattr("probe_tray.adapters.desktop.display._WAIT", 5 * PATIENCE)
    with pytest.raises(NoDisplayError):
        check_display({"DISPLAY": name}, "linux")


def test_a_library_that_qts_window_plugin_lacks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> None:
        raise OSError(CURSOR if path.endswith("libqxcb.so") else path)

    (tmp_path / "platforms").mkdir()
    check_libraries(tmp_path, "linux")
    (tmp_path / "platforms" / "libqxcb.so").touch()
    monkeypatch.setattr(ctypes, "CDLL", refuse)
    check_libraries(tmp_path, "darwin")
    with pytest.raises(SystemLibraryError) as caught:
        check_libraries(tmp_path, "linux")
    assert caught.value.title.startswith("Probe Tray can't open a window: the system library libxcb-cursor.so.0")
    assert "apt install" in caught.value.hint
    assert "libxcb-cursor0" in caught.value.hint


def test_a_system_that_is_too_old_is_told_how_old_it_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> None:
        raise OSError(f"/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by {path})")

    (tmp_path / "platforms").mkdir()
    (tmp_path / "platforms" / "libqxcb.so").touch()
    monkeypatch.setattr(ctypes, "CDLL", refuse)
    with pytest.raises(OldSystemError) as caught:
        check_libraries(tmp_path, "linux")
    assert caught.value.title == ("Probe Tray can't open a window: this system's C library (glibc) is older than 2.34.")
    assert caught.value.hint == "Update the system, or use the command codex-probe here."


def test_a_library_without_which_qt_does_not_load_is_named(tmp_path: Path) -> None:
    package = tmp_path / "PySide6"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "QtWidgets.py").write_text(f"raise ImportError({EGL!r})\n", "utf-8")
    with started("--demo", PYTHONPATH=str(tmp_path)) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (2, "")
    assert err.startswith("probe-tray: Probe Tray can't open a window: the system library libEGL.so.1 is missing.")
    assert "libegl1" in err


def test_a_second_start_opens_the_window_of_the_first_and_ends_well(folder: Path) -> None:
    with started("--demo") as first:
        wait_running(first, folder)
        for arguments in ([], ["--show"], ["--refresh"], ["--login"], ["--background"]):
            with started("--demo", *arguments) as second:
                out, err = second.communicate(timeout=PATIENCE)
            assert (second.returncode, out, err) == (0, "", "")
        assert first.poll() is None
        with started("--demo", "--quit") as second:
            out, err = second.communicate(timeout=PATIENCE)
        assert (second.returncode, out, err) == (0, "Probe Tray is quitting.\n", "")
        out, err = first.communicate(timeout=PATIENCE)
    assert (first.returncode, out, said(err)) == (0, "", [])


@pytest.mark.parametrize("impatient", [False, True])
def test_quitting_returns_once_the_program_has_ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, impatient: bool
) -> None:
    said: list[str] = []

    def tell_if_running(_instance: Instance, request: StartRequest) -> bool:
        return request is StartRequest.QUIT

    def wait_for_end(_instance: Instance) -> bool:
        said.append(capsys.readouterr().out)
        if impatient:
            raise KeyboardInterrupt
        return True

    monkeypatch.setattr(Instance, "tell_if_running", tell_if_running)
    monkeypatch.setattr(Instance, "wait_for_end", wait_for_end)
    assert run(["--quit"]) == 0
    # Whoever waits has read that it is quitting.
    assert said == ["Probe Tray is quitting.\n"]


def test_a_program_that_still_saves_a_login_is_not_said_to_have_quit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def tell_if_running(_instance: Instance, request: StartRequest) -> bool:
        return request is StartRequest.QUIT

    def wait_for_end(_instance: Instance) -> bool:
        return False

    monkeypatch.setattr(Instance, "tell_if_running", tell_if_running)
    monkeypatch.setattr(Instance, "wait_for_end", wait_for_end)
    assert run(["--quit"]) == 3
    said = "Probe Tray hasn't quit yet. It may still be saving a login. Try again in a minute."
    assert capsys.readouterr().err == f"probe-tray: {said}\n"


def test_quitting_where_none_runs_says_so_and_leaves_nothing_behind(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(home.rglob("*"))
    assert run(["--quit"]) == 0
    assert capsys.readouterr().out == "Probe Tray is not running.\n"
    assert sorted(home.rglob("*")) == before


def test_the_demo_and_the_real_app_do_not_take_each_other_for_themselves(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with started("--demo") as demo:
        wait_running(demo, folder)
        assert run(["--quit"]) == 0
        assert capsys.readouterr().out == "Probe Tray is not running.\n"
        assert demo.poll() is None


def test_a_start_after_a_crash_runs(folder: Path) -> None:
    with started("--demo") as killed:
        wait_running(killed, folder)
        killed.kill()
        killed.wait()
        with started("--demo", "--show") as after:
            assert wait_for(
                "the new one to answer",
                lambda: program_start(demo_places().data_folder).tell(StartRequest.NOTHING),
            )
            assert after.poll() is None


@pytest.mark.parametrize("first", ["--login", "--refresh", "--show", "--background"])
def test_with_none_running_the_program_starts_and_does_it(first: str, folder: Path) -> None:
    with started("--demo", first, BROWSER="true") as process:
        wait_running(process, folder)
        assert wait_for("it to listen", lambda: program_start(demo_places().data_folder).tell(StartRequest.QUIT))
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, said(err)) == (0, "", [])


@posix_signals
@pytest.mark.parametrize(("number", "status"), ENDING)
def test_a_signal_ends_it_at_once_and_tidily(number: signal.Signals, status: int, folder: Path) -> None:
    with started("--demo") as process:
        wait_running(process, folder)
        process.send_signal(number)
        out, err = process.communicate(timeout=END_SECONDS)
    assert (process.returncode, out, err) == (status, "", "")
    assert len(list(folder.glob("*.json"))) == 3


@pytest.mark.parametrize(
    ("chosen", "platform", "tried"),
    [
        ("wayland", "linux", "wayland;wayland;xcb"),
        ("bogus:a", "linux", "bogus:a;wayland;xcb"),
        ("offscreen", "linux", "offscreen"),
        ("", "linux", ""),
        ("windows:dpiawareness=0", "win32", "windows:dpiawareness=0"),
    ],
)
def test_a_platform_of_qt_that_is_not_there_is_followed_by_others(chosen: str, platform: str, tried: str) -> None:
    assert with_other_platforms(chosen, platform) == tried


ODD: list[tuple[str, dict[str, str]]] = [
    ('{"proxy": "gopher://ana:proxy-password@proxy.example", "warn_used_percent": 0}', {}),
    ("{", {"ALL_PROXY": "socks5://user:pa#ss@host:1", "SSL_CERT_FILE": "/nonexistent", "QT_API": "pyqt5"}),
]


@pytest.mark.parametrize(("text", "environment"), ODD, ids=["settings", "environment"])
def test_nothing_in_the_configuration_or_the_environment_keeps_it_from_starting(
    text: str, environment: dict[str, str], home: Path
) -> None:
    config = home / ".config" / "probe-tray-demo" / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text(text, "utf-8")
    with started("--demo", **environment) as process:
        assert wait_for("it to listen", lambda: program_start(demo_places().data_folder).tell(StartRequest.QUIT))
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, said(err)) == (0, "", [])
    assert config.read_text("utf-8") == text
