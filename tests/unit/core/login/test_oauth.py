import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.account.secret import Secret
from probe_tray.core.login.oauth import (
    Callback,
    CallbackFault,
    Grant,
    LoginAttempt,
    authorize_address,
    new_attempt,
    read_pasted,
)
from probe_tray.core.service.service import OFFICIAL, Service
from tests.support.fakes import FakeRandomness

REDIRECT = "http://localhost:1455/auth/callback"


def query(address: Secret) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address.reveal()).query, strict_parsing=True)


def test_the_sign_in_page_is_asked_for_with_every_parameter_of_the_service() -> None:
    attempt = LoginAttempt(state=Secret("the-state"), verifier=Secret("the-verifier"))
    address = authorize_address(OFFICIAL, attempt, REDIRECT)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"the-verifier").digest()).rstrip(b"=").decode()
    assert query(address) == {
        "response_type": ["code"],
        "client_id": ["app_EMoamEEZ73f0CkXaXp7hrann"],
        "redirect_uri": [REDIRECT],
        "scope": ["openid profile email offline_access"],
        "code_challenge": [challenge],
        "code_challenge_method": ["S256"],
        "state": ["the-state"],
        "id_token_add_organizations": ["true"],
        "codex_cli_simplified_flow": ["true"],
        "originator": ["codex_cli_rs"],
    }
    assert address.reveal().startswith("https://auth.openai.com/oauth/authorize?")


def test_the_challenge_is_the_one_of_rfc_7636_appendix_b() -> None:
    attempt = LoginAttempt(state=Secret("s"), verifier=Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
    found = query(authorize_address(OFFICIAL, attempt, REDIRECT))["code_challenge"]
    assert found == ["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"]


def test_the_issuer_can_be_replaced() -> None:
    service = Service(issuer="http://127.0.0.1:9/issuer", client_id="mine")
    address = authorize_address(service, new_attempt(FakeRandomness().token_bytes), REDIRECT)
    assert address.reveal().startswith("http://127.0.0.1:9/issuer/oauth/authorize?")
    assert query(address)["client_id"] == ["mine"]


def test_the_address_shows_neither_state_nor_verifier() -> None:
    attempt = new_attempt(FakeRandomness().token_bytes)
    address = authorize_address(OFFICIAL, attempt, REDIRECT)
    assert attempt.state.reveal() not in repr(address) + repr(attempt)
    assert attempt.verifier.reveal() not in repr(attempt) + address.reveal()


def test_every_attempt_is_new() -> None:
    randomness = FakeRandomness()
    attempts = [new_attempt(randomness.token_bytes) for _ in range(5)]
    assert len({a.state for a in attempts} | {a.verifier for a in attempts}) == 10


@given(st.binary(min_size=64, max_size=64))
def test_state_and_verifier_are_base64url_of_32_and_64_bytes(noise: bytes) -> None:
    attempt = new_attempt(lambda count: noise[:count])
    for secret, size, length in ((attempt.state, 32, 43), (attempt.verifier, 64, 86)):
        text = secret.reveal()
        assert len(text) == length
        assert base64.urlsafe_b64decode(text + "=" * (-length % 4)) == noise[:size]


STATE = Secret("the-right-state")
CODE = "ac_x.Y-z~1"
QUERY = f"code={CODE}&state=the-right-state"


def pasted(text: str) -> Callback | CallbackFault:
    return read_pasted(Secret(text), STATE)


@pytest.mark.parametrize(
    "text",
    [
        f"{REDIRECT}?{QUERY}",
        f"http://127.0.0.1:1457/auth/callback?state=the-right-state&code={CODE}",
        f"localhost:1455/auth/callback?{QUERY}",
        f"{REDIRECT}?{QUERY}&scope=openid%20profile#",
        f"?{QUERY}",
        QUERY,
        f"  {QUERY}\n",
        f'"{REDIRECT}?{QUERY}"',
        f"'{QUERY}'",
        f"<{REDIRECT}?{QUERY}>",
        f" < \u201c{REDIRECT}?{QUERY}\u201d > ",
        f"\ufeff{REDIRECT}?code=ac_x.\r\n  Y-z~1&sta\nte=the-right-state\u200b",
    ],
)
def test_an_address_is_understood_however_it_was_copied(text: str) -> None:
    assert pasted(text) == Callback(code=Secret(CODE))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", CallbackFault.NO_CODE),
        ("hello", CallbackFault.NO_CODE),
        (REDIRECT, CallbackFault.NO_CODE),
        ("state=the-right-state", CallbackFault.NO_CODE),
        ("code=&state=the-right-state", CallbackFault.NO_CODE),
        (f"{QUERY}&code=another", CallbackFault.NO_CODE),
        (f"{QUERY}&error=access_denied", CallbackFault.NO_CODE),
        ("code=%ff&state=the-right-state", CallbackFault.NO_CODE),
        ("code=%00&state=the-right-state", CallbackFault.NO_CODE),
        (f"{QUERY}&x={'y' * 9000}", CallbackFault.NO_CODE),
        ("&".join(f"p{n}=1" for n in range(30)) + f"&{QUERY}", CallbackFault.NO_CODE),
        (f"code={CODE}", CallbackFault.NO_STATE),
        (f"{REDIRECT}?code={CODE}&state=", CallbackFault.NO_STATE),
        ("error=access_denied", CallbackFault.NO_STATE),
        (f"code={CODE}&state=another-state", CallbackFault.OTHER_LOGIN),
        ("error=access_denied&state=another-state", CallbackFault.OTHER_LOGIN),
        (f"code={CODE}&state=the-right-stat", CallbackFault.OTHER_LOGIN),
    ],
)
def test_an_address_that_does_not_help_is_told_apart(text: str, fault: CallbackFault) -> None:
    assert pasted(text) is fault


def test_the_error_of_the_sign_in_page_is_read_as_the_listener_reads_it() -> None:
    text = f"{REDIRECT}?error=access_denied&error_description=missing_codex_entitlement%0a+x&state=the-right-state"
    assert pasted(text) == Callback(error="access_denied", description="missing_codex_entitlement x")


def test_the_sign_in_page_s_own_address_has_no_code_in_it() -> None:
    attempt = LoginAttempt(state=STATE, verifier=Secret("v" * 86))
    assert read_pasted(authorize_address(OFFICIAL, attempt, REDIRECT), STATE) is CallbackFault.NO_CODE


@given(st.text(max_size=300))
def test_whatever_is_pasted_without_the_state_brings_nothing(text: str) -> None:
    assert isinstance(pasted(text), CallbackFault)


AROUND = st.text("<>\"'`“”«» \t\r\n\u200b", max_size=20)


@given(AROUND, AROUND, st.sampled_from(["", "?", f"{REDIRECT}?"]))
def test_what_stands_around_an_address_is_never_a_part_of_it(before: str, after: str, start: str) -> None:
    assert pasted(f"{before}{start}{QUERY}{after}") == Callback(code=Secret(CODE))


@given(st.text("abc=&?#%+ ", max_size=80))
def test_with_the_right_state_only_a_code_or_an_error_of_the_query_counts(query: str) -> None:
    found = pasted(f"state=the-right-state&{query}")
    assert isinstance(found, CallbackFault) or found.code is None


def test_a_callback_and_a_grant_show_no_code() -> None:
    grant = Grant(code=Secret(CODE), verifier=Secret("the-verifier"), redirect_uri=REDIRECT)
    shown = repr(pasted(QUERY)) + repr(grant)
    assert CODE not in shown
    assert "the-verifier" not in shown
