"""What is said of logins that can't be read, where one short answer is asked for."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from probe_tray.cli.main import main
from probe_tray.cli.quota import service_numbers
from probe_tray.cli.quota.service_numbers import ServiceNumbers
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.core.errors import ReadError
from probe_tray.core.quota.quota_overview import AccountQuota, QuotaOverview, WindowQuota
from tests.support.numbers import ACCOUNT_QUOTA


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("next nope.json", ExitStatus.NOT_KNOWN),
        ("guard nope.json", ExitStatus.NOT_KNOWN),
        ("guard --account ana nope.json", ExitStatus.NOT_KNOWN),
        ("--format line nope.json", ExitStatus.NOT_KNOWN),
        ("watch nope.json", ExitStatus.FAILURE),
    ],
)
def test_what_is_wrong_with_a_named_file_is_said(
    capsys: pytest.CaptureFixture[str], words: str, status: ExitStatus
) -> None:
    assert main(words.split()) is status
    shown = capsys.readouterr()
    assert (shown.out, len(shown.err.splitlines())) == ("", 1)
    assert "nope.json can't be read: there is no such file" in shown.err


def test_a_name_is_hidden_in_what_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "ana@example.com.json").write_text("{")
    assert main(["next", "--hide-names", str(tmp_path)]) is ExitStatus.NOT_KNOWN
    said = capsys.readouterr().err
    assert ("ana@example.com" in said, "•••@e••• is not a login" in said) == (False, True), said


@pytest.mark.parametrize("words", ["next", "guard", "--format line"])
def test_a_failure_is_not_taken_for_a_quota_that_is_used_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    def fails(_: object) -> ServiceNumbers:
        raise ReadError(path="arrangement.json", reason="the disk reported an error")

    monkeypatch.setattr(service_numbers, "ask_service", fails)
    assert main(words.split()) is ExitStatus.NOT_KNOWN
    assert "arrangement.json can't be read" in capsys.readouterr().err


def test_an_account_that_may_be_among_the_unread_is_not_said_to_be_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    overview = QuotaOverview(accounts=(ACCOUNT_QUOTA,), next=None, shows_left=False, privacy=False)

    def found(_: object) -> ServiceNumbers:
        return ServiceNumbers(overview=overview, is_whole=False)

    monkeypatch.setattr(service_numbers, "ask_service", found)
    assert main(["guard", "--account", "eva"]) is ExitStatus.NOT_KNOWN
    assert "None of the accounts that can be read is called “eva”." in capsys.readouterr().err
    assert main(["--format", "json", "--account", ACCOUNT_QUOTA.email]) is ExitStatus.SUCCESS
    assert json.loads(capsys.readouterr().out)["id"] == ACCOUNT_QUOTA.id


USED_UP = replace(ACCOUNT_QUOTA, usable=False, limited=True)
LOW = replace(ACCOUNT_QUOTA, windows=(WindowQuota(name="5h", used_percent=90, left_percent=10, reset_at=None),))


def finds(monkeypatch: pytest.MonkeyPatch, account: AccountQuota, *, is_whole: bool) -> None:
    """Have the service say this of the one account that can be read."""
    usable = account.id if account.usable else None
    found = QuotaOverview(accounts=(account,), next=usable, shows_left=False, privacy=False, is_whole=is_whole)
    answer = ServiceNumbers(overview=found, is_whole=is_whole)

    def ask(_: object) -> ServiceNumbers:
        return answer

    monkeypatch.setattr(service_numbers, "ask_service", ask)


@pytest.mark.parametrize(
    ("words", "account", "said"),
    [
        ("next", USED_UP, "None of the accounts that can be read has capacity."),
        ("guard", USED_UP, "has no capacity. Not every login can be read, so another account may have more left."),
        ("guard", LOW, "needed). Not every login can be read, so another account may have more left."),
        ("guard --quiet", USED_UP, ""),
        ("guard --json", USED_UP, '{"result":"not known"'),
    ],
)
def test_that_nothing_is_left_is_not_known_where_a_login_was_not_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: str, account: AccountQuota, said: str
) -> None:
    finds(monkeypatch, account, is_whole=False)
    assert main([*words.split(), "--proxy", ""]) is ExitStatus.NOT_KNOWN
    shown = capsys.readouterr()
    assert said in shown.out + shown.err
    finds(monkeypatch, account, is_whole=True)
    assert main([*words.split(), "--proxy", ""]) is ExitStatus.FAILURE


def test_what_is_left_of_the_account_that_is_meant_is_known_whatever_else_was_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    finds(monkeypatch, replace(USED_UP, in_use=True), is_whole=False)
    assert main(["guard", "--proxy", ""]) is ExitStatus.FAILURE
    finds(monkeypatch, USED_UP, is_whole=False)
    assert main(["guard", "--account", USED_UP.id, "--proxy", ""]) is ExitStatus.FAILURE
    finds(monkeypatch, ACCOUNT_QUOTA, is_whole=False)
    assert main(["next", "--proxy", ""]) is ExitStatus.SUCCESS
