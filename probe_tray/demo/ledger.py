"""What was asked of the simulated service, and what of it the specification does not know."""

import hashlib
import json
import threading
from collections.abc import Callable
from datetime import datetime
from typing import cast
from urllib.parse import parse_qsl

import msgspec

from probe_tray.demo.messages import JSON_TYPE, Request

_FINGERPRINT = 12
_MOST_RECORDS = 20_000
"""A demo that runs for weeks must not grow; a record takes 400 bytes."""


class RequestFacts(msgspec.Struct, frozen=True):
    """What a request shows of itself before anybody has judged it."""

    grant: str | None = None
    account: str | None = None
    fingerprint: str | None = None


class LedgerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One request. No token is ever in it: ``fingerprint`` is the first 12 hex digits of the token's SHA-256."""

    method: str
    path: str
    time: datetime
    grant: str | None
    account: str | None
    fingerprint: str | None
    status: int | None = None
    """None until it is answered, and for good when the connection was dropped instead."""
    delivered: bool = False
    """Whether the whole reply has been handed to the network, or is just about to be."""


class Violation(msgspec.Struct, frozen=True):
    """A request that the specification does not know."""

    method: str
    path: str
    problem: str


class Ledger:
    """The latest records, and all violations. Every method may be called from any thread."""

    def __init__(self) -> None:
        """Begin empty."""
        self._lock = threading.Lock()
        self._number = 0
        self._records: dict[int, LedgerRecord] = {}
        self._violations: list[Violation] = []

    @property
    def records(self) -> tuple[LedgerRecord, ...]:
        """The latest requests, in the order of arrival; more than the tests make."""
        with self._lock:
            return tuple(self._records.values())

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Every request that should not have been made."""
        with self._lock:
            return tuple(self._violations)

    def arrived(self, request: Request, facts: RequestFacts, time: datetime) -> int:
        """Note a request; returns its number."""
        record = LedgerRecord(
            method=request.method,
            path=request.path,
            time=time,
            grant=facts.grant,
            account=facts.account,
            fingerprint=facts.fingerprint,
        )
        with self._lock:
            number = self._number
            self._number += 1
            self._records[number] = record
            self._records.pop(number - _MOST_RECORDS, None)
            return number

    def answered(self, number: int, status: int, *, delivered: bool) -> None:
        """Note how a request was answered."""
        with self._lock:
            found = self._records.get(number)
            if found is not None:
                self._records[number] = msgspec.structs.replace(found, status=status, delivered=delivered)

    def broken(self, method: str, path: str, problem: str) -> None:
        """Note a request that should not have been made."""
        with self._lock:
            self._violations.append(Violation(method, path, problem))

    def count(self, path: str = "", *, method: str = "", status: int = 0, grant: str = "", account: str = "") -> int:
        """How many requests fit everything given; ``path`` is compared with the end of theirs."""
        return sum(
            record.path.endswith(path)
            and method in {"", record.method}
            and status in {0, record.status}
            and grant in {"", record.grant}
            and account in {"", record.account}
            for record in self.records
        )


def facts_of(request: Request, account_of: Callable[[str], str | None]) -> RequestFacts:
    """Read what a request shows, leniently; ``account_of`` tells whose a refresh token is."""
    scheme, _, token = (request.header("authorization") or "").partition(" ")
    if scheme.lower() == "bearer":
        return RequestFacts(account=request.header("chatgpt-account-id"), fingerprint=fingerprint(token))
    fields = _fields(request)
    token = fields.get("refresh_token") or fields.get("token") or ""
    return RequestFacts(
        grant=fields.get("grant_type"),
        account=account_of(token) if token else None,
        fingerprint=fingerprint(token) if token else None,
    )


def fingerprint(token: str) -> str:
    """The first 12 hex digits of SHA-256."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:_FINGERPRINT]


def _fields(request: Request) -> dict[str, str]:
    text = request.body.decode("utf-8", "replace")
    if request.media_type != JSON_TYPE:
        return dict(parse_qsl(text))
    try:
        decoded: object = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    members = cast("dict[str, object]", decoded) if isinstance(decoded, dict) else {}
    return {name: value for name, value in members.items() if isinstance(value, str)}
