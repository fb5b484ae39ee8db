"""What becomes of a quota, as a person reads it."""

from datetime import UTC

import pytest
from msgspec.structs import replace

from probe_tray.core.quota.percent import whole
from probe_tray.core.settings import Percentages
from probe_tray.view.presenter import present
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Card, Tone
from tests.unit.ui import samples


def card(email: str) -> Card:
    panel = present(samples.foreseen(), samples.NOW, UTC, Translator()).panel
    return next(c for c in panel.cards if c.title == email)


def test_a_quota_that_lasts_says_what_it_comes_to_and_asks_for_no_attention() -> None:
    found = card("lasts@example.com")
    assert (found.bars[1].faded, found.bars[1].runs_out) == (83, False)
    assert found.bars[1].outlook == "Lasts until it resets, with about 83% used."
    assert found.bars[1].outlook in found.hover
    assert found.notice is None


def test_a_quota_that_runs_out_says_when() -> None:
    found = card("ends@example.com")
    assert (found.bars[1].faded, found.bars[1].runs_out) == (100, True)
    assert found.notice is not None
    assert found.notice.text == "Week: At this pace it runs out tomorrow around 19:42, before it resets."
    assert (found.notice.tone, found.notice.actions) == (Tone.CALM, ())


def test_where_there_is_too_little_to_say_nothing_is_said() -> None:
    assert [(b.faded, b.outlook) for b in card("new@example.com").bars] == [(None, ""), (None, "")]


def test_what_is_more_urgent_goes_before_the_forecast() -> None:
    state = samples.foreseen()
    accounts = tuple(replace(a, problem=samples.ended()) for a in state.accounts)
    panel = present(replace(state, accounts=accounts), samples.NOW, UTC, Translator()).panel
    assert all(c.notice is not None and c.notice.tone is Tone.CRITICAL for c in panel.cards)


@pytest.mark.parametrize("email", ["lasts@example.com", "ends@example.com"])
def test_the_last_days_are_shown(email: str) -> None:
    assert len(card(email).trend) >= 60


def test_the_last_days_are_turned_round_with_every_other_number() -> None:
    state = samples.foreseen()
    left = replace(state, settings=replace(state.settings, percentages=Percentages.LEFT))
    panel = present(left, samples.NOW, UTC, Translator()).panel
    turned = next(c for c in panel.cards if c.title == "ends@example.com").trend
    used = card("ends@example.com").trend
    assert turned == tuple(None if percent is None else 100 - percent for percent in used)
    assert len(set(used)) > 1


def test_the_last_days_are_not_rounded_once_more_for_each_card(monkeypatch: pytest.MonkeyPatch) -> None:
    rounded: list[float] = []

    def counted(percent: float) -> int:
        rounded.append(percent)
        return whole(percent)

    monkeypatch.setattr("probe_tray.view.text.percentages.whole", counted)
    (one,) = (account for account in samples.foreseen().accounts if account.email == "ends@example.com")
    (shown,) = present(samples.only((one,)), samples.NOW, UTC, Translator()).panel.cards
    assert len(shown.trend) >= 60
    assert 0 < len(rounded) < 60


def test_an_account_that_has_only_begun_has_no_curve() -> None:
    assert card("new@example.com").trend == ()
