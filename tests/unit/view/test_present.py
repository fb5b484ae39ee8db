from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo

import pytest
from msgspec.structs import replace

from probe_tray.core.account.identity import StoreKind
from probe_tray.core.errors import (
    CertificateError,
    NotificationsOffError,
    NotSentError,
    OtherAccountError,
    PortsTakenError,
    ProbeError,
    ProxyAddressError,
    StrangeAnswerError,
    TokenRefusedError,
    WriteError,
)
from probe_tray.core.quota.snapshot import Limit, Snapshot, Window
from probe_tray.core.quota.usage_parser import kind_of
from probe_tray.core.settings import Settings
from probe_tray.core.state import AppState, LoginPhase, LoginState, RenewalState
from probe_tray.view.panel.survey import SurveyFinding, by_need, short_label
from probe_tray.view.presenter import Presenter, present
from probe_tray.view.screen import Screen, ScreenOptions
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind, Card, IconLook, Tone
from tests.unit.ui import samples
from tests.unit.ui.samples import NOW, account, snapshot


def shown(state: AppState) -> Screen:
    return present(state, NOW, UTC, Translator())


def card(state: AppState, title: str) -> Card:
    return next(c for c in shown(state).panel.cards if c.title == title)


def test_one_sentence_says_how_many_can_be_used() -> None:
    screen = shown(samples.four())
    assert screen.panel.headline == "2 of 4 can work"
    assert screen.menu.summary == "2 of 4 can work"
    assert screen.panel.subline == "Best now: ana@example.com, 58% of the 5 hours free · 1 needs you"


def test_beside_the_next_reset_it_says_who_needs_the_person() -> None:
    full, lost = samples.four().accounts[2:]
    panel = shown(samples.only([full, lost])).panel
    assert panel.headline == "0 of 2 can work"
    assert panel.subline.startswith("Next reset Fri 18:20, in ")
    assert panel.subline.endswith(f": {full.email} · 1 needs you")
    gone = ((StoreKind.FOLDER, samples.offline()),)
    panel = shown(replace(samples.only(samples.four().accounts[:1]), store_problems=gone)).panel
    assert panel.subline.startswith("Next reset ")
    assert panel.subline.endswith(" · 1 needs you")


def test_the_line_on_top_leaves_a_long_address_whole_for_whoever_draws_it() -> None:
    first, second = samples.four().accounts[:2]
    long = "a.very.long.address.that.must.not.break.anything@department.of.research.example.org"
    assert f"Best now: {long}, " in shown(samples.only([replace(first, email=long), second])).panel.subline


@pytest.mark.parametrize(("most", "cut"), [(9, "a.bb…e.ff"), (10, "a.bb…ee.ff"), (11, "a.bb…ee.ff")])
def test_a_cut_name_has_no_full_stop_beside_the_ellipsis(most: int, cut: str) -> None:
    assert short_label(samples.account("a.bb.cccccc.ee.ff"), "", most, Translator()) == cut


def test_offline_it_claims_nothing_about_capacity_beside_a_login_that_has_ended() -> None:
    found = {a.email: a for a in samples.conditions().accounts}
    screen = shown(samples.only((found["old@example.com"], found["offline@example.com"])))
    assert (screen.panel.headline, screen.panel.subline) == ("Offline", "1 needs you")
    screen = shown(samples.only((found["ana@example.com"], found["offline@example.com"])))
    assert screen.panel.headline == "1 of 2 can work"


def test_the_needy_and_tight_come_first() -> None:
    titles = [c.title for c in shown(samples.four()).panel.cards]
    assert titles == ["old@example.com", "research@example.com", "lee@studio.example", "ana@example.com"]


def test_a_card_shows_both_windows_their_resets_and_the_life_of_the_login() -> None:
    found = card(samples.four(), "ana@example.com")
    assert [(b.label, b.percent_text, b.reset) for b in found.bars] == [
        ("5 h", "42%", "in 2 h 10 min · 16:02"),
        ("Week", "17%", "in 4 d · Thu 09:00"),
    ]
    assert found.life == "Renews automatically in 4 days · ends 29 Nov"
    assert found.checked == "2 min ago"
    assert found.notice is None
    assert found.spoken.startswith("ana@example.com. Plus. 5 h: 42% used, resets in 2 h 10 min")


