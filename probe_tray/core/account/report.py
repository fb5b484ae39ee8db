"""What was done for one login and what came of it: the row of a table, without any token."""

import enum
from datetime import datetime

import msgspec

from probe_tray.core.errors import Problem
from probe_tray.core.formats.login_fields import NoLogin
from probe_tray.core.models.model_test import ModelTest
from probe_tray.core.quota.snapshot import Snapshot
from probe_tray.core.renewal.policy import Reason


class RenewalResult(enum.Enum):
    """How a renewal ended."""

    RENEWED = "renewed"
    ADOPTED = "adopted"
    """Somebody else had renewed it, and the newer login is here now: no request."""
    FRESH = "fresh"
    """No need: no request."""
    NOT_OURS = "not_ours"
    """The official client's, which alone may renew it; or an API key, which never ends: no request."""
    FAILED = "failed"


class RenewalReport(msgspec.Struct, frozen=True, kw_only=True):
    """One login that was to be renewed."""

    result: RenewalResult
    reason: Reason | None = None
    """Why it was renewed; None where it was not."""
    expires_at: datetime | None = None
    """End of the access token there is now, aware UTC."""
    problem: Problem | None = None
    """Why it failed."""


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
    personal: bool = False
    """Whether it is a personal access token, which is never renewed."""
    no_login: NoLogin | None = None
    """What the official client is signed in with instead of a login, where its quota is not shown."""
    renewal: RenewalReport | None = None
    """None where no renewal was called for."""
    models: ModelTest | None = None
    """None where no model was tested."""

    @property
    def api_key(self) -> bool:
        """Whether it is an API key, which has no quota to show."""
        return self.no_login is NoLogin.API_KEY

    @property
    def failed(self) -> bool:
        """Whether anything that was to be done for it was not."""
        no_model = self.models is not None and not self.models.available
        return no_model or self.problem is not None or (self.renewal is not None and self.renewal.problem is not None)

    @property
    def name(self) -> str:
        """What a person calls the account."""
        return self.email or self.workspace or self.account_id or self.location
