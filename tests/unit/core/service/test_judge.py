import json
from datetime import UTC, datetime, timedelta

import pytest

from probe_tray.core.errors import (
    AccountDeactivatedError,
    EdgeBlockedError,
    ProbeError,
    RateLimitedError,
    RegionBlockedError,
    StrangeAnswerError,
    TokenRefusedError,
    UnavailableError,
    WorkspaceDeactivatedError,
    WorkspaceRefusedError,
)
from probe_tray.core.renewal.token_reply import login_problem, refresh_problem
from probe_tray.core.service.answer import Answer, blocked, judge

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
HOST = "chatgpt.com"


def verdict(status: int, body: object = b"", **headers: str) -> ProbeError | None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return judge(Answer(status, named, raw), host=HOST, now=NOW)


def test_a_success_is_no_failure() -> None:
    assert verdict(200, {}) is None
    assert verdict(204) is None


@pytest.mark.parametrize(
    ("status", "body", "headers", "expected"),
    [
        (403, b"<!DOCTYPE html><title>Just a moment</title>", {}, EdgeBlockedError),
        (403, b"\n  <!doctype html>", {"content_type": "text/plain"}, EdgeBlockedError),
        (403, b"\xef\xbb\xbf<HTML>", {}, EdgeBlockedError),
        (403, b"Access denied", {"content_type": "text/html; charset=UTF-8"}, EdgeBlockedError),
        (403, b"", {"server": "cloudflare"}, EdgeBlockedError),
        (403, b"error code: 1020", {"Server": "Cloudflare"}, EdgeBlockedError),
        (403, {"error": {"code": "token_expired"}}, {"cf_mitigated": "challenge"}, EdgeBlockedError),
        (503, b"<html>", {"cf_mitigated": "challenge"}, EdgeBlockedError),
        (401, b"<html><body>sign in to the network", {}, EdgeBlockedError),
        (403, {"error": {"code": "unsupported_country_region_territory"}}, {}, RegionBlockedError),
        (403, {"error": "unsupported_country_region_territory"}, {}, RegionBlockedError),
        (403, {"detail": {"code": "UNSUPPORTED_COUNTRY_REGION_TERRITORY"}}, {}, RegionBlockedError),
        (403, b"<html>unsupported_country_region_territory", {}, RegionBlockedError),
        (401, b"", {}, TokenRefusedError),
        (401, b"", {"server": "cloudflare"}, TokenRefusedError),
        (401, {"error": {"message": "no"}}, {"server": "cloudflare"}, TokenRefusedError),
        (401, b"Unauthorized", {"content_type": "text/plain"}, TokenRefusedError),
        (403, {"error": {"code": "token_expired"}}, {"server": "cloudflare"}, TokenRefusedError),
        (403, {"error": {"message": "Could not parse your authentication token."}}, {}, TokenRefusedError),
        (403, {"code": "invalid_token"}, {}, TokenRefusedError),
        (403, {"detail": "Unauthorized"}, {}, TokenRefusedError),
        (403, {"error": {"code": "deactivated_workspace"}}, {"server": "cloudflare"}, WorkspaceDeactivatedError),
        (402, {"detail": {"code": "deactivated_workspace"}}, {}, WorkspaceDeactivatedError),
        (403, {"detail": {"code": "invalid_workspace_selected"}}, {}, WorkspaceRefusedError),
        (402, {"detail": "Payment Required"}, {}, StrangeAnswerError),
        (401, {"error": {"code": "account_deactivated"}}, {}, AccountDeactivatedError),
        (500, {"error": {"code": "deactivated_workspace"}}, {}, UnavailableError),
        (404, b"", {}, UnavailableError),
        (404, b" \r\n", {}, UnavailableError),
        (403, {"detail": "too many tokens asked for"}, {}, StrangeAnswerError),
        (403, b"", {}, StrangeAnswerError),
        (429, {"error": {"type": "usage_limit_reached"}}, {}, RateLimitedError),
        (429, b"<html>1015", {"server": "cloudflare"}, RateLimitedError),
        (500, b"", {}, UnavailableError),
        (502, b"<html>bad gateway", {"server": "cloudflare"}, UnavailableError),
        (408, b"", {}, UnavailableError),
        (302, b"", {"location": "https://elsewhere.example/"}, StrangeAnswerError),
        (404, {"detail": "Not Found"}, {}, StrangeAnswerError),
        (418, b"\xff" * 10, {}, StrangeAnswerError),
    ],
)
def test_what_an_answer_means(status: int, body: object, headers: dict[str, str], expected: type[ProbeError]) -> None:
    assert type(verdict(status, body, **headers)) is expected


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("30", timedelta(seconds=30)),
        ("999999", timedelta(hours=1)),
        ("Sun, 22 Nov 2026 07:05:00 GMT", timedelta(minutes=5)),
        ("Sun, 22 Nov 2026 06:00:00 GMT", timedelta()),
        ("soon", None),
        ("-1", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_is_the_services(status: int, value: str, wait: timedelta | None) -> None:
    found = verdict(status, retry_after=value)
    assert found is not None
    assert found.retry_after == wait


def test_the_sentences_name_host_and_status() -> None:
    assert HOST in str(verdict(403, b"<html>"))
    assert "418" in str(verdict(418))
    assert "503" in str(verdict(503))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"code": "token_revoked", "message": "no"}}, "token_revoked"),
        ({"error": "invalid_token"}, "invalid_token"),
        ({"detail": {"code": "Session_Expired"}}, "session_expired"),
        ({"detail": "Unauthorized"}, "unauthorized"),
        (b"", None),
        ({"error": {"code": "eyJhbGciOi.J9.canary"}}, None),
        ({"error": {"code": "rt_canary0123"}}, None),
        ({"error": {"code": "a" * 61}}, None),
    ],
)
def test_a_refusal_keeps_what_the_service_calls_it_and_nothing_that_may_be_a_token(
    body: object, code: str | None
) -> None:
    found = verdict(401, body)
    assert isinstance(found, TokenRefusedError)
    assert found.facts.get("code") == code


REGION = b'{"error": {"code": "unsupported_country_region_territory"}}'


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind"),
    [
        (403, REGION, {}, RegionBlockedError),
        (403, b"<html>unsupported_country_region_territory", {}, RegionBlockedError),
        (403, b"<html>", {}, EdgeBlockedError),
        (403, b"\xef\xbb\xbf <html>", {}, EdgeBlockedError),
        (403, b"", {"content-type": "text/html"}, EdgeBlockedError),
        (403, b"", {"server": "cloudflare"}, EdgeBlockedError),
        (403, b"", {"cf-mitigated": "challenge"}, EdgeBlockedError),
    ],
)
def test_a_block_is_one_and_the_same_whatever_was_asked(
    status: int, body: bytes, headers: dict[str, str], kind: type[ProbeError]
) -> None:
    answer = Answer(status, headers, body)
    said = [
        blocked(answer, host=HOST),
        judge(answer, host=HOST, now=NOW),
        refresh_problem(answer, host=HOST, now=NOW),
        login_problem(answer, host=HOST, now=NOW),
    ]
    assert [type(problem) for problem in said] == [kind] * 4


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (200, b"<html>", {}),
        (401, b"", {"server": "cloudflare"}),
        (403, b'{"detail": "no"}', {"server": "cloudflare"}),
        (500, b"<html>", {}),
    ],
)
def test_what_is_no_sign_of_a_block(status: int, body: bytes, headers: dict[str, str]) -> None:
    assert blocked(Answer(status, headers, body), host=HOST) is None
