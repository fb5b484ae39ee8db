import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.account.credential import Credential
from probe_tray.core.errors import ReadError
from probe_tray.core.formats.document import read_documents
from probe_tray.core.formats.login_fields import Format
from probe_tray.core.formats.writer import new_document
from probe_tray.core.transfer.import_plan import ImportAction, Item, Source, plan, verdict, warns_of_copies
from tests.support.fakes import START
from tests.support.files import exported, flat, official, proxied
from tests.support.tokens import credential

HOUR = timedelta(hours=1)
EARLY, LATE = credential("ana", number=1), credential("ana", number=2, at=START + HOUR)


def without_refresh(login: Credential) -> Credential:
    return msgspec.structs.replace(login, refresh_token=None)


def holding(login: Credential, location: str = "a.json") -> Source:
    return Source(location=location, documents=read_documents(new_document(login, UTC)))


def found(value: object) -> Source:
    return Source(location="a.json", documents=read_documents(json.dumps(value, indent=2).encode()))


def actions(sources: list[Source], *known: Credential) -> list[ImportAction]:
    return [item.action for item in plan(sources, known, START)]


def issued(login: Credential) -> datetime:
    assert login.claims.issued_at is not None
    return login.claims.issued_at


def only(items: tuple[Item, ...]) -> Item:
    (item,) = items
    return item


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (flat(), Format.PROBE),
        (proxied(), Format.PROXY_API),
        (official(), Format.OFFICIAL),
        (exported(), Format.SUB2API),
    ],
)
def test_a_login_of_an_unknown_account_is_added_whatever_its_format(value: object, kind: Format) -> None:
    item = only(plan([found(value)], [credential("bob")], START))
    assert (item.action, item.format, item.taken, item.entry) == (ImportAction.ADD, kind, True, 0)
    assert item.credential is not None
    assert item.credential.email == "ana@example.com"


def test_members_of_one_team_are_different_accounts() -> None:
    ana, bob = credential("ana", account="team"), credential("bob", account="team")
    assert actions([holding(bob)], ana) == [ImportAction.ADD]


@pytest.mark.parametrize(
    ("login", "kept", "action"),
    [
        (EARLY, EARLY, ImportAction.SAME),
        (LATE, EARLY, ImportAction.REPLACE),
        (EARLY, LATE, ImportAction.OLDER),
        (without_refresh(EARLY), EARLY, ImportAction.SAME),
        (EARLY, without_refresh(EARLY), ImportAction.EXCHANGE),
        (without_refresh(LATE), EARLY, ImportAction.NOT_RENEWABLE),
        (without_refresh(LATE), without_refresh(EARLY), ImportAction.REPLACE),
        (EARLY, without_refresh(LATE), ImportAction.EXCHANGE),
        (without_refresh(EARLY), without_refresh(LATE), ImportAction.OLDER),
    ],
)
def test_what_is_kept_gives_way_only_to_something_better(
    login: Credential, kept: Credential, action: ImportAction
) -> None:
    assert verdict(login, [kept]) is action


def test_an_access_token_alone_takes_the_place_of_none_that_can_be_renewed_whatever_else_is_kept() -> None:
    later = credential("ana", number=3, at=START + timedelta(days=5))
    kept = [EARLY, without_refresh(LATE)]
    assert verdict(without_refresh(later), kept) is ImportAction.NOT_RENEWABLE
    assert verdict(without_refresh(LATE), kept) is ImportAction.NOT_RENEWABLE
    assert verdict(LATE, kept) is ImportAction.REPLACE


def test_a_login_that_has_ended_keeps_none_from_taking_its_place() -> None:
    assert LATE.refresh_token is not None
    ended = {LATE.refresh_token.fingerprint}
    assert verdict(EARLY, [LATE], ended) is ImportAction.EXCHANGE
    assert verdict(without_refresh(EARLY), [LATE], ended) is ImportAction.EXCHANGE
    assert verdict(credential("ana", number=3, at=START + 2 * HOUR), [LATE], ended) is ImportAction.REPLACE
    assert verdict(LATE, [LATE], ended) is ImportAction.SAME
    assert verdict(EARLY, [LATE, EARLY], ended) is ImportAction.SAME
    (item,) = plan([holding(EARLY)], [LATE], START, ended)
    assert (item.action, item.account) == (ImportAction.EXCHANGE, LATE.key)


def test_an_access_token_that_has_expired_keeps_no_login_from_taking_its_place() -> None:
    expired, living = without_refresh(LATE), without_refresh(EARLY)
    ended = {expired.access_token.fingerprint}
    assert verdict(EARLY, [expired], ended) is ImportAction.EXCHANGE
    assert verdict(living, [expired], ended) is ImportAction.EXCHANGE
    assert verdict(living, [expired, living], ended) is ImportAction.SAME
    assert verdict(EARLY, [expired, living], ended) is ImportAction.EXCHANGE


def test_the_newest_of_all_that_the_stores_hold_counts() -> None:
    assert actions([holding(EARLY)], EARLY, LATE) == [ImportAction.OLDER]
    assert actions([holding(LATE)], LATE, EARLY) == [ImportAction.SAME]


def test_a_file_that_only_claims_to_be_newer_does_not_win() -> None:
    claims = msgspec.structs.replace(EARLY, last_refresh=START + 9 * HOUR)
    assert actions([holding(claims)], LATE) == [ImportAction.OLDER]


