"""Whose logins each scene begins with."""

from datetime import timedelta
from typing import Final

from probe_tray.core.demo_scene import DemoScene
from probe_tray.demo.fault_plan import Fault
from probe_tray.demo.people import DemoPerson, people, person, personal, sample_people, special_people
from probe_tray.demo.scenes.scene_account import SceneAccount
from probe_tray.demo.shapes import Plan, Shape, SimulatedWindow, business, free, plus, pro
from probe_tray.demo.token_families import FamilyState

_HOUR, _DAY = timedelta(hours=1), 86_400
_OLD: Final = 3 * _HOUR
"""After this numbers count as old."""
_MANY: Final = 100
_WITH_PAST: Final = 4
"""The 30 days of everybody would keep the start waiting."""
_EDGE_PAGE: Final = "<!DOCTYPE html><html><title>Just a moment...</title></html>"
_SLOW: Final = Fault(delay=30)
_UNAVAILABLE: Final = Fault(status=503, body={"error": {"message": "Service unavailable"}})


def accounts_of(scene: DemoScene) -> tuple[SceneAccount, ...]:
    """In the order in which they are logged in."""
    match scene:
        case DemoScene.FIRST | DemoScene.API_KEY | DemoScene.ACCESS_TOKEN:
            return ()
        case DemoScene.STATES:
            return (*_by_numbers(), *_by_checks(), *_by_renewals(), *_by_names())
        case DemoScene.MANY:
            return tuple(
                SceneAccount(person=one, past_ended=timedelta() if place < _WITH_PAST else None)
                for place, one in enumerate(people(_MANY))
            )
        case DemoScene.CLIENT:
            return (SceneAccount(person=sample_people()[0], official=True),)
        case DemoScene.CODEX:
            *others, spent = sample_people()
            return (*(SceneAccount(person=one) for one in others), SceneAccount(person=spent, in_codex=True))
        case DemoScene.OFFLINE:
            return tuple(SceneAccount(person=one, past_ended=_OLD) for one in sample_people())
        case DemoScene.INCIDENT:
            return tuple(SceneAccount(person=one, past_ended=_OLD, check_fails=_UNAVAILABLE) for one in sample_people())
        case DemoScene.TABLE:
            first, *others = sample_people()
            return (SceneAccount(person=first, due=True), *(SceneAccount(person=one) for one in others))
        case DemoScene.RENEWING:
            first, *others = sample_people()
            return (
                SceneAccount(person=first, due=True, renewal_fails=_SLOW),
                *(SceneAccount(person=one) for one in others),
            )
        case DemoScene.THREE | DemoScene.LOCKED | DemoScene.UPDATE:
            return tuple(SceneAccount(person=one) for one in sample_people())


def _by_numbers() -> tuple[SceneAccount, ...]:
    """What the limits can be: fine, close, used up with and without a way out, and of every length."""
    ana, lee, research = sample_people()
    company = special_people()[3]
    odd = Shape(windows=(SimulatedWindow(3 * _DAY, 40, 0.5),))
    return (
        SceneAccount(person=ana),
        SceneAccount(person=lee),
        SceneAccount(person=research),
        SceneAccount(person=_one("spent@example.com", Plan.PLUS, Shape(windows=plus(100, 70).windows))),
        SceneAccount(person=_one("weekly@example.com", Plan.FREE, free())),
        SceneAccount(person=_one("monthly@example.com", Plan.BUSINESS, business())),
        SceneAccount(person=company),
        SceneAccount(person=_one("three-days@example.com", Plan.PLUS, odd)),
        SceneAccount(person=_one("no-limits@example.com", Plan.ENTERPRISE, Shape())),
        SceneAccount(person=_one("new@example.com", Plan.PLUS, plus(2, 1)), past_ended=None),
        SceneAccount(person=_one("muted@example.com", Plan.PRO, pro(92, 64)), muted=2 * _HOUR),
    )


def _by_checks() -> tuple[SceneAccount, ...]:
    """What a check can come to."""
    answers = {
        "old@example.com": Fault(status=418),
        "waits@example.com": Fault(status=429, headers={"retry-after": "600"}),
        "blocked@example.com": Fault(status=403, body=_EDGE_PAGE, headers={"content-type": "text/html"}),
        "closed@example.com": Fault(status=403, body={"error": {"code": "account_deactivated"}}),
        "cut-off@example.com": Fault(drop="before"),
    }
    return tuple(
        SceneAccount(person=_one(email, Plan.PLUS, plus(30 + place, 50)), past_ended=_OLD, check_fails=fault)
        for place, (email, fault) in enumerate(answers.items())
    )


def _by_renewals() -> tuple[SceneAccount, ...]:
    """What can become of a login."""
    ended, refused, doubt, later, once = (
        _one(f"{name}@example.com", Plan.PLUS, plus(40 - place, 20))
        for place, name in enumerate(("ended", "refused", "doubt", "later", "once"))
    )
    return (
        SceneAccount(person=ended, ended=FamilyState.INVALIDATED),
        SceneAccount(person=refused, due=True, ended=FamilyState.EXPIRED),
        SceneAccount(person=doubt, due=True, renewal_fails=Fault(drop="after")),
        SceneAccount(person=later, due=True, renewal_fails=_UNAVAILABLE),
        SceneAccount(person=once, lifetime=2 * _DAY, renewable=False),
    )


def _by_names() -> tuple[SceneAccount, ...]:
    """Two plans of one address, a name that is longer than there is room for, and the official client's login."""
    long = "a.very.long.address.that.must.not.break.anything@department.of.research.example.org"
    return (
        SceneAccount(person=special_people()[1]),
        SceneAccount(person=_one(long, Plan.PRO, pro(5, 20))),
        SceneAccount(person=_one("client@example.com", Plan.PLUS, plus(97, 50)), official=True),
    )


def _one(email: str, plan: Plan, shape: Shape) -> DemoPerson:
    return person(email, personal(email, plan, shape))
