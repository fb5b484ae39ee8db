"""What the login's window says and offers, for every way and every failure."""

import re
from datetime import UTC, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core import errors
from probe_tray.core.errors import (
    BrowserError,
    DeviceCodeOffError,
    EdgeBlockedError,
    ExchangeError,
    KeyringLockedError,
    LoginDeniedError,
    LoginEndedError,
    LoginError,
    LoginTimedOutError,
    NotSentError,
    OtherAccountError,
    PastedAddressError,
    PortsTakenError,
    ProbeError,
    RenewalsPausedError,
    RetryLaterError,
    ServiceError,
    StoreError,
    TokenRefusedError,
    UnavailableError,
    UncertainLoginError,
    WriteError,
)
from probe_tray.core.login.oauth import CallbackFault
from probe_tray.core.state import LoginPhase, LoginState, Way
from probe_tray.resources import resource
from probe_tray.view.login.login import login
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator, parse_po
from probe_tray.view.view_models import LoginView
from tests.unit.ui.samples import NOW, waiting_login

BUTTONS = (
    "open_again", "copy_address", "copy_code", "use_browser", "use_code", "paste", "settings", "log_in_again", "cancel",
)  # fmt: skip
CODE = LoginState(
    phase=LoginPhase.WAITING,
    way=Way.CODE,
    user_code="WDJB-MJHT",
    page="https://auth.openai.com/codex/device",
    ends_at=NOW + timedelta(minutes=15),
)
PASTE = LoginState(phase=LoginPhase.WAITING, way=Way.PASTE, ends_at=NOW + timedelta(minutes=9))
WAITING = (waiting_login(), CODE, PASTE)


def shown(state: LoginState, t: Translator | None = None) -> LoginView:
    view = login(state, "localhost", "", Now(NOW, UTC), t or Translator())
    assert view is not None
    return view


def failed(error: ProbeError, **more: object) -> LoginView:
    return shown(replace(LoginState(phase=LoginPhase.FAILED, problem=error.problem), **more))


def buttons(view: LoginView) -> set[str]:
    return {name for name in BUTTONS if getattr(view, name)}


def subclasses(base: type[ProbeError]) -> list[type[ProbeError]]:
    found = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, base)]
    return [e for e in found if e is not base]


def made(kind: type[ProbeError]) -> ProbeError:
    facts = re.findall(r"\{(\w+)\}", kind.title_template + kind.hint_template)
    return kind(retry_after=None, **dict.fromkeys(facts, "x"))


def test_a_browser_login_offers_its_page_and_the_other_ways() -> None:
    view = shown(waiting_login())
    assert view.title == "Continue in your browser"
    assert buttons(view) == {"open_again", "copy_address", "use_code", "paste", "cancel"}
    assert view.other_ways == "Browser on another computer, or showing an error?"
    assert view.field is not None
    assert not view.field.at_once


def test_a_code_is_shown_with_its_page_and_the_time_that_is_left() -> None:
    view = shown(CODE)
    assert (view.code, view.page) == ("WDJB-MJHT", "https://auth.openai.com/codex/device")
    assert view.text.endswith("15 min left.")
    assert buttons(view) == {"open_again", "copy_code", "use_browser", "paste", "cancel"}
    assert view.field is None


def test_pasting_shows_its_field_at_once() -> None:
    view = shown(PASTE)
    assert buttons(view) == {"open_again", "copy_address", "use_code", "cancel"}
    assert view.field is not None
    assert view.field.at_once
    assert "None" not in view.text


@pytest.mark.parametrize("fault", list(CallbackFault))
def test_a_wrong_address_says_why_beside_the_field_and_the_rest_stays(fault: CallbackFault) -> None:
    view = shown(replace(waiting_login(), pasted=PastedAddressError(reason=fault.value).problem))
    assert view.field is not None
    assert view.field.problem.startswith(f"That is not the right address: {fault.value}. ")
    assert view.title == shown(waiting_login()).title


def test_a_browser_that_does_not_open_is_said_and_the_login_goes_on() -> None:
    view = shown(replace(waiting_login(), problem=BrowserError().problem))
    assert view.title == "Your browser couldn't be opened."
    assert "Copy the address and open it yourself. The login is still waiting." in view.text
    assert "9 min left." in view.text


@pytest.mark.parametrize("way", list(Way))
@pytest.mark.parametrize("phase", [LoginPhase.OPENING, LoginPhase.EXCHANGING])
def test_while_the_program_works_only_cancel_is_offered(phase: LoginPhase, way: Way) -> None:
    assert buttons(shown(LoginState(phase=phase, way=way))) == {"cancel"}


@pytest.mark.parametrize(
    ("error", "way", "expected"),
    [
        (PortsTakenError(holder="x"), Way.BROWSER, {"use_code", "paste", "log_in_again"}),
        (DeviceCodeOffError(), Way.CODE, {"use_browser", "paste", "log_in_again"}),
        (LoginDeniedError(), Way.BROWSER, {"log_in_again"}),
        (LoginTimedOutError(minutes="15"), Way.CODE, {"log_in_again"}),
        (ExchangeError(reason="x"), Way.PASTE, {"log_in_again"}),
        (WriteError(path="x", reason="y"), Way.BROWSER, {"log_in_again", "settings"}),
        (KeyringLockedError(), Way.BROWSER, {"log_in_again", "settings"}),
        (NotSentError(reason="x"), Way.BROWSER, {"log_in_again", "settings"}),
        (EdgeBlockedError(host="x"), Way.CODE, {"log_in_again", "settings"}),
    ],
)
def test_a_failure_offers_the_buttons_that_help(error: ProbeError, way: Way, expected: set[str]) -> None:
    view = failed(error, way=way)
    assert buttons(view) == {*expected, "cancel"}
    assert (view.way, view.failed) == (way, True)


