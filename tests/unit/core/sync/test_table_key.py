import hashlib

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.account.secret import Secret
from probe_tray.core.sync.table_key import key_id, keys_of, row_key, table_digest, table_secret, table_secrets

KEYS = st.binary(min_size=32, max_size=32).map(lambda key: Secret(key.hex()))


def derived(key: Secret, purpose: bytes) -> str:
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(bytes.fromhex(key.reveal())).hex()


@given(KEYS)
def test_what_is_derived_is_hkdf_of_the_library(key: Secret) -> None:
    assert table_secret(key).reveal() == derived(key, b"probe-tray table 2")
    assert row_key(key).reveal() == derived(key, b"probe-tray row 2")
    assert key_id(key) == derived(key, b"probe-tray key id 2")[:16]
    assert table_digest(key) == hashlib.sha256(table_secret(key).reveal().encode()).hexdigest()


@given(KEYS, KEYS)
def test_of_two_keys_the_newest_is_first_and_both_are_shown(new: Secret, old: Secret) -> None:
    both = Secret(f"{new.reveal().upper()}:{old.reveal()}")
    assert keys_of(both) == (new, old)
    assert table_secrets(both).reveal() == f"{table_secret(new).reveal()} {table_secret(old).reveal()}"
    assert keys_of(new) == (new,)
