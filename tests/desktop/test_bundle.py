"""The bundle on a real desktop: what a person does with it, and that other programs don't get its environment."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Final

import pytest

import build_bundle
import build_tarball
import bundle_contents
import project
from tests.desktop.bench import Desktop
from tests.desktop.waiting import wait_for
from tests.desktop.walking import NEWCOMER, PANEL, SETTINGS_WINDOW, App, data_folder, vault_tokens
from tests.release.programs import CHINESE, Programs, assert_both_work

pytestmark = [pytest.mark.heavy, pytest.mark.desktop, pytest.mark.timeout(600)]

SAMPLE: Final = "ana@example.com"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs: the one that ``TEST_BUNDLE`` names, else one that is built now."""
    if given := os.environ.get("TEST_BUNDLE"):
        return Path(given)
    if shutil.which("pyinstaller", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("NOT TESTED: PyInstaller is not installed; run it with: uv run --group packaging python -m tests …")
    return build_bundle.build(tmp_path_factory.mktemp("dist"))


def walk(desktop: Desktop, program: Path, *, before: tuple[str, ...] = (), started: Path | None = None) -> None:
    """What a person does first: see the icon, be told, log in with the browser, start it at login, come back.

    ``started`` is what the entry for the login must start, by default the program.
    """
    app = App(desktop, "--demo", program=program, before=before)
    app.wait_account(SAMPLE)
    told = desktop.notifications.wait("this login ends")
    assert told.app_name == "Probe Tray"
    app.finish_login(app.start_login(), NEWCOMER)
    app.wait_account(NEWCOMER)
    assert desktop.keyring.wait_item(service="Probe Tray").size == 44
    app.item.click_menu("Settings…")
    desktop.screen.wait_window(SETTINGS_WINDOW)
    desktop.reader.press("Start when you log in to this computer", role="check box", pid=app.pid)
    app.press("Save")
    entry = desktop.folder("XDG_CONFIG_HOME") / "autostart" / "probe-tray-demo.desktop"
    wait_for("the entry", entry.exists)
    at_login = exec_line(entry)
    assert at_login == [str(started or program), "--demo", "--background"]
    desktop.screen.wait_no_window(SETTINGS_WINDOW)
    # A second start opens the window of the first, whether or not it is open.
    desktop.run(*before, program, "--demo", "--show")
    desktop.screen.wait_window(PANEL)
    desktop.screenshot("bundle-panel")
    app.quit()
    # The next login: what the entry says, as the session starts it.
    again = App(desktop, *at_login[1:], program=Path(at_login[0]), before=before)
    again.wait_account(NEWCOMER)
    again.quit()
    said = (app.program.output() + app.program.errors() + again.program.errors()).splitlines()
    # Qt says that this desktop has no portals, of the installed program too.
    assert [line for line in said if "org.freedesktop.portal" not in line] == []


def exec_line(entry: Path) -> list[str]:
    """The command of a desktop entry, which has no field codes and whose quoting is that of a shell here."""
    (line,) = [line for line in entry.read_text("utf-8").splitlines() if line.startswith("Exec=")]
    return shlex.split(line.removeprefix("Exec="))


def test_it_keeps_its_budget_and_both_programs_share_it(bundle: Path, tmp_path: Path) -> None:
    assert build_bundle.size(bundle) <= bundle_contents.BUDGET_MB * 1_000_000
    inside = {path.relative_to(bundle / "_internal").as_posix() for path in (bundle / "_internal").rglob("*.so*")}
    assert {name for name in inside if not bundle_contents.is_wanted(name, "linux")} == set()
    assert (bundle / project.TRAY).is_file()
    assert (bundle / project.COMMAND).is_file()
    assert_both_work(Programs(bundle, tmp_path), project.VERSION)


def test_the_archive_installs_it_for_one_person(bundle: Path, tmp_path: Path) -> None:
    with tarfile.open(build_tarball.build(bundle, tmp_path)) as archive:
        archive.extractall(tmp_path, filter="tar")
    (unpacked,) = tmp_path.glob("probe-tray-*/")
    home = tmp_path / "home"
    env = {"HOME": str(home), "PATH": os.environ["PATH"]}
    home.mkdir()
    subprocess.run([unpacked / "install.sh", "--user"], env=env, check=True)
    assert_both_work(Programs(home / ".local" / "bin", tmp_path), project.VERSION)
    subprocess.run([home / ".local" / "lib" / "probe-tray" / "uninstall.sh"], env=env, check=True)
    assert [path for path in home.rglob("*") if path.is_file() or path.is_symlink()] == []


def test_it_lives_on_the_desktop(desktop: Desktop, bundle: Path) -> None:
    walk(desktop, bundle / project.TRAY)
    assert len(vault_tokens(desktop)) == 11
    assert (data_folder(desktop) / "vault").is_dir()


def test_it_speaks_chinese(desktop: Desktop, bundle: Path) -> None:
    app = App(desktop, "--demo", program=bundle / project.TRAY, env=CHINESE)
    wait_for("the Chinese menu", lambda: any("退出" in label for label in app.item.menu().labels()))


def test_the_browser_gets_the_environment_of_the_session(desktop: Desktop, bundle: Path) -> None:
    seen = desktop.home / "seen.json"
    browser = desktop.home / "browser"
    browser.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        f"json.dump(dict(os.environ), open('{seen}.new', 'w'))\nos.replace('{seen}.new', '{seen}')\n"
    )
    browser.chmod(0o755)
    mine = {"BROWSER": str(browser), "LD_LIBRARY_PATH": "/mine"}
    app = App(desktop, "--demo", program=bundle / project.TRAY, env=mine)
    app.item.click_menu("Log in to Codex…")
    wait_for("the browser", seen.exists)
    got = json.loads(seen.read_text())
    expected = desktop.environment(**mine)
    # What Python and PySide6 set in every environment that they run in.
    own = {"LC_CTYPE", "PYSIDE6_OPTION_PYTHON_ENUM"}
    assert {name: value for name, value in got.items() if name not in own} == {
        name: value for name, value in expected.items() if name not in own
    }


def test_a_bundle_that_lacks_a_part_says_so_and_touches_nothing(bundle: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(bundle, broken, symlinks=True)
    (broken / "_internal" / "probe_tray" / "resources" / "locale" / "zh_CN.po").unlink()
    home = tmp_path / "home"
    home.mkdir()
    for program in (project.TRAY, project.COMMAND):
        done = subprocess.run(
            [broken / program, "--status"],
            env={**os.environ, "HOME": str(home), "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": ""},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 2
        assert done.stderr == (
            "Probe Tray isn't installed completely: probe_tray/resources/locale/zh_CN.po is missing or damaged.\n"
            "Install it again. Your accounts and settings are kept.\n"
        )
    assert list(home.iterdir()) == []
