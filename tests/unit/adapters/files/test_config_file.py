import asyncio
import errno
import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from probe_tray.adapters.files.app_folders import demo_places, user_places
from probe_tray.adapters.files.config_file import JsonSettingsFile, load_settings, load_what_is_usable, login_folder
from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.locks import FileLocks
from probe_tray.core.errors import (
    ConfigError,
    FolderMissingError,
    FolderUnusableError,
    HookMissingError,
    UsageError,
    WriteError,
)
from probe_tray.core.settings import UNREADABLE_PROXY, Settings, SettingsPatch, Storage, change
from tests.support.disks import TroubledDisk

GO = (
    '{\n    "sync_url": "https://x.example",\n    "sync_api_key": "canary",\n    "renew_before_expiry_days": 5,\n'
    '    "sync_aes_gcm_key": "canary",\n    "sync_dir": "shared",\n    "mine": 12345678901234567890123\n}'
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "config.json"


def put(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def save(path: Path, settings: Settings) -> Settings:
    """Save every setting."""
    return change_in(path, change(**{key: getattr(settings, key) for key in Settings.__struct_fields__}))


def change_in(path: Path, wanted: SettingsPatch, base: Settings | None = None) -> Settings:
    file = JsonSettingsFile(path, FileLocks(path.parent / "locks"), disk=Disk())
    return asyncio.run(file.change(wanted, base or Settings(), anything))


async def anything(settings: Settings) -> None:
    del settings


@pytest.mark.skipif(sys.platform == "win32", reason="modes as POSIX has them")
def test_the_defaults_are_written_privately_on_first_use(path: Path) -> None:
    loaded = load_settings(path, create=FileLocks(path.parent / "locks"), disk=Disk())
    assert loaded.settings == Settings()
    assert json.loads(path.read_bytes())["renew_before_expiry_days"] == 3
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert load_settings(path, create=FileLocks(path.parent / "locks"), disk=Disk()).settings == Settings()


def test_a_missing_file_means_the_defaults_and_is_not_made_unasked(path: Path) -> None:
    loaded = load_settings(path, disk=Disk())
    assert (loaded.settings, loaded.problem) == (Settings(), None)
    assert not path.parent.exists()


def test_defaults_that_cannot_be_written_are_no_reason_to_stop(path: Path) -> None:
    disk = TroubledDisk()
    disk.trouble("write", errno.ENOSPC)
    loaded = load_settings(path, create=FileLocks(path.parent / "locks"), disk=disk)
    assert loaded.settings == Settings()
    assert loaded.problem is not None
    assert loaded.problem.kind == WriteError
    assert ("reason", "the disk is full") in loaded.problem.facts


def test_the_go_programs_file_is_read_as_it_is(path: Path) -> None:
    loaded = load_settings(put(path, GO), create=FileLocks(path.parent / "locks"), disk=Disk())
    assert loaded.settings.renew_before_expiry_days == 5
    assert loaded.known["sync_api_key"] == "canary"
    assert loaded.login_folder == path.parent / "shared"
    assert "canary" not in repr(loaded)
    assert path.read_text() == GO


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "the whole file"),
        ("{", "the whole file"),
        ("[]", "the whole file"),
        ("\udcff".encode("utf-8", "surrogatepass"), "the whole file"),
        (" " * 300_000, "the whole file"),
        ('{"poll_minutes": "canary-canary-canary-canary"}', "poll_minutes"),
        ('{"poll_minutes": -1}', "poll_minutes"),
        ('{"storage": "folder"}', "sync_dir"),
    ],
    ids=range(8),
)
def test_a_file_that_cannot_be_used_is_explained_and_not_touched(path: Path, text: str | bytes, key: str) -> None:
    before = put(path, text).read_bytes()
    with pytest.raises(ConfigError) as caught:
        load_settings(path, create=FileLocks(path.parent / "locks"), disk=Disk())
    assert caught.value.facts["key"] == key
    assert caught.value.facts["path"] == str(path)
    assert "canary" not in str(caught.value)
    assert path.read_bytes() == before


