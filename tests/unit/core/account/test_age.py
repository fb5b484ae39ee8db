"""One order of logins, the same for everybody who asks which is newer."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.age import age, newest
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.account.worth import Worth, best_of_each
from probe_tray.core.sync.plan import decide
from probe_tray.core.sync.rows import OpenedRow, RemoteRow, StepKind
from probe_tray.core.transfer.import_plan import ImportAction, verdict
from tests.support.login_strategies import logins
from tests.support.tokens import START, credential

DAY = timedelta(days=1)


@given(logins(), logins())
def test_of_two_logins_one_is_newer_or_they_are_equally_new(one: Credential, other: Credential) -> None:
    assert (age(one) < age(other)) + (age(one) > age(other)) + (age(one) == age(other)) == 1


@given(logins(), logins(), logins())
def test_what_is_newer_than_a_newer_one_is_newer(one: Credential, two: Credential, three: Credential) -> None:
    first, second, third = sorted((one, two, three), key=age)
    assert age(first) <= age(second) <= age(third)
    assert age(first) <= age(third)


@given(st.lists(logins(), min_size=1, max_size=5))
def test_the_newest_is_as_new_whatever_the_order_they_come_in(several: list[Credential]) -> None:
    assert age(newest(several)) == age(newest(reversed(several)))
    assert all(age(one) <= age(newest(several)) for one in several)
    by_age = best_of_each(several, lambda login: Worth(lives=True, lasts=True, made=age(login)))
    assert list(map(age, by_age)) == [age(newest(several))]


@given(logins(), logins())
def test_import_and_sync_give_way_to_the_same_login(mine: Credential, theirs: Credential) -> None:
    row = OpenedRow(row=RemoteRow(id=theirs.account_id, token_data=Secret("")), login=theirs)
    kind = decide(mine, row, None, overwrite=False)
    if mine.access_token != theirs.access_token:
        assert (kind is StepKind.ADOPT) == (age(theirs) > age(mine))
        assert (kind is StepKind.UPLOAD_NEWER) == (age(mine) > age(theirs))
        # What can be renewed takes the place of an access token alone, however new, also where it is imported.
        lasting = theirs.renewable and not mine.renewable
        if verdict(theirs, [mine]).takes and not theirs.is_personal and not lasting:
            assert age(theirs) > age(mine)
        if lasting:
            assert verdict(theirs, [mine]).takes
        elif age(theirs) <= age(mine):
            assert verdict(theirs, [mine]) is ImportAction.OLDER


def test_the_issuer_s_date_decides_before_any_date_that_a_file_says() -> None:
    older, younger = credential(at=START), credential(at=START + DAY)
    assert age(replace(older, last_refresh=START + 9 * DAY)) < age(younger)


def test_of_copies_of_one_token_the_one_that_can_be_renewed_is_newer_whatever_the_files_say() -> None:
    login = credential(at=START)
    copy = replace(login, refresh_token=None, last_refresh=START + 9 * DAY)
    assert age(copy) < age(login)


def test_finer_times_than_a_file_can_hold_make_a_login_no_newer_than_its_copy() -> None:
    login = replace(credential(at=START), last_refresh=START)
    assert age(replace(login, last_refresh=START + timedelta(microseconds=9))) == age(login)


def test_a_login_that_says_no_date_is_older_than_any_that_does() -> None:
    login = credential(at=datetime(1971, 1, 1, tzinfo=UTC))
    silent = replace(login, claims=replace(login.claims, issued_at=None), last_refresh=None)
    assert age(silent) < age(login)
