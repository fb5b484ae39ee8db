"""No log, traceback or hook shows a secret; everything else stays readable."""

import asyncio
import io
import logging
import os
import stat
import string
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.adapters.hygiene import REMOVED, KnownSecrets, Redactor, configure_logging, log_loop_failure, redact
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import DataFolderError, LogError
from tests.support.patience import PATIENCE

BASE64URL = string.ascii_letters + string.digits + "-_"
VSCHAR = string.ascii_letters + string.digits + "-._~+/"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3NjQwMDAwMDB9.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
REFRESH = "rt_A1b2C3d4.E5f6G7h8-I9j0"

around = st.text(max_size=40)
edges = st.sampled_from(["", " ", "\n", '"', "'", "(", "<", "=", ":", ",", "/", "{", "[", "\t", "=>", "Token "])


def jwt_of(header: str, payload: str, signature: str) -> str:
    return f"eyJ{header}.{payload}.{signature}"


jwts = st.builds(
    jwt_of,
    st.text(BASE64URL, min_size=10, max_size=60),
    st.text(BASE64URL, min_size=10, max_size=200),
    st.text(BASE64URL, min_size=20, max_size=100),
)
refresh_tokens = st.tuples(
    st.sampled_from(["rt_", "rt-", "ac_", "sk-", "sess-"]), st.text(VSCHAR, min_size=12, max_size=90)
).map("".join)
# What chance makes of 24 and more characters has all three kinds, so they are put in here.
opaque = st.text(BASE64URL, min_size=21, max_size=200).map("aB3".__add__)


def nothing() -> tuple[Secret, ...]:
    return ()


@given(before=around, left=edges, canary=jwts | refresh_tokens | opaque, right=edges, after=around)
def test_a_token_of_any_shape_is_removed_wherever_it_stands(
    before: str, left: str, canary: str, right: str, after: str
) -> None:
    assert canary not in redact(f"{before} {left}{canary}{right} {after}")


@given(
    name=st.sampled_from(["code", "state", "token", "refresh_token", "access_token", "id_token", "code_verifier"]),
    value=st.text(VSCHAR, min_size=1, max_size=60).map(lambda text: f"zq{text}"),
    before=st.sampled_from(["", "?", "&", "http://localhost:1455/auth/callback?", "a=b&"]),
    after=st.sampled_from(["", "&x=y", " HTTP/1.1", '"', ")"]),
)
def test_values_of_named_parameters_are_removed(name: str, value: str, before: str, after: str) -> None:
    assert value not in redact(f"{before}{name}={value}{after}")


# Letters that the mark of a removal does not have: it is not a secret that shows again.
@given(value=st.text("0123XYZ$%&/ \n\u00e4\u4e2d", min_size=6, max_size=60), before=around, after=around)
def test_a_known_secret_is_removed_whatever_its_shape(value: str, before: str, after: str) -> None:
    shown = Redactor(lambda: [Secret(value)])(before + value + after)
    assert REMOVED in shown
    assert value not in shown


@given(st.text())
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "",
        "usage of account 3: 5 h window 62 %, resets at 2026-11-22T14:30:00+00:00",
        "exit code: 3",
        'File "/usr/lib/python3.11/site-packages/probe_tray/adapters/callback_request.py", line 117, in read_callback',
        "probe_tray.core.errors.CredentialFileError: auth.json is not a login",
        "https://chatgpt.com/backend-api/wham/usage",
        "account 3f0c5a0e-98d1-4b0e-8a55-4f0c5a0e98d1",
        "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "the tokens of 3 accounts were renewed",
        "/home/person/.local/share/probe-tray/accounts/a-very-long-name-in-small-letters.json",
    ],
)
def test_ordinary_lines_stay_as_they_are(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Authorization: Bearer {JWT}", f"Authorization: Bearer {REMOVED}"),
        ("Proxy-Authorization: Basic dXNlcjpwYXNz", f"Proxy-Authorization: Basic {REMOVED}"),
        (f'{{"refresh_token": "{REFRESH}", "x": 1}}', f'{{"refresh_token": "{REMOVED}", "x": 1}}'),
        ("GET /auth/callback?code=a&state=b HTTP/1.1", f"GET /auth/callback?code={REMOVED}&state={REMOVED} HTTP/1.1"),
        ("http://user:p@ss@proxy:3128/", f"http://{REMOVED}@proxy:3128/"),
        (f"token {JWT}.", f"token {REMOVED}"),
    ],
)
def test_what_is_left_of_a_line_stays_readable(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_known_secrets_are_asked_for_each_time() -> None:
    known: list[Secret] = []
    redactor = Redactor(lambda: known)
    assert redactor("hunter2 hunter2/3") == "hunter2 hunter2/3"
    known += [Secret("hunter2"), Secret("hunter2/3")]
    assert redactor("hunter2 hunter2/3 hunter2%2F3") == " ".join([REMOVED] * 3)


def test_a_short_opaque_token_that_was_handled_is_removed_from_a_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stream, known, plain = io.StringIO(), KnownSecrets(), "xkqjvwzt"
    with configure_logging(logging.DEBUG, stream, Redactor(known)):
        for _ in range(2):
            try:
                raise ValueError(f"refused: {plain}")
            except ValueError:
                logging.getLogger("probe_tray.test").exception("it failed with %s", plain)
            known.add(Secret(plain))
    before, _, after = stream.getvalue().partition(REMOVED)
    assert "ValueError: refused: xkqjvwzt" in before
    assert after.endswith(f"ValueError: refused: {REMOVED}\n")
    assert plain not in after
    assert caplog.records


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("http://ana:p%40ssw0rd@proxy:3128", ["p%40ssw0rd", "p@ssw0rd", "YW5hOnBAc3N3MHJk"]),
        ("http://localhost:1455/auth/callback?code=thecode&state=thestate", ["thecode", "thestate"]),
        ("code=thecode&state=thestate", ["thecode", "thestate"]),
    ],
)
def test_the_secret_parts_of_an_address_are_known_by_themselves(address: str, parts: list[str]) -> None:
    known = KnownSecrets()
    known.add(Secret(address))
    assert {secret.reveal() for secret in known()} == {address, *parts}


