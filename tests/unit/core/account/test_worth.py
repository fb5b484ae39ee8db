"""Which of several logins of one account is kept, whoever asks."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.age import age
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.worth import best_of_each, lifeline, rivals, worth
from tests.support.login_strategies import logins
from tests.support.tokens import START, credential

EARLY, LATE = credential("ana"), credential("ana", number=2, at=START + timedelta(hours=1))
LENT = replace(LATE, refresh_token=None)


def test_a_living_login_goes_before_an_ended_one_then_what_can_be_renewed_then_the_newest() -> None:
    ended = {lifeline(LATE)}
    ranked = sorted((LATE, LENT, EARLY), key=lambda login: worth(login, ended))
    assert [login is one for login, one in zip(ranked, (LATE, LENT, EARLY), strict=True)] == [True] * 3
    assert worth(LATE, ()) > worth(EARLY, ()) > worth(LENT, ())


def test_an_access_token_alone_is_kept_alive_by_itself() -> None:
    assert lifeline(LENT) == LATE.access_token.fingerprint
    assert lifeline(LATE) != lifeline(LENT)


@given(st.lists(logins(), min_size=1, max_size=5))
def test_what_is_kept_of_several_is_worth_no_less_than_any_of_them(several: list[Credential]) -> None:
    (best,) = best_of_each(several, lambda login: worth(login, ()))
    assert all(worth(login, ()) <= worth(best, ()) for login in several)
    if not any(login.renewable for login in several):
        assert age(best) == max(map(age, several))


def test_rivals_are_those_of_one_account() -> None:
    assert rivals([EARLY, credential("ben"), LATE]) == [EARLY, LATE]
