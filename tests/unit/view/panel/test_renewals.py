"""What a person reads of a login's life."""

from datetime import UTC, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.identity import StoreKind
from probe_tray.core.errors import PersonalTokenRefusedError
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState, AppState, RenewalRound, RenewalState
from probe_tray.view.panel.renewal_status import last_renewal, lifetime, renewal_notice, why_not_renewed
from probe_tray.view.presenter import present
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind, Notice, Tone
from tests.unit.ui import samples
from tests.unit.ui.samples import NOW, account, snapshot

HERE = Now(NOW, UTC)
PLAIN = Settings()
T = Translator()


def told(found: AccountState, settings: Settings = PLAIN) -> Notice | None:
    return renewal_notice(found, settings, HERE, T)


def life(name: str) -> AccountState:
    return next(a for a in samples.troubled_lives().accounts if a.email.startswith(name))


@pytest.mark.parametrize(
    ("name", "begins", "tone", "kinds"),
    [
        ("uncertain", "The connection broke during a renewal", Tone.WARNING, [ActionKind.LOG_IN]),
        ("paused", "Several renewals failed", Tone.WARNING, [ActionKind.NETWORK_SETTINGS]),
        ("sealed", "A renewed login is safe", Tone.WARNING, [ActionKind.RENEW]),
        ("full", "The login was renewed, but logins/a.json can't be written", Tone.WARNING, [ActionKind.RENEW]),
        ("offline", "The last renewal failed. OpenAI can't be reached", Tone.CALM, [ActionKind.RENEW]),
        (
            "soon",
            "This login ends in 1 day. The last renewal failed. OpenAI can't be reached",
            Tone.WARNING,
            [ActionKind.RENEW, ActionKind.LOG_IN],
        ),
    ],
)
def test_a_renewal_that_failed_says_why_and_what_mends_it(
    name: str, begins: str, tone: Tone, kinds: list[ActionKind]
) -> None:
    notice = told(life(name))
    assert notice is not None
    assert notice.text.startswith(begins)
    assert (notice.tone, [a.kind for a in notice.actions]) == (tone, kinds)


@pytest.mark.parametrize("name", ["uncertain", "soon"])
def test_a_login_that_may_still_be_renewed_is_not_to_be_replaced_first(name: str) -> None:
    notice = told(life(name))
    assert notice is not None
    assert not any(action.primary for action in notice.actions)


def test_where_only_another_login_helps_its_button_stands_out() -> None:
    ending = account("ana@example.com", snapshot(1, 1), renewable=False, expires_at=NOW + timedelta(days=2))
    cards = present(AppState(loaded=True, accounts=(ending, *samples.four().accounts[3:])), NOW, UTC, T).panel.cards
    notices = [card.notice for card in cards]
    assert [[(a.label, a.primary) for a in notice.actions] for notice in notices if notice is not None] == [
        [("Log in again", True)],
        [("Log in again", True)],
    ]


def test_without_capacity_a_login_that_ends_soon_keeps_its_button() -> None:
    ending = account("ana@example.com", snapshot(11, 100), renewable=False, expires_at=NOW + timedelta(days=2))
    lasting = account("lee@example.com", snapshot(11, 100))
    cards = present(AppState(loaded=True, accounts=(ending, lasting)), NOW, UTC, T).panel.cards
    found = {card.title: card.notice for card in cards}
    assert all(notice is not None and notice.text.startswith("No capacity until") for notice in found.values())
    kinds = {title: [a.kind for a in notice.actions] for title, notice in found.items() if notice is not None}
    assert kinds == {"ana@example.com": [ActionKind.LOG_IN], "lee@example.com": []}


def test_a_passing_failure_says_when_it_is_tried_again() -> None:
    notice = told(life("offline"))
    assert notice is not None
    assert notice.text.endswith("Next try 14:04.")


@pytest.mark.parametrize("name", ["now", "ana"])
def test_where_nothing_needs_mending_nothing_is_said(name: str) -> None:
    found = account("ana@example.com", snapshot(1, 1)) if name == "ana" else life(name)
    assert told(found) is None


def test_a_renewal_that_runs_hides_the_failure_before_it() -> None:
    found = life("offline")
    assert told(replace(found, renewal=replace(found.renewal, running=True))) is None