@given(st.text())
def test_whatever_is_handled_can_be_known(value: str) -> None:
    known = KnownSecrets()
    known.add(Secret(value))
    known.add(Secret(f"http://{value}:{value}@x?code={value}"))
    Redactor(known)(value)
    assert Secret(value) in known()


def test_of_very_many_secrets_the_latest_are_known() -> None:
    known = KnownSecrets(most=3)
    for name in ("first", "second", "third", "first", "fourth"):
        known.add(Secret(name))
    assert known() == (Secret("third"), Secret("first"), Secret("fourth"))


def test_a_very_short_secret_does_not_shred_the_log() -> None:
    assert Redactor(lambda: [Secret("a")])("banana") == "banana"


def raise_with_secret() -> None:
    local_token = Secret(REFRESH)
    raise ValueError(f"invalid header {JWT} and {local_token.reveal()}")


def test_messages_arguments_and_tracebacks_are_cleaned(caplog: pytest.LogCaptureFixture) -> None:
    stream = io.StringIO()
    with configure_logging(logging.DEBUG, stream, Redactor(lambda: [Secret("hunter2")])):
        log = logging.getLogger("probe_tray.test")
        log.debug("with %s and %r", JWT, {"password": "x", "refresh_token": REFRESH})
        try:
            try:
                raise_with_secret()
            except ValueError as error:
                error.add_note("hunter2")
                raise RuntimeError(f"again {REFRESH}") from error
        except RuntimeError:
            log.exception("it failed", stack_info=True)
    text = stream.getvalue()
    assert "RuntimeError: again" in text
    assert "invalid header" in text
    assert "raise_with_secret" in text
    for secret in (JWT, REFRESH, "hunter2", "local_token = "):
        assert secret not in text.replace("local_token = Secret(REFRESH)", "")


def test_a_thousand_canaries_at_debug_level_leave_no_trace() -> None:
    stream = io.StringIO()
    canaries = [f"rt_{number:04d}CanaryToken.{'aZ9' * 10}" for number in range(1000)]
    with configure_logging(logging.DEBUG, stream, Redactor(nothing)):
        for number, canary in enumerate(canaries):
            logging.getLogger(f"probe_tray.part{number % 7}").debug("%s|%r|%s", canary, [canary], {"k": canary})
    text = stream.getvalue()
    assert text.count("\n") == 1000
    assert not any(canary in text for canary in canaries)


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11", "asyncio", "qasync._QEventLoop", "anything", "keyring"])
def test_libraries_stay_quiet_below_warning(name: str, caplog: pytest.LogCaptureFixture) -> None:
    stream = io.StringIO()
    with configure_logging(logging.DEBUG, stream, Redactor(nothing)):
        logging.getLogger(name).info("detail")
        logging.getLogger(name).warning("trouble")
    assert "detail" not in stream.getvalue()
    assert "trouble" in stream.getvalue()


