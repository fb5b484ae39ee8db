"""The model list, the sample, and what the first event of an answer says."""

import json
from datetime import UTC, datetime
from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.errors import (
    EdgeBlockedError,
    ModelFailedError,
    ModelRefusedError,
    ModelSilentError,
    ProbeError,
    QuotaUsedUpError,
    RateLimitedError,
    RegionBlockedError,
    StrangeAnswerError,
    TokenRefusedError,
    UnavailableError,
)
from probe_tray.core.models.models import ModelChoice, choose, judge_model, read_models
from probe_tray.core.service.answer import Answer

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=12), inner, max_size=4)),
    max_leaves=12,
)
NAMES = st.lists(st.text("abc", min_size=1, max_size=4), max_size=12)


def entry(slug: object, priority: object = 0, **more: object) -> dict[str, object]:
    return {"slug": slug, "visibility": "list", "supported_in_api": True, "priority": priority} | more


def listed(*entries: object) -> tuple[str, ...]:
    return read_models(json.dumps({"models": entries}).encode())


def kind(problem: ProbeError | None) -> type[ProbeError] | None:
    return None if problem is None else type(problem)


def judged(status: int, body: object, **headers: str) -> tuple[type[ProbeError] | None, str]:
    """The kind of the problem and its sentence, None and empty for a model that is available."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    problem = judge_model(Answer(status, headers, data), host="chatgpt.com", now=NOW).problem
    return kind(problem), "" if problem is None else problem.title


def event(name: str, **data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name} | data)}\n\n".encode()


# --- the list


def test_the_models_come_in_the_services_order() -> None:
    assert listed(entry("b", 2), entry("c"), entry("a", 1)) == ("c", "a", "b")


def test_only_what_is_listed_and_supported_is_offered() -> None:
    assert listed(
        entry("hidden", visibility="hide"),
        entry("gone", visibility="none"),
        entry("said of nothing", visibility=None),
        entry("unsupported", supported_in_api=False),
        entry("good"),
    ) == ("good",)


def test_a_bad_entry_costs_nothing_but_itself() -> None:
    assert listed(None, 7, [], entry(None), entry(5), entry(""), entry("good", "no number"), "x") == ("good",)


def test_a_model_without_a_priority_comes_last_and_a_repeated_one_once() -> None:
    assert listed(entry("later", None), entry("first", 9), entry("first", 1)) == ("first", "later")


def test_support_that_is_not_mentioned_is_no_reason_to_leave_a_model_out() -> None:
    assert listed({"slug": "a", "visibility": "list"}) == ("a",)


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"null"])
def test_what_is_no_list_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(StrangeAnswerError):
        read_models(body)


@given(JSON)
def test_no_payload_raises_anything_else(value: object) -> None:
    models = read_models(json.dumps({"models": value}).encode())
    assert len(set(models)) == len(models)


# --- the sample


@given(NAMES, st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_three_different_models_are_drawn_out_of_those_offered(offered: list[str], chances: list[float]) -> None:
    draws = cycle(chances)
    drawn = choose(ModelChoice(), offered, lambda low, high: low + (high - low) * next(draws))
    assert len(set(drawn)) == len(drawn) == min(3, len(set(offered)))
    assert set(drawn) <= set(offered)


def test_chance_decides_which_and_the_service_in_which_order() -> None:
    offered = ["a", "b", "c", "d", "e"]
    assert choose(ModelChoice(), offered, lambda low, _: low) == ("a", "b", "c")
    assert choose(ModelChoice(), offered, lambda _, high: high) == ("c", "d", "e")


def test_all_of_them_or_exactly_those_that_were_named() -> None:
    assert choose(ModelChoice(every=True), ["a", "b", "c", "d"], lambda low, _: low) == ("a", "b", "c", "d")
    assert choose(ModelChoice(named=("x", "y", "x", "z", "v"), every=True), ["a"], lambda low, _: low) == (
        "x",
        "y",
        "z",
        "v",
    )


# --- one answer


@pytest.mark.parametrize(
    "body",
    [
        event("response.created", response={"status": "in_progress"}),
        b": a comment\n\n" + event("response.created"),
        b'data: {"type": "response.created"}\n\n',
        b"event: response.created\r\ndata: not JSON\r\n\r\n",
        b"event: response.created\rdata: {}\r\r",
        b'data:{"id":\ndata: "joined"}\n\n',
        event("response.created") + event("response.failed"),
    ],
)
def test_a_first_event_that_is_no_failure_means_available(body: bytes) -> None:
    assert judged(200, body) == (None, "")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (event("response.failed", response={"error": {"code": "overloaded", "message": "It is busy."}}), "it is busy"),
        (event("error", message="Nobody home", code="x"), "Nobody home"),
        (event("error", error={"code": "server_error"}), "server_error"),
        (b"event: error\ndata: {}\n\n", "it doesn't say why"),
        (b'{"error": {"message": "Plain words."}}', "Plain words"),
        (b'{"detail": "Closed today"}', "Closed today"),
    ],
)
def test_a_failure_behind_a_200_is_the_models_with_its_reason(body: bytes, reason: str) -> None:
    assert judged(200, body) == (ModelFailedError, f"The model returned an error: {reason}.")


@pytest.mark.parametrize("body", [b"", b": only a comment\n\n", b"data: [DONE]\n\n", b"{}", b"<html>", b"event: x\n\n"])
def test_a_200_without_an_event_is_not_available(body: bytes) -> None:
    assert judged(200, body)[0] == ModelSilentError


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, {"detail": "The model x is not available with this account."}, "the model x is not available with this"),
        (404, {"error": {"message": "It does not exist.", "code": "model_not_found"}}, "it does not exist"),
        (404, {"error": {"code": "model_not_found"}}, "model_not_found"),
        (403, {"error": "not for you"}, "not for you"),
        (422, {"detail": {"message": "wrong"}}, "wrong"),
    ],
)
def test_a_refusal_names_the_services_reason(status: int, body: object, reason: str) -> None:
    found, sentence = judged(status, body)
    assert found == ModelRefusedError
    assert reason in sentence
    assert ".." not in sentence


def test_a_reason_never_repeats_what_could_be_a_token() -> None:
    secret = "ey" + "J0" * 40
    _, sentence = judged(400, {"detail": f"Bad token {secret} sent"})
    assert secret not in sentence
    assert "Bad token … sent" in sentence


@pytest.mark.parametrize("status", [429, 403, 400])
def test_a_used_up_quota_says_when_it_comes_back(status: int) -> None:
    body = json.dumps({"error": {"type": "usage_limit_reached", "message": "x", "resets_at": 1795338424}}).encode()
    verdict = judge_model(Answer(status, {}, body), host="h", now=NOW)
    assert (kind(verdict.problem), verdict.resets_at) == (QuotaUsedUpError, datetime.fromtimestamp(1795338424, UTC))


@pytest.mark.parametrize("moment", [None, 0, -5, 1e300, "soon", [], 1795338424000])
def test_a_reset_that_makes_no_sense_is_left_out(moment: object) -> None:
    body = json.dumps({"error": {"type": "usage_limit_reached", "resets_at": moment}}).encode()
    verdict = judge_model(Answer(429, {}, body), host="h", now=NOW)
    assert (kind(verdict.problem), verdict.resets_at) == (QuotaUsedUpError, None)


def test_a_used_up_quota_may_also_be_the_first_event() -> None:
    body = event("response.failed", response={"error": {"code": "usage_limit_reached", "resets_at": 1795338424}})
    assert judged(200, body)[0] == QuotaUsedUpError


@pytest.mark.parametrize(
    ("status", "body", "headers", "expected"),
    [
        (401, b"", {}, TokenRefusedError),
        (403, b"<html>", {"content-type": "text/html"}, EdgeBlockedError),
        (403, b'{"error": {"code": "unsupported_country_region_territory"}}', {}, RegionBlockedError),
        (429, b"{}", {}, RateLimitedError),
        (503, b"", {}, UnavailableError),
        (418, b"", {}, StrangeAnswerError),
    ],
)
def test_what_is_not_about_the_model_keeps_its_own_name(
    status: int, body: bytes, headers: dict[str, str], expected: type[ProbeError]
) -> None:
    assert judged(status, body, **headers)[0] == expected


@given(st.integers(200, 599), JSON | st.binary(max_size=200))
def test_no_answer_raises(status: int, body: object) -> None:
    found, sentence = judged(status, body if isinstance(body, bytes) else {"error": body, "detail": body})
    assert (found is None) == (not sentence)


@given(st.binary(max_size=300))
def test_no_stream_raises(body: bytes) -> None:
    found, sentence = judged(200, b"event: response.failed\ndata: " + body)
    assert (found is None) == (not sentence)
