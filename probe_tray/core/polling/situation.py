"""The machine's power, screen and network, as far as they say how often to ask the service."""

import msgspec


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What speaks for asking the service less often."""

    metered: bool = False
    """Whether the network is paid for by use."""
    on_battery: bool = False
    locked: bool = False
    """Whether the screen is locked."""

    @property
    def sparing(self) -> bool:
        """Whether to ask less often."""
        return self.metered or self.on_battery or self.locked


class Sensed(msgspec.Struct, frozen=True, kw_only=True):
    """What the machine is like at one moment."""

    situation: Situation
    network: str
    """Names the way out: another value is another network; empty when there is none."""
