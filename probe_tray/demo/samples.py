"""What the demo begins with: logins, and the 30 days that accounts have behind them at its first start."""

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from probe_tray.core.account.credential import Credential, make_credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.quota.history import Meter, Part, RenewalRecord, Sample
from probe_tray.core.quota.history_batch import HistoryBatch
from probe_tray.core.quota.snapshot import WindowKind
from probe_tray.demo.people import DemoPerson, sample_people
from probe_tray.demo.service import DemoService
from probe_tray.demo.shapes import FIVE_HOURS, MONTH, WEEK, Shape, SimulatedWindow
from probe_tray.ports.time import Clock

_OTHERS_LIVE, _LAST_LIVES = 10 * 86_400, 2 * 86_400
"""Seconds of the sample logins' access tokens."""
_DAYS = timedelta(days=30)
_EVERY = timedelta(minutes=30)
_RENEWED_EVERY = timedelta(days=8)
_FULL = 1000
_KINDS = {FIVE_HOURS: WindowKind.SHORT, WEEK: WindowKind.WEEKLY, MONTH: WindowKind.MONTHLY}
_FIRST_HOUR, _LAST_HOUR, _SATURDAY = 8, 19, 5
_IDLE = 0.04
"""How much is used at night and at weekends, beside the 1 of a working hour."""


def sample_logins(service: DemoService, clock: Clock) -> Iterator[Credential]:
    """A login of each sample person; the last cannot be renewed and ends soon, so that its warning can be seen."""
    known = {person.user_id for person in sample_people()}
    people = [person for person in service.people if person.user_id in known]
    for person in people:
        last = person is people[-1]
        login = service.issue_login(person.email, lifetime=_LAST_LIVES if last else _OTHERS_LIVE)
        made = make_credential(
            access_token=Secret(login.access_token),
            refresh_token=None if last else Secret(login.refresh_token),
            id_token=Secret(login.id_token),
            last_refresh=clock.now(),
            expired=login.expires_at,
            made_here=True,
        )
        if made is not None:
            yield made


def past_of(people: Iterable[DemoPerson], now: datetime) -> HistoryBatch:
    """What ``people`` used in the 30 days before ``now`` (aware), up to what the service says of them at its start.

    The same for the same people and time. Hours of work are those of the zone of ``now``.
    """
    samples: list[tuple[str, Sample]] = []
    renewals: list[tuple[str, RenewalRecord]] = []
    for person in people:
        for space in person.workspaces:
            slug = AccountKey(account_id=space.account_id, user_id=person.user_id).slug
            for meter, window in _meters(space.shape):
                chance = random.Random(f"{slug} {meter.part} {meter.seconds}")
                samples += [(slug, sample) for sample in _samples(meter, window, chance, now)]
            renewals += [(slug, RenewalRecord(at=now - _RENEWED_EVERY * times)) for times in (1, 2, 3)]
    return HistoryBatch(samples=tuple(samples), renewals=tuple(renewals))


def _meters(shape: Shape) -> Iterator[tuple[Meter, SimulatedWindow]]:
    for window in shape.windows:
        yield Meter(kind=_KINDS.get(window.seconds, WindowKind.OTHER), seconds=window.seconds), window
    if shape.code_review is not None:
        window = shape.code_review
        yield Meter(part=Part.REVIEW, kind=_KINDS.get(window.seconds, WindowKind.OTHER), seconds=window.seconds), window
    for extra in shape.extras:
        window = extra.window
        yield (
            Meter(
                part=Part.EXTRA,
                name=extra.limit_name,
                kind=_KINDS.get(window.seconds, WindowKind.OTHER),
                seconds=window.seconds,
            ),
            window,
        )


def _samples(meter: Meter, window: SimulatedWindow, chance: random.Random, now: datetime) -> Iterator[Sample]:
    """Period after period, from the one that runs now back to the first."""
    length = timedelta(seconds=window.seconds)
    start, end, most = now - window.elapsed * length, now, window.used * 10
    while end > now - _DAYS:
        yield from _period(meter, (start, end), most, start + length, chance)
        end, start = start, start - length
        busy = sum(map(_work, _moments(start, end))) * _EVERY / length
        most = min(_FULL, chance.uniform(0.5, 1.25) * _FULL * min(1.0, busy * _share_of_week(length)))


def _share_of_week(length: timedelta) -> float:
    """What makes a usual week and a whole day of work equally full: most hours of a week are free."""
    return 1.0 if length < timedelta(days=1) else 2.6


def _period(
    meter: Meter, whole: tuple[datetime, datetime], most: float, reset_at: datetime, chance: random.Random
) -> Iterator[Sample]:
    moments = list(_moments(*whole))
    efforts = [_work(moment) * chance.uniform(0.2, 1.8) for moment in moments]
    used, total = 0.0, sum(efforts)
    for moment, effort in zip(moments, efforts, strict=True):
        used += most * effort / total
        yield Sample(meter=meter, at=moment, used=round(used), reset_at=reset_at)


def _moments(start: datetime, end: datetime) -> Iterator[datetime]:
    for number in range(1, (end - start) // _EVERY + 1):
        yield start + number * _EVERY


def _work(moment: datetime) -> float:
    busy = moment.weekday() < _SATURDAY and _FIRST_HOUR <= moment.hour < _LAST_HOUR
    return 1.0 if busy else _IDLE
