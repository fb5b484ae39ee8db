import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.arrangement import Arrangement
from probe_tray.core.account.condition import Condition
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.alerts.alert import LimitedAlert
from probe_tray.core.errors import FolderGoneError, KeyringLockedError, NotSentError, ProbeError, RateLimitedError
from probe_tray.core.quota.snapshot import Limit, Snapshot, SpendControl, Window, WindowKind
from probe_tray.core.settings import IconAccount, Settings
from probe_tray.core.state import AccountState, AppState
from probe_tray.resources import resource
from probe_tray.view.alerts.notifications import notification
from probe_tray.view.panel.cards import known_windows
from probe_tray.view.presenter import Presenter, present
from probe_tray.view.screen import Screen
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator, parse_po
from probe_tray.view.view_models import ActionKind, IconLook
from tests.unit.ui import samples
from tests.unit.ui.samples import NOW, account, snapshot


def shown(state: AppState) -> Screen:
    return present(state, NOW, UTC, Translator())


def test_the_tooltip_tells_use_resets_and_the_end_of_the_login() -> None:
    tooltip = shown(samples.only(samples.four().accounts[1:2])).tray.tooltip
    assert tooltip == (
        "Probe Tray\nThere is capacity\nlee@studio.example\n"
        "Used: 5 h 88% (14:30) · Week 61% (Wed 14:30) · login ends 29 Nov"
    )


def test_tooltip_and_hover_tell_an_end_by_this_computers_clock_and_only_until_it_is_over() -> None:
    lee = samples.four().accounts[1]
    assert lee.snapshot is not None
    ahead = replace(lee.snapshot, clock_offset=-timedelta(days=11).total_seconds())
    theirs = replace(lee, stores=(StoreKind.OFFICIAL,))
    for account_, said in (
        (replace(lee, snapshot=ahead, expires_at=NOW - timedelta(days=2)), "ogin ends in 9 days · 1 Dec"),
        (replace(lee, expires_at=NOW - timedelta(days=2)), ""),
        (theirs, ""),
    ):
        screen = shown(samples.only([account_]))
        assert ("login ends" in screen.tray.tooltip) is bool(said)
        assert said in screen.panel.cards[0].hover
        assert ("ogin ends" in screen.panel.cards[0].hover) is bool(said)


def test_the_tooltip_is_worded_again_only_for_its_account_and_in_the_next_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worded: list[str] = []

    def counted(found: AccountState, what: Condition) -> list[Window]:
        worded.append(found.email)
        return known_windows(found, what)

    monkeypatch.setattr("probe_tray.view.tray.tray.known_windows", counted)
    presenter, state = Presenter(UTC, Translator()), samples.four()
    before = presenter.present_icon(state, NOW).tray
    first, *others = state.accounts
    checked = replace(state, accounts=(replace(first, checked_at=NOW), *others))
    assert presenter.present_icon(checked, NOW).tray == before
    assert worded == ["research@example.com"]
    presenter.present_icon(checked, NOW + timedelta(minutes=1))
    assert worded == 2 * ["research@example.com"]


def test_icon_and_menu_make_no_bars_which_they_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    def unwanted(*_: object) -> None:
        raise AssertionError("a bar was made")

    monkeypatch.setattr("probe_tray.view.panel.looks.bar", unwanted)
    closed = Presenter(UTC, Translator()).present_closed(samples.four(), NOW)
    assert len(closed.menu.rows) == 4


def test_the_tooltip_says_until_when_the_tightest_account_has_no_capacity() -> None:
    assert shown(samples.four()).tray.tooltip == (
        "Probe Tray\n2 of 4 can work\nresearch@example.com\n"
        "No capacity until Fri 18:20\n5 h 11% · Week 100% used · login ends 29 Nov"
    )
    alone = shown(samples.only(samples.four().accounts[2:3])).tray.tooltip
    assert alone.startswith("Probe Tray\nNo capacity until Friday 18:20\nresearch@…ample.com\nUsed: 5 h 11% (14:55)")


