import base64
import json

import jwt as pyjwt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from probe_tray.core.account.token_payload import read_payload
from tests.support.tokens import jwt, tokens

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=5)
HEADERS = st.one_of(
    st.just({"alg": "ES256", "typ": "JWT"}), OBJECTS, st.fixed_dictionaries({"b64": st.sampled_from([True, False, 0])})
)
BYTES = st.one_of(
    st.binary(max_size=80),
    OBJECTS.map(lambda found: json.dumps(found).encode()),
    OBJECTS.map(lambda found: json.dumps(found).encode("utf-16")),
    st.sampled_from([b'{"a":NaN}', b'{"a":1,"a":2}', b'{"a":"\\ud800"}', b"\xef\xbb\xbf{}", b"[]", b"7", b'{"a":1}x']),
)
ALPHABET = "ABab01-_+/=.~ \n\u00e4"


def part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_by_pyjwt(token: str) -> dict[str, object] | None:
    try:
        return pyjwt.decode(token, options={"verify_signature": False})
    except (pyjwt.PyJWTError, ValueError, RecursionError):
        return None


def same_or_refused(token: str) -> bool:
    """Compared as text: NaN is equal to nothing, and 1, 1.0 and true are equal."""
    found = read_payload(token)
    return found == {} or repr(found) == repr(read_by_pyjwt(token))


@given(OBJECTS)
def test_the_claims_of_a_token_are_those_that_pyjwt_reads(claims: dict[str, object]) -> None:
    token = jwt(**claims)
    assert repr(read_payload(token)) == repr(read_by_pyjwt(token))


@given(HEADERS.map(lambda found: json.dumps(found).encode()) | BYTES, BYTES, st.binary(max_size=8), st.integers(0, 3))
@example(b"{}", b'{"a":1}', b"", 0)
def test_any_three_parts_are_read_as_by_pyjwt_or_refused(
    header: bytes, payload: bytes, signature: bytes, padding: int
) -> None:
    end = "=" * padding
    assert same_or_refused(f"{part(header)}.{part(payload)}{end}.{part(signature)}")
    assert same_or_refused(f"{part(header)}.{part(payload)}.{part(signature)}{end}")


@given(st.text() | st.text(ALPHABET) | st.lists(st.text(ALPHABET, max_size=9), max_size=5).map(".".join))
def test_any_text_is_read_as_by_pyjwt_or_refused(text: str) -> None:
    assert same_or_refused(text)


@given(st.integers(0, 10_000), st.sampled_from(ALPHABET))
def test_a_token_with_one_character_changed_is_read_as_by_pyjwt_or_refused(place: int, character: str) -> None:
    token = tokens("ana")["id_token"]
    place %= len(token)
    assert same_or_refused(token[:place] + character + token[place + 1 :])


@pytest.mark.parametrize("payload", [b"[" * 100_000, b'{"exp":' + b"9" * 5000 + b"}", b'{"a":' * 50_000 + b"1"])
def test_what_would_exhaust_a_parser_is_refused(payload: bytes) -> None:
    assert read_payload(f"{part(b'{}')}.{part(payload)}.x") == {}


def test_no_token_is_read_that_no_store_would_keep() -> None:
    fits, beyond = jwt(a="x" * 190_000), jwt(a="x" * 200_000)
    assert len(fits) < 256 * 1024 < len(beyond)
    assert read_payload(fits) == {"a": "x" * 190_000}
    assert read_payload(beyond) == {}