def test_an_interval_there_is_no_longer_is_rounded_and_told(path: Path) -> None:
    put(path, b'{"poll_minutes": 7}')
    loaded = load_settings(path, disk=Disk())
    assert loaded.settings == Settings(poll_minutes=5)
    assert loaded.problem is not None
    assert dict(loaded.problem.facts) == {"path": str(path), "key": "poll_minutes", "found": "7", "used": "5"}
    assert path.read_bytes() == b'{"poll_minutes": 7}'
    save(path, loaded.settings)
    assert path.read_bytes() == b'{"poll_minutes": 5}'
    assert load_settings(path, disk=Disk()).problem is None


def test_a_folder_in_its_place_is_explained(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(ConfigError, match="it is a folder"):
        load_settings(path, create=FileLocks(path.parent / "locks"), disk=Disk())


def test_saving_changes_what_differs_and_nothing_else(path: Path) -> None:
    put(path, GO)
    old = load_settings(path, disk=Disk()).settings
    save(path, msgspec.structs.replace(old, renew_before_expiry_days=7, storage=Storage.FOLDER))
    text = path.read_text()
    assert text == GO.replace('_days": 5', '_days": 7').replace("{\n", '{\n    "storage": "folder",\n')
    loaded = load_settings(path, disk=Disk()).settings
    assert (loaded.renew_before_expiry_days, loaded.storage) == (7, Storage.FOLDER)


def test_saving_where_there_is_no_file_makes_one(path: Path) -> None:
    save(path, Settings(poll_minutes=15, proxy=""))
    assert load_settings(path, disk=Disk()).settings == Settings(poll_minutes=15, proxy="")


def test_every_setting_is_read_back(path: Path, home: Path) -> None:
    (home / "é").mkdir()
    changed = Settings(
        storage=Storage.FOLDER,
        sync_dir="~/é",
        renew_before_expiry_days=0,
        poll_minutes=0,
        warn_used_percent=50,
        critical_used_percent=60,
        expiry_warning_days=0,
        proxy="socks5h://localhost:1080",
        redirect_host="127.0.0.1",
    )
    put(path, "{}")
    for settings in (changed, Settings(), changed):
        save(path, settings)
        assert load_settings(path, disk=Disk()).settings == settings


def test_a_file_that_went_bad_meanwhile_is_not_overwritten(path: Path) -> None:
    put(path, "{oops")
    with pytest.raises(ConfigError, match="not valid JSON"):
        save(path, Settings(poll_minutes=15))
    assert path.read_text() == "{oops"


def test_what_somebody_else_wrote_meanwhile_is_kept_and_holds(path: Path) -> None:
    put(path, '{"poll_minutes": 30, "auto_renew": true}')
    after = change_in(path, change(auto_renew=False), Settings())
    assert after == Settings(poll_minutes=30, auto_renew=False)
    assert json.loads(path.read_bytes()) == {"poll_minutes": 30, "auto_renew": False}


def test_a_file_that_is_gone_gets_the_settings_that_hold(path: Path) -> None:
    after = change_in(path, change(auto_renew=False), Settings(poll_minutes=30))
    assert after == load_settings(path, disk=Disk()).settings == Settings(poll_minutes=30, auto_renew=False)


def test_two_changes_that_contradict_each_other_are_refused_and_leave_the_file(path: Path) -> None:
    before = put(path, '{"storage": "folder", "sync_dir": "logins"}').read_bytes()
    with pytest.raises(ConfigError, match="sync_dir"):
        change_in(path, change(sync_dir=""))
    assert path.read_bytes() == before


def test_changes_of_two_processes_at_once_are_all_in_the_file(path: Path) -> None:
    async def together() -> None:
        # Each process has locks of its own; the kernel keeps them apart.
        processes = [JsonSettingsFile(path, FileLocks(path.parent / "locks"), disk=Disk()) for _ in range(2)]
        keys = [f"{when}_{span}_percent" for when in ("warn", "critical") for span in ("used", "weekly", "monthly")]
        changes = [change(**{key: 50 + number}) for number, key in enumerate(keys)]
        await asyncio.gather(
            *(processes[n % 2].change(one, Settings(), anything) for n, one in enumerate(changes)),
        )

    put(path, "{}")
    asyncio.run(together())
    assert sorted(json.loads(path.read_bytes()).values()) == [50, 51, 52, 53, 54, 55]


def test_the_first_start_does_not_write_defaults_over_what_another_process_is_saving(path: Path) -> None:
    locks = FileLocks(path.parent / "locks")
    other = locks.attempt("settings")
    assert other.take()
    assert load_settings(path, create=locks, disk=Disk()).settings == Settings()
    assert not path.exists()
    other.give_up()
    load_settings(path, create=locks, disk=Disk())
    assert path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_linked_file_stays_a_link(path: Path, tmp_path: Path) -> None:
    real = put(tmp_path / "dotfiles" / "real.json", "{}")
    path.parent.mkdir()
    path.symlink_to(real)
    save(path, Settings(poll_minutes=15))
    assert path.is_symlink()
    assert json.loads(real.read_bytes()) == {"poll_minutes": 15}


def test_a_byte_order_mark_is_no_hindrance(path: Path) -> None:
    put(path, b'\xef\xbb\xbf{"poll_minutes": 15}')
    assert load_settings(path, disk=Disk()).settings.poll_minutes == 15


@pytest.mark.parametrize(
    ("written", "meant"),
    [("", None), ("a/b", "/etc/x/a/b"), ("/srv/codex", "/srv/codex"), ("~/codex", "{home}/codex"), ("..", "/etc/x/..")],
)
@pytest.mark.skipif(sys.platform == "win32", reason="paths as POSIX has them")
def test_what_sync_dir_means(written: str, meant: str | None, home: Path) -> None:
    found = login_folder(Settings(sync_dir=written), Path("/etc/x/config.json"))
    assert found == (None if meant is None else Path(meant.format(home=home)))


def test_a_home_folder_that_is_not_known_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="sync_dir is in a home folder that can't be found"):
        login_folder(Settings(sync_dir="~no-such-user-here/x"), Path("config.json"))


