"""What the computers are called that wrote rows of the shared table."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from probe_tray.core.sync.envelope import RowStamp

_NEVER = datetime.min.replace(tzinfo=UTC)


def computer_labels(stamps: Iterable[RowStamp]) -> Mapping[str, str]:
    """What to call each computer, by its id: the name that it had last, with a number where several have the same."""
    latest: dict[str, RowStamp] = {}
    for stamp in stamps:
        known = latest.get(stamp.computer_id)
        if stamp.computer_id and (known is None or _moment(known) < _moment(stamp)):
            latest[stamp.computer_id] = stamp
    by_name: dict[str, list[str]] = {}
    for computer_id in sorted(latest):
        by_name.setdefault(latest[computer_id].computer, []).append(computer_id)
    return {
        computer_id: name if number == 1 or not name else f"{name} ({number})"
        for name, ids in by_name.items()
        for number, computer_id in enumerate(ids, start=1)
    }


def computer_label(stamp: RowStamp, labels: Mapping[str, str]) -> str:
    """What to call the computer that wrote a row; empty where it has no name.

    A row of an earlier version of the program has no id, so that its computer is the first one of that name.
    """
    return labels.get(stamp.computer_id, stamp.computer)


def has_key(stamps: Sequence[RowStamp], newest_key_id: str) -> bool:
    """Whether the rows of one computer show that it had this key; those without an id only where none has one.

    Such a row may be another computer's of the same name.
    """
    with_id = [stamp for stamp in stamps if stamp.computer_id]
    return any(stamp.newest_key_id == newest_key_id != "" for stamp in with_id or stamps)


def _moment(stamp: RowStamp) -> datetime:
    return stamp.at or _NEVER
