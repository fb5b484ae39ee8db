"""What is said of all accounts together, and what the foot of the panel says of the service."""

from datetime import UTC, timedelta

import pytest
from msgspec.structs import replace

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.core.service.incident import Incident
from probe_tray.core.state import AccountState
from probe_tray.resources import resource
from probe_tray.view.presenter import present
from probe_tray.view.text.translate import Translator, parse_po
from tests.unit.ui import samples
from tests.unit.ui.samples import account

UNLIMITED = account("free@example.com", Snapshot(taken_at=samples.NOW))
UNHEARD = account("new@example.com")
OLD = account("stale@example.com", samples.snapshot(20, 40, age=timedelta(hours=3)))
FULL, LOST = samples.four().accounts[2:]


@pytest.mark.parametrize(
    ("accounts", "said"),
    [
        ([UNLIMITED], "OpenAI reports no limit"),
        ([UNLIMITED, replace(UNLIMITED, key=AccountKey("another"))], "OpenAI reports no limit"),
        ([UNLIMITED, LOST], "OpenAI reports no limit"),
        ([UNLIMITED, FULL], "0 of 1 can work · 1 without a known limit"),
        ([UNLIMITED, *samples.four().accounts], "2 of 4 can work · 1 without a known limit"),
        ([UNLIMITED, UNHEARD], "No numbers yet"),
        ([UNHEARD, replace(UNHEARD, key=AccountKey("another"))], "No numbers yet"),
        ([UNHEARD, LOST], "No numbers yet"),
        ([UNHEARD, FULL], "0 of 2 can work"),
        ([UNLIMITED, OLD], "The numbers are old"),
    ],
)
def test_of_accounts_without_a_limit_it_is_not_claimed_that_they_cannot_work(
    accounts: list[AccountState], said: str
) -> None:
    screen = present(samples.only(accounts), samples.NOW, UTC, Translator())
    assert (screen.panel.headline, screen.menu.summary) == (said, said)


def test_an_account_without_a_limit_is_not_faded_as_old_numbers_are() -> None:
    screen = present(samples.only([UNLIMITED]), samples.NOW, UTC, Translator())
    assert not screen.tray.look.stale
    assert not screen.panel.cards[0].dimmed


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Partial System Outage", "OpenAI 报告：部分系统中断"),
        ("Elevated errors", "OpenAI 报告：Elevated errors"),
    ],
)
def test_what_every_status_page_says_is_translated_and_what_a_person_wrote_is_not(written: str, said: str) -> None:
    chinese = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))
    state = replace(samples.four(), incident=Incident(written))
    assert present(state, samples.NOW, UTC, chinese).panel.status == said