@pytest.mark.parametrize(
    ("problem", "word"),
    [(None, "3 h old"), (RateLimitedError(), "3 h old"), (NotSentError(reason="no route"), "offline")],
)
def test_old_numbers_say_their_age_in_the_menu_and_the_tooltip(problem: ProbeError | None, word: str) -> None:
    aged = replace(snapshot(11, 17), taken_at=NOW - timedelta(hours=3))
    old = replace(account("a@x.example", aged), problem=None if problem is None else problem.problem)
    screen = shown(samples.only([old, *samples.four().accounts[3:]]))
    assert next(row.text for row in screen.menu.rows if "a@x" in row.text).endswith(f" · {word}")
    assert screen.tray.tooltip.endswith(" · 3 h old")


def test_where_nothing_was_ever_heard_nothing_is_called_old() -> None:
    silent = replace(account("a@x.example", None), problem=RateLimitedError().problem)
    assert shown(samples.only([silent])).menu.rows[0].text == "a@x.example — no numbers yet"


def test_a_limit_that_no_window_shows_is_said_in_the_menu_and_the_tooltip() -> None:
    limited = account("a@x.example", replace(snapshot(11, 17), spend=SpendControl(reached=True)))
    screen = shown(samples.only([limited, *samples.four().accounts[:1]]))
    assert screen.menu.rows[0].text == "a@x.example — credit budget used up"
    assert "\na@x.example\nNo capacity: credit budget used up\n5 h 11% · Week 17% used" in screen.tray.tooltip


def test_the_icon_is_about_the_tightest_account_and_marks_one_that_needs_a_login() -> None:
    look = shown(samples.four()).tray.look
    assert (look.weekly, look.short, look.exhausted, look.badge) == (100, 11, True, True)


def test_the_icon_without_numbers() -> None:
    assert shown(AppState(loaded=True)).tray.look == IconLook()
    assert shown(samples.only(samples.four().accounts[3:])).tray.look == IconLook(badge=True)
    locked = AppState(loaded=True, store_problems=((StoreKind.VAULT, KeyringLockedError().problem),))
    assert shown(locked).tray.look == IconLook(badge=True)


def test_a_folder_that_is_gone_is_no_folder_without_accounts() -> None:
    gone = FolderGoneError(path="/net/logins").problem
    screen = shown(AppState(loaded=True, store_problems=((StoreKind.FOLDER, gone),)))
    assert screen.panel.headline == screen.tray.tooltip.splitlines()[1] == "Your logins are waiting"
    (card,) = screen.panel.cards
    assert card.notice is not None
    assert "/net/logins" in card.notice.text
    assert [(a.kind, a.label) for a in card.notice.actions] == [(ActionKind.STORAGE_SETTINGS, "Settings…")]
    assert screen.tray.look == IconLook(badge=True)


def test_the_menu_lists_both_windows_or_until_when_there_is_no_capacity() -> None:
    rows = [row.text for row in shown(samples.four()).menu.rows]
    assert rows == [
        "old@example.com — log in again",
        "research@example.com — full until Fri 18:20",
        "lee@studio.example — 88% · 61% used",
        "ana@example.com — 42% · 17% used",
    ]


@pytest.mark.parametrize(
    ("weekly", "sentence"),
    [(17, "Best now: a@x.example, 58% of the 5 hours free"), (71, "Best now: a@x.example, 29% of the week free")],
)
def test_the_menu_and_the_panel_name_the_account_to_go_on_with(weekly: int, sentence: str) -> None:
    accounts = [account("a@x.example", snapshot(42, weekly)), account("b@x.example", snapshot(88, 61))]
    screen = shown(samples.only(accounts))
    assert (screen.menu.best, screen.menu.best_account) == (sentence, accounts[0].key)
    assert screen.panel.subline == sentence


@pytest.mark.parametrize(("used", "why"), [(100, "Used up in Codex"), (96, "Nearly used up in Codex")])
def test_when_the_account_in_use_runs_out_the_panel_says_so_and_which_to_go_on_with(used: int, why: str) -> None:
    theirs = account("a@x.example", snapshot(used, 17), stores=(StoreKind.VAULT, StoreKind.OFFICIAL))
    other = account("b@x.example", snapshot(88, 61))
    screen = shown(samples.only([theirs, other]))
    assert (screen.menu.best, screen.menu.best_account) == ("Best now: b@x.example, 12% of the 5 hours free", other.key)
    assert screen.panel.subline == f"{why} · Best now: b@x.example, 12% of the 5 hours free"


