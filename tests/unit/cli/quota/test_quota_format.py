"""When a line is printed with the running app's numbers, and when the service is asked."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from probe_tray.cli.arguments import parse
from probe_tray.cli.quota import quota_format, quota_guard
from probe_tray.cli.quota.quota_action import QuotaAction
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.core.quota.quota_overview import AccountQuota, QuotaOverview
from tests.support.numbers import ACCOUNT_QUOTA

RESET = replace(ACCOUNT_QUOTA, settled=False)
"""A window of it has been reset since the last check."""
OLD = replace(ACCOUNT_QUOTA, settled=False, usable=False, state="numbers are old")


@pytest.mark.parametrize(
    ("account", "line_is_enough", "guard_is_enough"),
    [(ACCOUNT_QUOTA, True, True), (RESET, True, False), (OLD, False, False)],
)
def test_a_line_is_asked_for_too_often_to_ask_the_service_after_each_reset(
    monkeypatch: pytest.MonkeyPatch, account: AccountQuota, *, line_is_enough: bool, guard_is_enough: bool
) -> None:
    overview = QuotaOverview(accounts=(account,), next=None, shows_left=False, privacy=False)
    told: list[bool] = []

    def run(arguments: object, action: QuotaAction, enough: Callable[[QuotaOverview], bool]) -> ExitStatus:
        del arguments, action
        told.append(enough(overview))
        return ExitStatus.SUCCESS

    for module in (quota_format, quota_guard):
        monkeypatch.setattr(module, "run_quota_action", run)
    quota_format.print_line(parse(["--format", "line"]))
    quota_guard.run_guard(parse(["guard"]))
    assert told == [line_is_enough, guard_is_enough]
