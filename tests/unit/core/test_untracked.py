"""What there is of each account is nothing that the garbage collector looks through: of a thousand it takes long."""

import gc
from datetime import UTC

from msgspec.structs import replace

from probe_tray.core.quota.forecast import Pace
from probe_tray.core.quota.history import Trend, samples_of, thin
from probe_tray.core.state import AccountState
from probe_tray.view.presenter import present
from probe_tray.view.text.translate import Translator
from tests.unit.ui import samples


def _account() -> AccountState:
    known = next(account for account in samples.many(9).accounts if account.snapshot is not None)
    assert known.snapshot is not None
    meter = samples_of(known.snapshot)[0].meter
    now = samples.NOW
    pace = Pace(meter=meter, reset_at=now, since=now, base=0.0, at=now, used=1.0, samples=2)
    return replace(known, paces=(pace,), trend=Trend(meter=meter, percents=(1, None)))


def test_what_is_known_of_an_account_is_not_looked_through() -> None:
    account = _account()
    snapshot = account.snapshot
    assert snapshot is not None
    runs = [thin(None, sample)[1] for sample in samples_of(snapshot)]
    parts = [account, account.renewal, account.trend, snapshot, snapshot.main, *snapshot.main.windows, *account.paces]
    parts += [*runs, *(run.last for run in runs), *(run.last.meter for run in runs)]
    assert len(parts) > 10
    assert [part for part in parts if gc.is_tracked(part)] == []


def test_a_card_is_not_looked_through() -> None:
    (card,) = present(samples.only((_account(),)), samples.NOW, UTC, Translator()).panel.cards
    parts = [card, card.look, *card.bars]
    assert len(parts) > 3
    assert [part for part in parts if gc.is_tracked(part)] == []
