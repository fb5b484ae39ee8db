import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.oauth import Attempt, authorize_address, new_attempt
from probe_tray.core.secret import Secret
from probe_tray.core.service import OFFICIAL, Service
from tests.support.fakes import FakeRandomness

REDIRECT = "http://localhost:1455/auth/callback"


def query(address: Secret) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address.reveal()).query, strict_parsing=True)


def test_the_sign_in_page_is_asked_for_with_every_parameter_of_the_service() -> None:
    attempt = Attempt(state=Secret("the-state"), verifier=Secret("the-verifier"))
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
    attempt = Attempt(state=Secret("s"), verifier=Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
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