def test_of_several_logins_of_one_account_the_newest_is_taken() -> None:
    assert actions([holding(EARLY), holding(LATE), holding(EARLY)]) == [
        ImportAction.DOUBLE,
        ImportAction.ADD,
        ImportAction.DOUBLE,
    ]


def test_of_two_copies_of_one_login_the_first_is_taken_and_the_renewable_one_before_any() -> None:
    assert actions([holding(EARLY), holding(EARLY)]) == [ImportAction.ADD, ImportAction.DOUBLE]
    assert actions([holding(without_refresh(EARLY)), holding(EARLY)]) == [ImportAction.DOUBLE, ImportAction.ADD]


def test_of_several_logins_of_one_account_one_that_can_be_renewed_is_taken_before_a_newer_one_that_can_not() -> None:
    sources = [holding(EARLY), holding(without_refresh(LATE))]
    assert actions(sources) == [ImportAction.ADD, ImportAction.DOUBLE]
    assert actions(sources, without_refresh(LATE)) == [ImportAction.EXCHANGE, ImportAction.DOUBLE]


def test_of_several_logins_of_one_account_a_living_one_is_taken_before_one_that_has_ended() -> None:
    assert LATE.refresh_token is not None
    items = plan([holding(LATE), holding(EARLY)], [], START, {LATE.refresh_token.fingerprint})
    assert [item.action for item in items] == [ImportAction.DOUBLE, ImportAction.ADD]


def test_entries_of_a_file_of_several_are_numbered() -> None:
    items = plan([found(exported("ana", "bob"))], [], START)
    assert [(item.entry, item.action) for item in items] == [(1, ImportAction.ADD), (2, ImportAction.ADD)]


def test_what_cannot_be_used_is_named_with_its_reason_and_stops_nothing() -> None:
    unreadable = Source(location="b.json", problem=ReadError(path="b.json", reason="no permission").problem)
    bad = Source(location="c.json", documents=read_documents(b"{"))
    items = plan([unreadable, bad, holding(EARLY)], [], START)
    assert [item.action for item in items] == [ImportAction.UNUSABLE, ImportAction.UNUSABLE, ImportAction.ADD]
    assert [dict(item.problem.facts)["reason"] for item in items if item.problem] == [
        "no permission",
        "it is cut off",
    ]


def test_an_api_key_is_no_login() -> None:
    item = only(plan([found({"OPENAI_API_KEY": "sk-canary", "auth_mode": "apikey"})], [], START))
    assert item.action is ImportAction.UNUSABLE
    assert item.problem is not None
    assert "no quota to show" in dict(item.problem.facts)["reason"]


def test_an_ended_login_is_of_use_only_while_it_can_be_renewed() -> None:
    ended = credential("ana", at=START - 11 * 24 * HOUR)
    assert actions([holding(ended)]) == [ImportAction.ADD]
    assert actions([holding(without_refresh(ended))]) == [ImportAction.DEAD]


def test_an_ended_copy_does_not_hide_a_living_one() -> None:
    dead = without_refresh(credential("ana", number=3, at=START - HOUR, days=0))
    assert actions([holding(dead), holding(EARLY)]) == [ImportAction.DEAD, ImportAction.ADD]


def test_copies_are_warned_of_only_where_something_renewable_is_taken() -> None:
    assert warns_of_copies(plan([holding(EARLY)], [], START))
    assert not warns_of_copies(plan([holding(EARLY)], [EARLY], START))
    assert not warns_of_copies(plan([holding(without_refresh(EARLY))], [], START))


def test_no_token_shows_in_a_plan() -> None:
    shown = repr(plan([found(flat()), found(exported("bob"))], [EARLY], START))
    assert "eyJ" not in shown
    assert "rt_" not in shown


def _login(person: str, number: int, renewable: bool) -> Credential:  # noqa: FBT001 - drawn in this order
    login = credential(person, number=number, at=START + number * HOUR)
    return login if renewable else without_refresh(login)


LOGINS = st.builds(_login, st.sampled_from(["ana", "bob"]), st.integers(1, 4), st.booleans())


@given(st.lists(LOGINS, max_size=6), st.lists(LOGINS, max_size=4))
def test_each_account_is_taken_once_at_most_and_a_second_import_takes_nothing(
    given_logins: list[Credential], known: list[Credential]
) -> None:
    sources = [holding(login) for login in given_logins]
    taken = [i.credential for i in plan(sources, known, START) if i.taken and i.credential is not None]
    assert len({login.key for login in taken}) == len(taken)
    kept = {login.key: [login] for login in taken}
    after = taken + [login for login in known if login.key not in kept]
    assert not any(item.taken for item in plan(sources, after, START))


@given(st.lists(LOGINS, min_size=1, max_size=4), LOGINS)
def test_a_login_that_can_be_renewed_is_never_given_up_for_an_older_one_or_one_that_cannot(
    held: list[Credential], login: Credential
) -> None:
    own = [one for one in held if one.key == login.key]
    if own and verdict(login, own).takes:
        renewable = [one for one in own if one.renewable]
        # An access token alone, however new, gives way to one that can be renewed.
        assert login.renewable or not renewable
        assert all(issued(login) >= issued(one) for one in (renewable if login.renewable else own))
