from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.alerts.alert import (
    Alert,
    CreditAlert,
    ExpiryAlert,
    Level,
    LimitedAlert,
    LoginAlert,
    PaceAlert,
    QuotaAlert,
    RenewalFailedAlert,
    RenewedAlert,
    RestoredAlert,
)
from probe_tray.core.codex.codex_state import CodexHome, CodexState
from probe_tray.core.errors import LoginEndedError, OfficialExpiredError, PersonalTokenRefusedError, Problem, WriteError
from probe_tray.core.quota.snapshot import Limit, Snapshot, SpendControl, Window, WindowKind
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState, RenewalState
from probe_tray.ports.desktop import Notification, Urgency
from probe_tray.resources import resource
from probe_tray.view.alerts.notifications import notification, trial
from probe_tray.view.presenter import present
from probe_tray.view.text.privacy import mask, masked_name
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator, parse_po
from tests.unit.ui import samples
from tests.unit.ui.samples import NOW, account, snapshot, window

ANA, LEE = account("ana@example.com", snapshot(42, 17)), account("lee@studio.example", snapshot(88, 61))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FULL = WriteError(path="ana@example.com.json", reason="the disk is full").problem
SHORT = window(WindowKind.SHORT, 88, timedelta(minutes=38))
WEEK = window(WindowKind.WEEKLY, 100, timedelta(days=5, hours=4, minutes=28))


EXPIRED = "The Codex client's login has expired. Start Codex once to renew it, or log in here."


def shown(*batch: Alert, state: AppState | None = None, t: Translator | None = None) -> Notification:
    return notification(batch, state or samples.only([ANA, LEE]), Now(NOW, UTC), t or Translator())


def words(alert: Alert, state: AppState | None = None) -> tuple[str, str, list[str]]:
    found = shown(alert, state=state)
    return found.title, found.body, [b.label for b in found.buttons]


def test_a_level_says_how_much_is_used_and_when_it_comes_back() -> None:
    assert words(QuotaAlert(account=LEE.key, window=SHORT, level=Level.WARNING)) == (
        "lee@studio.example: 88% of the 5-hour quota used",
        "Resets at 14:30.",
        ["Open", "Mute until reset"],
    )


def test_a_quota_that_is_used_up_says_until_when_there_is_none() -> None:
    assert words(QuotaAlert(account=LEE.key, window=WEEK, level=Level.EXHAUSTED)) == (
        "lee@studio.example: the weekly quota is used up",
        "No capacity until Friday 18:20.",
        ["Open", "Mute until reset"],
    )


IN_USE = replace(LEE, stores=(StoreKind.VAULT, StoreKind.OFFICIAL), snapshot=snapshot(100, 61))
USED_UP = QuotaAlert(account=LEE.key, window=window(WindowKind.SHORT, 100, HOUR), level=Level.EXHAUSTED)


def in_codex(*accounts: AccountState) -> AppState:
    home = CodexHome(path="~/.codex", is_default=True, account=LEE.key)
    return replace(samples.only(accounts), codex=CodexState(homes=(home,)))


def test_when_codex_runs_out_of_quota_the_account_to_go_on_with_is_named() -> None:
    found = shown(USED_UP, state=in_codex(ANA, IN_USE))
    assert found.body.endswith("Best now: ana@example.com, 58% of the 5 hours free.")
    assert next((b.action, b.label) for b in found.buttons) == ("next account", "Use in Codex")
    critical = replace(USED_UP, level=Level.CRITICAL)
    near = replace(IN_USE, snapshot=snapshot(96, 61))
    assert "Best now: ana@example.com" in shown(critical, state=samples.only([ANA, near])).body
    both = in_codex(ANA, IN_USE)
    several = shown(USED_UP, LoginAlert(account=ANA.key), state=both)
    assert several.body.endswith("Best now: ana@example.com, 58% of the 5 hours free.")
    assert "Use in Codex" in [b.label for b in several.buttons]
    # What nothing tells of is named on the button; before the client was found there is none.
    endless = replace(ANA, snapshot=Snapshot(taken_at=NOW, main=Limit(allowed=True)))
    assert shown(USED_UP, state=in_codex(endless, IN_USE)).buttons[0].label == "Use ana@example.com in Codex"
    assert "next account" not in [b.action for b in shown(USED_UP, state=samples.only([ANA, IN_USE])).buttons]


def test_a_notification_tells_accounts_of_one_address_apart() -> None:
    home = replace(ANA, key=AccountKey("other"), email=LEE.email, workspace="Home")
    both = in_codex(home, replace(IN_USE, workspace="Acme"))
    found = shown(USED_UP, state=both)
    assert found.title == "lee@studio.example (Acme): the 5-hour quota is used up"
    assert "Best now: lee@studio.example (Home), 58% of the 5 hours free." in found.body


