from collections.abc import Callable

import pytest

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import ProbeError
from probe_tray.core.events import AccountsRead, CheckStarted, TroubleMet
from probe_tray.core.state import AppState
from probe_tray.engine.store import Store

TROUBLE = TroubleMet(problem=ProbeError().problem)


def test_an_event_changes_the_state() -> None:
    store = Store(AppState())
    store.dispatch(AccountsRead(accounts=()))
    assert store.state == AppState(loaded=True)


def test_listeners_hear_of_a_change_and_see_the_new_state() -> None:
    store = Store(AppState())
    seen: list[AppState] = []
    store.subscribe(lambda: seen.append(store.state))
    store.dispatch(TROUBLE)
    assert seen == [AppState(trouble=TROUBLE.problem)]


def test_listeners_hear_nothing_of_an_event_that_changes_nothing() -> None:
    store = Store(AppState())
    calls: list[str] = []
    store.subscribe(lambda: calls.append("called"))
    store.dispatch(CheckStarted(key=AccountKey("unknown")))
    assert calls == []


def test_an_ended_subscription_hears_nothing_more_and_can_be_ended_again() -> None:
    store = Store(AppState())
    calls: list[str] = []
    end = store.subscribe(lambda: calls.append("ended"))
    store.subscribe(lambda: calls.append("stays"))
    end()
    end()
    store.dispatch(TROUBLE)
    assert calls == ["stays"]


def test_a_subscription_that_another_listener_ends_is_not_called_in_the_same_round() -> None:
    store = Store(AppState())
    calls: list[str] = []
    endings: list[Callable[[], None]] = []

    def end_the_other() -> None:
        endings[0]()

    store.subscribe(end_the_other)
    endings.append(store.subscribe(lambda: calls.append("second")))
    store.dispatch(TROUBLE)
    assert calls == []


def test_a_handler_hears_of_the_kinds_that_it_names_and_without_any_of_each() -> None:
    store = Store(AppState())
    some: list[object] = []
    each: list[object] = []
    end = store.on_event(some.append, TroubleMet, CheckStarted)
    store.on_event(each.append)
    events = (TROUBLE, AccountsRead(accounts=()), CheckStarted(key=AccountKey("unknown")))
    for event in events:
        store.dispatch(event)
    assert (some, each) == ([TROUBLE, events[2]], list(events))
    end()
    end()
    store.dispatch(TROUBLE)
    late: list[object] = []
    store.on_event(late.append, TroubleMet)
    store.dispatch(TROUBLE)
    assert (some, each, late) == ([TROUBLE, events[2]], [*events, TROUBLE, TROUBLE], [TROUBLE])


def test_one_that_raises_keeps_nothing_from_the_others(caplog: pytest.LogCaptureFixture) -> None:
    store = Store(AppState())
    events: list[str] = []

    def fail(*_: object) -> None:
        raise RuntimeError("a fault of the program")

    store.on_event(fail)
    store.on_event(lambda event: events.append(type(event).__name__))
    store.subscribe(fail)
    store.subscribe(lambda: events.append("told"))
    store.dispatch(TROUBLE)
    assert events == ["TroubleMet", "told"]
    assert store.state.trouble == TROUBLE.problem
    assert [record.exc_info is not None for record in caplog.records] == [True, True]


def test_a_listener_may_change_the_state_itself() -> None:
    store = Store(AppState())
    seen: list[bool] = []

    def mend() -> None:
        seen.append(store.state.trouble is None)
        if store.state.trouble is not None:
            store.dispatch(TroubleMet(problem=None))

    store.subscribe(mend)
    store.dispatch(TROUBLE)
    assert store.state.trouble is None
    assert seen == [False, True]
