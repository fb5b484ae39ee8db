"""One record of the vault: what stands in the clear, what is sealed, and what the seal is bound to."""

from datetime import datetime
from typing import Final

import msgspec

from probe_tray.adapters.logins.sealer import Key
from probe_tray.core.account.credential import Claims, Credential
from probe_tray.core.account.secret import Secret, token

VERSION: Final = 1


class VaultRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it stands in its file, JSON."""

    version: int
    account: str
    """The account's slug: tells which account it is to who knows the account, and nothing to others."""
    key: str
    """The fingerprint of the key that seals it."""
    generation: int
    """Counts how often the record was written."""
    nonce: bytes
    """Base64 in the file, as what is sealed."""
    sealed: bytes


class _RecordHead(msgspec.Struct, frozen=True):
    version: int


class _Plain(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is sealed. Exists only between sealing or opening and the login itself."""

    access_token: str
    refresh_token: str | None = None
    id_token: str | None = None
    account_id: str
    claims: Claims
    last_refresh: datetime | None = None
    expired: datetime | None = None
    made_here: bool = False
    others: str | None = None

    def __repr__(self) -> str:
        return "_Plain(…)"


_HEAD: Final = msgspec.json.Decoder(_RecordHead)
_RECORD: Final = msgspec.json.Decoder(VaultRecord)
_PLAIN: Final = msgspec.json.Decoder(_Plain)


def is_newer(data: bytes) -> bool:
    """Whether a later version of the program wrote a record, whatever else it holds."""
    try:
        return _HEAD.decode(data).version > VERSION
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


def read_record(data: bytes) -> VaultRecord | str:
    """The record, or the reason why it is none."""
    try:
        record = _RECORD.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return "its content was damaged"
    return record if record.version == VERSION else "its content was damaged"


def seal_record(key: Key, credential: Credential, generation: int) -> bytes:
    """The bytes of a new record."""
    slug = credential.key.slug
    nonce, sealed = key.encrypt(_encode(credential), _context(slug, generation))
    record = VaultRecord(
        version=VERSION,
        account=slug,
        key=key.fingerprint,
        generation=generation,
        nonce=nonce,
        sealed=sealed,
    )
    return msgspec.json.format(msgspec.json.encode(record)) + b"\n"


def open_record(key: Key, record: VaultRecord) -> Credential | str:
    """The login in a record, or the reason why it does not open."""
    if record.key != key.fingerprint:
        return "it was sealed with another key than the one in the keyring"
    plain = key.decrypt(record.nonce, record.sealed, _context(record.account, record.generation))
    credential = None if plain is None else _decode(plain)
    if credential is None or credential.key.slug != record.account:
        return "its content was damaged"
    return credential


def _context(slug: str, generation: int) -> bytes:
    return f"probe-tray vault\0{VERSION}\0{slug}\0{generation}".encode("utf-8", "surrogatepass")


def _encode(credential: Credential) -> bytes:
    def text(secret: Secret | None) -> str | None:
        return None if secret is None else secret.reveal()

    return msgspec.json.encode(
        _Plain(
            access_token=credential.access_token.reveal(),
            refresh_token=text(credential.refresh_token),
            id_token=text(credential.id_token),
            account_id=credential.account_id,
            claims=credential.claims,
            last_refresh=credential.last_refresh,
            expired=credential.expired,
            made_here=credential.made_here,
            others=text(credential.others),
        )
    )


def _decode(data: bytes) -> Credential | None:
    try:
        plain = _PLAIN.decode(data)
    except (msgspec.MsgspecError, ValueError):
        return None
    access = token(plain.access_token)
    if access is None:
        return None
    return Credential(
        access_token=access,
        refresh_token=token(plain.refresh_token),
        id_token=token(plain.id_token),
        account_id=plain.account_id,
        claims=plain.claims,
        last_refresh=plain.last_refresh,
        expired=plain.expired,
        made_here=plain.made_here,
        others=None if plain.others is None else Secret(plain.others),
    )
