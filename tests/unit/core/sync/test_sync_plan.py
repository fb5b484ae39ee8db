from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.account.age import age
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.sync.plan import decide, plan, problem_of
from probe_tray.core.sync.rows import (
    OVERWRITABLE,
    RECEIVED,
    SENT,
    OpenedRow,
    RemoteRow,
    StepKind,
    SyncOptions,
    filled,
)
from tests.support.fakes import START
from tests.support.tokens import credential

FAULTS = st.sampled_from([StepKind.UNDECRYPTABLE, StepKind.GARBAGE, StepKind.ID_MISMATCH])


def login(number: int = 1, person: str = "ana", *, account: str = "") -> Credential:
    """The ``number``-th login of a person: the higher, the newer."""
    return credential(person, number=number, at=START + timedelta(hours=number), account=account)


def holding(held: Credential | None, fault: StepKind | None = None, row_id: str = "account-ana") -> OpenedRow:
    row = RemoteRow(id=row_id if held is None else held.account_id, email="row@example.com", token_data=Secret("x"))
    return OpenedRow(row=row, login=held, fault=fault)


def without_refresh(held: Credential) -> Credential:
    return msgspec.structs.replace(held, refresh_token=None)


def kinds(
    local: list[Credential], rows: list[OpenedRow], *seen: Credential, options: SyncOptions | None = None
) -> list[StepKind]:
    marks = {one.key.slug: age(one) for one in seen}
    return [step.kind for step in plan(local, rows, marks, options or SyncOptions())]


LOGINS = st.integers(1, 5).map(login)
MAYBE = st.none() | LOGINS
ROWS = st.builds(holding, LOGINS) | FAULTS.map(lambda fault: holding(None, fault)) | st.none()


@given(mine=MAYBE, row=ROWS, seen=MAYBE, overwrite=st.booleans())
def test_what_always_holds(
    mine: Credential | None, row: OpenedRow | None, seen: Credential | None, *, overwrite: bool
) -> None:
    if mine is None and row is None:
        return
    kind = decide(mine, row, None if seen is None else age(seen), overwrite=overwrite)
    theirs = None if row is None else row.login
    if kind is StepKind.ADOPT:
        assert mine is not None
        assert theirs is not None
        assert age(theirs) > age(mine), "a newer login here is never replaced"
    if kind in RECEIVED:
        assert theirs is not None
        assert seen is None or age(theirs) >= age(seen), "an old row that was put back is never taken"
    if kind in SENT:
        assert mine is not None
        if row is not None and theirs is None:
            assert overwrite, "a row that cannot be read is never overwritten without permission"
            assert row.fault in OVERWRITABLE
        if theirs is not None:
            assert age(mine) > age(theirs), "a newer row is never overwritten"
    if kind is StepKind.SAME:
        assert mine == theirs


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        (login(2), None, StepKind.UPLOAD_NEW),
        (None, login(2), StepKind.RESTORE),
        (login(2), login(2), StepKind.SAME),
        (login(2), login(1), StepKind.UPLOAD_NEWER),
        (login(1), login(2), StepKind.ADOPT),
        (without_refresh(login(2)), login(2), StepKind.ADOPT),
        (login(2), without_refresh(login(2)), StepKind.UPLOAD_NEWER),
        (without_refresh(login(2)), login(1), StepKind.UPLOAD_NEWER),
        (login(1), without_refresh(login(2)), StepKind.ADOPT),
    ],
)
def test_the_newer_login_wins(mine: Credential | None, theirs: Credential | None, expected: StepKind) -> None:
    assert kinds([mine] if mine else [], [holding(theirs)] if theirs else []) == [expected]


def test_the_time_of_the_row_says_nothing() -> None:
    old = holding(login(1))
    future = msgspec.structs.replace(old, row=msgspec.structs.replace(old.row, update_time="2099-01-01T00:00:00Z"))
    assert kinds([login(2)], [future]) == [StepKind.UPLOAD_NEWER]


def test_parts_of_a_second_make_nothing_newer() -> None:
    mine = login(2)
    assert mine.last_refresh is not None
    finer = msgspec.structs.replace(mine, last_refresh=mine.last_refresh + timedelta(milliseconds=400))
    assert age(finer) == age(mine)


@pytest.mark.parametrize(
    ("mine", "expected"),
    [
        (None, StepKind.OLDER_THAN_SEEN),
        (login(2), StepKind.OLDER_THAN_SEEN),
        (login(1), StepKind.OLDER_THAN_SEEN),
        (login(3), StepKind.REPAIR),
    ],
)
def test_a_row_older_than_one_seen_before_is_not_taken(mine: Credential | None, expected: StepKind) -> None:
    assert kinds([mine] if mine else [], [holding(login(2))], login(4)) == [expected]