def test_our_own_level_is_the_one_asked_for() -> None:
    stream = io.StringIO()
    with configure_logging(logging.INFO, stream, Redactor(nothing)):
        logging.getLogger("probe_tray.x").debug("too fine")
        logging.getLogger("probe_tray.x").info("good")
    assert "too fine" not in stream.getvalue()
    assert "INFO probe_tray.x: good" in stream.getvalue()


def test_everything_is_as_before_afterwards() -> None:
    def present() -> list[object]:
        return [
            list(logging.getLogger().handlers),
            logging.getLogger("probe_tray").level,
            sys.excepthook,
            sys.unraisablehook,
            threading.excepthook,
            logging.raiseExceptions,
        ]

    before = present()
    with configure_logging(logging.DEBUG, io.StringIO(), Redactor(nothing)):
        during = present()
    assert present() == before
    assert all(changed != same for changed, same in zip(during, before, strict=True))


def test_a_log_file_is_private_and_its_folder_is_made(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "probe-tray.log"
    with configure_logging(logging.INFO, path, Redactor(nothing)):
        logging.getLogger("probe_tray").info("%s", JWT)
    assert REMOVED in path.read_text("utf-8")
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("folder", ["file", "x" * 300])
def test_a_log_file_that_cannot_be_made_is_said(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with (
        pytest.raises(DataFolderError) as caught,
        configure_logging(logging.INFO, tmp_path / folder / "x.log", Redactor(nothing)),
    ):
        pass
    assert "can't be used" in caught.value.title


@pytest.mark.skipif(sys.platform == "win32", reason="pipes in folders")
@pytest.mark.parametrize("read", [False, True])
def test_a_pipe_in_the_place_of_the_log_is_said_and_holds_nothing_up(tmp_path: Path, *, read: bool) -> None:
    path = tmp_path / "probe-tray.log"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK) if read else None
    try:
        with (
            pytest.raises(LogError, match="it is not a regular file"),
            configure_logging(logging.INFO, path, Redactor(nothing)),
        ):
            pass
    finally:
        if reader is not None:
            os.close(reader)


def test_a_folder_in_the_place_of_the_log_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(LogError, match=r"The log .* can't be written"),
        configure_logging(logging.INFO, tmp_path, Redactor(nothing)),
    ):
        pass


async def test_a_failed_task_is_logged_without_its_values(caplog: pytest.LogCaptureFixture) -> None:
    stream = io.StringIO()
    with configure_logging(logging.DEBUG, stream, Redactor(nothing)):
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        future.set_result("a plain secret word")
        log_loop_failure(loop, {"message": "it broke", "exception": ValueError(REFRESH), "future": future})
        log_loop_failure(loop, {})
    text = stream.getvalue()
    assert "it broke" in text
    assert "ValueError" in text
    assert REFRESH not in text
    assert "plain secret word" not in text


PROGRAM = """
import logging, sys, threading
from probe_tray.adapters.hygiene import Redactor, configure_logging, switch_off_core_dumps
import resource
most = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
switch_off_core_dumps()
assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
class Broken:
    def __del__(self):
        raise ValueError("del rt_A1b2C3d4.E5f6G7h8-I9j0")
def work():
    raise ValueError("thread rt_A1b2C3d4.E5f6G7h8-I9j0")
with configure_logging(logging.DEBUG, sys.stderr, Redactor(lambda: ())):
    Broken()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    try:
        logging.getLogger("probe_tray").info("%d", "rt_A1b2C3d4.E5f6G7h8-I9j0")
    finally:
        token = "rt_A1b2C3d4.E5f6G7h8" + "-I9j0"
        sys.excepthook(ValueError, ValueError("main " + token), None)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="core dumps are a matter of Unix")
def test_no_hook_of_python_shows_a_secret() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    for part in ("del ", "thread ", "main "):
        assert f"ValueError: {part}{REMOVED}" in done.stderr
    assert "rt_A1b2" not in done.stderr + done.stdout


def test_a_line_bears_the_local_time_of_now(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    del caplog
    stream, hours = io.StringIO(), [1, 9]

    class Traveller:
        def offset_at(self, _moment: datetime) -> timedelta:
            return timedelta(hours=hours.pop(0))

    monkeypatch.setattr("probe_tray.adapters.system.this_system", Traveller)
    with configure_logging(logging.INFO, stream, Redactor(nothing)):
        for _ in range(2):
            record = logging.makeLogRecord({"created": 1_700_000_000.25, "msecs": 250.0, "levelno": logging.ERROR})
            logging.getLogger("probe_tray").handle(record)
    stamps = [line[:23] for line in stream.getvalue().splitlines()]
    assert stamps == ["2023-11-14 23:13:20,250", "2023-11-15 07:13:20,250"]