def test_where_there_is_no_choice_none_is_named() -> None:
    assert shown(samples.only(samples.four().accounts[:1])).menu.best == ""
    assert shown(samples.only(samples.four().accounts[2:])).menu.best == ""


def test_a_long_menu_is_cut_and_says_how_many_there_are() -> None:
    menu = shown(samples.many(100)).menu
    assert len(menu.rows) == 6
    assert menu.all_accounts == "&All 100 accounts…"
    assert shown(samples.many(6)).menu.all_accounts == ""


def test_a_long_name_does_not_widen_the_menu() -> None:
    row = shown(samples.long_names()).menu.rows[1].text
    assert row.startswith("a.very.long.add…arch.example.org — ")


percents = st.floats(0, 100)
moments = st.one_of(st.none(), st.timedeltas(timedelta(days=-400), timedelta(days=4000)).map(lambda d: NOW + d))
windows = st.builds(
    Window,
    kind=st.sampled_from(WindowKind),
    seconds=st.one_of(st.none(), st.integers(1, 10**8)),
    used_percent=percents,
    reset_at=moments,
)
snapshots = st.builds(
    Snapshot,
    taken_at=moments.filter(lambda m: m is not None),
    clock_offset=st.floats(-(10**6), 10**6),
    plan=st.text(max_size=20),
    main=st.builds(Limit, allowed=st.none() | st.booleans(), windows=st.lists(windows, max_size=3).map(tuple)),
)
problems = st.sampled_from([a.problem for a in samples.conditions().accounts])


@st.composite
def states(draw: st.DrawFn) -> AppState:
    base = draw(st.sampled_from([samples.conditions(), samples.four(), AppState(), samples.long_names()]))
    accounts = tuple(
        replace(
            a,
            snapshot=draw(st.none() | snapshots),
            problem=draw(problems),
            expires_at=draw(moments),
            next_check=draw(moments),
            renewable=draw(st.booleans()),
            email=draw(st.text(max_size=60)),
        )
        for a in base.accounts[:4]
    )
    return replace(base, accounts=accounts)


CHINESE = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))


