"""Whatever the libraries of the keyring, the history, the ciphers and the desktop raise ends at their adapter."""

import logging
import sqlite3
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC
from functools import partial
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, cast
from unittest.mock import AsyncMock, MagicMock, Mock

import pytest

from probe_tray.adapters.desktop.notifier import DesktopNotifier
from probe_tray.adapters.desktop.session_bus import session_names
from probe_tray.adapters.history.sqlite_history import SqliteHistory
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.keyring.backends import TrustedBackend, known_backend, load_library, may_prompt
from probe_tray.adapters.keyring.key_store import OsKeyStore, without_questions
from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.adapters.logins.sealer import Key
from probe_tray.adapters.systems.linux import situation
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import KeyringNoAnswerError, ProbeError, ReadError, StoreError, SyncError, WriteError
from probe_tray.core.polling.situation import Situation
from probe_tray.core.quota.history import Meter, Span
from probe_tray.core.quota.history_batch import HistoryBatch
from probe_tray.core.quota.snapshot import WindowKind
from probe_tray.core.sync.rows import StepKind
from probe_tray.ports.desktop import Notification
from tests.support.exceptions import CANARY, local_exceptions
from tests.support.fakes import START
from tests.support.keyrings import GoodBackend
from tests.support.tokens import credential
from tests.support.winreg import Winreg

RAISED = local_exceptions()
linux = pytest.mark.skipif(sys.platform != "linux", reason="D-Bus is Linux's")
WEEKLY = Meter(kind=WindowKind.WEEKLY, seconds=604_800)
AESGCM = "cryptography.hazmat.primitives.ciphers.aead.AESGCM"
RAW, HEX = bytes(32), Secret("5a" * 32)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> object:
    """No log repeats what a library said."""
    caplog.set_level(logging.DEBUG)
    yield
    assert CANARY not in caplog.text


def safe(error: ProbeError) -> None:
    assert error.__suppress_context__ or error.__context__ is None
    assert CANARY not in f"{error}{error.problem}"


# The keyring


def silence_with(error: Exception) -> Callable[[TrustedBackend, str, str], AbstractContextManager[None]]:
    return cast("Callable[[TrustedBackend, str, str], AbstractContextManager[None]]", Mock(side_effect=error))


def silent(backend: TrustedBackend, service: str, user: str) -> AbstractContextManager[None]:
    """Nobody is asked anything."""
    del backend, service, user
    return nullcontext()


def failing(call: str, error: Exception) -> OsKeyStore:
    """A keyring whose library raises ``error`` at ``call``."""
    backend = GoodBackend()
    backend.entries["Probe Tray", "vault key"] = "an older key"
    if hasattr(backend, call):
        setattr(backend, call, Mock(side_effect=error))
    return OsKeyStore(
        choose=Mock(side_effect=error) if call == "choose" else lambda: backend,
        asks=Mock(side_effect=error) if call == "asks" else lambda _: False,
        silence=silence_with(error) if call == "silence" else silent,
        patience=30,
        handles=KnownSecrets().add,
    )


KEYRING_CALLS: dict[str, Callable[[OsKeyStore], Awaitable[object]]] = {
    "choose": OsKeyStore.read,
    "asks": OsKeyStore.read,
    "silence": lambda keys: keys.silent.read(),
    "get_password": OsKeyStore.read,
    "set_password": lambda keys: keys.write(Secret("a key")),
    "delete_password": lambda keys: keys.remove_entry("Probe Tray", "vault key"),
}


@pytest.mark.parametrize("call", KEYRING_CALLS)
async def test_the_keyring_answers_with_an_error_of_a_store(call: str) -> None:
    for error in RAISED.values():
        with pytest.raises(StoreError) as caught:
            await KEYRING_CALLS[call](failing(call, error))
        safe(caught.value)


LIBRARY_CALLS = (
    "keyring.core.load_env",
    "keyring.core.load_config",
    "probe_tray.adapters.keyring.backends.import_module",
)


