"""What the other machines of the demo have left in the table: something to fetch, and what sync has to refuse."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

from probe_tray.core.account.secret import Secret
from probe_tray.core.sync.setup import SecretPlace, SyncSecrets
from probe_tray.demo.people import sample_people, special_people
from probe_tray.demo.service import DemoService
from probe_tray.demo.table import PUBLISHABLE_KEY
from probe_tray.demo.token_families import DemoLogin

DEMO_KEY: Final = "5e" * 32
"""The key that the demo's machines share: 64 hex digits, worth nothing anywhere else."""

_LOST_KEY: Final = "07" * 32
_NONCE_BYTES: Final = 12
_ELSEWHERE: Final = ("mia@laptop.example", "noor@example.org")


def fill_table(service: DemoService) -> None:
    """Fill an empty table as other machines might have.

    Two logins are only there. One row was sealed with a key that nobody has any more. The row of a team holds another
    member's login, since all members share its id.
    """
    if service.table.rows:
        return
    for email in _ELSEWHERE:
        put_login(service, service.issue_login(email))
    colleague, last = special_people()[0], sample_people()[-1]
    service.add_person(colleague)
    put_login(service, service.issue_login(colleague.email))
    put_login(service, service.issue_login(last.email), key=_LOST_KEY)


def put_login(service: DemoService, login: DemoLogin, *, key: str = DEMO_KEY) -> None:
    """Write the row of ``login`` as a machine with this ``key`` does."""
    issued = datetime.now(UTC).replace(microsecond=0)
    service.table.put(
        login.account_id,
        email=login.email,
        token_data=sealed(json.dumps(_file_of(login, issued), indent=2) + "\n", key),
        update_time=issued.isoformat(),
    )


def sealed(text: str, key: str = DEMO_KEY) -> str:
    """Encrypt as the machines do: base64 of a 12-byte nonce and AES-256-GCM without associated data."""
    # Imported here: a service whose table nobody fills does without.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE_BYTES)
    cipher = AESGCM(bytes.fromhex(key)).encrypt(nonce, text.encode(), None)
    return base64.b64encode(nonce + cipher).decode("ascii")


def _file_of(login: DemoLogin, issued: datetime) -> dict[str, str]:
    return {
        "id_token": login.id_token,
        "access_token": login.access_token,
        "refresh_token": login.refresh_token,
        "account_id": login.account_id,
        "last_refresh": issued.isoformat(),
        "email": login.email,
        "type": "codex",
        "expired": login.expires_at.replace(microsecond=0).isoformat(),
    }


class DemoSyncSecrets:
    """Implements ``SyncVault`` for the demonstration, which is set up from the start and keeps nothing."""

    def __init__(self) -> None:
        """Hold the demo's own secrets."""
        self._lock = asyncio.Lock()
        self._held = _kept(Secret(PUBLISHABLE_KEY), Secret(DEMO_KEY))

    async def load(self) -> SyncSecrets:
        """What there is."""
        return self._held

    async def save(
        self, *, api_key: Secret | None, key: Secret | None, begins: Callable[[], None] = lambda: None
    ) -> None:
        """Hold these until the demonstration ends."""
        begins()
        self._held = _kept(api_key or self._held.api_key, key or self._held.key)

    async def forget(self) -> None:
        """Hold none."""
        self._held = SyncSecrets()

    @asynccontextmanager
    async def hold(self) -> AsyncGenerator[None]:
        """As the port says; a demonstration is one process."""
        async with self._lock:
            yield


def _kept(api_key: Secret | None, key: Secret | None) -> SyncSecrets:
    places = [SecretPlace.NOWHERE if secret is None else SecretPlace.KEYRING for secret in (api_key, key)]
    return SyncSecrets(api_key=api_key, key=key, api_key_place=places[0], key_place=places[1])