@given(states(), st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - Hypothesis wants the bounds without a zone
def test_every_state_can_be_shown_in_both_languages(state: AppState, now: datetime) -> None:
    for translator in (Translator(), CHINESE):
        screen = present(state, now, UTC, translator)
        assert len(screen.tray.tooltip) <= 127
        assert len(screen.panel.cards) >= len(state.accounts)
        assert all(c.spoken for c in screen.panel.cards if c.title)


def test_the_tooltip_leaves_out_accounts_without_limits_before_it_cuts_a_name_or_a_date() -> None:
    unlimited = account("a@example.com", replace(snapshot(1, 1), main=Limit()))
    tight = account("bernadette@example.com", snapshot(81, 20), expires_at=NOW + timedelta(days=12))
    text = shown(samples.only([unlimited, tight])).tray.tooltip
    assert text.splitlines()[:2] == ["Probe Tray", "1 of 1 can work"]
    assert "bernadette@example.com" in text
    assert not text.endswith("…")


def test_an_account_without_any_name_is_called_by_its_id() -> None:
    nameless = account("", snapshot(1, 1))
    assert shown(samples.only([nameless])).panel.cards[0].title == "account-of-"


def test_the_icon_and_the_tooltip_are_about_the_account_that_the_person_chose() -> None:
    state = samples.four()
    chosen = replace(state, arrangement=Arrangement(in_icon=state.accounts[0].key.slug))
    assert (shown(chosen).tray.look.weekly, shown(chosen).tray.look.short) == (17, 42)
    assert "ana@example.com" in shown(chosen).tray.tooltip
    gone = replace(state, arrangement=Arrangement(in_icon="0" * 24))
    assert shown(gone).tray == shown(state).tray


def test_the_icon_is_about_the_account_that_the_settings_ask_for() -> None:
    state = replace(samples.four(), arrangement=Arrangement(in_icon=samples.four().accounts[0].key.slug))
    in_use = replace(state.accounts[1], stores=(StoreKind.VAULT, StoreKind.OFFICIAL))
    state = replace(state, accounts=(state.accounts[0], in_use, *state.accounts[2:]))

    def about(rule: IconAccount, seen: AppState = state) -> str:
        return shown(replace(seen, settings=Settings(icon_account=rule))).tray.tooltip.split("\n")[2]

    assert about(IconAccount.PINNED) == "ana@example.com"
    assert about(IconAccount.TIGHTEST).startswith("resear")
    assert about(IconAccount.BEST) == "ana@example.com"
    assert about(IconAccount.IN_USE) == "lee@studio.example"


@pytest.mark.parametrize("rule", IconAccount)
def test_where_there_is_no_such_account_the_icon_is_about_the_tightest(rule: IconAccount) -> None:
    full = samples.only([account("a@x.example", snapshot(20, 100)), account("b@x.example", snapshot(10, 100))])
    look = shown(replace(full, settings=Settings(icon_account=rule))).tray.look
    assert (look.weekly, look.short) == (100, 20)


def test_a_chosen_account_without_numbers_is_shown_as_it_is() -> None:
    state = samples.four()
    needy = replace(state, arrangement=Arrangement(in_icon=state.accounts[3].key.slug))
    assert shown(needy).tray.look == IconLook(badge=True)


def test_the_number_in_the_icon_is_that_of_the_tightest_window() -> None:
    wanted = replace(samples.only(samples.four().accounts[:2]), settings=Settings(icon_number=True))
    assert shown(wanted).tray.look.number == 88
    assert shown(replace(wanted, settings=Settings())).tray.look.number is None
    assert shown(AppState(loaded=True, settings=Settings(icon_number=True))).tray.look.number is None


def test_a_window_that_is_over_says_so_in_the_menu_too() -> None:
    over = account("a@x.example", snapshot(88, 10, short_in=-timedelta(minutes=5)))
    assert shown(samples.only([over])).menu.rows[0].text == "a@x.example — was reset · 10% used"
    assert "5 h: 88% used, before reset. Week: 10% used, resets in" in shown(samples.only([over])).panel.cards[0].spoken


def test_paused_notifications_are_seen_in_the_icon_its_tooltip_and_the_panel() -> None:
    state = replace(samples.only(samples.four().accounts[:2]), paused_until=NOW + timedelta(hours=1))
    screen = shown(state)
    assert screen.tray.look.paused
    assert screen.tray.tooltip.startswith("Probe Tray: notifications paused\n")
    assert screen.panel.status == "Notifications paused until 14:52"
    assert shown(replace(state, settings=Settings(icon_number=True))).tray.look.paused
    assert shown(replace(state, accounts=())).tray.look.paused
    over = shown(replace(state, paused_until=NOW))
    assert not over.tray.look.paused
    assert not re.search("paused|Muted", over.tray.tooltip + over.panel.status)


def test_a_muted_account_says_so_on_its_card_and_in_the_icon_that_is_about_it() -> None:
    ana, lee = samples.four().accounts[:2]
    muted = replace(ana, muted_until=NOW + timedelta(hours=1))
    alone = shown(samples.only([muted]))
    assert alone.tray.look.paused
    assert alone.panel.cards[0].subtitle.startswith("Muted until 14:52")
    assert "Muted until 14:52" in alone.panel.cards[0].spoken
    # The icon is about the tighter one, of which everything is notified.
    assert not shown(samples.only([muted, lee])).tray.look.paused
    assert "Muted" not in shown(samples.only([replace(ana, muted_until=NOW)])).panel.cards[0].subtitle


def test_a_notification_about_a_quota_can_mute_it() -> None:
    lee = samples.four().accounts[1]
    state = samples.only([lee])
    assert [
        b.label for b in notification((LimitedAlert(account=lee.key),), state, Now(NOW, UTC), Translator()).buttons
    ] == [
        "Open",
        "Mute until reset",
    ]


def test_the_icon_of_the_last_run_stays_until_something_is_known() -> None:
    unread, none, new = AppState(), AppState(loaded=True), account("a@x.example", None)
    assert [shown(state).tray.known for state in (unread, none)] == [False, True]
    assert not shown(AppState(loaded=True, accounts=(new,))).tray.known
    assert shown(
        AppState(loaded=True, accounts=(new, replace(account("b@x.example", None), checked_at=NOW)))
    ).tray.known
    locked = AppState(loaded=True, store_problems=((StoreKind.VAULT, KeyringLockedError().problem),))
    assert shown(locked).tray.known
