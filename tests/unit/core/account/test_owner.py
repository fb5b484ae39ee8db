"""Whether two logins are one person's, and that everyone who asks gets that answer."""

from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.account.age import age
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.owner import Owner, OwnerMatch
from probe_tray.core.account.secret import Secret
from probe_tray.core.account.worth import best_of_each, worth
from probe_tray.core.formats.document import Document
from probe_tray.core.formats.login_fields import Format
from probe_tray.core.renewal.token_reply import TokenReply, renewed_login
from probe_tray.core.sync.plan import decide, plan_row
from probe_tray.core.sync.rows import OpenedRow, RemoteRow, StepKind, SyncOptions
from probe_tray.core.transfer.import_plan import ImportAction, Source, plan
from tests.support.fakes import START
from tests.support.login_strategies import OWNERS, login_of

SAME, OTHER, UNCLEAR = OwnerMatch.SAME, OwnerMatch.OTHER, OwnerMatch.UNCLEAR


class Case(NamedTuple):
    one: Owner
    other: Owner
    match: OwnerMatch


@pytest.mark.parametrize(
    ("one", "other", "match"),
    [
        Case(Owner("team", "u1", "a@x"), Owner("team", "u1", "b@x"), SAME),
        Case(Owner("team", "u1", "a@x"), Owner("team", "u2", "a@x"), OTHER),
        Case(Owner("team", "u1", "a@x"), Owner("home", "u1", "a@x"), OTHER),
        Case(Owner("team", "u1", "a@x"), Owner("team", "", "A@x"), SAME),
        Case(Owner("team", "u1", "a@x"), Owner("team", "", "b@x"), OTHER),
        Case(Owner("team", "u1", "a@x"), Owner("team"), UNCLEAR),
        Case(Owner("team", "u1"), Owner("team", "", "a@x"), UNCLEAR),
        Case(Owner("team", "", "a@x"), Owner("team", "", "b@x"), SAME),
        Case(Owner("team"), Owner("team"), SAME),
    ],
)
def test_a_user_goes_before_an_email(one: Owner, other: Owner, match: OwnerMatch) -> None:
    assert one.match(other) is match


def row(credential: Credential) -> OpenedRow:
    return OpenedRow(row=RemoteRow(id=credential.account_id, token_data=Secret("sealed")), login=credential)


@given(OWNERS, OWNERS)
def test_the_answer_is_the_same_from_both_sides(one: Owner, other: Owner) -> None:
    assert one.match(other) is other.match(one)
    assert login_of(one).owner.match(login_of(other).owner) is one.match(other)


@given(OWNERS, OWNERS)
def test_logins_of_one_key_are_one_person_s(one: Owner, other: Owner) -> None:
    mine, theirs = login_of(one), login_of(other)
    assert mine.key != theirs.key or one.match(other) is SAME


@given(OWNERS, OWNERS)
def test_what_cannot_be_another_s_may_come_of_a_renewal(one: Owner, other: Owner) -> None:
    match = one.match(other)
    assert one.may_become(other) == (match is SAME or (match is UNCLEAR and not one.email))


@given(OWNERS, OWNERS)
def test_sync_goes_by_it(one: Owner, other: Owner) -> None:
    other = msgspec.structs.replace(other, account_id=one.account_id)
    mine, theirs = login_of(one), login_of(other, 2)
    match = one.match(other)
    kind = decide(mine, row(theirs), None, overwrite=False)
    assert (kind is StepKind.OTHER_MEMBER) == (match is not SAME)
    kinds = [step.kind for step in plan_row(one.account_id, [mine], row(theirs), {}, SyncOptions())]
    assert (
        kinds
        == {
            SAME: [StepKind.ADOPT],
            OTHER: [StepKind.RESTORE, StepKind.OTHER_MEMBER],
            UNCLEAR: [StepKind.OTHER_MEMBER],
        }[match]
    )


@given(OWNERS, OWNERS)
def test_an_answer_to_a_renewal_goes_by_it_without_emails(one: Owner, other: Owner) -> None:
    old = login_of(one)
    new = login_of(other, 2)
    got = renewed_login(old, TokenReply(access_token=new.access_token), now=START)
    bare = (Owner(one.account_id, one.user_id), Owner(other.account_id, other.user_id))
    assert (got is None) == (bare[0].match(bare[1]) is OTHER)


def given_in_a_file(credential: Credential) -> Source:
    return Source(location="a.json", documents=(Document(text=Secret(""), format=Format.PROBE, credential=credential),))


@given(OWNERS, OWNERS)
def test_an_import_goes_by_it(one: Owner, other: Owner) -> None:
    kept, brought = login_of(one), login_of(other, 2)
    (item,) = plan([given_in_a_file(brought)], [kept], START)
    same = one.match(other) is SAME
    assert item.action is (ImportAction.REPLACE if same else ImportAction.ADD)
    assert item.account == (kept.key if same else brought.key)


@given(OWNERS, OWNERS)
def test_of_two_logins_in_one_import_one_is_taken_where_they_are_one_person_s(one: Owner, other: Owner) -> None:
    sources = [given_in_a_file(login_of(one)), given_in_a_file(login_of(other, 2))]
    actions = [item.action for item in plan(sources, [], START)]
    first = ImportAction.DOUBLE if one.match(other) is SAME else ImportAction.ADD
    assert actions == [first, ImportAction.ADD]


@given(st.lists(OWNERS, max_size=5), OWNERS)
def test_the_account_that_a_login_is_of_is_its_owner_s_and_its_own_key_goes_first(
    known: list[Owner], one: Owner
) -> None:
    held = [login_of(owner) for owner in known]
    found = login_of(one).account_in(held)
    same = [other.key for other in held if other.owner.match(one) is SAME]
    assert found == (login_of(one).key if login_of(one).key in same else next(iter(same), None))


@given(st.lists(OWNERS, max_size=5))
def test_each_named_user_keeps_a_login_of_its_own(owners: list[Owner]) -> None:
    logins = [login_of(owner, number) for number, owner in enumerate(owners)]
    best = best_of_each(logins, lambda login: worth(login, ()))
    assert all(any(found is one for one in logins) for found in best)
    for named in {one.key for one in logins if one.key.user_id}:
        mine = max((one for one in logins if one.key == named), key=age)
        assert any(found.owner.match(mine.owner) is SAME and age(found) >= age(mine) for found in best)
