"""Which accounts a word names, and that everyone who asks gets that answer."""

from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.account.account_names import AccountNames, matching
from probe_tray.core.quota.quota_overview import QuotaOverview
from tests.support.numbers import ACCOUNT_QUOTA

ANA: Final = AccountNames("work", ("ana@example.com", "acct-1", "f00d"))
BEN: Final = AccountNames("", ("ben@example.com", "acct-2", "beef"))
HOME: Final = AccountNames("", ("ana@example.com", "acct-3", "cafe"))
MOCK: Final = AccountNames("Ben@Example.com", ("eve@example.com", "acct-4", "face"))
EVERYONE: Final = (ANA, BEN, HOME)

WORDS: Final = st.sampled_from(["", " ", "a", "A ", "b", "straße", "STRASSE", "c@x", "C@X"])
NAMES: Final = st.builds(AccountNames, WORDS, st.lists(WORDS, max_size=3).map(tuple))


def itself(names: AccountNames) -> AccountNames:
    return names


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("work", (ANA,)),
        (" WORK ", (ANA,)),
        ("Ben@Example.Com", (BEN,)),
        ("ACCT-3", (HOME,)),
        ("F00D", (ANA,)),
        ("ana@example.com", (ANA, HOME)),
        ("ana", ()),
        ("", ()),
        ("  ", ()),
    ],
)
def test_a_whole_name_an_address_or_an_id_names_an_account(word: str, found: tuple[AccountNames, ...]) -> None:
    assert matching(word, EVERYONE, itself) == found


def test_the_person_s_own_name_goes_before_another_s_address() -> None:
    assert matching("ben@example.com", (*EVERYONE, MOCK), itself) == (MOCK,)


@given(WORDS, st.lists(NAMES, max_size=5))
def test_each_one_found_has_the_word_and_case_and_space_change_nothing(word: str, known: list[AccountNames]) -> None:
    found = matching(word, known, itself)
    assert matching(f"\t{word.upper()} ", known, itself) == found
    assert all(word.strip().casefold() in {t.strip().casefold() for t in (n.alias, *n.others)} for n in found)
    alike = [n.alias.strip().casefold() for n in found]
    assert len(set(alike)) < 2 or word.strip().casefold() not in alike
    assert word.strip() or not found


@given(WORDS, st.lists(NAMES, max_size=5))
def test_whoever_could_be_meant_is_found(word: str, known: list[AccountNames]) -> None:
    wanted = word.strip().casefold()
    meant = [n for n in known if wanted and wanted in {t.strip().casefold() for t in (n.alias, *n.others)}]
    assert bool(matching(word, known, itself)) == bool(meant)


@given(WORDS, st.lists(st.tuples(WORDS, WORDS, WORDS, WORDS), max_size=5))
def test_the_numbers_of_the_command_go_by_it(word: str, known: list[tuple[str, str, str, str]]) -> None:
    accounts = tuple(
        msgspec.structs.replace(ACCOUNT_QUOTA, alias=alias, email=email, account_id=account_id, id=own)
        for alias, email, account_id, own in known
    )
    overview = QuotaOverview(next=None, shows_left=False, privacy=False, accounts=accounts)
    names = [AccountNames(one[0], one[1:]) for one in known]
    found = [at for at, _ in matching(word, enumerate(names), lambda numbered: numbered[1])]
    assert [id(one) for one in overview.matching(word)] == [id(accounts[at]) for at in found]
