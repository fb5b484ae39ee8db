"""The requests of the codex-probe written in Go, as the specification has them, to the compatible table.

Nothing of the program's own cipher is used here: a row is sealed and opened as that program does it.
"""

import base64
import json
import os
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from probe_tray.core.sync.rows import StepKind
from tests.command.test_sync import file_of
from tests.database.test_attackers import Computer, kinds, login, renewing
from tests.support.postgrest import API_KEY, PostgRest
from tests.unit.engine.sync_bench import KEY

HEADERS: Final = {"apikey": API_KEY, "Authorization": f"Bearer {API_KEY}"}
READ: Final = "tokens?select=id,email,token_data,update_time"
CIPHER: Final = AESGCM(bytes.fromhex(KEY.reveal()))


def read(rest: PostgRest, more: str = "") -> list[dict[str, Any]]:
    answer = httpx.get(f"{rest.url}/rest/v1/{READ}{more}", headers=HEADERS)
    assert answer.status_code == 200, answer.text
    return answer.json()


def write(rest: PostgRest, person: str, number: int) -> None:
    held, nonce = file_of(person, number), os.urandom(12)
    row = {
        "id": held["account_id"],
        "email": held["email"],
        "token_data": base64.b64encode(nonce + CIPHER.encrypt(nonce, json.dumps(held).encode(), None)).decode(),
        "update_time": held["last_refresh"],
    }
    headers = HEADERS | {"Prefer": "resolution=merge-duplicates", "Content-Type": "application/json"}
    answer = httpx.post(f"{rest.url}/rest/v1/tokens", headers=headers, content=json.dumps([row]))
    assert answer.status_code == 201, answer.text


def opened(row: dict[str, Any]) -> dict[str, str]:
    sealed = base64.b64decode(row["token_data"], validate=True)
    return json.loads(CIPHER.decrypt(sealed[:12], sealed[12:], None))


async def test_both_programs_share_the_compatible_table(rest: PostgRest) -> None:
    write(rest, "ana", 1)
    computer = Computer(rest)
    assert kinds(await computer.sync()) == {"ana": StepKind.RESTORE}
    computer.hold(login(2))
    assert kinds(await computer.sync()) == {"ana": StepKind.UPLOAD_NEWER}
    (row,) = read(rest)
    held = opened(row)
    assert (row["id"], row["email"]) == ("account-ana", "ana@example.com")
    assert (held["account_id"], held["email"], held["type"]) == ("account-ana", "ana@example.com", "codex")
    assert held["refresh_token"].endswith(".2")
    assert held.keys() >= {"id_token", "access_token", "refresh_token", "last_refresh", "expired"}
    write(rest, "ana", 3)
    assert kinds(await computer.sync()) == {"ana": StepKind.ADOPT}
    assert computer.numbers() == {"ana": "3"}


async def test_a_renewal_leaves_rows_that_the_other_program_reads(rest: PostgRest) -> None:
    write(rest, "ana", 1)
    before = read(rest)
    computer = Computer(rest, login(1))
    shared, key = renewing(computer), login(1).key
    assert not await shared.claim(login(1))
    await shared.mark_sent(key)
    assert read(rest) == before
    computer.hold(login(2))
    await shared.publish(key)
    (row,) = read(rest)
    assert opened(row)["refresh_token"].endswith(".2")


async def test_the_other_program_reads_the_table_page_by_page(rest: PostgRest) -> None:
    rest.database.run("insert into tokens (id) select lpad(n::text, 4, '0') from generate_series(0, 1000) n")
    pages = [read(rest, f"&order=id&limit=1000&offset={offset}") for offset in (0, 1000)]
    assert [len(page) for page in pages] == [1000, 1]
    assert [row["id"] for page in pages for row in page] == [f"{number:04}" for number in range(1001)]
