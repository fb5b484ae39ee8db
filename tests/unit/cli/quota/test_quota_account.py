"""Which account a person means, said on standard error."""

import pytest

from probe_tray.cli.arguments import parse
from probe_tray.cli.quota.quota_account import tell_which
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.core.quota.quota_overview import AccountQuota, QuotaOverview


def account(number: int) -> AccountQuota:
    return AccountQuota(
        id=f"id-{number}",
        name="ana@example.com",
        masked_name="a•••@e•••",
        alias="",
        email="ana@example.com",
        account_id=f"workspace-{number}",
        plan="",
        in_use=False,
        state="",
        usable=True,
        limited=False,
        settled=True,
        taken_at=None,
        free_at=None,
        windows=(),
    )


@pytest.mark.parametrize(("flags", "hidden"), [((), False), (("--hide-names",), True)])
def test_several_accounts_are_listed_without_their_names_where_those_are_hidden(
    home: object, capsys: pytest.CaptureFixture[str], flags: tuple[str, ...], *, hidden: bool
) -> None:
    overview = QuotaOverview(accounts=(account(1), account(2)), next=None, shows_left=False, privacy=False)
    assert tell_which(overview, parse(["guard", *flags, "--account", "ana@example.com"])) is ExitStatus.WRONG_USE
    listed = capsys.readouterr().err.partition("Use the id of one")[2]
    assert ("id-1" in listed, "id-2" in listed) == (True, True)
    assert ("ana@example.com" not in listed and "workspace" not in listed) is hidden