def test_a_line_ends_with_the_reset_of_the_tightest_window_and_of_equal_ones_with_the_later() -> None:
    def brief(found: Snapshot) -> str:
        return card(samples.only([account("ana@example.com", found)]), "ana@example.com").brief

    assert brief(snapshot(42, 17)) == "16:02"
    assert brief(snapshot(42, 43)) == "Thu 09:00"
    assert brief(snapshot(42, 42)) == "Thu 09:00"


def test_a_reset_that_the_service_is_late_with_is_neither_old_nor_over() -> None:
    late = snapshot(100, 20, short_in=-timedelta(minutes=1), age=timedelta(seconds=20))
    owner = account("ana@example.com", late, next_check=NOW + timedelta(seconds=40))
    screen = shown(samples.only([owner]))
    (found,) = screen.panel.cards
    assert (screen.panel.headline, screen.panel.status) == ("No capacity", "Up to date · next check in 1 min")
    assert found.notice is not None
    assert found.notice.text == "No capacity: the 5-hour quota is used up."
    assert (found.brief, found.bars[0].reset, found.bars[0].reset_short) == ("limited", "now", "13:51")
    assert screen.menu.rows[0].text == "ana@example.com — full"
    assert "Used: 5 h 100% (13:51)" in screen.tray.tooltip


def test_an_exhausted_week_means_no_capacity_whatever_the_short_window_says() -> None:
    found = card(samples.four(), "research@example.com")
    assert found.notice is not None
    assert found.notice.text == "No capacity until Friday 18:20: the weekly quota is used up."
    assert found.look.exhausted


def test_an_ended_login_shows_no_numbers_and_one_button() -> None:
    found = card(samples.four(), "old@example.com")
    assert found.bars == ()
    assert found.look == IconLook(badge=True)
    assert found.notice is not None
    assert found.notice.text == "This login has ended: it was used elsewhere."
    assert found.notice.action is not None
    assert (found.notice.action.kind, found.notice.action.label) == (ActionKind.LOG_IN, "Log in again")
    assert found.notice.action.key == found.key


def test_old_numbers_stay_dimmed_and_say_their_age() -> None:
    found = card(samples.conditions(), "offline@example.com")
    assert found.dimmed
    assert found.bars[0].percent == 20
    assert found.notice is not None
    assert found.notice.text == "Offline, numbers are 3 h old."


@pytest.mark.parametrize(
    ("title", "text", "action"),
    [
        (
            "blocked@example.com",
            "The network blocks chatgpt.com. Your login is fine. Check the proxy or VPN in Settings, Network.",
            ActionKind.NETWORK_SETTINGS,
        ),
        (
            "waits@example.com",
            "OpenAI is limiting requests. The numbers are 3 h old.",
            ActionKind.REFRESH,
        ),
        ("stale@example.com", "The numbers are 3 h old.", ActionKind.REFRESH),
        (
            "ends@example.com",
            "This login ends in 2 days. It has no refresh token, so it can't be renewed.",
            ActionKind.LOG_IN,
        ),
        (
            "Saved logins",
            (
                "The keyring is locked, so your logins can't be opened yet. Unlock the keyring and press "
                "Try again. Nothing was lost."
            ),
            ActionKind.READ_STORES,
        ),
    ],
)
def test_a_problem_is_a_sentence_with_one_button(title: str, text: str, action: ActionKind) -> None:
    notice = card(samples.conditions(), title).notice
    assert notice is not None
    assert notice.text == text
    assert notice.action is not None
    assert notice.action.kind is action


def old(problem: ProbeError, *, numbers: bool = True) -> AppState:
    found = account("a@x.example", replace(snapshot(11, 17), taken_at=NOW - timedelta(hours=3)) if numbers else None)
    return samples.only([replace(found, problem=problem.problem, renewable=True)])


