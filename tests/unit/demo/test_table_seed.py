"""What the demo's other machines have left in the table."""

import base64
import json

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from probe_tray.core.account.secret import Secret
from probe_tray.core.sync.setup import SyncSecrets
from probe_tray.demo import DemoService
from probe_tray.demo.table import PUBLISHABLE_KEY
from probe_tray.demo.table_seed import DEMO_KEY, DemoSyncSecrets, fill_table


def test_an_empty_table_is_filled_with_logins_that_live() -> None:
    service = DemoService()
    fill_table(service)
    opened = [json.loads(_open(row.token_data or "")) for row in service.table.rows[:3]]
    assert [row.id for row in service.table.rows[:3]] == [one["account_id"] for one in opened]
    assert all(service.is_live(one["refresh_token"]) for one in opened)
    assert {one["type"] for one in opened} == {"codex"}


def test_what_is_there_is_left_alone() -> None:
    service = DemoService()
    service.table.put("a")
    fill_table(service)
    assert [row.id for row in service.table.rows] == ["a"]


async def test_the_demo_has_what_opens_its_table_until_it_is_forgotten() -> None:
    secrets = DemoSyncSecrets()
    held = await secrets.load()
    assert (held.api_key, held.key) == (Secret(PUBLISHABLE_KEY), Secret(DEMO_KEY))
    await secrets.save(api_key=None, key=Secret("00" * 32))
    held = await secrets.load()
    assert (held.api_key, held.key) == (Secret(PUBLISHABLE_KEY), Secret("00" * 32))
    await secrets.forget()
    assert await secrets.load() == SyncSecrets()


def _open(text: str) -> bytes:
    raw = base64.b64decode(text)
    return AESGCM(bytes.fromhex(DEMO_KEY)).decrypt(raw[:12], raw[12:], None)
