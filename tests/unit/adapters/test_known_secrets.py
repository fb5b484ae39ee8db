"""What handles a secret makes it known to the log, before anything can fail over it."""

import json

import pytest

from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.http.probe import HttpProbe
from probe_tray.adapters.http.wire.answer import tokens_in
from probe_tray.adapters.hygiene import REMOVED, KnownSecrets, Redactor
from probe_tray.adapters.keyring.key_store import OsKeyStore, without_questions
from probe_tray.adapters.proxy.proxy import detect_proxy
from probe_tray.adapters.system import SystemClock
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import NotSentError, PastedAddressError
from probe_tray.core.service.service import OFFICIAL, Service
from probe_tray.engine.login.browser_login import BrowserLogin
from tests.support.fakes import FakeBrowser, FakeClock, FakeRandomness
from tests.support.keyrings import GoodBackend
from tests.support.raw_server import http, raw_server
from tests.support.tokens import credential
from tests.unit.engine.bench import running


def shown(known: KnownSecrets, *secrets: str) -> list[str]:
    """Those that would still be seen in a log."""
    redactor = Redactor(known)
    return [secret for secret in secrets if redactor(f"it is {secret}, then") != f"it is {REMOVED}, then"]


async def test_what_is_sent_and_what_comes_back_is_known() -> None:
    known = KnownSecrets()
    reply = json.dumps({"refresh_token": "backagain", "authorization_code": "forthecode"}).encode()
    async with raw_server(http(reply)) as server:
        service = Service(issuer=f"http://127.0.0.1:{server.port}", backend=f"http://127.0.0.1:{server.port}")
        client = ServiceClient(
            service,
            detect_proxy("", {}, override_name="--proxy", system=SystemProxies),
            {},
            handles=known.add,
            answered=lambda _: None,
        )
        await client.exchange(Secret("acodeacode"), Secret("averifier"), "http://localhost/")
        await client.refresh(Secret("arefresh"), lambda _piece: None)
        await client.revoke(Secret("arevoked"))
        await client.device_poll(Secret("adevice"), "AAAA-BBBB")
        await client.usage(credential())
        await client.aclose()
    sent = ["acodeacode", "averifier", "arefresh", "arevoked", "adevice", credential().access_token.reveal()]
    assert shown(known, *sent, "backagain", "forthecode") == []


@pytest.mark.parametrize("body", [b"", b'{"refresh_token": "x', b"\xff" * 99, b'{"refresh_token": 5}', b"[" * 5000])
def test_an_answer_without_tokens_brings_none(body: bytes) -> None:
    assert tokens_in(body) == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080", "socks5h://proxy.example", "https://[::1]:8443/"])
def test_an_address_that_says_no_user_and_no_password_is_no_secret(address: str) -> None:
    known = KnownSecrets()
    known.add(Secret(address))
    assert Redactor(known)(f"the proxy is {address}") == f"the proxy is {address}"


@pytest.mark.parametrize("setting", ["127.0.0.1:9", "http://127.0.0.1:9", "http://ana:hunter22@127.0.0.1:9"])
async def test_a_proxy_can_be_named_after_it_was_tried(setting: str) -> None:
    known = KnownSecrets()
    await HttpProbe(OFFICIAL, {}, FakeClock(), handles=known.add, system=SystemProxies).reach(Secret(setting))
    choice = detect_proxy(setting, {}, override_name="--proxy", system=SystemProxies)
    said = f"{choice.shown} from --proxy"
    assert Redactor(known)(said) == said


async def test_the_password_of_a_proxy_is_known() -> None:
    known = KnownSecrets()
    async with raw_server(b"") as proxy:
        choice = detect_proxy(
            f"http://ana:hunter22@127.0.0.1:{proxy.port}", {}, override_name="--proxy", system=SystemProxies
        )
        client = ServiceClient(OFFICIAL, choice, {}, handles=known.add, answered=lambda _: None)
        with pytest.raises(NotSentError):
            await client.refresh(Secret("arefresh"), lambda _piece: None)
        await client.aclose()
    assert shown(known, "hunter22") == []


async def test_the_password_of_a_proxy_that_is_tried_is_known() -> None:
    known = KnownSecrets()
    probe = HttpProbe(OFFICIAL, {}, SystemClock(), handles=known.add, system=SystemProxies)
    await probe.find_proxy(Secret("http://ana:hunter22@127.0.0.1:9"))
    assert shown(known, "hunter22") == []


async def test_the_vault_s_key_is_known_when_it_is_read_and_when_it_is_written() -> None:
    backend = GoodBackend()
    wrote, read = KnownSecrets(), KnownSecrets()
    await OsKeyStore(choose=lambda: backend, asks=lambda _: False, silence=without_questions, handles=wrote.add).write(
        Secret("vaultkey")
    )
    await OsKeyStore(choose=lambda: backend, asks=lambda _: False, silence=without_questions, handles=read.add).read()
    assert shown(wrote, "vaultkey") == shown(read, "vaultkey") == []


async def test_state_verifier_and_pasted_text_of_a_login_are_known() -> None:
    known, browser = KnownSecrets(), FakeBrowser()
    sign_in = BrowserLogin(OFFICIAL, None, browser, FakeClock(), FakeRandomness(), handles=known.add)
    async with running(sign_in.run(lambda _: None, lambda _: None)):
        state, verifier = known()
        with pytest.raises(PastedAddressError):
            sign_in.paste(Secret("https://elsewhere/?code=acodeacode&state=otherstate"))
    assert state.reveal() in browser.opened[0]
    assert shown(known, state.reveal(), verifier.reveal(), "acodeacode", "otherstate") == []