def test_a_refused_token_that_nothing_renews_by_itself_can_be_renewed_by_hand() -> None:
    notice = card(old(TokenRefusedError()), "a@x.example").notice
    assert notice is not None
    assert notice.text == "OpenAI no longer accepts this login's access token. The numbers are 3 h old."
    assert notice.action is not None
    assert (notice.action.kind, notice.action.label) == (ActionKind.RENEW, "Renew now")


def test_what_only_a_person_can_mend_says_how() -> None:
    problem = CertificateError(host="chatgpt.com", reason="unknown issuer")
    notice = card(old(problem), "a@x.example").notice
    assert notice is not None
    assert notice.text == f"{problem.title} {problem.hint} The numbers are 3 h old."


@pytest.mark.parametrize("problem", [StrangeAnswerError(status="200"), NotSentError(reason="no route")])
def test_without_numbers_a_failure_says_what_to_do(problem: ProbeError) -> None:
    notice = card(old(problem, numbers=False), "a@x.example").notice
    assert notice is not None
    assert notice.text == f"{problem.title} {problem.hint}"


def test_a_broken_file_and_an_api_key_stand_in_the_list() -> None:
    titles = [c.title for c in shown(samples.conditions()).panel.cards]
    assert titles[-2:] == ["Codex client", "broken.json"]
    assert len({c.name for c in shown(samples.conditions()).panel.cards}) == len(titles)


def test_a_wait_for_another_process_is_said_while_it_lasts() -> None:
    banner = shown(replace(samples.four(), waiting=True)).panel.banner
    assert banner is not None
    assert (banner.text, banner.action) == ("Another Probe Tray process is busy. Waiting for it to finish…", None)


@pytest.mark.parametrize("state", [samples.four(), AppState(loaded=True)], ids=["accounts", "nobody yet"])
def test_a_proxy_that_cannot_be_used_is_said_with_the_way_to_its_setting(state: AppState) -> None:
    problem = ProxyAddressError(place="ALL_PROXY", reason="it isn't an http, https, socks5 or socks5h address").problem
    banner = shown(replace(state, proxy_problem=problem)).panel.banner
    assert banner is not None
    assert banner.text.startswith(
        "The proxy address in ALL_PROXY can't be used: it isn't an http, https, socks5 or socks5h address."
    )
    assert banner.action is not None
    assert banner.action.kind is ActionKind.NETWORK_SETTINGS


def test_trouble_stands_first_until_it_was_read() -> None:
    trouble = WriteError(path="settings.json", reason="the disk is full").problem
    banner = shown(replace(samples.four(), trouble=trouble)).panel.banner
    assert banner is not None
    assert banner.text.startswith("settings.json can't be written: the disk is full.")
    assert banner.action is not None
    assert banner.action.kind is ActionKind.DISMISS


def test_that_notifications_are_turned_off_leads_to_where_they_are_turned_on() -> None:
    banner = shown(replace(samples.four(), trouble=NotificationsOffError().problem)).panel.banner
    assert banner is not None
    assert banner.action is not None
    assert (banner.action.kind, banner.action.label) == (ActionKind.NOTIFICATION_SETTINGS, "Settings…")


def test_the_official_login_is_told_apart() -> None:
    assert card(samples.conditions(), "client@example.com").subtitle == "Codex client's login, read only"


def test_before_the_stores_were_read_nothing_is_claimed() -> None:
    panel = shown(AppState()).panel
    assert panel.headline == "Reading your logins…"
    assert panel.welcome is None


def test_a_first_start_shows_how_to_begin() -> None:
    panel = shown(AppState(loaded=True)).panel
    assert panel.headline == "No account yet"
    assert panel.welcome is not None


@pytest.mark.parametrize(
    ("index", "headline"),
    [(0, "There is capacity"), (2, "No capacity until Friday 18:20"), (3, "Login needed")],
)
def test_one_account_needs_no_counting(index: int, headline: str) -> None:
    assert shown(samples.only([samples.four().accounts[index]])).panel.headline == headline


