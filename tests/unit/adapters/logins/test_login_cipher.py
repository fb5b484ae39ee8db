import base64
import json
from datetime import UTC, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.core.account.secret import Secret
from probe_tray.core.formats.document import read_documents
from probe_tray.core.formats.writer import new_document
from probe_tray.core.sync.rows import NONCE_BYTES, RemoteRow, StepKind
from tests.support.tokens import credential


class Vector(msgspec.Struct):
    """Made by Node's own AES-256-GCM, from a file as the Go program writes it."""

    key: str
    nonce: str
    zone_hours: int
    file: str
    token_data: str
    compact_token_data: str
    row: dict[str, str]


VECTOR = msgspec.json.decode((Path(__file__).parents[3] / "data" / "sync_row.json").read_bytes(), type=Vector)
CIPHER = AesGcmLoginCipher(Secret("5a" * 32))
NONCE = bytes(range(NONCE_BYTES))


def row_of(plain: bytes, row_id: str = "account-ana", nonce: bytes = NONCE) -> RemoteRow:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    sealed = nonce + AESGCM(bytes.fromhex("5a" * 32)).encrypt(nonce, plain, None)
    return RemoteRow(id=row_id, token_data=Secret(base64.b64encode(sealed).decode()))


def test_what_this_program_seals_is_byte_for_byte_what_others_seal() -> None:
    login = read_documents(VECTOR.file.encode())[0].credential
    assert login is not None
    sealed = AesGcmLoginCipher(Secret(VECTOR.key)).seal(
        login, bytes.fromhex(VECTOR.nonce), timezone(timedelta(hours=VECTOR.zone_hours))
    )
    assert sealed == RemoteRow(token_data=Secret(VECTOR.token_data), **VECTOR.row)


@pytest.mark.parametrize("data", [VECTOR.token_data, VECTOR.compact_token_data, f"{VECTOR.token_data}\n"])
def test_what_others_sealed_is_read(data: str) -> None:
    opened = AesGcmLoginCipher(Secret(VECTOR.key)).open(RemoteRow(id=VECTOR.row["id"], token_data=Secret(data)))
    assert opened.login is not None
    assert opened.login == read_documents(VECTOR.file.encode())[0].credential
    assert (opened.login.key.user_id, opened.fault) == ("user-ana", None)


@given(st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES), st.sampled_from(["ana", "bob"]), st.integers(1, 9))
def test_a_sealed_login_comes_back_whole(nonce: bytes, person: str, number: int) -> None:
    login = credential(person, number=number)
    opened = CIPHER.open(CIPHER.seal(login, nonce, UTC))
    assert opened.login == msgspec.structs.replace(login, made_here=False)


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_row_that_was_changed_anywhere_does_not_open(place: int, change: int) -> None:
    row = CIPHER.seal(credential(), NONCE, UTC)
    data = bytearray(base64.b64decode(row.token_data.reveal()))
    data[place % len(data)] ^= change
    spoiled = Secret(base64.b64encode(data).decode())
    assert CIPHER.open(msgspec.structs.replace(row, token_data=spoiled)).fault is StepKind.UNDECRYPTABLE


@given(st.text(max_size=80) | st.binary(max_size=80).map(lambda data: base64.b64encode(data).decode()))
def test_nonsense_does_not_open_and_does_not_raise(data: str) -> None:
    assert CIPHER.open(RemoteRow(id="x", token_data=Secret(data))).fault is StepKind.UNDECRYPTABLE


def test_another_key_opens_nothing() -> None:
    row = AesGcmLoginCipher(Secret("07" * 32)).seal(credential(), NONCE, UTC)
    assert CIPHER.open(row).fault is StepKind.UNDECRYPTABLE


def test_a_row_larger_than_any_login_is_not_opened() -> None:
    assert CIPHER.open(row_of(b" " * 600_000)).fault is StepKind.UNDECRYPTABLE


@given(
    st.binary(max_size=60) | st.recursive(st.none() | st.text(), st.lists, max_leaves=4).map(json.dumps).map(str.encode)
)
def test_a_row_that_holds_no_login_is_garbage(plain: bytes) -> None:
    opened = CIPHER.open(row_of(plain))
    assert (opened.fault, opened.login) == (StepKind.GARBAGE, None)
    assert opened.reason


def test_two_logins_in_one_row_are_garbage() -> None:
    both = new_document(credential("ana"), UTC) + new_document(credential("bob"), UTC)
    assert CIPHER.open(row_of(b"[" + both.replace(b"}\n{", b"},{") + b"]")).fault is StepKind.GARBAGE


def test_a_row_counts_only_as_the_account_that_is_inside() -> None:
    row = row_of(new_document(credential("ana"), UTC), row_id="account-bob")
    opened = CIPHER.open(row)
    assert (opened.fault, opened.login) == (StepKind.ID_MISMATCH, None)


def test_the_time_of_a_row_is_when_the_login_was_obtained() -> None:
    login = credential()
    assert CIPHER.seal(login, NONCE, UTC).update_time == "2026-11-22T06:00:00Z"
    assert (
        CIPHER.seal(msgspec.structs.replace(login, last_refresh=None), NONCE, UTC).update_time == "2026-11-22T06:00:00Z"
    )


def test_neither_row_nor_cipher_shows_what_it_holds() -> None:
    row = CIPHER.seal(credential(), NONCE, UTC)
    assert row.token_data.reveal() not in repr(row)
    assert "5a5a" not in repr(CIPHER)
