from datetime import timedelta, timezone

import pytest

from probe_tray.core.formats.login_fields import local_text, read_time


@pytest.mark.parametrize("hours", [-12, 0, 8, 14])
@pytest.mark.parametrize("text", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59+14:00", "1970-01-01T00:00:01Z"])
def test_every_moment_that_is_read_can_be_shown_in_every_zone(text: str, hours: int) -> None:
    moment = read_time(text)
    assert moment is not None
    shown = local_text(moment, timezone(timedelta(hours=hours)))
    assert read_time(shown) == moment
