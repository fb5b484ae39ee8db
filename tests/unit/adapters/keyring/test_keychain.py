"""The keychain of macOS, on doubles of its libraries and of the module with which ``keyring`` calls them.

They answer as Apple documents SecItemUpdate, SecItemAdd and SecItemDelete: errSecItemNotFound (-25300),
errSecDuplicateItem (-25299), errSecInteractionNotAllowed (-25308), userCanceledErr (-128), errSecParam (-50) for a new
value that is no CFData. An entry that is added trusts the program that added it. The list of partitions, which an
update resets, is not doubled: no way to write keeps it.
"""

import ctypes
import sys
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.keyring.key_store import OsKeyStore, os_key_store
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import KeyringDeniedError, KeyringLockedError, StoreError
from tests.support.keyrings import GoodBackend

Query = dict[str, object]
CODEX, OURS = "codex", "probe-tray"


class NotFound(Exception):
    pass


class KeychainDenied(Exception):
    pass


class Error(Exception):
    @classmethod
    def raise_for_status(cls, status: int) -> None:
        if status:
            raise {-25300: NotFound, -128: KeychainDenied}.get(status, cls)(status, "refused")


class Function:
    """One of a library, of which ctypes is told what it takes and returns."""

    argtypes: object = None
    restype: object = None

    def __init__(self, work: Callable[..., int]) -> None:
        self._work = work

    def __call__(self, *arguments: object) -> int:
        assert self.argtypes is not None
        return self._work(*arguments)


class Keychain:
    """Entries, each with the program that it trusts."""

    def __init__(self) -> None:
        self.entries: dict[tuple[object, object], tuple[str, str]] = {}
        self.calls: list[str] = []
        self.refuses = 0
        self.meanwhile: Callable[[], None] | None = None
        """What another program does before one is added."""
        self._data: dict[int, bytes] = {}
        self.api = SimpleNamespace(
            k_=lambda name: name,  # pyright: ignore[reportUnknownLambdaType]
            create_query=self._query,
            SecItemAdd=self._add,
            Error=Error,
        )
        self.library = SimpleNamespace(
            SecItemUpdate=Function(self._update),
            CFDataCreate=Function(self._make_data),
        )

    def _query(self, **fields: object) -> Query:
        return fields

    def _make_data(self, _allocator: None, raw: bytes, length: int) -> int:
        # One that a 32-bit number would cut.
        number = 0x7F00_0000_0000 + len(self._data)
        self._data[number] = raw[:length]
        return number

    def _value(self, query: Query) -> str | None:
        data = query["kSecValueData"]
        return self._data[data.value or 0].decode() if isinstance(data, ctypes.c_void_p) else None

    def _name(self, query: Query) -> tuple[object, object]:
        assert query["kSecClass"] == "kSecClassGenericPassword"
        return query["kSecAttrService"], query["kSecAttrAccount"]

    def _update(self, query: Query, change: Query) -> int:
        self.calls.append("update")
        value = self._value(change)
        if self.refuses or value is None:
            return self.refuses or -50
        if self._name(query) not in self.entries:
            return -25300
        self.entries[self._name(query)] = (value, self.entries[self._name(query)][1])
        return 0

    def _add(self, query: Query, result: None) -> int:
        assert result is None
        self.calls.append("add")
        if self.meanwhile is not None:
            self.meanwhile()
        if self._name(query) in self.entries:
            return -25299
        self.entries[self._name(query)] = (self._value(query) or "", OURS)
        return 0


@pytest.fixture
def keychain(monkeypatch: pytest.MonkeyPatch) -> Keychain:
    found = Keychain()

    def load(path: str) -> object:
        assert path.startswith("/System/Library/Frameworks/")
        return found.library

    monkeypatch.setattr(ctypes, "CDLL", load)
    monkeypatch.setitem(sys.modules, "keyring.backends.macOS.api", found.api)
    return found


def keys(keychain: Keychain) -> OsKeyStore:
    class Keyring(GoodBackend):
        """As the library has it: it would delete and add."""

        def get_password(self, service: str, username: str) -> str | None:
            return keychain.entries.get((service, username), (None,))[0]

        def set_password(self, service: str, username: str, password: str) -> None:
            keychain.calls.append("delete")
            keychain.entries[service, username] = (password, OURS)

    Keyring.__module__ = "keyring.backends.macOS"
    Keyring.__qualname__ = "Keyring"
    return os_key_store("vault key", Keyring, KnownSecrets().add)


async def test_an_entry_is_changed_where_it_is_and_goes_on_trusting_the_client(keychain: Keychain) -> None:
    keychain.entries["Codex Auth", "cli|0"] = ("old", CODEX)
    await keys(keychain).write_entry("Codex Auth", "cli|0", Secret("neu, 新"))
    assert keychain.entries == {("Codex Auth", "cli|0"): ("neu, 新", CODEX)}
    assert keychain.calls == ["update"]


async def test_one_that_is_missing_is_added_and_then_changed(keychain: Keychain) -> None:
    await keys(keychain).write(Secret("first"))
    await keys(keychain).write(Secret("second"))
    assert keychain.entries == {("Probe Tray", "vault key"): ("second", OURS)}
    assert keychain.calls == ["update", "add", "update"]


async def test_one_that_the_client_adds_at_the_same_moment_stays_the_client_s(keychain: Keychain) -> None:
    def add() -> None:
        keychain.entries["Codex Auth", "cli|0"] = ("theirs", CODEX)

    keychain.meanwhile = add
    await keys(keychain).write_entry("Codex Auth", "cli|0", Secret("ours"))
    assert keychain.entries == {("Codex Auth", "cli|0"): ("ours", CODEX)}


@pytest.mark.parametrize(("status", "meant"), [(-25308, KeyringLockedError), (-128, KeyringDeniedError)])
async def test_a_keychain_that_refuses_keeps_what_it_has(
    keychain: Keychain, status: int, meant: type[StoreError]
) -> None:
    keychain.entries["Codex Auth", "cli|0"] = ("old", CODEX)
    keychain.refuses = status
    with pytest.raises(meant):
        await keys(keychain).write_entry("Codex Auth", "cli|0", Secret("new"))
    assert keychain.entries == {("Codex Auth", "cli|0"): ("old", CODEX)}