@pytest.mark.skipif(sys.platform == "win32", reason="the home folder as POSIX has it")
@pytest.mark.parametrize(
    ("places", "unset"),
    [
        (user_places, ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "CODEX_HOME")),
        (user_places, ("CODEX_HOME",)),
        (user_places, ("XDG_DATA_HOME",)),
        (demo_places, ("XDG_DATA_HOME",)),
    ],
)
def test_a_user_without_a_home_is_told_and_no_folder_is_made_up(
    places: Callable[[], object], unset: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "CODEX_HOME"):
        monkeypatch.setenv(name, "/srv/known")
    for name in ("HOME", *unset):
        monkeypatch.delenv(name, raising=False)
    # An account that the system's list of users does not have, as in a container.
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    with pytest.raises(UsageError, match="Set HOME"):
        places()


def test_the_places_are_the_users_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = user_places()
    assert all(
        path.is_relative_to(home) for path in (places.config_file, places.data_folder, places.vault, places.locks)
    )
    assert places.config_file.name == "config.json"
    assert places.official_login == home / ".codex" / "auth.json"
    monkeypatch.setenv("CODEX_HOME", str(home / "elsewhere"))
    assert user_places().official_login == home / "elsewhere" / "auth.json"


def test_macos_has_one_set_of_folders_whatever_a_shell_says(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "elsewhere"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "elsewhere"))
    support = home / "Library" / "Application Support"
    assert user_places().config_file == support / "probe-tray" / "config.json"
    assert user_places().data_folder == support / "probe-tray"
    assert demo_places().data_folder == support / "probe-tray-demo"


def test_a_demonstration_has_nothing_in_common_with_the_real_places(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEX_HOME", str(home / "elsewhere"))
    real, demo = user_places(), demo_places()
    for one in (real.config_file.parent, real.data_folder, real.codex_home):
        for other in (demo.config_file.parent, demo.data_folder, demo.codex_home):
            assert not one.is_relative_to(other)
            assert not other.is_relative_to(one)


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ('{"warn_used_percent": 0, "poll_minutes": 15}', "warn_used_percent", Settings(poll_minutes=15)),
        ('{"storage": "folder"}', "sync_dir", Settings()),
        ('{"proxy": 5}', "proxy", Settings(proxy=UNREADABLE_PROXY)),
        ("{", "the whole file", Settings(auto_renew=False, proxy=UNREADABLE_PROXY)),
        ('{"sync_dir": "~nobody-of-this-name/logins"}', "sync_dir", Settings()),
    ],
)
def test_what_cannot_be_used_is_told_and_the_rest_holds(text: str, key: str, expected: Settings, path: Path) -> None:
    loaded = load_what_is_usable(put(path, text), create=FileLocks(path.parent / "locks"), disk=Disk())
    assert loaded.settings == expected
    assert loaded.problem is not None
    assert dict(loaded.problem.facts)["key"] == key
    assert path.read_text("utf-8") == text


