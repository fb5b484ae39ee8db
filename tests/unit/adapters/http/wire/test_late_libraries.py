"""Questions that are asked the whole day load no HTTP library, directly and through a proxy that passes them on."""

import asyncio
import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from probe_tray.adapters.systems.current import this_system
from tests.support.certificates import make_certificates
from tests.support.raw_server import http, raw_server
from tests.support.tunnel import tunnel

LIBRARIES = {"httpcore", "httpx", "h11", "anyio", "socksio", "certifi", "idna"}
TABLES = {"encodings.idna", "stringprep", "email.utils"}
ASK = """
import asyncio, sys
from probe_tray.adapters.http.exchange import Exchange, read_body
from probe_tray.adapters.http.tls import make_context
from probe_tray.adapters.http.wire.pool import content, fields, make_pool
from probe_tray.core.account.secret import Secret
from probe_tray.core.service.answer import Answer

async def ask(address, proxy, bundle):
    pool = make_pool(make_context({"SSL_CERT_FILE": bundle}, "localhost"), Secret(proxy) if proxy else None)
    exchange = Exchange("localhost", None)
    async with exchange.attempt(60):
        question = exchange.question("GET", address, {"Authorization": "Bearer a"}, b"", seconds=60)
        async with pool.answer(question) as response:
            headers = fields(response.headers)
            body = await read_body(content(response, headers), largest=100)
    await pool.retire()
    return Answer(response.status, headers, body), exchange.begun

answer, begun = asyncio.run(ask(*sys.argv[1:]))
print(answer.status, answer.body.decode(), answer.date, begun, sep="|")
print(*sys.modules)
"""
SCRIPT = http(b"ok", "200 OK", "Date: Sun, 22 Nov 2026 06:00:00 GMT")


async def loaded(folder: Path, kind: str) -> set[str]:
    """The modules of a process that asked once, over TLS."""
    made = make_certificates(folder, ("localhost",))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.chain, made.key)
    # Coverage would load libraries of its own.
    there = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE_"))}
    async with raw_server(SCRIPT, context=context) as server, tunnel(kind, server.port) as proxy:
        way = [f"https://localhost:{server.port}/", "" if kind == "none" else proxy, str(made.ca)]
        run = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", ASK, *way],
            env=there,
            capture_output=True,
            text=True,
            check=True,
        )
    said, modules = run.stdout.splitlines()
    assert said == "200|ok|2026-11-22 06:00:00+00:00|True"
    return set(modules.split())


@pytest.mark.parametrize("kind", ["none", "http"])
async def test_a_question_loads_no_library(kind: str, tmp_path: Path) -> None:
    found = await loaded(tmp_path, kind)
    assert "probe_tray.adapters.http.wire.pool" in found
    assert not found & LIBRARIES
    # A verifier of the system is told its names as text.
    assert this_system().verifies_certificates or not found & TABLES


async def test_a_socks_proxy_is_left_to_httpcore(tmp_path: Path) -> None:
    found = await loaded(tmp_path, "socks5")
    assert {"httpcore", "socksio"} <= found
    assert "httpx" not in found