def test_the_foot_tells_how_up_to_date_it_is() -> None:
    assert shown(samples.four()).panel.status == "Up to date · next check in 3 min"
    offline = [replace(a, problem=samples.offline()) for a in samples.four().accounts[:2]]
    panel = shown(samples.only(offline)).panel
    assert (panel.headline, panel.status, panel.status_tone) == (
        "Offline",
        "Offline, numbers are 2 min old",
        Tone.WARNING,
    )


def test_the_age_at_the_foot_is_of_numbers_that_are_shown() -> None:
    ended = account("ended@example.com", snapshot(10, 10, age=timedelta(days=20)), problem=samples.ended())
    offline = account("ana@example.com", snapshot(10, 10, age=timedelta(minutes=6)), problem=samples.offline())
    for others in ((), (ended,), (account("fresh@example.com", snapshot(10, 10, age=timedelta(minutes=9))),)):
        assert shown(samples.only([offline, *others])).panel.status == "Offline, numbers are 6 min old"
    never = account("new@example.com", None, problem=samples.offline())
    assert shown(samples.only([never, ended])).panel.status == "Offline"


@pytest.mark.parametrize(
    ("seconds", "label", "reason"),
    [
        (18_060, "5 h", "the 5-hour quota is used up"),
        (3_600, "1 h", "the 1-hour quota is used up"),
        (5_400, "90 min", "the 90-minute quota is used up"),
        (90_000, "25 h", "the 25-hour quota is used up"),
        (864_000, "10 d", "the 10-day quota is used up"),
    ],
)
def test_a_window_of_another_length_is_called_by_it(seconds: int, label: str, reason: str) -> None:
    window = Window(kind=kind_of(seconds), seconds=seconds, used_percent=100, reset_at=None)
    found = account("ana@example.com", Snapshot(taken_at=NOW, main=Limit(windows=(window,))))
    (drawn,) = shown(samples.only([found])).panel.cards
    assert drawn.bars[0].label == label
    assert drawn.notice is not None
    assert drawn.notice.text == f"No capacity: {reason}."


def test_the_search_comes_with_the_fifth_account() -> None:
    assert not shown(samples.many(4)).panel.searchable
    assert shown(samples.many(5)).panel.searchable


def test_a_hundred_accounts_say_who_needs_a_person() -> None:
    panel = shown(samples.many(100)).panel
    assert panel.headline == "94 of 100 can work"
    assert panel.subline == "Best now: builder-016@studio.example, 89% of the 5 hours free · 4 need you"


def test_an_ended_token_says_so() -> None:
    asked = snapshot(1, 1, age=timedelta(minutes=10))
    ended = account("a@example.com", asked, expires_at=NOW - timedelta(minutes=5), renewal=RenewalState())
    assert card(samples.only([ended]), "a@example.com").life == "Access ended 5 min ago"


def test_percents_never_claim_nothing_or_everything_where_it_is_not_so() -> None:
    bars = card(samples.only([account("a@example.com", snapshot(0.2, 99.9))]), "a@example.com").bars
    assert [b.percent for b in bars] == [1, 99]


def test_the_persons_own_levels_colour_the_bars() -> None:
    state = replace(
        samples.only([account("a@example.com", snapshot(50, 60))]),
        settings=Settings(warn_used_percent=50, critical_used_percent=60),
    )
    assert [b.tone for b in card(state, "a@example.com").bars] == [Tone.WARNING, Tone.CRITICAL]


def test_a_waiting_login_says_where_it_waits_and_how_long() -> None:
    view = shown(AppState(login=samples.waiting_login())).login
    assert view is not None
    assert view.text == ("Waiting for your browser on localhost:1455. This window closes by itself. 9 min left.")
    assert view.open_again
    assert view.copy_address


def test_a_failed_login_says_what_failed_and_offers_the_way_on() -> None:
    view = shown(AppState(login=samples.failed_login())).login
    assert view is not None
    assert view.failed
    assert "ports 1455 and 1457 are in use by another program" in view.title
    assert view.text == PortsTakenError().hint
    assert view.log_in_again == "&Try again"


@pytest.mark.parametrize(
    "login",
    [
        None,
        LoginState(phase=LoginPhase.DONE),
        LoginState(phase=LoginPhase.FAILED),
    ],
)
def test_there_is_no_login_window_without_need(login: LoginState | None) -> None:
    assert shown(AppState(login=login)).login is None