def test_no_account_is_named_where_codex_has_capacity_or_another_is_meant() -> None:
    for state in (
        samples.only([ANA, LEE]),
        samples.only([IN_USE]),
        samples.only([replace(ANA, snapshot=None), IN_USE]),
    ):
        found = shown(USED_UP, state=state)
        assert "Best now" not in found.body
        assert "next account" not in [b.action for b in found.buttons]
    state = samples.only([ANA, IN_USE])
    assert "Best now" not in shown(RestoredAlert(account=LEE.key), state=state).body
    assert "Best now" not in shown(replace(USED_UP, account=ANA.key), state=state).body


def test_in_privacy_mode_the_account_to_go_on_with_is_named_without_its_address() -> None:
    state = samples.only([ANA, IN_USE])
    found = shown(USED_UP, state=replace(state, settings=Settings(privacy=True)))
    assert "example" not in f"{found.title} {found.body} {[b.label for b in found.buttons]}"
    assert "Best now: a•••@e•••" in found.body


def test_a_reset_that_nobody_knows_is_not_made_up() -> None:
    unknown = window(WindowKind.MONTHLY, 96, None)
    assert words(QuotaAlert(account=LEE.key, window=unknown, level=Level.CRITICAL))[:2] == (
        "lee@studio.example: 96% of the monthly quota used",
        "OpenAI doesn't say when it resets.",
    )


def test_resets_are_told_by_this_computer_s_clock() -> None:
    ahead = replace(LEE, snapshot=replace(snapshot(88, 61), clock_offset=1800.0))
    title, body, _ = words(QuotaAlert(account=LEE.key, window=SHORT, level=Level.WARNING), samples.only([ahead]))
    assert (title, body) == ("lee@studio.example: 88% of the 5-hour quota used", "Resets at 14:00.")


def test_ends_are_told_by_this_computer_s_clock() -> None:
    ahead = samples.only([replace(ANA, snapshot=replace(snapshot(1, 1), clock_offset=-3600.0))])
    ending, renewed = (kind(account=ANA.key, expires_at=NOW + DAY) for kind in (ExpiryAlert, RenewedAlert))
    assert words(ending, ahead)[0] == "ana@example.com: this login ends tomorrow 14:52"
    late = replace(renewed, expires_at=NOW + 10 * DAY + 10 * HOUR)
    assert words(late, ahead)[1] == "It lasts until 3 Dec."


def test_a_reset_of_this_minute_is_told_by_the_hour_too() -> None:
    now = window(WindowKind.SHORT, 88, timedelta())
    assert words(QuotaAlert(account=LEE.key, window=now, level=Level.WARNING))[1] == "Resets at 13:52."


def test_a_limit_without_a_full_window_says_its_reason() -> None:
    spent = replace(ANA, snapshot=Snapshot(taken_at=NOW, spend=SpendControl(reached=True, reset_at=NOW + HOUR)))
    assert words(LimitedAlert(account=ANA.key), samples.only([spent])) == (
        "ana@example.com: no capacity",
        "No capacity until 14:52: the credit budget is used up.",
        ["Open", "Mute until reset"],
    )


def test_capacity_that_came_back_says_what_is_used() -> None:
    assert words(RestoredAlert(account=ANA.key)) == (
        "ana@example.com: there is capacity again",
        "Used now: 5 h 42% · Week 17%.",
        ["Open"],
    )


def test_a_pace_says_when_it_ends() -> None:
    assert words(PaceAlert(account=LEE.key, window=SHORT, runs_out_at=NOW + timedelta(minutes=8)))[:2] == (
        "lee@studio.example: the 5-hour quota will run out early",
        "At this pace it runs out at 14:00. Resets at 14:30.",
    )


@pytest.mark.parametrize(
    ("changes", "body", "buttons"),
    [
        (
            {"renewable": False},
            "It isn't renewed automatically. Log in again to keep seeing its quota.",
            ["Log in again", "Open"],
        ),
        (
            {"renewable": True},
            "Automatic renewal is off. Renew it now to keep seeing its quota.",
            ["Renew now", "Open"],
        ),
        (
            {"renewable": True, "renewal": RenewalState(problem=FULL)},
            ("Probe Tray hasn't been able to renew it: ana@example.com.json can't be written: the disk is full."),
            ["Renew now", "Open"],
        ),
    ],
)
def test_a_login_that_ends_says_why_and_has_the_button_that_helps(
    changes: dict[str, object], body: str, buttons: list[str]
) -> None:
    ending = replace(ANA, **changes)
    assert words(ExpiryAlert(account=ANA.key, expires_at=NOW + 2 * DAY), samples.only([ending])) == (
        "ana@example.com: this login ends Tuesday 13:52",
        body,
        buttons,
    )


