"""What is derived from the key of sync: who may use the table, what seals its rows, and how a key is named there.

The key itself leaves no computer. What each purpose needs is derived from it with HKDF-SHA256 (RFC 5869), so that none
of them says anything about the key or about another.
"""

import hashlib
import hmac
from typing import Final

from probe_tray.core.account.secret import Secret

SECRET_HEADER: Final = "x-probe-tray-key"
"""The header in which :func:`table_secrets` go; the SQL reads it by this name."""
KEY_SEPARATOR: Final = ":"
"""Between the new key and the old one, while a key is being changed."""
_BETWEEN_SECRETS: Final = " "
_ID_BYTES: Final = 8


def keys_of(key: Secret) -> tuple[Secret, ...]:
    """The keys in what a person has set up, the newest first: one, or two while it is being changed."""
    return tuple(Secret(part.strip().lower()) for part in key.reveal().split(KEY_SEPARATOR))


def table_secrets(key: Secret) -> Secret:
    """What the table is shown: a secret of each key, 64 hexadecimal digits, with a space between."""
    return Secret(_BETWEEN_SECRETS.join(table_secret(one).reveal() for one in keys_of(key)))


def table_secret(key: Secret) -> Secret:
    """What one key shows to the table."""
    return Secret(_derive(key, "probe-tray table 2").hex())


def table_digest(key: Secret) -> str:
    """What the table keeps of that, to compare: its SHA-256. Neither the secret nor the key can be found from it."""
    return hashlib.sha256(table_secret(key).reveal().encode("ascii")).hexdigest()


def row_key(key: Secret) -> Secret:
    """The AES-256 key of rows in the protected form, as hexadecimal digits."""
    return Secret(_derive(key, "probe-tray row 2").hex())


def key_id(key: Secret) -> str:
    """16 hexadecimal digits by which a row names the key that it is sealed with."""
    return _derive(key, "probe-tray key id 2")[:_ID_BYTES].hex()


def _derive(key: Secret, purpose: str) -> bytes:
    """32 bytes: one block of HKDF is enough. Without a salt, as RFC 5869 section 2.2 allows for a random key."""
    extracted = hmac.digest(bytes(hashlib.sha256().digest_size), bytes.fromhex(key.reveal()), "sha256")
    return hmac.digest(extracted, purpose.encode("ascii") + b"\x01", "sha256")
