"""Which account a person means, said on standard error."""

import pytest
from msgspec.structs import replace

from probe_tray.cli.arguments import parse
from probe_tray.cli.quota.quota_account import tell_which
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.core.quota.quota_overview import AccountQuota, QuotaOverview
from tests.support.numbers import ACCOUNT_QUOTA


def account(number: int) -> AccountQuota:
    return replace(ACCOUNT_QUOTA, id=f"id-{number}", account_id=f"workspace-{number}")


@pytest.mark.parametrize(("flags", "hidden"), [((), False), (("--hide-names",), True)])
def test_several_accounts_are_listed_without_their_names_where_those_are_hidden(
    home: object, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], *, hidden: bool
) -> None:
    overview = QuotaOverview(accounts=(account(1), account(2)), next=None, shows_left=False, privacy=False)
    assert tell_which(overview, parse(["guard", *flags, "--account", "ana@example.com"])) is ExitStatus.WRONG_USE
    listed = capsys.readouterr().err.partition("Use the id of one")[2]
    assert ("id-1" in listed, "id-2" in listed) == (True, True)
    assert ("ana@example.com" not in listed and "workspace" not in listed) is hidden