@pytest.mark.parametrize("fault", [StepKind.UNDECRYPTABLE, StepKind.GARBAGE, StepKind.ID_MISMATCH])
def test_an_unusable_row_is_left_and_told_once(fault: StepKind) -> None:
    row = holding(None, fault)
    assert kinds([login(2)], [row]) == [fault]
    assert kinds([], [row]) == [fault]
    assert problem_of(fault, row) is not None


def test_permission_is_for_rows_that_cannot_be_read_and_for_the_named_ones() -> None:
    named, everything = SyncOptions(overwrite=frozenset({"account-ana"})), SyncOptions(overwrite_all=True)
    for options in (named, everything):
        assert kinds([login(2)], [holding(None, StepKind.UNDECRYPTABLE)], options=options) == [StepKind.OVERWRITE]
        assert kinds([login(2)], [holding(None, StepKind.GARBAGE)], options=options) == [StepKind.OVERWRITE]
        assert kinds([login(2)], [holding(None, StepKind.ID_MISMATCH)], options=options) == [StepKind.ID_MISMATCH]
        assert kinds([], [holding(None, StepKind.UNDECRYPTABLE)], options=options) == [StepKind.UNDECRYPTABLE]
    other = SyncOptions(overwrite=frozenset({"account-bob"}))
    assert kinds([login(2)], [holding(None, StepKind.UNDECRYPTABLE)], options=other) == [StepKind.UNDECRYPTABLE]


def test_members_of_a_team_never_overwrite_each_other() -> None:
    ana, bob = login(1, "ana", account="team"), login(2, "bob", account="team")
    assert kinds([ana], [holding(bob)]) == [StepKind.RESTORE, StepKind.OTHER_MEMBER]
    assert kinds([ana, bob], [holding(ana)]) == [StepKind.SAME, StepKind.OTHER_MEMBER]
    assert kinds([ana, bob], []) == [StepKind.UPLOAD_NEW, StepKind.OTHER_MEMBER]
    everything = SyncOptions(overwrite_all=True)
    assert StepKind.UPLOAD_NEWER not in kinds([bob], [holding(ana)], options=everything)
    assert kinds([ana, bob], [holding(None, StepKind.GARBAGE, "team")], options=everything) == [
        StepKind.OVERWRITE,
        StepKind.OTHER_MEMBER,
    ]


def nameless(held: Credential, email: str) -> Credential:
    return msgspec.structs.replace(held, claims=msgspec.structs.replace(held.claims, user_id="", email=email))


def test_tokens_that_do_not_name_their_user_are_told_by_their_email() -> None:
    mine = login(1)
    assert kinds([mine], [holding(nameless(login(2), "ana@example.com"))]) == [StepKind.ADOPT]


def test_a_row_of_another_member_s_email_is_that_member_s() -> None:
    bob = nameless(login(2), "bob@example.com")
    assert kinds([login(1)], [holding(bob)]) == [StepKind.RESTORE, StepKind.OTHER_MEMBER]


def test_a_row_of_nobody_knows_whom_is_neither_taken_nor_replaced() -> None:
    assert kinds([login(1)], [holding(nameless(login(2), ""))]) == [StepKind.OTHER_MEMBER]


def test_the_winner_gets_what_it_lacks_and_keeps_the_rest() -> None:
    winner = msgspec.structs.replace(nameless(login(2), ""), refresh_token=None, id_token=None)
    whole = filled(winner, login(1))
    assert (whole.refresh_token, whole.id_token, whole.email) == (
        login(1).refresh_token,
        login(1).id_token,
        login(1).email,
    )
    assert (whole.access_token, whole.last_refresh, whole.expired) == (
        winner.access_token,
        winner.last_refresh,
        winner.expired,
    )
    assert whole.key == login(1).key
    assert filled(login(2), login(1)) == login(2)


def test_a_row_that_nobody_can_tell_is_called_as_its_plain_column_says_it() -> None:
    row = holding(None, StepKind.UNDECRYPTABLE)
    step = plan([], [row], {}, SyncOptions())[0]
    assert (step.who, step.key) == ("row@example.com", None)


@pytest.mark.parametrize(
    ("row_id", "who"),
    [("", '""'), ("id", "id"), ("a\x1b[2J\x9b\u202e", "a\ufffd[2J\ufffd\ufffd"), ("x" * 5000, "x" * 200)],
)
def test_a_row_without_a_name_is_called_by_what_can_be_shown_of_its_id(row_id: str, who: str) -> None:
    row = OpenedRow(row=RemoteRow(id=row_id, token_data=Secret("")), fault=StepKind.UNDECRYPTABLE)
    (step,) = plan([], [row], {}, SyncOptions())
    assert (step.row_id, step.who) == (row_id, who)