@pytest.mark.parametrize("kind", subclasses(PortsTakenError))
def test_where_nobody_got_to_the_login_page_it_is_tried_again(kind: type[ProbeError]) -> None:
    assert failed(made(kind)).log_in_again == "&Try again"
    assert failed(LoginDeniedError()).log_in_again == "&Log in again"


@pytest.mark.parametrize("kind", subclasses(StoreError))
def test_every_failure_of_a_store_can_be_tried_again_or_settled_elsewhere(kind: type[ProbeError]) -> None:
    view = failed(made(kind))
    assert view.log_in_again == "&Try again"
    assert view.settings


@pytest.mark.parametrize("kind", [*subclasses(ServiceError), *subclasses(LoginError)])
def test_no_failed_login_promises_to_go_on_by_itself_or_speaks_of_a_login_there_is_not(kind: type[ProbeError]) -> None:
    if kind in {
        # Failures of a renewal, or of what goes on all the same; no login ends with them.
        LoginEndedError, UncertainLoginError, RetryLaterError, RenewalsPausedError, TokenRefusedError,
        UnavailableError,
    }:  # fmt: skip
        return
    view = failed(made(kind))
    assert "by itself" not in view.text
    assert "Your login is fine" not in view.title


def test_tokens_that_wait_to_be_saved_are_said_to_be_safe() -> None:
    view = failed(WriteError(path="x", reason="the disk is full"), unsaved=True)
    assert view.text.endswith("You don't need to log in again. The login is kept until it can be saved.")


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_wrong_clock_is_named_where_it_may_be_the_reason(hours: int) -> None:
    view = failed(ExchangeError(reason="x"), clock_off=timedelta(hours=hours))
    assert view.text.endswith("This computer's clock is off by 3 h. Set it first.")
    assert "clock" not in failed(ExchangeError(reason="x")).text


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "state",
    [
        *WAITING,
        *(
            LoginState(phase=LoginPhase.FAILED, way=way, problem=error.problem)
            for error in (PortsTakenError(holder="x"), DeviceCodeOffError(), KeyringLockedError(), LoginDeniedError())
            for way in Way
        ),
    ],
)
def test_every_button_has_a_key_of_its_own(state: LoginState, language: str) -> None:
    chinese = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))
    view = shown(state, chinese if language == "zh" else Translator())
    texts = [getattr(view, name) for name in BUTTONS if name != "cancel"]
    texts += [] if view.field is None else [view.field.button]
    keys = [found.group(1).lower() for text in texts if text and (found := re.search(r"&(\w)", text))]
    assert len(keys) == len([text for text in texts if text])
    assert len(set(keys)) == len(keys)


def named(state: LoginState, t: Translator | None = None) -> LoginView:
    view = login(state, "localhost", "research@example.com", Now(NOW, UTC), t or Translator())
    assert view is not None
    return view


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "state",
    [
        *WAITING,
        *(LoginState(phase=phase, way=way) for phase in (LoginPhase.OPENING, LoginPhase.EXCHANGING) for way in Way),
        *(
            LoginState(phase=LoginPhase.FAILED, problem=made(kind).problem)
            for kind in (*subclasses(ServiceError), *subclasses(LoginError), *subclasses(StoreError))
        ),
    ],
)
def test_a_login_again_says_as_whom_whatever_happens(state: LoginState, language: str) -> None:
    chinese = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))
    view = named(state, chinese if language == "zh" else Translator())
    assert "research@example.com" in view.window_title
    assert "research@example.com" in view.text
    assert shown(state).window_title == "Log in to Codex"


@pytest.mark.parametrize("state", WAITING)
def test_a_login_again_that_waits_asks_for_that_account_and_another_for_none(state: LoginState) -> None:
    assert named(state).window_title == "Log in as research@example.com"
    assert "Log in as research@example.com." in named(state).text
    assert "Log in as" not in shown(state).text


def test_a_failed_login_says_who_was_not_logged_in_then_what_to_do() -> None:
    view = named(LoginState(phase=LoginPhase.FAILED, problem=LoginDeniedError().problem))
    assert view.text.startswith("research@example.com was not logged in. ")
    kept = named(LoginState(phase=LoginPhase.FAILED, problem=WriteError(path="x", reason="y").problem, unsaved=True))
    assert "was not logged in" not in kept.text


def test_a_login_as_somebody_else_names_both() -> None:
    state = LoginState(phase=LoginPhase.FAILED, problem=OtherAccountError(who="lee@example.com").problem)
    assert named(state).title == "You logged in as lee@example.com, not as research@example.com."
    assert named(state).text == (
        "research@example.com was not logged in. The login of lee@example.com was saved. "
        "Log in again and choose research@example.com on the login page."
    )
    assert shown(state).title == "You logged in as lee@example.com, which isn't the account that needs a login."
