"""What to do, said to somebody at a command line."""

import pytest

from probe_tray.adapters.files.import_files import in_words
from probe_tray.cli.terminal.hints import at_the_command_line, with_hints
from probe_tray.core.account.report import AccountReport, RenewalReport, RenewalResult
from probe_tray.core.errors import (
    KeyringAbsentError,
    ModelRefusedError,
    NoConnectionError,
    ProbeError,
    ReadError,
    RowError,
    SyncError,
)
from probe_tray.core.formats.document import LARGEST_LIST, LARGEST_LOGIN
from probe_tray.core.models.model_test import ListedBy, ModelResult, ModelTest
from tests.support.fakes import START


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("there is no such file or folder", "spelling"),
        ("it contains no credential file (*.json)", "Give the folder"),
        ("a part of its path is not a folder", "move the file that is in its way"),
        ("you may not read it", "you can read it"),
    ],
)
def test_a_file_that_cannot_be_read_comes_with_what_helps(reason: str, said: str) -> None:
    assert said in at_the_command_line(ReadError(path="a.json", reason=reason).problem).hint


def test_a_file_that_is_too_large_is_to_be_split_where_it_holds_many_logins() -> None:
    for size, count, said in ((LARGEST_LOGIN, 1, "Choose another file"), (LARGEST_LIST, 16, "Split the file")):
        problem = in_words(b'"access_token"' * count + b" " * size, "standard input").problem
        assert problem is not None
        assert said in at_the_command_line(problem).hint


@pytest.mark.parametrize(
    "error", [KeyringAbsentError(), ModelRefusedError(reason="gone"), NoConnectionError(reason="refused")]
)
def test_nobody_is_sent_to_a_window_that_is_not_there(error: ProbeError) -> None:
    hint = at_the_command_line(error.problem).hint
    assert "Settings" not in hint
    assert "here" not in hint.split()


def test_all_that_a_report_says_of_a_login_has_such_hints() -> None:
    problem = NoConnectionError(reason="refused").problem
    tested = ModelTest(
        started_at=START, models=("m",), listed_by=ListedBy.SERVICE, results=(ModelResult(model="m", problem=problem),)
    )
    renewal = RenewalReport(result=RenewalResult.FAILED, problem=problem)
    told = with_hints(AccountReport(location="a.json", problem=problem, renewal=renewal, models=tested))
    assert told.models is not None
    assert told.renewal is not None
    hinted = at_the_command_line(problem)
    assert [told.problem, told.renewal.problem, told.models.results[0].problem] == [hinted] * 3 != [problem] * 3


def sync_errors(kind: type[SyncError] = SyncError) -> list[type[SyncError]]:
    return [kind, *(found for below in kind.__subclasses__() for found in sync_errors(below))]


@pytest.mark.parametrize("kind", sync_errors())
def test_nothing_about_the_table_sends_to_a_window_that_is_not_there(kind: type[SyncError]) -> None:
    hint = at_the_command_line(kind().problem).hint
    for words in ("Settings", "Change setup", "Enter the current one here", "choose Renew now", "overwrite the row."):
        assert words not in hint
    if "overwrite" in hint:
        assert issubclass(kind, RowError)
        assert "--yes" in hint
