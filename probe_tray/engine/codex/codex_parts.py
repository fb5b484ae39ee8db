"""What use in Codex is made of, in both programs."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from probe_tray.core.settings import Settings
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.codex.hand_over import LoginHandOver
from probe_tray.engine.codex.placement_keeper import PlacementKeeper
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.ports.codex import ClientProcesses, CodexPlace, KeptPlaces, KnownPlaces
from probe_tray.ports.time import Clock


class CodexParts(NamedTuple):
    """The record, the places, and what else a hand-over asks."""

    placements: PlacementKeeper
    kept: KeptPlaces
    processes: ClientProcesses
    homes: Callable[[Settings], Awaitable[Sequence[CodexPlace]]]
    """Those of the settings, the default one first."""
    home_at: Callable[[str], Awaitable[CodexPlace]]
    """Any other one, as a person names it."""

    def places_of(self, settings: Callable[[], Settings]) -> KnownPlaces:
        """The homes of the settings as they are when this is called."""
        return lambda: self.homes(settings())

    def hand_overs(self, accounts: Accounts, renewals: Renewals, memory: TokenMemory, clock: Clock) -> LoginHandOver:
        """What does them with these parts."""
        return LoginHandOver(accounts, self.placements, renewals, self.kept, self.processes, memory, clock)
