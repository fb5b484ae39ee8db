from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.codex.codex_state import (
    CodexHome,
    CodexHomesRead,
    CodexState,
    CodexUse,
    CodexUseChanged,
    CodexUsePhase,
    HandOver,
)
from probe_tray.core.errors import LoginEndedError, NotSentError, Problem
from probe_tray.core.events import AccountsRead, CheckFailed
from probe_tray.core.reduce import reduce
from probe_tray.core.state import AccountState, AppState
from tests.support.fakes import START

ANA, BEN = AccountKey("a", "ana"), AccountKey("b", "ben")
USUAL, WORK = "~/.codex", "~/.codex-work"
ENDED, OFFLINE = LoginEndedError(reason="it was revoked").problem, NotSentError(reason="no network").problem


def home(path: str = USUAL, account: AccountKey | None = ANA, way: HandOver | None = HandOver.LENT) -> CodexHome:
    return CodexHome(path=path, is_default=path == USUAL, account=account, way=way)


def checked(problem: Problem) -> AppState:
    state = reduce(AppState(), AccountsRead(accounts=(AccountState(key=ANA, stores=(StoreKind.VAULT,)),)))
    return reduce(state, CheckFailed(key=ANA, at=START, problem=problem, next_check=None))


def test_the_home_of_an_account_is_the_one_that_it_was_handed_to() -> None:
    codex = CodexState(homes=(home(account=BEN), home(WORK)))
    found = codex.home_of(ANA)
    assert found is not None
    assert found.path == WORK


def test_a_login_that_is_the_clients_own_was_handed_to_no_home() -> None:
    assert CodexState(homes=(home(way=None),)).home_of(ANA) is None


def test_the_client_renews_only_what_it_has_as_a_whole() -> None:
    assert CodexState(homes=(home(), home(WORK, way=HandOver.WHOLE))).renews(ANA)
    assert not CodexState(homes=(home(), home(WORK, BEN, HandOver.WHOLE))).renews(ANA)


def test_homes_that_say_the_same_change_nothing() -> None:
    state = reduce(AppState(), CodexHomesRead(homes=(home(),)))
    assert reduce(state, CodexHomesRead(homes=(home(),))) is state
    assert reduce(state, CodexHomesRead(homes=(home(way=None),))).codex.homes == (home(way=None),)


def test_a_hand_over_is_put_away() -> None:
    use = CodexUse(account=ANA, home="", phase=CodexUsePhase.DONE)
    state = reduce(reduce(AppState(), CodexHomesRead(homes=(home(),))), CodexUseChanged(use=use))
    assert state.codex.use == use
    assert reduce(state, CodexUseChanged(use=None)).codex == CodexState(homes=(home(),))


def test_a_login_has_ended_in_the_client_only_where_the_service_refuses_it() -> None:
    event = CodexHomesRead(homes=(), logged_out=frozenset({ANA}))
    assert reduce(checked(ENDED), event).logged_out_in_codex(ANA)
    assert not reduce(checked(OFFLINE), event).logged_out_in_codex(ANA)
    assert not checked(ENDED).logged_out_in_codex(ANA)
    assert not reduce(checked(ENDED), event).logged_out_in_codex(BEN)