def test_a_login_that_would_end_because_renewing_is_off_can_be_renewed_by_hand() -> None:
    soon = account("a@example.com", snapshot(1, 1), expires_at=NOW + timedelta(days=1))
    notice = told(soon, Settings(auto_renew=False))
    assert notice is not None
    assert notice.text == "This login ends in 1 day. Automatic renewal is off in Settings."
    assert [a.kind for a in notice.actions] == [ActionKind.RENEW]


def test_the_official_login_is_nobodys_to_mend() -> None:
    soon = account(
        "a@example.com", snapshot(1, 1), stores=(StoreKind.OFFICIAL,), renewable=False, expires_at=NOW + timedelta(1)
    )
    assert told(soon) is None
    assert why_not_renewed(soon, PLAIN, T) == "Only the Codex client can renew its own login."


def test_a_login_without_refresh_token_says_so() -> None:
    assert "no refresh token" in why_not_renewed(account("a@example.com", renewable=False), PLAIN, T)
    assert why_not_renewed(account("a@example.com"), PLAIN, T) == ""


def test_a_planned_renewal_counts_only_where_renewing_is_on() -> None:
    found = account("a@example.com")
    assert lifetime(found, PLAIN, HERE, T) == "Renews automatically in 4 days · ends 29 Nov"
    assert lifetime(found, Settings(auto_renew=False), HERE, T) == "Login ends in 7 days · 29 Nov"


def test_a_login_that_nothing_can_renew_says_so_and_has_its_button() -> None:
    lasting = account("a@example.com", renewable=False)
    assert lifetime(lasting, PLAIN, HERE, T) == "Can't be renewed · ends in 7 days · 29 Nov"
    assert lifetime(replace(lasting, expires_at=None), PLAIN, HERE, T) == "Can't be renewed"
    ending = account("a@example.com", renewable=False, expires_at=NOW + timedelta(days=2))
    notice = renewal_notice(ending, PLAIN, HERE, T)
    assert notice is not None
    assert notice.text == "This login ends in 2 days. It has no refresh token, so it can't be renewed."
    assert [action.label for action in notice.actions] == ["Log in again"]


def test_a_login_that_the_service_answers_has_not_ended() -> None:
    # By a clock that is eleven days ahead it ended two days ago.
    ahead = replace(snapshot(1, 1), clock_offset=-timedelta(days=11).total_seconds())
    found = account("a@example.com", ahead, expires_at=NOW - timedelta(days=2), renewable=False)
    assert lifetime(found, PLAIN, HERE, T) == "Can't be renewed · ends in 9 days · 1 Dec"
    assert told(found) is None
    # By one that is right its record is wrong.
    wrong = replace(found, snapshot=snapshot(1, 1))
    assert lifetime(wrong, PLAIN, HERE, T) == "Can't be renewed"
    for renewable in (False, True):
        assert told(replace(wrong, renewable=renewable), Settings(auto_renew=False)) is None


def test_an_end_that_is_over_is_not_said_to_come() -> None:
    ended = account("a@example.com", snapshot(1, 1, age=timedelta(minutes=10)), expires_at=NOW - timedelta(minutes=5))
    assert lifetime(ended, PLAIN, HERE, T) == "Access ended 5 min ago"
    notice = told(ended, Settings(auto_renew=False))
    assert notice is not None
    assert notice.text == "Automatic renewal is off in Settings."


@pytest.mark.parametrize(
    ("hours", "words"),
    [(3, "Renewed 10:52"), (24 * 4, "Renewed 18 Nov 13:52"), (24 * 400, "Renewed 18 Oct 2025 13:52")],
)
def test_the_last_renewal_is_told_exactly(hours: int, words: str) -> None:
    assert last_renewal(account("a@example.com", renewed_at=NOW - timedelta(hours=hours)), HERE, T) == words


def test_the_last_renewal_that_failed_is_told_with_its_reason() -> None:
    words = "Renewal failed 3 min ago. OpenAI can't be reached: there is no connection to chatgpt.com."
    assert last_renewal(life("offline"), HERE, T) == words
    unknown = replace(life("offline"), renewal=RenewalState(problem=samples.offline()))
    assert last_renewal(unknown, HERE, T) == words.replace(" 3 min ago", "")
    assert last_renewal(account("a@example.com"), HERE, T) == ""


