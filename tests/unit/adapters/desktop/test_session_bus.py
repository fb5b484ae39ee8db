from importlib import import_module
from pathlib import Path
from typing import Any

from probe_tray.adapters.desktop.session_bus import session_names

OWNED = "org.kde.StatusNotifierWatcher"


def test_a_name_is_listed_while_somebody_owns_it(bus: str) -> None:
    # Imported by name, since it ships no types.
    jeepney: Any = import_module("jeepney")
    connection: Any = import_module("jeepney.io.blocking").open_dbus_connection(bus)
    connection.send_and_get_reply(jeepney.message_bus.RequestName(OWNED))
    listed = session_names(bus)
    connection.close()
    assert listed is not None
    assert OWNED in listed[0]
    assert "org.freedesktop.DBus" in listed[1]


def test_without_its_owner_a_name_is_not_listed(bus: str) -> None:
    listed = session_names(bus)
    assert listed is not None
    assert OWNED not in listed[0] | listed[1]


def test_without_a_bus_nothing_is_known(tmp_path: Path) -> None:
    assert session_names(f"unix:path={tmp_path / 'none'}") is None
