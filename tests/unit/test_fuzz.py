"""Thousands of answers of a service gone mad, all the way from the bytes to what a person sees."""

import json
import math
import random  # noqa: TID251 - seeded: the same answers every time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

import msgspec
import pytest

from probe_tray.core.account.condition import Condition
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.report import AccountReport
from probe_tray.core.alerts.alert import AlertMemory
from probe_tray.core.alerts.evaluation import alerts
from probe_tray.core.errors import ProbeError
from probe_tray.core.events import AccountsRead, CheckFailed, CheckSucceeded, Event
from probe_tray.core.quota.forecast import follow, runs_out_at
from probe_tray.core.quota.history import samples_of
from probe_tray.core.quota.history_batch import Kept
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.core.quota.usage_parser import read_usage
from probe_tray.core.reduce import reduce
from probe_tray.core.service.answer import Answer, judge
from probe_tray.core.settings import Percentages, Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.view.alerts.notifications import notification
from probe_tray.view.presenter import present
from probe_tray.view.tables.json_table import accounts_json
from probe_tray.view.tables.status_table import status_rows
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Card
from tests.support.fakes import START

KEYS = tuple(AccountKey(f"account-{n}", f"user-{n}") for n in range(3))
_PLANS = ("free", "plus", "Pro", "team", "promax", "")
_LENGTHS = (18_000, 604_800, 2_592_000, 86_400, 3 * 86_400, 60, 1, 0, -5, 10**9)
_ODD: tuple[object, ...] = (
    None,
    True,
    "soon",
    "",
    -1,
    0,
    10**30,
    "1e308",
    1e308,
    -1e308,
    math.nan,
    math.inf,
    "\ud800",
    "\u202e\x1b[2J\n",
    "9" * 400,
    "0E-10",
    *cast("list[object]", [[], {}, [[[]]], {"type": {}}]),
)


_NOT_OF_ANSWERS = {Condition.OFFLINE, Condition.WAITING_KEYRING, Condition.API_KEY}
"""What no answer can bring about."""


def _seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - answers that come out the same every time, nothing secret