def test_a_personal_access_token_that_ends_or_has_ended_says_what_to_do() -> None:
    token = replace(ANA, renewable=False, personal=True)
    body = "A personal access token can't be renewed. Make a new one where you made it, then import it."
    soon = ExpiryAlert(account=ANA.key, expires_at=NOW + 2 * DAY)
    assert words(soon, samples.only([token])) == ("ana@example.com: this login ends Tuesday 13:52", body, ["Open"])
    dead = samples.only([replace(token, problem=PersonalTokenRefusedError().problem)])
    assert words(LoginAlert(account=ANA.key), dead) == ("ana@example.com: the access token has ended", body, ["Open"])


@pytest.mark.parametrize(
    ("problem", "body"),
    [
        (None, "The Codex client's login has ended. Start Codex once, or log in here."),
        (OfficialExpiredError().problem, EXPIRED),
    ],
)
def test_the_clients_ended_login_says_to_start_codex_once(problem: Problem | None, body: str) -> None:
    theirs = replace(ANA, stores=(StoreKind.OFFICIAL,), renewable=False, expires_at=NOW - DAY, problem=problem)
    # Its numbers are older than its end.
    theirs = replace(theirs, checked_at=NOW - 2 * DAY)
    state = samples.only([theirs])
    said = words(LoginAlert(account=ANA.key), state)
    assert said == ("ana@example.com: start Codex once", body, ["Log in here", "Open"])
    screen = present(state, NOW, UTC, Translator())
    (card,) = screen.panel.cards
    assert card.notice is not None
    assert card.notice.text == body
    assert [action.label for action in card.notice.actions] == ["Log in here"]
    assert screen.panel.headline == "Start Codex once"
    assert screen.tray.tooltip.endswith("Start Codex once")
    assert [row.text for row in screen.menu.rows] == ["ana@example.com — start Codex once"]
    assert "again" not in card.spoken + screen.tray.tooltip


def test_the_clients_login_that_works_says_nothing_of_its_end() -> None:
    theirs = replace(ANA, stores=(StoreKind.OFFICIAL,), renewable=False, expires_at=NOW + timedelta(hours=1))
    (card,) = present(samples.only([theirs]), NOW, UTC, Translator()).panel.cards
    assert card.life == "Renewed by the Codex client"
    assert "ends" not in f"{card.spoken} {card.hover}"


def test_a_renewal_and_its_failure() -> None:
    assert words(RenewedAlert(account=ANA.key, expires_at=NOW + 10 * DAY))[:2] == (
        "ana@example.com: the login was renewed",
        "It lasts until 2 Dec.",
    )
    title, body, buttons = words(RenewalFailedAlert(account=ANA.key, problem=FULL))
    assert title == "ana@example.com: the login couldn't be renewed"
    assert body.startswith("ana@example.com.json can't be written: the disk is full.")
    assert buttons == ["Renew now", "Open"]


def test_a_login_that_has_ended_says_why() -> None:
    ended = replace(ANA, renewal=RenewalState(problem=LoginEndedError(reason="it was used elsewhere").problem))
    assert words(LoginAlert(account=ANA.key), samples.only([ended])) == (
        "ana@example.com: log in again",
        "This login has ended: it was used elsewhere. Log in again; the account keeps its name and settings.",
        ["Log in again", "Open"],
    )


@pytest.mark.parametrize(
    ("count", "title"),
    [
        (1, "ana@example.com: 1 reset credit expires soon"),
        (3, "ana@example.com: 3 reset credits expire soon"),
    ],
)
def test_reset_credits_say_until_when_they_can_be_used(count: int, title: str) -> None:
    assert words(CreditAlert(account=ANA.key, count=count, expires_at=NOW + 2 * DAY)) == (
        title,
        "It resets a used-up quota at once. Use it before Tuesday 13:52.",
        ["Open"],
    )


def test_several_are_one_notification_the_gravest_first() -> None:
    found = shown(
        QuotaAlert(account=LEE.key, window=SHORT, level=Level.WARNING),
        ExpiryAlert(account=ANA.key, expires_at=NOW + 2 * DAY),
        QuotaAlert(account=LEE.key, window=WEEK, level=Level.EXHAUSTED),
    )
    assert found.title == "2 accounts need a look"
    assert found.body.splitlines() == [
        "lee@studio.example: the weekly quota is used up",
        "ana@example.com: this login ends Tuesday 13:52",
        "lee@studio.example: 88% of the 5-hour quota used",
    ]
    assert [b.label for b in found.buttons] == ["Renew now", "Open"]
    assert found.urgency is Urgency.NORMAL


