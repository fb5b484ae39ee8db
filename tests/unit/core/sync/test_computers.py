"""What computers are called that share a table."""

from probe_tray.core.sync.computers import computer_label, computer_labels
from probe_tray.core.sync.envelope import RowStamp


def test_computers_without_a_name_get_none_from_a_number() -> None:
    nameless = [RowStamp(generation=1, key_id="k", computer_id=number) for number in ("a", "b")]
    named = [RowStamp(generation=1, key_id="k", computer="study-pc", computer_id=number) for number in ("c", "d")]
    labels = computer_labels([*nameless, *named])
    assert [computer_label(stamp, labels) for stamp in (*nameless, *named)] == ["", "", "study-pc", "study-pc (2)"]
