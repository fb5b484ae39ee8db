"""Renewals of a computer that shares nothing."""

from probe_tray.engine.renewal.renewal_coordinator import RenewalCoordinator
from probe_tray.engine.sync.shared_logins import NoSharedLogins
from tests.support.fakes import FakeClock


def nobody_else() -> RenewalCoordinator:
    """What a renewal asks where sync is not set up."""
    return RenewalCoordinator(NoSharedLogins(), FakeClock(), lambda _event: None)
