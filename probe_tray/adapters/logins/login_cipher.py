"""Rows of the shared table: a credential file, sealed, in the form that other programs know or in the protected one."""

import base64
import binascii
from datetime import UTC, datetime, tzinfo
from typing import Final, final

import msgspec

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import Phrase, SyncError
from probe_tray.core.formats.document import read_documents
from probe_tray.core.formats.login_fields import local_text
from probe_tray.core.formats.writer import new_document
from probe_tray.core.sync.envelope import (
    Envelope,
    InCodexOn,
    RowAction,
    RowStamp,
    associated_data,
    is_protected_form,
    marked_time,
    read_envelope,
)
from probe_tray.core.sync.rows import LARGEST_ROW, NONCE_BYTES, OpenedRow, RemoteRow, StepKind
from probe_tray.core.sync.table_key import key_id, keys_of, row_key

_TAG_BYTES: Final = 16


_NO_LOGIN: Final = msgspec.Raw(b"null")


class _ProtectedContent(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed in the protected form."""

    login: msgspec.Raw = _NO_LOGIN
    """The credential file; null where the account was removed."""
    action: RowAction = RowAction.SHARED
    computer: str = ""
    computer_id: str = ""
    at: datetime | None = None
    newest_key_id: str = ""
    in_codex: tuple[InCodexOn, ...] = ()


_CONTENT: Final = msgspec.json.Decoder(_ProtectedContent)


@final
class AesGcmLoginCipher:
    """Implements ``LoginCipher``: AES-256-GCM over a codex-probe file.

    The compatible form of a row is the base64 of nonce and sealed bytes, without associated data and with the key as it
    is. Nothing binds it to its id but what is inside, so that is compared. The protected form is that of
    ``core.sync.envelope``, with a key derived from it.
    """

    def __init__(self, key: Secret) -> None:
        """Take one key of 64 hexadecimal digits, or a new and an old one with a colon between.

        Raises SyncError where the library has no such cipher.
        """
        try:
            # Imported here: 30 ms that a start without sync does without.
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            keys = keys_of(key)
            self._plain_ciphers = [AESGCM(bytes.fromhex(one.reveal())) for one in keys]
            self._ciphers = {key_id(one): AESGCM(bytes.fromhex(row_key(one).reveal())) for one in keys}
        except Exception:  # noqa: BLE001 - its text may repeat the key
            raise SyncError from None

    def __repr__(self) -> str:
        return "AesGcmLoginCipher(…)"

    @property
    def key_ids(self) -> tuple[str, ...]:
        """As the port says."""
        return tuple(self._ciphers)

    def seal(self, login: Credential, nonce: bytes, zone: tzinfo, stamp: RowStamp | None = None) -> RemoteRow:
        """The row of ``login``. ``nonce``: 12 bytes nobody has used before; ``zone``: of the times in the file.

        In the compatible form without ``stamp``; only that one says the email in the clear. Raises SyncError where the
        library fails.
        """
        plain = new_document(login, zone)
        moment = login.last_refresh or login.claims.issued_at
        if stamp is None:
            try:
                # Of two keys the old one: whoever writes this form may not have the new one yet.
                sealed = nonce + self._plain_ciphers[-1].encrypt(nonce, plain, None)
            except Exception:  # noqa: BLE001 - its text may repeat what was to be sealed
                raise SyncError from None
            data = base64.b64encode(sealed).decode("ascii")
            time = None if moment is None else local_text(moment, UTC)
        else:
            data = self._protected(msgspec.Raw(plain), login.account_id, nonce, stamp)
            time = marked_time(moment, stamp.generation)
        email = login.email or None if stamp is None else None
        return RemoteRow(id=login.account_id, email=email, token_data=Secret(data), update_time=time)

    def seal_removed(self, row_id: str, nonce: bytes, stamp: RowStamp) -> RemoteRow:
        """The row that says that its account was removed. Raises SyncError where the library fails."""
        data = self._protected(_NO_LOGIN, row_id, nonce, stamp)
        return RemoteRow(id=row_id, token_data=Secret(data), update_time=marked_time(stamp.at, stamp.generation))

    def open(self, row: RemoteRow) -> OpenedRow:
        """What the row holds. It counts only as the account that its id names. Never raises."""
        data = row.token_data.reveal()
        if len(data) > LARGEST_ROW:
            return OpenedRow(row=row, fault=StepKind.UNDECRYPTABLE, sealed=False)
        if is_protected_form(data):
            return self._open_protected(row, data)
        sealed = _sealed(data)
        plain = None if sealed is None else self._plain(sealed)
        if plain is None:
            return OpenedRow(row=row, fault=StepKind.UNDECRYPTABLE, sealed=sealed is not None)
        return _opened(row, plain, None)

    def _protected(self, login: msgspec.Raw, row_id: str, nonce: bytes, stamp: RowStamp) -> str:
        content = _ProtectedContent(
            login=login,
            action=stamp.action,
            computer=stamp.computer,
            computer_id=stamp.computer_id,
            at=stamp.at,
            newest_key_id=stamp.newest_key_id,
            in_codex=stamp.in_codex,
        )
        bound = associated_data(row_id, stamp.key_id, stamp.generation)
        try:
            sealed = nonce + self._ciphers[stamp.key_id].encrypt(nonce, msgspec.json.encode(content), bound)
        except Exception:  # noqa: BLE001 - its text may repeat what was to be sealed
            raise SyncError from None
        return Envelope(key_id=stamp.key_id, generation=stamp.generation, sealed=sealed).text

    def _open_protected(self, row: RemoteRow, data: str) -> OpenedRow:
        envelope = read_envelope(data)
        cipher = None if envelope is None else self._ciphers.get(envelope.key_id)
        if envelope is None or cipher is None:
            return OpenedRow(row=row, fault=StepKind.UNDECRYPTABLE, sealed=envelope is not None)
        bound = associated_data(row.id, envelope.key_id, envelope.generation)
        nonce, sealed = envelope.sealed[:NONCE_BYTES], envelope.sealed[NONCE_BYTES:]
        try:
            content = _CONTENT.decode(cipher.decrypt(nonce, sealed, bound))
        except Exception:  # noqa: BLE001 - InvalidTag, or whatever else keeps the library from opening it
            return OpenedRow(row=row, fault=StepKind.ALTERED)
        stamp = RowStamp(
            generation=envelope.generation,
            key_id=envelope.key_id,
            action=content.action,
            computer=content.computer,
            computer_id=content.computer_id,
            at=content.at,
            newest_key_id=content.newest_key_id,
            in_codex=content.in_codex,
        )
        if stamp.action is RowAction.REMOVED:
            return OpenedRow(row=row, fault=StepKind.WITHDRAWN, stamp=stamp)
        return _opened(row, bytes(content.login), stamp)

    def _plain(self, sealed: bytes) -> bytes | None:
        for cipher in self._plain_ciphers:
            try:
                return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
            except Exception:  # noqa: BLE001, S112 - InvalidTag, or whatever else keeps the library from opening it
                continue
        return None


def _opened(row: RemoteRow, plain: bytes, stamp: RowStamp | None) -> OpenedRow:
    document, *more = read_documents(plain)
    if more:
        return OpenedRow(row=row, fault=StepKind.GARBAGE, reason=Phrase("it holds several logins"), stamp=stamp)
    login = document.credential
    if login is None:
        reason = document.reason or Phrase("it is an API key")
        return OpenedRow(row=row, fault=StepKind.GARBAGE, reason=reason, stamp=stamp)
    if login.account_id != row.id:
        return OpenedRow(row=row, fault=StepKind.ID_MISMATCH, stamp=stamp)
    return OpenedRow(row=row, login=login, stamp=stamp)


def _sealed(data: str) -> bytes | None:
    """Nonce, sealed bytes and tag; None for what no program has sealed."""
    try:
        sealed = base64.b64decode(data.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    return sealed if len(sealed) >= NONCE_BYTES + _TAG_BYTES else None
