"""Renewals of a computer that shares nothing."""

from contextlib import AbstractAsyncContextManager, nullcontext

from probe_tray.engine.renewal.renewal_coordinator import RenewalCoordinator
from probe_tray.engine.sync.no_shared_logins import NoSharedLogins
from tests.support.fakes import FakeClock


def nobody_else() -> RenewalCoordinator:
    """What a renewal asks where sync is not set up."""
    return RenewalCoordinator(NoSharedLogins(), FakeClock(), lambda _event: None)


def no_other_program(_fingerprint: str) -> AbstractAsyncContextManager[None]:
    """What keeps others from a refresh token where there are none."""
    return nullcontext()