def test_a_login_without_browser_says_what_to_do() -> None:
    problem = NotSentError(reason="x").problem
    view = shown(AppState(login=replace(samples.waiting_login(), problem=problem))).login
    assert view is not None
    assert view.title == "OpenAI can't be reached: x."
    assert view.text.startswith("Check your network and proxy.")


def test_in_privacy_mode_the_window_of_a_login_names_nobody() -> None:
    state = samples.four()
    other = OtherAccountError(who="mia@example.org").problem
    failed = LoginState(phase=LoginPhase.FAILED, account=state.accounts[0].key, problem=other)
    hidden = replace(state, login=failed, settings=Settings(privacy=True))
    found = shown(hidden).login
    assert found is not None
    words = f"{found.window_title} {found.title} {found.text}"
    assert "m•••@e•••" in words
    assert "example" not in words


class AskedZone(tzinfo):
    """Counts how often it is asked for the local time."""

    def __init__(self) -> None:
        self.asked = 0

    def fromutc(self, dt: datetime) -> datetime:
        self.asked += 1
        return dt

    def utcoffset(self, dt: datetime | None) -> timedelta:
        del dt
        return timedelta()

    def dst(self, dt: datetime | None) -> None:
        del dt

    def tzname(self, dt: datetime | None) -> str:
        del dt
        return "UTC"


def test_the_system_is_asked_for_each_moment_of_a_card_once_and_for_now_once_in_all() -> None:
    zone = AskedZone()
    made = list(present(samples.many(100), NOW, zone, Translator()).panel.cards)
    assert len(made) == 100
    assert 0 < zone.asked < 8 * len(made)


def test_a_search_leaves_icon_and_menu_as_they_are_until_the_state_or_the_minute_changes() -> None:
    presenter, state = Presenter(UTC, Translator()), samples.many(30)
    first = presenter.present(state, NOW)
    again = presenter.present(state, NOW + timedelta(seconds=5), ScreenOptions(search="per"))
    assert (again.tray is first.tray, again.menu is first.menu) == (True, True)
    assert len(again.panel.cards) <= len(first.panel.cards)
    later = presenter.present_closed(state, NOW + timedelta(minutes=1))
    changed = presenter.present_closed(replace(state, loaded=False), NOW + timedelta(minutes=1))
    assert later.menu is not first.menu
    assert changed.menu.summary == "Reading your logins…"


def test_a_login_that_waits_is_presented_anew_each_time() -> None:
    presenter, until = Presenter(UTC, Translator()), NOW + timedelta(seconds=90)
    state = AppState(loaded=True, login=LoginState(phase=LoginPhase.WAITING, ends_at=until))
    one, two = (presenter.present_closed(state, NOW + timedelta(seconds=s)).login for s in (0, 31))
    assert one != two


def test_accounts_are_sorted_once_however_often_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    sorted_: list[int] = []

    def counted(found: Iterable[SurveyFinding]) -> tuple[SurveyFinding, ...]:
        sorted_.append(1)
        return by_need(found)

    monkeypatch.setattr("probe_tray.view.panel.survey.by_need", counted)
    presenter, state = Presenter(UTC, Translator()), samples.many(30)
    found = [len(presenter.present(state, NOW, ScreenOptions(search=text)).panel.cards) for text in ("", "p", "nobody")]
    assert (found[0], found[-1], len(sorted_)) == (30, 0, 1)


def test_the_place_of_an_account_that_has_not_changed_is_the_same_object() -> None:
    presenter, state = Presenter(UTC, Translator()), samples.many(30)
    before = {entry.key: entry for entry in presenter.present(state, NOW).panel.cards.entries}
    changed = replace(state.accounts[7], alias="other")
    accounts = (*state.accounts[:7], changed, *state.accounts[8:])
    after = presenter.present(replace(state, accounts=accounts), NOW).panel.cards.entries
    assert [entry.key for entry in after if before[entry.key] is not entry] == [changed.key]
