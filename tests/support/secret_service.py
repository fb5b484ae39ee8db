"""A real GNOME Keyring on a bus of its own, without a screen: whoever makes it ask a person gets no answer."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.support.patience import PATIENCE

BACKEND = "keyring.backends.SecretService.Keyring"
_PASSWORD = b"a password of the tests"
_SECONDS = PATIENCE


def is_here() -> bool:
    """Whether its programs are installed."""
    return all(map(shutil.which, ("dbus-daemon", "gnome-keyring-daemon")))


class SecretService:
    """The keyring, open at the start, and the environment that leads to it."""

    def __init__(self, address: str, daemon: "subprocess.Popen[bytes]") -> None:
        self.environment = {"DBUS_SESSION_BUS_ADDRESS": address, "PYTHON_KEYRING_BACKEND": BACKEND}
        self._daemon = daemon
        # Imported by name, since it ships no types.
        self._library: Any = import_module("secretstorage")

    def lock(self) -> None:
        """Lock it, as after some time away."""
        self._with_collection(lambda found: found.lock())

    @property
    def labels(self) -> list[str]:
        """The names of its entries."""
        return self._with_collection(lambda found: [item.get_label() for item in found.get_all_items()])

    def secrets(self, service: str) -> list[str]:
        """The values of the entries of a service."""

        def values(found: Any) -> list[str]:  # noqa: ANN401 - the library has no types
            return [item.get_secret().decode() for item in found.search_items({"service": service})]

        return self._with_collection(values)

    def add(self, value: str, **attributes: str) -> None:
        """Another program keeps something."""
        self._with_collection(
            lambda found: found.create_item("of another program", attributes, value.encode(), replace=True)
        )

    @contextmanager
    def hanging(self) -> Generator[None]:
        """Within this block it does not answer."""
        self._daemon.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._daemon.send_signal(signal.SIGCONT)

    def unlock(self) -> None:
        """Unlock it without a question, as the login screen does."""
        jeepney: Any = import_module("jeepney")
        root = jeepney.DBusAddress(
            "/org/freedesktop/secrets", "org.freedesktop.secrets", "org.freedesktop.Secret.Service"
        )
        inside = root.with_interface("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface")
        with closing(import_module("jeepney.io.blocking").open_dbus_connection(self._address)) as bus:
            opened = bus.send_and_get_reply(jeepney.new_method_call(root, "OpenSession", "sv", ("plain", ("s", ""))))
            secret = (opened.body[1], b"", _PASSWORD, "text/plain")
            path = "/org/freedesktop/secrets/collection/login"
            bus.send_and_get_reply(
                jeepney.new_method_call(inside, "UnlockWithMasterPassword", "o(oayays)", (path, secret))
            )

    @property
    def _address(self) -> str:
        return self.environment["DBUS_SESSION_BUS_ADDRESS"]

    def _with_collection(self, work: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - the library has no types
        before = os.environ.get("DBUS_SESSION_BUS_ADDRESS")
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = self._address
        try:
            with closing(self._library.dbus_init()) as bus:
                return work(self._library.get_collection_by_alias(bus, "default"))
        finally:
            if before is None:
                del os.environ["DBUS_SESSION_BUS_ADDRESS"]
            else:
                os.environ["DBUS_SESSION_BUS_ADDRESS"] = before


@contextmanager
def secret_service() -> Generator[SecretService]:
    """Run one; its sockets need a short path."""
    folder = Path(tempfile.mkdtemp(prefix="pt-"))
    address = f"unix:path={folder / 'bus'}"
    names = ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
    environment = {name: str(folder) for name in names}
    environment |= {"PATH": os.environ["PATH"], "DBUS_SESSION_BUS_ADDRESS": address}
    bus = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", f"--address={address}"],  # noqa: S607 - the system's own
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    daemon = None
    try:
        _wait((folder / "bus").exists)
        daemon = subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],  # noqa: S607 - the same
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert daemon.stdin is not None
        daemon.stdin.write(_PASSWORD)
        daemon.stdin.close()
        service = SecretService(address, daemon)
        # Who asks for it before it is there makes the bus start another one, which takes its place and has no password.
        _wait(lambda: _has_name(address))
        _wait(lambda: _has_collection(service))
        yield service
    finally:
        for process in (daemon, bus):
            if process is not None:
                process.kill()
                process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _has_name(address: str) -> bool:
    jeepney: Any = import_module("jeepney")
    with closing(import_module("jeepney.io.blocking").open_dbus_connection(address)) as bus:
        asked = jeepney.message_bus.NameHasOwner("org.freedesktop.secrets")
        return bool(bus.send_and_get_reply(asked).body[0])


def _has_collection(service: SecretService) -> bool:
    try:
        service.labels  # noqa: B018 - raises until it is there
    except Exception:  # noqa: BLE001 - whatever the library raises, it is not there yet
        return False
    return True


def _wait(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + _SECONDS
    while not ready():
        if time.monotonic() > end:
            msg = "the keyring of the tests does not start"
            raise TimeoutError(msg)
        time.sleep(0.02)