@pytest.mark.parametrize("call", LIBRARY_CALLS)
async def test_choosing_a_keyring_answers_with_an_error_of_a_store(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for error in RAISED.values():
        monkeypatch.setattr(call, Mock(side_effect=error))
        load_library()
        if call in LIBRARY_CALLS[:2]:
            with pytest.raises(StoreError) as caught:
                await OsKeyStore(
                    choose=known_backend,
                    patience=30,
                    asks=may_prompt,
                    silence=without_questions,
                    handles=KnownSecrets().add,
                ).read()
            safe(caught.value)


@linux
@pytest.mark.parametrize("call", ["dbus_init", "get_collection_by_alias"])
async def test_a_secret_service_answers_with_an_error_of_a_store(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    service = type("Keyring", (GoodBackend,), {"__module__": "keyring.backends.SecretService"})
    monkeypatch.setattr("secretstorage.dbus_init", Mock())
    monkeypatch.setenv("DISPLAY", "")
    monkeypatch.setenv("WAYLAND_DISPLAY", "")
    for error in RAISED.values():
        monkeypatch.setattr(f"secretstorage.{call}", Mock(side_effect=error))
        keys = OsKeyStore(
            choose=service, asks=may_prompt, silence=without_questions, patience=30, handles=KnownSecrets().add
        )
        for read in (keys.read, keys.silent.read):
            with pytest.raises(StoreError) as caught:
                await read()
            safe(caught.value)


@linux
@pytest.mark.parametrize("backend", ["", "keyring.backends.SecretService.Keyring"], ids=["found", "configured"])
def test_a_bus_that_does_not_answer_in_time_is_no_system_without_a_keyring(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secretstorage.dbus_init", Mock(side_effect=TimeoutError))
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
    if backend:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
    with pytest.raises(KeyringNoAnswerError):
        known_backend()


# The history


@pytest.fixture
async def history(tmp_path: Path) -> AsyncGenerator[SqliteHistory]:
    made = SqliteHistory(tmp_path / "history.sqlite3", lambda: START)
    yield made
    await made.close()


@pytest.mark.parametrize("call", ["connect", "execute"])
async def test_the_history_cannot_be_read_or_written(
    call: str, history: SqliteHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in RAISED.values():
        monkeypatch.setattr("probe_tray.adapters.history.sqlite_history.time.sleep", Mock())
        connection = Mock()
        connection.execute.side_effect = error
        given = Mock(side_effect=error) if call == "connect" else Mock(return_value=connection)
        monkeypatch.setattr("probe_tray.adapters.history.sqlite_history.sqlite3.connect", given)
        for read in (
            history.read_kept(),
            history.chart("ana", WEEKLY, Span.WEEK, START),
            history.trends(START),
            history.renewals("ana"),
        ):
            with pytest.raises(ReadError) as unread:
                await read
            safe(unread.value)
        for write in (history.write(HistoryBatch()), history.tidy(START)):
            with pytest.raises(WriteError) as unwritten:
                await write
            safe(unwritten.value)


@pytest.mark.parametrize("step", ["executemany", "commit", "close"])
async def test_a_write_that_fails_at_any_step_is_told_and_the_next_one_works(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[Exception] = []

    class Failing(sqlite3.Connection):
        """A real connection, one step of which raises what is next in ``raised``."""

        def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
            if step == "executemany" and raised:
                raise raised[-1]
            return super().executemany(sql, parameters)

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
        ) -> Literal[False]:
            if step == "commit" and raised:
                super().__exit__(RuntimeError, None, None)
                raise raised[-1]
            return super().__exit__(kind, error, trace)

        def close(self) -> None:
            super().close()
            if step == "close" and raised:
                raise raised[-1]

    place = "probe_tray.adapters.history.sqlite_history"
    monkeypatch.setattr(f"{place}.time.sleep", Mock())
    monkeypatch.setattr(f"{place}.sqlite3.connect", partial(sqlite3.connect, factory=Failing))
    for error in RAISED.values():
        history = SqliteHistory(tmp_path / "history.sqlite3", lambda: START)
        await history.write(HistoryBatch())
        raised.append(error)
        if step != "close":
            with pytest.raises(WriteError) as unwritten:
                await history.write(HistoryBatch())
            safe(unwritten.value)
            raised.clear()
            await history.write(HistoryBatch())
        await history.close()
        raised.clear()


# The ciphers


def test_a_cipher_that_fails_seals_and_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    row = AesGcmLoginCipher(HEX).seal(credential(), bytes(12), UTC)
    for error in RAISED.values():
        cipher = Mock()
        cipher.encrypt.side_effect = cipher.decrypt.side_effect = error
        monkeypatch.setattr(AESGCM, Mock(return_value=cipher))
        key, logins = Key(RAW), AesGcmLoginCipher(HEX)
        with pytest.raises(StoreError) as unsealed:
            key.encrypt(b"plain", b"context")
        with pytest.raises(SyncError) as unsent:
            logins.seal(credential(), bytes(12), UTC)
        safe(unsealed.value)
        safe(unsent.value)
        assert key.decrypt(bytes(12), b"sealed", b"context") is None
        assert logins.open(row).fault is StepKind.UNDECRYPTABLE


def test_a_cipher_that_cannot_be_made_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for error in RAISED.values():
        monkeypatch.setattr(AESGCM, Mock(side_effect=error))
        with pytest.raises(StoreError) as vault:
            Key(RAW)
        with pytest.raises(SyncError) as sync:
            AesGcmLoginCipher(HEX)
        safe(vault.value)
        safe(sync.value)


# The desktop

BUS = "jeepney.io.blocking.open_dbus_connection"
NOTIFICATIONS = "probe_tray.adapters.desktop.bus_notifications"


def bus_failing(call: str, error: Exception) -> Mock:
    bus = Mock()
    bus.send_and_get_reply.return_value.body = (["a.name"],)
    getattr(bus, call).side_effect = error
    return Mock(side_effect=error) if call == "open" else Mock(return_value=bus)


@linux
@pytest.mark.parametrize("call", ["open", "send_and_get_reply", "close"])
def test_a_bus_that_fails_lists_nothing_and_says_nothing(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in RAISED.values():
        monkeypatch.setattr(BUS, bus_failing(call, error))
        assert session_names() is None
        assert situation(tmp_path) == Situation()


@linux
def test_a_network_service_that_fails_does_not_hide_a_locked_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in RAISED.values():
        bus = Mock()
        bus.send_and_get_reply.side_effect = [error, Mock(body=(("b", True),))]
        monkeypatch.setattr(BUS, Mock(return_value=bus))
        assert situation(tmp_path).locked


NOTIFIER_CALLS = ("made", "request_authorisation", "get_current_notifications", "clear", "send")


@pytest.mark.parametrize("call", NOTIFIER_CALLS)
async def test_a_desktop_that_fails_leaves_the_fallback(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Winreg.installed(monkeypatch)
    # Only macOS asks.
    monkeypatch.setattr("sys.platform", "darwin" if call == "request_authorisation" else "win32")
    for error in RAISED.values():
        service = service_failing(call, error)
        made = Mock(side_effect=error) if call == "made" else Mock(return_value=service)
        kind = type("Backend", (), {"__new__": made})
        monkeypatch.setattr("desktop_notifier.main.get_backend_class", Mock(return_value=kind))
        await show_twice(Mock(side_effect=error))


BUS_CALLS = ("open", "AddMatch", "GetServerInformation", "Notify", "close")


@linux
@pytest.mark.parametrize("call", BUS_CALLS)
async def test_a_session_bus_that_fails_leaves_the_fallback(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for error in RAISED.values():
        connection = AsyncMock(**{"close.side_effect": error} if call == "close" else {})
        monkeypatch.setattr(f"{NOTIFICATIONS}.DBusRouter", Mock(return_value=router_failing(call, error)))
        opened = AsyncMock(side_effect=error) if call == "open" else AsyncMock(return_value=connection)
        monkeypatch.setattr(f"{NOTIFICATIONS}.open_dbus_connection", opened)
        await show_twice(Mock(side_effect=error), shown_otherwise=call != "close")


def router_failing(call: str, error: Exception) -> MagicMock:
    """A bus on which everything works but the method ``call``."""
    fields = import_module("jeepney").HeaderFields

    async def answer(message: Mock) -> Mock:
        if message.header.fields[fields.member] == call:
            raise error
        return Mock(body=(1,))

    router = MagicMock(send_and_get_reply=answer)
    router.__aenter__.return_value = router
    return router


async def show_twice(fallback: Mock, *, shown_otherwise: bool = True) -> None:
    notifier = DesktopNotifier(fallback, Path("icon.png"))
    for _ in range(2):
        await notifier.show(Notification(tag="t", title="A title", body="A body"), Mock())
    await notifier.close()
    if shown_otherwise:
        fallback.assert_called_with("A title", "A body")
    else:
        fallback.assert_not_called()


def service_failing(call: str, error: Exception) -> Mock:
    """A service that takes the first notification, where it does not fail before, and fails at ``call``."""
    sent: list[str] = []

    async def send(shown: Mock) -> None:
        if call == "send":
            raise error
        sent.append(shown.identifier)
        shown.on_dispatched()

    service = Mock(spec=["has_authorisation", *NOTIFIER_CALLS[1:]])
    service.has_authorisation = AsyncMock(return_value=True)
    service.request_authorisation = AsyncMock()
    service.get_current_notifications = AsyncMock(side_effect=lambda: sent)
    service.clear = AsyncMock()
    service.send = send
    if call not in ("made", "send"):
        getattr(service, call).side_effect = error
    return service