@pytest.mark.parametrize("storage", ["folder", "vault"])
def test_a_folder_that_cannot_be_used_keeps_nobody_from_changing_something_else(storage: str, path: Path) -> None:
    text = f'{{"storage": "{storage}", "sync_dir": "~nobody-of-this-name/x", "poll_minutes": 5}}'
    put(path, text)
    assert change_in(path, change(poll_minutes=15)).poll_minutes == 15
    assert path.read_text("utf-8") == text.replace("5}", "15}")
    change_in(path, change(sync_dir="", storage=Storage.VAULT))
    assert load_settings(path, disk=Disk()).settings == Settings(poll_minutes=15)


def test_a_folder_that_does_not_exist_is_made_only_when_that_is_wanted(path: Path) -> None:
    put(path, '{"poll_minutes": 5}')
    wanted = change(sync_dir="logins", poll_minutes=15)
    with pytest.raises(FolderMissingError, match="doesn't exist"):
        change_in(path, wanted)
    assert load_settings(path, disk=Disk()).settings == Settings()
    assert not (path.parent / "logins").exists()
    change_in(path, msgspec.structs.replace(wanted, makes_folder=True))
    assert stat.S_ISDIR((path.parent / "logins").stat().st_mode)
    assert load_settings(path, disk=Disk()).settings == Settings(sync_dir="logins", poll_minutes=15)


def test_one_that_was_set_before_is_not_asked_for_again(path: Path) -> None:
    put(path, '{"sync_dir": "gone"}')
    change_in(path, change(poll_minutes=15))
    assert load_settings(path, disk=Disk()).settings == Settings(sync_dir="gone", poll_minutes=15)


def test_a_file_is_no_folder(path: Path) -> None:
    put(path, "{}")
    (path.parent / "taken").write_bytes(b"")
    with pytest.raises(FolderUnusableError, match="it is not a folder"):
        change_in(path, SettingsPatch({"sync_dir": "taken"}, makes_folder=True))


def test_a_folder_that_cannot_be_made_is_said_of_that_folder(path: Path) -> None:
    put(path, "{}")
    (path.parent / "taken").write_bytes(b"")
    with pytest.raises(FolderUnusableError, match="can't be the folder of logins"):
        change_in(path, SettingsPatch({"sync_dir": "taken/logins"}, makes_folder=True))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows says of a long name that it is not there")
def test_a_folder_that_cannot_be_looked_at_is_said(path: Path) -> None:
    put(path, "{}")
    with pytest.raises(FolderUnusableError, match="its name is too long"):
        change_in(path, SettingsPatch({"sync_dir": "x" * 300}, makes_folder=True))


@pytest.mark.parametrize("missing", ["/no/such/program", "notify", f"/{'x' * 300}"])
def test_a_program_that_is_not_there_is_not_taken(path: Path, missing: str) -> None:
    put(path, "{}")
    with pytest.raises(HookMissingError, match=f"The program {missing} doesn't exist"):
        change_in(path, change(hook=missing))
    program = path.parent / "hook"
    program.write_bytes(b"")
    change_in(path, change(hook=str(program)))
    program.unlink()
    # Whoever changes something else is not asked about it.
    change_in(path, change(poll_minutes=15))
    change_in(path, change(hook=""))
    assert load_settings(path, disk=Disk()).settings == Settings(poll_minutes=15)


@pytest.mark.parametrize("value", [85, 80])
def test_a_value_that_cannot_be_used_is_replaced_only_by_a_change_of_its_own(value: int, path: Path) -> None:
    put(path, '{"warn_used_percent": 0, "poll_minutes": 5}')
    change_in(path, change(poll_minutes=15))
    assert json.loads(path.read_text("utf-8")) == {"warn_used_percent": 0, "poll_minutes": 15}
    # 80 is the default: it has to be written all the same.
    change_in(path, change(warn_used_percent=value))
    assert json.loads(path.read_text("utf-8")) == {"warn_used_percent": value, "poll_minutes": 15}