class Service:
    """Answers like the real one, then damages some of it."""

    def __init__(self, seed: int) -> None:
        self._chance = _seeded(seed)

    def answer(self, now: datetime) -> Answer:
        chance = self._chance
        body = json.dumps(self._damaged(self._usage(now))).encode("utf-8", "surrogatepass")
        if chance.random() < 0.15:
            text = bytearray(body)
            for _ in range(chance.randint(1, 6)):
                text[chance.randrange(len(text))] = chance.randrange(256)
            body = bytes(text)
        if chance.random() < 0.03:
            body = chance.choice(
                (
                    b"<html>Just a moment...</html>",
                    b'{"code": "unsupported_country_region_territory"}',
                    b'{"detail": {"code": "deactivated_workspace"}}',
                    b"",
                )
            )
        status = chance.choice((200,) * 12 + (401, 403, 404, 408, 429, 500, 503, 999))
        headers = chance.choice(
            (
                {},
                {"Retry-After": "99999999999"},
                {"Retry-After": "Wed, 99 Foo"},
                {"Date": "Sun, 22 Nov 2020 10:00:00 GMT"},
            )
        )
        return Answer(status, headers, body)

    def moment(self, now: datetime) -> datetime:
        return now + timedelta(seconds=self._chance.choice((1, 60, 300, 300, 18_000, 604_800)))

    def skewed(self, now: datetime) -> datetime | None:
        return self._chance.choice((None, now, now + timedelta(hours=3), now - timedelta(days=4000)))

    def _usage(self, now: datetime) -> Mapping[str, object]:
        chance = self._chance
        extra = [{"limit_name": "Spark", "metered_feature": "f", "rate_limit": self._limit(now)} for _ in range(2)]
        own = {"limit": "1000", "used": "36.79", "used_percent": 4, "reset_at": now.timestamp() + 9e5}
        return {
            "plan_type": chance.choice(_PLANS),
            "rate_limit": self._limit(now),
            "code_review_rate_limit": self._limit(now),
            "additional_rate_limits": extra,
            "credits": {"has_credits": chance.random() < 0.3, "unlimited": False, "balance": "12.50"},
            "spend_control": {"reached": chance.random() < 0.1, "individual_limit": own},
            "rate_limit_reached_type": {"type": "x"} if chance.random() < 0.1 else None,
            "rate_limit_reset_credits": {"available_count": chance.choice((0, 1, 2, 1e300))},
        }

    def _limit(self, now: datetime) -> dict[str, object]:
        chance = self._chance
        return {
            "allowed": chance.random() < 0.9,
            "limit_reached": chance.random() < 0.1,
            "primary_window": self._window(now),
            "secondary_window": self._window(now),
        }

    def _window(self, now: datetime) -> dict[str, object]:
        chance = self._chance
        length = chance.choice(_LENGTHS)
        return {
            "used_percent": chance.choice((0, 3, 81.5, 96, 100, 137, -3, chance.random() * 100)),
            "limit_window_seconds": chance.choice((length, str(length))),
            "reset_after_seconds": length / 2,
            "reset_at": chance.choice((0, int(now.timestamp()) + length // 2, int(now.timestamp()) * 1000)),
        }

    def _damaged(self, value: object) -> object:
        chance = self._chance
        if chance.random() < 0.04:
            return chance.choice(_ODD)
        if isinstance(value, dict):
            items = cast("dict[str, object]", value).items()
            return {key: self._damaged(piece) for key, piece in items if chance.random() > 0.02}
        if isinstance(value, list):
            return [self._damaged(piece) for piece in cast("list[object]", value)]
        return value


def outcome(answer: Answer, key: AccountKey, now: datetime, date: datetime | None) -> Event:
    """What a check makes of an answer."""
    try:
        if failure := judge(answer, host="chatgpt.com", now=now):
            raise failure
        found = read_usage(answer.body, now=now, server_date=date)
    except ProbeError as error:
        return CheckFailed(key=key, at=now, problem=error.problem, next_check=now + timedelta(minutes=5))
    return CheckSucceeded(key=key, snapshot=found, next_check=now + timedelta(minutes=5))


def must_be_explained(card: Card) -> bool:
    return card.condition not in {Condition.AVAILABLE, Condition.WARNING, Condition.NO_DATA}


def keep(found: Snapshot) -> None:
    """An answer survives a restart as it was."""
    kept = Kept(slug="x", snapshot=found, paces=follow((), found))
    assert msgspec.json.decode(msgspec.json.encode(kept), type=Kept) == kept
    assert all(0 <= sample.used <= 1000 for sample in samples_of(found))


def write_for_the_command(found: Snapshot, now: Now, t: Translator) -> None:
    reports = [AccountReport(location="x.json", snapshot=found, upstream_status=200)]
    assert status_rows(reports, Percentages.LEFT, now, t)
    json.loads(accounts_json(reports))


@pytest.mark.parametrize("payloads", [2_000, pytest.param(10_000, marks=pytest.mark.heavy)])
def test_answers_gone_mad_are_read_reduced_and_shown(payloads: int) -> None:
    service, t, now, memory = Service(20261122), Translator(), START, AlertMemory()
    state = AppState(settings=Settings(pace_alerts=True))
    accounts = tuple(AccountState(key=key, stores=(StoreKind.VAULT,), email=f"{key.user_id}@x.example") for key in KEYS)
    state = reduce(state, AccountsRead(accounts=accounts))
    seen: set[Condition] = set()
    for number in range(payloads):
        now = service.moment(now)
        before, key = state, KEYS[number % len(KEYS)]
        event = outcome(service.answer(now), key, now, service.skewed(now))
        state = reduce(state, event)
        screen = present(state, now, UTC, t)
        cards = list(screen.panel.cards)
        assert len(cards) == len(KEYS)
        assert all(card.notice for card in cards if must_be_explained(card))
        seen |= {card.condition for card in cards}
        new, memory = alerts(
            state, memory, now, forecast=lambda a, w, now=now: runs_out_at(a.paces, w, now), before=before
        )
        if new:
            assert notification(new, state, Now(now, UTC), t).title
        if isinstance(event, CheckSucceeded):
            keep(event.snapshot)
            write_for_the_command(event.snapshot, Now(now, UTC), t)
    assert seen == set(Condition) - _NOT_OF_ANSWERS
