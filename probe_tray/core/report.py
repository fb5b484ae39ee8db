"""What one question about one account brought: the row of a table, without any token."""

from datetime import datetime

import msgspec

from probe_tray.core.errors import Problem
from probe_tray.core.quota import Snapshot


class AccountReport(msgspec.Struct, frozen=True, kw_only=True):
    """One login that was looked at, or one file that could not be."""

    location: str
    """The file as a person would look for it; empty for the vault."""
    account_id: str = ""
    email: str = ""
    workspace: str = ""
    plan: str = ""
    """The service's word where it answered, else the token's."""
    expires_at: datetime | None = None
    """End of the access token, aware UTC."""
    snapshot: Snapshot | None = None
    upstream_status: int = 0
    """HTTP status of the answer, 0 when there was none."""
    problem: Problem | None = None
    api_key: bool = False
    """The official client, signed in with an API key: there is no quota to show."""

    @property
    def name(self) -> str:
        """What a person calls the account."""
        return self.email or self.workspace or self.account_id or self.location
