import copy
import io
import json
import logging
import pickle
import traceback
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret, token
from probe_tray.core.login.oauth import LoginAttempt
from tests.support.tokens import credential

HIDDEN = "canary-5f2e"
SECRET = Secret(HIDDEN)


def said_by_log(value: object) -> str:
    stream = io.StringIO()
    record = logging.makeLogRecord({"msg": "%s %r", "args": (value, value)})
    logging.StreamHandler(stream).emit(record)
    return stream.getvalue()


def said_by_traceback(value: object) -> str:
    try:
        raise ValueError(value)
    except ValueError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


SHOWN: dict[str, Callable[[object], str]] = {
    "repr": repr,
    "str": str,
    "template": lambda v: "{} {!r} {!a}".format(*[v] * 3),
    "f-string": lambda v: f"{v} {v!r} {v!s}",
    "json with default": lambda v: json.dumps(v, default=str),
    "inside a list": lambda v: str([v, {"key": v}]),
    "log": said_by_log,
    "traceback": said_by_traceback,
}


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
@pytest.mark.parametrize(
    "holder", [SECRET, LoginAttempt(state=SECRET, verifier=SECRET)], ids=["the secret", "a struct that holds it"]
)
def test_nothing_shows_a_secret(show: Callable[[object], str], holder: object) -> None:
    said = show(holder)
    assert said
    assert HIDDEN not in said


REFUSED: dict[str, Callable[[object], object]] = {
    "json": json.dumps,
    "json of a struct's fields": lambda v: json.dumps({"token": v}),
    "msgspec.json": msgspec.json.encode,
    "msgspec.msgpack": msgspec.msgpack.encode,
    "msgspec.to_builtins": msgspec.to_builtins,
    "pickle": pickle.dumps,
}


@pytest.mark.parametrize("encode", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("holder", [SECRET, credential()], ids=["the secret", "a credential"])
def test_encoding_a_secret_is_an_error_that_does_not_show_it(
    encode: Callable[[object], object], holder: object
) -> None:
    with pytest.raises(TypeError) as caught:
        encode(holder)
    shown = str(caught.value)
    held = holder.access_token if isinstance(holder, Credential) else SECRET
    assert held.reveal() not in shown


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_pickle_protocol_takes_a_secret(protocol: int) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(SECRET, protocol)


def test_a_credential_shows_none_of_its_tokens() -> None:
    login = credential()
    for held in (login.access_token, login.refresh_token, login.id_token):
        assert held is not None
        assert held.reveal() not in repr(login) + str(login)


def test_a_format_with_a_width_shows_no_more() -> None:
    assert f"{SECRET:>40}" == "Secret(…)"


def test_copies_are_the_secret_itself() -> None:
    assert copy.copy(SECRET) is SECRET
    assert copy.deepcopy(SECRET) is SECRET


def test_reveal_is_the_way_to_the_value() -> None:
    assert SECRET.reveal() == HIDDEN


def test_equality_is_by_value_and_with_secrets_only() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


def test_only_an_empty_secret_is_false() -> None:
    assert not Secret("")
    assert Secret("0")


@given(st.text())
def test_any_text_can_be_wrapped_compared_and_named(text: str) -> None:
    secret = Secret(text)
    assert secret == Secret(text)
    assert secret.fingerprint == Secret(text).fingerprint
    assert len(secret.fingerprint) == 16
    assert int(secret.fingerprint, 16) >= 0


def test_fingerprints_tell_secrets_apart_without_holding_them() -> None:
    assert Secret("abc").fingerprint == "ba7816bf8f01cfea"
    assert Secret("abd").fingerprint != Secret("abc").fingerprint


@pytest.mark.parametrize("good", ["a", "rt_ana.1", "a.b-c_d~e+f/g=", "0"])
def test_a_token_of_token_characters_is_taken(good: str) -> None:
    assert token(good) == Secret(good)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        " ",
        "a b",
        "a\n",
        "\na",
        "a\r\nX-Header: 1",
        "a\0",
        "tökén",
        "٣",
        "a,b",
        '"a"',
        "\ud800",
        None,
        1,
        b"a",
        ["a"],
        True,
    ],
)
def test_what_is_no_token_is_refused(bad: object) -> None:
    assert token(bad) is None


def test_a_token_has_the_characters_of_rfc_6750_and_no_others() -> None:
    taken = {character for character in map(chr, range(0x180)) if token(f"a{character}b") is not None}
    assert taken == set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=")


@given(st.one_of(st.text(), st.binary(), st.integers(), st.none(), st.lists(st.text())))
def test_a_token_is_printable_ascii_without_spaces(value: object) -> None:
    found = token(value)
    assert found is None or (found.reveal() == value and found.reveal().isascii() and found.reveal().isprintable())