@pytest.mark.parametrize("kind", [False, True])
def test_nothing_stays_until_it_is_seen_but_a_lost_login(*, kind: bool) -> None:
    full = QuotaAlert(account=LEE.key, window=WEEK, level=Level.EXHAUSTED)
    found = shown(full, LoginAlert(account=ANA.key)) if kind else shown(full)
    assert found.urgency is (Urgency.CRITICAL if kind else Urgency.NORMAL)


@pytest.mark.parametrize(
    ("bad", "title"),
    [
        ((), "1 account has capacity again, 1 login was renewed"),
        ((LoginAlert(account=AccountKey("x")),), "1 account needs a look"),
        ((LoginAlert(account=AccountKey("x")), LimitedAlert(account=AccountKey("y"))), "2 accounts need a look"),
    ],
)
def test_good_news_need_no_look(bad: tuple[Alert, ...], title: str) -> None:
    good = (RestoredAlert(account=ANA.key), RenewedAlert(account=LEE.key, expires_at=NOW + 10 * DAY))
    found = shown(*good, *bad)
    assert found.title == title
    assert len(found.body.splitlines()) == len(good) + len(bad)
    assert found.body.splitlines()[-2:] == [
        "ana@example.com: there is capacity again",
        "lee@studio.example: the login was renewed",
    ]


def test_many_are_counted() -> None:
    found = shown(*(LoginAlert(account=AccountKey(f"a{n}")) for n in range(20)))
    assert found.title == "20 accounts need you to log in again"
    assert found.body == "An account: log in again"
    assert [b.label for b in found.buttons] == ["Open"]


def test_of_six_none_is_left_out() -> None:
    found = shown(*(LoginAlert(account=AccountKey(f"a{n}")) for n in range(6)))
    assert found.title == "6 accounts need you to log in again"
    assert len(found.body.splitlines()) == 6


def test_two_about_one_account_name_it_first() -> None:
    found = shown(
        QuotaAlert(account=LEE.key, window=SHORT, level=Level.WARNING),
        ExpiryAlert(account=LEE.key, expires_at=NOW + 2 * DAY),
    )
    assert found.title == "lee@studio.example: this login ends Tuesday 13:52"
    assert found.body == "lee@studio.example: 88% of the 5-hour quota used"


def crowd(kind: WindowKind, level: Level, count: int) -> list[QuotaAlert]:
    used = {Level.WARNING: 85, Level.CRITICAL: 97, Level.EXHAUSTED: 100}[level]
    seconds = {WindowKind.SHORT: 18_000, WindowKind.WEEKLY: 604_800}.get(kind)
    drawn = Window(kind=kind, seconds=seconds, used_percent=used, reset_at=NOW + DAY)
    return [QuotaAlert(account=AccountKey(f"{kind} {level} {n}"), window=drawn, level=level) for n in range(count)]


def test_of_many_each_kind_is_counted_and_one_is_named() -> None:
    batch = (
        *crowd(WindowKind.SHORT, Level.WARNING, 20),
        *crowd(WindowKind.WEEKLY, Level.CRITICAL, 34),
        *crowd(WindowKind.WEEKLY, Level.EXHAUSTED, 56),
        QuotaAlert(account=LEE.key, window=WEEK, level=Level.EXHAUSTED),
        *crowd(WindowKind.BUDGET, Level.CRITICAL, 1),
        *(RestoredAlert(account=AccountKey(f"back {n}")) for n in range(3)),
        ExpiryAlert(account=ANA.key, expires_at=NOW + 2 * DAY),
    )
    found = shown(*batch)
    assert found.title == "57 weekly limits are used up, 34 are above 95%"
    assert found.body.splitlines()[1:] == [
        "1 credit budget is above 95%",
        "1 login ends soon",
        "20 5-hour limits are above 80%",
        "3 accounts have capacity again",
    ]
    assert found.body.splitlines()[0].endswith(": the weekly quota is used up")
    pinned = replace(samples.only([ANA, LEE]), arrangement=Arrangement(in_icon=ANA.key.slug))
    assert shown(*batch, state=pinned).body.splitlines()[0] == "ana@example.com: this login ends Tuesday 13:52"


