"""Where it is kept what was put into the homes of the official client."""

from typing import NamedTuple

from probe_tray.engine.renewal.token_memory import TokenMemory
from probe_tray.ports.codex import KeptPlaces, PlaceAt, PlacementFile


class PlacementStores(NamedTuple):
    """The record, the places, and what else is remembered of them."""

    file: PlacementFile
    place_at: PlaceAt
    kept: KeptPlaces
    memory: TokenMemory
    """Hears of refresh tokens that the client has: the record may be lost."""