def test_a_missing_key_offers_a_new_one() -> None:
    card = present(samples.troubled_lives(), NOW, UTC, T).panel.cards[0]
    assert card.notice is not None
    assert [a.kind for a in card.notice.actions] == [ActionKind.READ_STORES, ActionKind.RESET_VAULT]


@pytest.mark.parametrize(
    ("latest", "words"),
    [
        (RenewalRound(), "Renewing logins…"),
        (RenewalRound(ended_at=NOW), "No login to renew"),
        (RenewalRound(ended_at=NOW, renewed=2), "2 logins renewed"),
    ],
)
def test_the_foot_tells_what_came_of_renewing_all(latest: RenewalRound, words: str) -> None:
    panel = present(replace(samples.four(), round=latest), NOW, UTC, T).panel
    assert (panel.status, panel.status_tone) == (words, Tone.CALM)


@pytest.mark.parametrize(
    ("latest", "words"),
    [
        (RenewalRound(ended_at=NOW, unable=1), "1 can't be renewed"),
        (RenewalRound(ended_at=NOW, unable=2, fresh=3), "2 can't be renewed · 3 not due yet"),
    ],
)
def test_the_foot_counts_what_nothing_can_renew(latest: RenewalRound, words: str) -> None:
    panel = present(replace(samples.four(), round=latest), NOW, UTC, T).panel
    assert (panel.status, panel.status_tone) == (words, Tone.WARNING)


def test_a_renewal_of_all_without_any_account_is_answered_too() -> None:
    state = AppState(loaded=True, round=RenewalRound(ended_at=NOW, failed=1))
    assert present(state, NOW, UTC, T).panel.status_tone is Tone.WARNING


PERSONAL = account("ana@example.com", snapshot(11, 20), renewable=False, personal=True, expires_at=None)


def test_a_personal_access_token_says_that_it_is_one_and_when_it_ends_where_that_is_known() -> None:
    ending = replace(PERSONAL, expires_at=NOW + timedelta(days=2))
    assert lifetime(PERSONAL, PLAIN, HERE, T) == "Personal access token"
    assert lifetime(ending, PLAIN, HERE, T) == "Personal access token · ends in 2 days"
    theirs = replace(PERSONAL, stores=(StoreKind.OFFICIAL,))
    assert lifetime(theirs, PLAIN, HERE, T) == "Personal access token"
    assert told(PERSONAL) is None
    soon = told(ending)
    assert soon is not None
    assert soon.text == (
        "This login ends in 2 days. A personal access token can't be renewed. Make a new one where you made it, "
        "then import it."
    )
    assert [(a.kind, a.label) for a in soon.actions] == [(ActionKind.IMPORT, "Import…")]


@pytest.mark.parametrize("stores", [(StoreKind.VAULT,), (StoreKind.OFFICIAL,)])
def test_a_dead_personal_access_token_is_replaced_where_it_was_made(stores: tuple[StoreKind, ...]) -> None:
    dead = replace(PERSONAL, stores=stores, problem=PersonalTokenRefusedError().problem)
    screen = present(AppState(loaded=True, accounts=(dead,)), NOW, UTC, T)
    (card,) = screen.panel.cards
    assert card.notice is not None
    assert card.notice.text == (
        "OpenAI no longer accepts this personal access token. Make a new one where you made this one, then import it, "
        "or log in to Codex with it."
    )
    assert [a.kind for a in card.notice.actions] == [ActionKind.IMPORT]
    assert (card.brief, screen.panel.headline) == ("token ended", "The access token has ended")
    assert "The access token has ended" in screen.tray.tooltip
    over = replace(PERSONAL, stores=stores, expires_at=NOW - timedelta(days=1), snapshot=None)
    (card,) = present(AppState(loaded=True, accounts=(over,)), NOW, UTC, T).panel.cards
    assert card.notice is not None
    assert card.notice.text.startswith(
        "This personal access token has ended. A personal access token can't be renewed."
    )