@given(st.lists(st.sampled_from(range(10)), min_size=2, max_size=60))
def test_no_number_of_alerts_is_called_things(places: list[int]) -> None:
    batch = [replace(ALERTS[place], account=AccountKey(f"a{n}")) for n, place in enumerate(places)]
    for translator in (Translator(), CHINESE):
        found = shown(*batch, t=translator)
        assert found.title
        assert "thing" not in found.title
        assert len(found.body.splitlines()) <= 6
        assert "{" not in found.title + found.body


def test_what_holds_now_takes_the_place_of_what_held() -> None:
    gone, soon = shown(LoginAlert(account=ANA.key)), shown(ExpiryAlert(account=ANA.key, expires_at=NOW + DAY))
    assert gone.tag == soon.tag
    gone = shown(QuotaAlert(account=ANA.key, window=WEEK, level=Level.EXHAUSTED))
    back, other = shown(RestoredAlert(account=ANA.key)), shown(RestoredAlert(account=LEE.key))
    assert gone.tag == back.tag != other.tag


def test_a_test_notification_can_be_opened() -> None:
    found = trial(Translator())
    assert (found.title, [b.action for b in found.buttons]) == ("Notifications work", ["open"])


PRIVATE = AppState(accounts=(ANA, LEE), settings=Settings(privacy=True))
ALERTS: tuple[Alert, ...] = (
    QuotaAlert(account=LEE.key, window=SHORT, level=Level.WARNING),
    QuotaAlert(account=LEE.key, window=WEEK, level=Level.EXHAUSTED),
    LimitedAlert(account=ANA.key),
    RestoredAlert(account=ANA.key),
    PaceAlert(account=LEE.key, window=SHORT, runs_out_at=NOW + HOUR),
    ExpiryAlert(account=ANA.key, expires_at=NOW + 2 * DAY),
    RenewedAlert(account=ANA.key, expires_at=NOW + 2 * DAY),
    RenewalFailedAlert(account=ANA.key, problem=FULL),
    LoginAlert(account=ANA.key),
    CreditAlert(account=ANA.key, count=2, expires_at=NOW + 2 * DAY),
)


@pytest.mark.parametrize("batch", [*((a,) for a in ALERTS), ALERTS], ids=lambda b: type(b[0]).__name__)
def test_in_privacy_mode_no_address_is_shown(batch: tuple[Alert, ...]) -> None:
    found = shown(*batch, state=PRIVATE)
    assert "•••@" in found.title + found.body
    assert not any(word in found.title + found.body for word in ("ana@", "lee@", "example", "studio"))


@pytest.mark.parametrize("batch", [*((a,) for a in ALERTS), ALERTS], ids=lambda b: type(b[0]).__name__)
def test_in_privacy_mode_a_name_of_ones_own_is_hidden_too(batch: tuple[Alert, ...]) -> None:
    named = tuple(replace(account, alias=f"Work of {account.plan or 'Ana'}") for account in (ANA, LEE))
    found = shown(*batch, state=replace(PRIVATE, accounts=named))
    assert "W•••" in found.title + found.body
    assert "Work" not in f"{found.title} {found.body} {[b.label for b in found.buttons]}"


CHINESE = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))


@pytest.mark.parametrize("alert", ALERTS, ids=lambda a: type(a).__name__)
@pytest.mark.parametrize("accounts", [(), (ANA, LEE)])
def test_every_alert_can_be_said_even_when_its_account_is_gone(alert: Alert, accounts: tuple[object, ...]) -> None:
    state = samples.only([ANA, LEE]) if accounts else AppState()
    for translator in (Translator(), CHINESE):
        found = shown(alert, state=state, t=translator)
        assert found.title
        assert found.buttons
        assert "{" not in found.title + found.body


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("ana@example.com: log in", "a•••@e•••: log in"),
        ("no <ana.b+c@mail.example.co.uk>.", "no <a•••@m•••>."),
        ("/home/u/codex-ana@example.com.json", "/•••@e•••"),
        ("of user-AbC123xyz and 123e4567-e89b-12d3-a456-426614174000", "of ••• and •••"),
        ("5 h 42% at 14:30", "5 h 42% at 14:30"),
    ],
)
def test_addresses_and_ids_are_hidden_wherever_they_stand(text: str, hidden: str) -> None:
    assert mask(text) == hidden


def test_a_name_is_hidden_but_can_be_told_from_another() -> None:
    assert masked_name(ANA) == "a•••@e•••"
    assert masked_name(replace(ANA, email="", workspace="Studio")) == "S•••"
    nameless = replace(ANA, email="", workspace="")
    assert masked_name(nameless) == f"#{ANA.key.slug[:4]}"


@given(st.text(), st.emails(), st.text())
def test_no_address_survives(before: str, email: str, after: str) -> None:
    assert email not in mask(f"{before} {email} {after}")
