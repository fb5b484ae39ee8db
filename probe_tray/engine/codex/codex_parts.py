"""What use in Codex is made of, in both programs."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from probe_tray.core.settings import Settings
from probe_tray.engine.codex.leases import LeaseKeeper
from probe_tray.ports.codex import ClientProcesses, CodexPlace, KeptPlaces, PlaceAt


class CodexParts(NamedTuple):
    """The record, the places, and what else a hand-over asks."""

    leases: LeaseKeeper
    kept: KeptPlaces
    processes: ClientProcesses
    homes: Callable[[Settings], Sequence[CodexPlace]]
    """Those of the settings, the default one first."""
    home_at: PlaceAt
    """Any other one."""
