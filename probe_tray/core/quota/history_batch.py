"""What goes into the history, beside the accounts' slugs."""

import msgspec

from probe_tray.core.quota.forecast import Pace
from probe_tray.core.quota.history import RenewalRecord, Sample
from probe_tray.core.quota.snapshot import Snapshot


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What was last known of an account, for the next run of the program."""

    slug: str
    """Names the account."""
    snapshot: Snapshot
    paces: tuple[Pace, ...] = ()


class HistoryBatch(msgspec.Struct, frozen=True, kw_only=True):
    """What is written into the history at once; each entry stands beside its account's slug."""

    samples: tuple[tuple[str, Sample], ...] = ()
    kept: tuple[Kept, ...] = ()
    renewals: tuple[tuple[str, RenewalRecord], ...] = ()
