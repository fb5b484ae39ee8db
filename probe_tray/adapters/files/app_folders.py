"""Where this user's files are, and with what they are kept."""

import contextlib
import os
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.lean_import import import_lean
from probe_tray.adapters.systems.current import this_system
from probe_tray.core.demo_scene import DemoScene
from probe_tray.core.errors import Phrase, UsageError
from probe_tray.core.lean_msgspec import msgspec

if TYPE_CHECKING:
    from probe_tray.adapters.locks import FileLocks

_NAME: Final = "probe-tray"
_DEMO: Final = "probe-tray-demo"


class AppFolders(msgspec.Struct, frozen=True, kw_only=True):
    """The files and folders of one kind of run; none of them needs to exist."""

    config_file: Path
    data_folder: Path
    codex_home: Path
    """The official client's folder."""

    @property
    def official_login(self) -> Path:
        """The official client's own login, which only a hand-over writes."""
        # Imported here: who only asks where something is, as the short answers of the command, does without the stores.
        from probe_tray.adapters.logins.official_store import FILE

        return self.codex_home / FILE

    def codex_homes(self, more: Sequence[str]) -> tuple[Path, ...]:
        """The client's usual folder, and those that the settings name as ``more``."""
        return (self.codex_home, *map(expanded, more))

    def official_logins(self, more: Sequence[str]) -> tuple[Path, ...]:
        """The client's own logins in all of these."""
        return tuple(home / self.official_login.name for home in self.codex_homes(more))

    @property
    def log_file(self) -> Path:
        """What went wrong, for diagnostics; without secrets."""
        return self.data_folder / "probe-tray.log"

    @property
    def vault(self) -> Path:
        """The encrypted logins."""
        return self.data_folder / "vault"

    @property
    def journal(self) -> Path:
        """The renewals under way."""
        return self.data_folder / "journal"

    @property
    def memory(self) -> Path:
        """What became of refresh tokens."""
        return self.data_folder / "memory"

    @property
    def made_here(self) -> Path:
        """Which logins in plain files this program obtained."""
        return self.data_folder / "made-here"

    @property
    def tally(self) -> Path:
        """How the latest refresh requests ended."""
        return self.data_folder / "requests.json"

    @property
    def said(self) -> Path:
        """What notifications have said."""
        return self.data_folder / "alerts.json"

    @property
    def history(self) -> Path:
        """What the quotas were: a SQLite file."""
        return self.data_folder / "history.db"

    @property
    def arrangement(self) -> Path:
        """How the accounts are named and ordered."""
        return self.data_folder / "arrangement.json"

    @property
    def sync_memory(self) -> Path:
        """How new the rows of the shared table were."""
        return self.data_folder / "sync.json"

    @property
    def codex_record(self) -> Path:
        """Which accounts the official client uses."""
        return self.data_folder / "codex.json"

    @property
    def kept_places(self) -> Path:
        """What was in the official client's place before, and is no login of an account."""
        return self.data_folder / "codex-kept"

    @property
    def update(self) -> Path:
        """When the releases were looked at."""
        return self.data_folder / "update.json"

    @property
    def locks(self) -> Path:
        """The locks between processes."""
        return self.data_folder / "locks"


class ProgramFiles(msgspec.Struct, frozen=True, kw_only=True):
    """How a program keeps its own files."""

    places: AppFolders
    locks: "FileLocks"
    """Those of every process of this user."""
    disk: Disk


def user_places() -> AppFolders:
    """This user's own, as the platform and CODEX_HOME say, and on Linux XDG_CONFIG_HOME and XDG_DATA_HOME.

    Raises UsageError where nobody knows whose they are.
    """
    home = os.environ.get("CODEX_HOME", "")
    with _home_needed():
        return AppFolders(
            config_file=_config(_NAME),
            data_folder=_data(_NAME),
            codex_home=Path(home) if home else Path("~/.codex").expanduser(),
        )


def expanded(folder: str) -> Path:
    """A folder as a person names it."""
    return Path(os.path.expanduser(folder))  # noqa: PTH111 - never raises


def demo_places() -> AppFolders:
    """The demo's, apart from everything real: it sees no real login and leaves none behind.

    Raises UsageError where nobody knows whose they are.
    """
    with _home_needed():
        data = _data(_DEMO)
        return AppFolders(config_file=_config(_DEMO), data_folder=data, codex_home=data / "codex")


def scene_places(folder: Path) -> AppFolders:
    """Those of a scene of the demo, which is kept in ``folder`` as long as it runs."""
    return AppFolders(config_file=folder / "config.json", data_folder=folder / "data", codex_home=folder / "codex")


def scene_instance(scene: DemoScene) -> Path:
    """The folder through which a second start of ``scene`` finds the first. Raises UsageError as ``demo_places``."""
    data = demo_places().data_folder
    return data if scene is DemoScene.THREE else data / "scenes" / scene.value


def _config(name: str) -> Path:
    return (this_system().app_folder(name) or _platform_folder(name, config=True)) / "config.json"


def _data(name: str) -> Path:
    return this_system().app_folder(name) or _platform_folder(name, config=False)


def _platform_folder(name: str, *, config: bool) -> Path:
    # Imported here, and without what it would bring: the tray app asks for its folders before it shows an icon.
    import_lean("platformdirs")
    from platformdirs import user_config_path, user_data_path

    return (user_config_path if config else user_data_path)(name, appauthor=False)


@contextlib.contextmanager
def _home_needed() -> Generator[None]:
    try:
        yield
    except RuntimeError:
        raise UsageError(what=Phrase("Your home folder is unknown. Set HOME to it.")) from None
