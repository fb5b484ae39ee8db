"""The keyring's adapter against keyrings of every temper."""

import asyncio
import base64
import sys
import threading
import traceback
from collections.abc import Callable

import pytest

from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.keyring.backends import TrustedBackend, known_backend, meaning
from probe_tray.adapters.keyring.key_store import OsKeyStore, without_questions
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    KeyringAbsentError,
    KeyringDeniedError,
    KeyringLockedError,
    KeyringNoAnswerError,
    StoreError,
)
from tests.support.keyrings import (
    DeniedBackend,
    GoodBackend,
    HangingBackend,
    LockedBackend,
    LyingBackend,
    SmallBackend,
)
from tests.support.patience import PATIENCE

KEY = Secret(base64.b64encode(bytes(range(32))).decode())
ENTRY = ("Probe Tray", "vault key")


# Seconds for a keyring that the test has hang.
SOON = 0.2


def store(
    backend: TrustedBackend, *, asks: bool = False, patience: float = PATIENCE, prompt: float = PATIENCE
) -> OsKeyStore:
    return OsKeyStore(
        choose=lambda: backend,
        asks=lambda _: asks,
        patience=patience,
        prompt_patience=prompt,
        silence=without_questions,
        handles=KnownSecrets().add,
    )


def patient_once_it_answers(backend: HangingBackend) -> OsKeyStore:
    """One that gives the keyring up soon while it hangs, and all the time it needs afterwards."""
    return OsKeyStore(
        choose=lambda: backend,
        asks=lambda _: backend.let_go.is_set(),
        patience=SOON,
        prompt_patience=PATIENCE,
        silence=without_questions,
        handles=KnownSecrets().add,
    )


def absent() -> TrustedBackend:
    raise KeyringAbsentError


async def roundtrip(keys: OsKeyStore) -> Secret | None:
    await keys.write(KEY)
    return await keys.read()


async def write(keys: OsKeyStore) -> Secret | None:
    await keys.write(KEY)
    return None


READ, WRITE, ROUNDTRIP = OsKeyStore.read, write, roundtrip
DOUBLES: list[tuple[str, Callable[[], TrustedBackend], dict[str, type[StoreError] | Secret | None]]] = [
    ("absent", absent, dict.fromkeys(("read", "write", "roundtrip"), KeyringAbsentError)),
    ("locked", LockedBackend, dict.fromkeys(("read", "write", "roundtrip"), KeyringLockedError)),
    ("denied", DeniedBackend, dict.fromkeys(("read", "write", "roundtrip"), KeyringDeniedError)),
    ("hanging", HangingBackend, dict.fromkeys(("read", "write", "roundtrip"), KeyringNoAnswerError)),
    ("lying", LyingBackend, {"read": None, "write": KeyringDeniedError, "roundtrip": KeyringDeniedError}),
    # The key is small enough for the smallest keyring: that is why it is the only thing kept there.
    ("2,560 bytes", SmallBackend, {"read": None, "write": None, "roundtrip": KEY}),
]


@pytest.mark.parametrize("use", ["read", "write", "roundtrip"])
@pytest.mark.parametrize(("choose", "expected"), [d[1:] for d in DOUBLES], ids=[d[0] for d in DOUBLES])
async def test_each_keyring_comes_to_a_clear_state(
    choose: Callable[[], TrustedBackend], expected: dict[str, type[StoreError] | Secret | None], use: str
) -> None:
    keys = OsKeyStore(
        choose=choose,
        asks=lambda _: False,
        patience=SOON if choose is HangingBackend else PATIENCE,
        silence=without_questions,
        handles=KnownSecrets().add,
    )
    action = {"read": READ, "write": WRITE, "roundtrip": ROUNDTRIP}[use]
    outcome = expected[use]
    if isinstance(outcome, type):
        with pytest.raises(outcome) as caught:
            await action(keys)
        shown = "".join(traceback.format_exception(caught.value))
        assert KEY.reveal() not in shown
    else:
        assert await action(keys) == outcome


async def test_an_entry_above_the_windows_limit_is_a_clear_refusal() -> None:
    keys = store(SmallBackend())
    with pytest.raises(KeyringDeniedError) as caught:
        await keys.write(Secret("a" * 1281))
    assert "aaaa" not in "".join(traceback.format_exception(caught.value))


async def test_the_event_loop_goes_on_while_a_keyring_hangs() -> None:
    backend = HangingBackend()
    asking = asyncio.create_task(store(backend).read())
    assert await asyncio.to_thread(backend.asked.wait, PATIENCE)
    await asyncio.sleep(0.01)
    assert not asking.done()
    backend.let_go.set()
    assert await asking is None


