"""What failures say, wherever they are read."""

import re

import pytest

from probe_tray.core import errors
from probe_tray.core.errors import KeyInFileError, ProbeError, SyncNoKeyChangeError, SyncUnprotectedError, UsageError

# A wrong call of the command, and what it alone can do with a table's key.
IN_COMMAND = frozenset({UsageError, KeyInFileError, SyncNoKeyChangeError, SyncUnprotectedError})
IN_WINDOWS = [
    error
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, ProbeError) and error not in IN_COMMAND
]


@pytest.mark.parametrize("error", IN_WINDOWS, ids=lambda error: error.__name__)
def test_no_window_tells_a_person_to_use_an_option_of_the_command(error: type[ProbeError]) -> None:
    assert not re.search(r"(?<!\w)--\w", f"{error.title_template} {error.hint_template}")
