"""What is shown of a test of models."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.errors import KeyringLockedError, ModelFailedError, NotSentError, ProbeError, QuotaUsedUpError
from probe_tray.core.models.model_test import ListedBy, ModelResult, ModelRun, ModelTest
from probe_tray.core.state import AccountState, AppState
from probe_tray.resources import resource
from probe_tray.view.models.model_test import ModelTestView, consent, model_test
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator, parse_po
from probe_tray.view.view_models import Tone
from tests.unit.ui.samples import NOW, account

T = Translator()
CHINESE = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))
MODELS = ("a", "b", "c")


def good(model: str, latency: float = 0.84) -> ModelResult:
    return ModelResult(model=model, latency=latency, upstream_status=200)


def bad(model: str, error: ProbeError | None = None, resets_at: datetime | None = None) -> ModelResult:
    problem = (error or ModelFailedError(reason="it is busy")).problem
    return ModelResult(model=model, problem=problem, latency=1.26, resets_at=resets_at)


def trial(*results: ModelResult, **more: object) -> ModelTest:
    plain = ModelTest(started_at=NOW, models=MODELS, listed_by=ListedBy.SERVICE, results=results)
    return replace(plain, **more)


def shown(*tests: ModelTest | None, running: bool = False, began: datetime = NOW, t: Translator = T) -> ModelTestView:
    found = tuple(account(f"{n}@example.com", models=test) for n, test in enumerate(tests))
    run = ModelRun(started_at=began, accounts=tuple(a.key for a in found), running=running)
    return model_test(AppState(accounts=found, model_run=run), Now(NOW, UTC), t)


def test_a_run_that_goes_on_says_how_far_it_is_and_can_be_stopped() -> None:
    view = shown(trial(good("b")), None, running=True)
    assert (view.title, view.stop, view.again) == ("Testing models…", "&Stop", "")
    assert view.text.startswith("0 of 2 accounts done.")
    assert [(a.said, a.tone) for a in view.accounts] == [("1 of 3 tested", None), ("Waiting…", None)]
    assert [(r.model, r.latency, r.said) for r in view.accounts[0].rows] == [
        ("a", "", "Asking…"),
        ("b", "0.8 s", "Available"),
        ("c", "", "Asking…"),
    ]
    assert (view.done, view.total) == (1, 4)


def test_a_run_that_is_done_says_who_has_a_model_and_can_be_repeated() -> None:
    view = shown(trial(*map(good, MODELS)), trial(*map(bad, MODELS)), trial(good("a"), bad("b"), bad("c")))
    assert (view.title, view.stop, view.again) == ("2 of 3 accounts have a working model", "", "&Test again")
    assert [(a.said, a.tone) for a in view.accounts] == [
        ("3 of 3 available", Tone.CALM),
        ("0 of 3 available", Tone.CRITICAL),
        ("1 of 3 available", Tone.WARNING),
    ]
    assert (view.done, view.total) == (9, 9)
    assert view.text == "Tested: 13:52."


def test_one_account_with_a_model_is_counted_as_one() -> None:
    assert shown(trial(good("a")), trial(bad("a"))).title == "1 of 2 accounts has a working model"
    assert shown(trial(good("a"))).title == "1 of 1 account has a working model"


def test_a_model_that_is_not_available_says_why_and_what_to_do() -> None:
    (row, *_) = shown(trial(bad("a"), bad("b"), bad("c"))).accounts[0].rows
    assert (row.latency, row.said, row.advice) == (
        "1.3 s",
        "The model returned an error: it is busy.",
        "Test it again later.",
    )


def test_a_used_up_quota_says_when_it_is_reset() -> None:
    result = bad("a", QuotaUsedUpError(), resets_at=NOW + timedelta(minutes=38))
    (row, *_) = shown(trial(result, bad("b"), bad("c"))).accounts[0].rows
    assert row.said == "The quota of this account is used up. It resets in 38 min · 14:30."


@pytest.mark.parametrize(
    ("t", "words"),
    [
        (T, "The quota of this account was used up and has been reset since. Test again."),
        (CHINESE, "此账户的额度当时已用完，现已重置。请重新测试。"),
    ],
)
def test_a_quota_that_was_reset_since_is_not_called_used_up(t: Translator, words: str) -> None:
    result = bad("a", QuotaUsedUpError(), resets_at=NOW)
    (row, *_) = shown(trial(result, bad("b"), bad("c")), t=t).accounts[0].rows
    assert (row.said, row.told) == (words, words)


def test_no_answer_has_no_latency() -> None:
    result = replace(bad("a", NotSentError(reason="no route")), latency=None)
    assert shown(trial(result, good("b"), good("c"))).accounts[0].rows[0].latency == "–"


def test_a_stopped_run_keeps_what_was_answered() -> None:
    view = shown(trial(good("a")), None)
    assert view.text == "Stopped. The results so far are kept."
    assert [a.said for a in view.accounts] == ["1 of 3 tested", "Not tested"]
    assert [r.said for r in view.accounts[0].rows] == ["Available", "Not tested", "Not tested"]


def test_an_older_test_of_an_account_is_not_taken_for_this_run() -> None:
    view = shown(trial(*map(good, MODELS)), running=True, began=NOW + timedelta(seconds=1))
    assert [a.said for a in view.accounts] == ["Waiting…"]


def test_the_list_of_the_settings_is_named_as_such() -> None:
    view = shown(trial(*map(good, MODELS), listed_by=ListedBy.SETTINGS))
    assert view.text.endswith("OpenAI returned no model list, so the one in Settings was used.")


def test_an_account_that_could_not_be_opened_says_so() -> None:
    test = trial(models=(), listed_by=ListedBy.SETTINGS, problem=KeyringLockedError().problem)
    (found,) = shown(test).accounts
    assert found.said.startswith("The keyring is locked")
    assert (found.tone, found.rows) == (Tone.CRITICAL, ())


def test_without_an_account_it_says_what_to_do() -> None:
    view = model_test(AppState(), Now(NOW, UTC), T)
    assert (view.title, view.text) == ("No account to test", "Log in first, then test again.")
    assert (view.stop, view.again, view.accounts) == ("", "", ())


@pytest.mark.parametrize(("count", "words"), [(1, "of 1 account "), (7, "each of 7 accounts ")])
def test_the_cost_is_said_before_the_first_test(count: int, words: str) -> None:
    question = consent(count, T)
    assert words in question.text
    assert "uses a little" in question.text


_RESULTS = st.sampled_from(MODELS).flatmap(lambda m: st.sampled_from([good(m), bad(m), bad(m, resets_at=NOW)]))
_TESTS = st.none() | st.lists(_RESULTS, max_size=4).map(lambda found: trial(*found))


@given(st.lists(_TESTS, max_size=4), st.booleans(), st.sampled_from([T, CHINESE]))
def test_every_state_can_be_shown(tests: list[ModelTest | None], running: bool, t: Translator) -> None:  # noqa: FBT001 - Hypothesis gives it
    view = shown(*tests, running=running, t=t)
    assert len(view.accounts) == len(tests)
    assert view.total >= view.done or any(test and len(test.results) > len(test.models) for test in tests)


def test_an_account_that_is_gone_is_left_out() -> None:
    gone: AccountState = account("gone@example.com")
    run = ModelRun(started_at=NOW, accounts=(gone.key,), running=False)
    assert model_test(AppState(model_run=run), Now(NOW, UTC), T).accounts == ()
