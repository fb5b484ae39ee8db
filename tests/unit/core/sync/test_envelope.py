from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.sync.envelope import Envelope, associated_data, marked_time, next_generation, read_envelope

IDS = st.binary(min_size=8, max_size=8).map(bytes.hex)
GENERATIONS = st.integers(1, 10**14)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001 - Hypothesis wants naive ones


@given(IDS, GENERATIONS, st.binary(min_size=1, max_size=60))
def test_what_is_written_is_read(key_id: str, generation: int, sealed: bytes) -> None:
    envelope = Envelope(key_id=key_id, generation=generation, sealed=sealed)
    assert read_envelope(envelope.text) == envelope


@given(st.text(max_size=40) | st.text("v2.0123456789abcdef=/+", max_size=60).map(lambda text: f"v2.{text}"))
def test_nonsense_is_no_row_and_raises_nothing(text: str) -> None:
    found = read_envelope(text)
    assert found is None or found.text == text.strip()


@given(st.tuples(st.text(), IDS, GENERATIONS), st.tuples(st.text(), IDS, GENERATIONS))
def test_no_two_writes_are_bound_to_the_same(one: tuple[str, str, int], two: tuple[str, str, int]) -> None:
    assert (associated_data(*one) == associated_data(*two)) == (one == two)


@given(st.integers(0, 10**13), MOMENTS, MOMENTS)
def test_each_write_has_a_higher_generation_and_another_time(known: int, now: datetime, issued: datetime) -> None:
    following = next_generation(known, now)
    assert following > known
    assert marked_time(issued, following) != marked_time(issued, known)
    assert datetime.fromisoformat(marked_time(issued, following)).microsecond, "another time than without a generation"
