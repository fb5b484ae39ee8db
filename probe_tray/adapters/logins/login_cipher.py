"""Rows of the shared table: a credential file, sealed. Both programs of the table's users read and write the same."""

import base64
import binascii
from datetime import UTC, tzinfo
from typing import Final, final

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import Phrase, SyncError
from probe_tray.core.formats.document import read_documents
from probe_tray.core.formats.login_fields import local_text
from probe_tray.core.formats.writer import new_document
from probe_tray.core.sync.rows import LARGEST_ROW, NONCE_BYTES, OpenedRow, RemoteRow, StepKind

_TAG_BYTES: Final = 16


@final
class AesGcmLoginCipher:
    """Implements ``LoginCipher``: AES-256-GCM over a codex-probe file, without associated data.

    A row is the base64 of nonce and sealed bytes. Nothing binds it to its id but what is inside, so that is compared.
    """

    def __init__(self, key: Secret) -> None:
        """Take the key as 64 hexadecimal digits. Raises SyncError where the library has no such cipher."""
        try:
            # Imported here: 30 ms that a start without sync does without.
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            self._cipher = AESGCM(bytes.fromhex(key.reveal()))
        except Exception:  # noqa: BLE001 - its text may repeat the key
            raise SyncError from None

    def __repr__(self) -> str:
        return "AesGcmLoginCipher(…)"

    def seal(self, login: Credential, nonce: bytes, zone: tzinfo) -> RemoteRow:
        """The row of ``login``. ``nonce``: 12 bytes nobody has used before; ``zone``: of the times in the file.

        Raises SyncError where the library fails.
        """
        plain = new_document(login, zone)
        try:
            sealed = nonce + self._cipher.encrypt(nonce, plain, None)
        except Exception:  # noqa: BLE001 - its text may repeat what was to be sealed
            raise SyncError from None
        moment = login.last_refresh or login.claims.issued_at
        return RemoteRow(
            id=login.account_id,
            email=login.email or None,
            token_data=Secret(base64.b64encode(sealed).decode("ascii")),
            update_time=None if moment is None else local_text(moment, UTC),
        )

    def open(self, row: RemoteRow) -> OpenedRow:
        """What the row holds. It counts only as the account that its id names. Never raises."""
        sealed = _sealed(row.token_data.reveal())
        plain = None if sealed is None else self._plain(sealed)
        if plain is None:
            return OpenedRow(row=row, fault=StepKind.UNDECRYPTABLE, sealed=sealed is not None)
        document, *more = read_documents(plain)
        if more:
            return OpenedRow(row=row, fault=StepKind.GARBAGE, reason=Phrase("it holds several logins"))
        login = document.credential
        if login is None:
            return OpenedRow(row=row, fault=StepKind.GARBAGE, reason=document.reason or Phrase("it is an API key"))
        if login.account_id != row.id:
            return OpenedRow(row=row, fault=StepKind.ID_MISMATCH)
        return OpenedRow(row=row, login=login)

    def _plain(self, sealed: bytes) -> bytes | None:
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
        except Exception:  # noqa: BLE001 - InvalidTag, or whatever else keeps the library from opening it
            return None


def _sealed(data: str) -> bytes | None:
    """Nonce, sealed bytes and tag; None for what no program has sealed."""
    if len(data) > LARGEST_ROW:
        return None
    try:
        sealed = base64.b64decode(data.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    return sealed if len(sealed) >= NONCE_BYTES + _TAG_BYTES else None
