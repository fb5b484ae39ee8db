"""What ``codex-probe watch`` prints of the running app's numbers."""

import json
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from probe_tray.cli.arguments import Arguments, parse
from probe_tray.cli.quota.quota_watch import run_watch
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.core.quota.quota_overview import QuotaOverview
from tests.unit.cli.quota.test_quota_account import account


class App:
    """A running app that tells one overview after the other."""

    def __init__(self, *overviews: QuotaOverview) -> None:
        self._overviews = overviews

    def changes(self) -> Iterator[QuotaOverview]:
        yield from self._overviews


def test_no_line_is_printed_twice(
    home: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = QuotaOverview(accounts=(account(1), account(2)), next=None, shows_left=False, privacy=False)
    other = replace(first, accounts=(account(1), replace(account(2), plan="pro")))
    changed = replace(first, accounts=(replace(account(1), plan="pro"), account(2)))
    gone = replace(first, accounts=(account(2),))
    app = App(first, other, changed, changed, first, gone)

    def running(_: Arguments) -> App:
        return app

    monkeypatch.setattr("probe_tray.cli.quota.quota_watch.running_numbers", running)
    assert run_watch(parse(["watch", "--account", "id-1"])) is ExitStatus.WRONG_USE
    plans = [json.loads(line)["plan"] for line in capsys.readouterr().out.splitlines()]
    assert plans == [account(1).plan, "pro", account(1).plan]