async def test_a_late_answer_goes_nowhere_and_the_next_call_is_answered() -> None:
    backend = HangingBackend()
    backend.entries[ENTRY] = KEY.reveal()
    keys = patient_once_it_answers(backend)
    with pytest.raises(KeyringNoAnswerError):
        await keys.read()
    backend.let_go.set()
    assert await keys.read() == KEY


async def test_a_write_that_was_given_up_in_the_queue_never_happens() -> None:
    backend = HangingBackend()
    keys = patient_once_it_answers(backend)
    outcomes = await asyncio.gather(keys.read(), keys.write(KEY), return_exceptions=True)
    backend.let_go.set()
    assert [type(outcome) for outcome in outcomes] == [KeyringNoAnswerError, KeyringNoAnswerError]
    assert await keys.read() is None


async def test_a_prompt_gets_more_time() -> None:
    backend = HangingBackend()
    backend.entries[ENTRY] = KEY.reveal()
    asking = asyncio.create_task(store(backend, asks=True, patience=0.02).read())
    await asyncio.wait({asking}, timeout=0.2)
    assert not asking.done()
    backend.let_go.set()
    assert await asking == KEY


async def test_a_prompt_does_not_get_all_the_time() -> None:
    backend = HangingBackend()
    with pytest.raises(KeyringNoAnswerError):
        await store(backend, asks=True, patience=0.02, prompt=0.1).read()
    backend.let_go.set()


async def test_all_calls_run_in_one_thread_that_does_not_keep_the_program_alive() -> None:
    backend = GoodBackend()
    keys = store(backend)
    await asyncio.gather(keys.write(KEY), *(keys.read() for _ in range(20)))
    (number,) = backend.threads
    thread = next(t for t in threading.enumerate() if t.ident == number)
    assert thread.daemon
    assert thread is not threading.current_thread()


async def test_a_cancelled_call_leaves_the_keyring_usable() -> None:
    backend = HangingBackend()
    keys = store(backend)
    asking = asyncio.create_task(keys.read())
    await asyncio.to_thread(backend.asked.wait, PATIENCE)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    backend.let_go.set()
    assert await keys.read() is None


async def test_a_keyring_that_appears_later_is_used_then() -> None:
    found: list[TrustedBackend] = []

    def choose() -> TrustedBackend:
        if not found:
            raise KeyringAbsentError
        return found[0]

    keys = OsKeyStore(choose=choose, asks=lambda _: False, silence=without_questions, handles=KnownSecrets().add)
    with pytest.raises(KeyringAbsentError):
        await keys.read()
    found.append(GoodBackend())
    assert await roundtrip(keys) == KEY


async def test_another_programs_entry_is_read() -> None:
    backend = GoodBackend()
    backend.entries["Codex Auth", "cli|0123456789abcdef"] = "{}"
    keys = store(backend)
    assert await keys.read_entry("Codex Auth", "cli|0123456789abcdef") == Secret("{}")
    assert await keys.read_entry("Codex Auth", "cli|another") is None


@pytest.mark.parametrize(
    "name",
    ["keyring.backends.fail.Keyring", "keyring.backends.null.Keyring", "tests.support.keyrings.GoodBackend", "no.such"],
)
def test_only_known_keyrings_count(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)
    with pytest.raises(KeyringAbsentError):
        known_backend()


@pytest.mark.skipif(sys.platform != "linux", reason="asks for a session bus")
@pytest.mark.parametrize("address", [None, "unix:path=/nowhere/bus", "nonsense"])
def test_no_session_bus_is_no_keyring(address: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
    if address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    with pytest.raises(KeyringAbsentError):
        known_backend()


class KeychainDenied(Exception):
    pass


class SecretServiceNotAvailableException(Exception):
    pass


class PromptDismissedException(Exception):
    pass


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        (KeychainDenied(-128, "Keychain Access Denied"), KeyringDeniedError),
        (RuntimeError(-25308, "Unknown Error"), KeyringLockedError),
        (SecretServiceNotAvailableException("gone"), KeyringAbsentError),
        (PromptDismissedException("dismissed"), KeyringLockedError),
        (EOFError(), KeyringAbsentError),
        (ConnectionResetError(), KeyringAbsentError),
        (ValueError("anything"), KeyringDeniedError),
        (KeyringLockedError(), KeyringLockedError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_the_root_of_a_wrapped_exception_decides(root: Exception, expected: type[StoreError]) -> None:
    wrapped = RuntimeError("a library's wrapping")
    wrapped.__cause__ = root
    assert type(meaning(wrapped)) is expected
