"""What a renewal is asked for, and what came of it."""

import enum
from datetime import datetime

import msgspec

from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.renewal.policy import Reason


class RenewalRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller wants of a renewal, and what it knew when it asked."""

    days: int
    """The setting ``renew_before_expiry_days``."""
    reason: Reason | None = None
    """Why it must be renewed whatever its expiry (forced, refused); None leaves it to the policy."""
    seen: str | None = None
    """Fingerprint of the access token the caller had: another one since then is as good as a renewal."""
    since: datetime | None = None
    """When the caller began, aware UTC: a renewal after that is as good as one of its own."""

    @property
    def forced(self) -> bool:
        """Whether a person insists."""
        return self.reason is Reason.FORCED


class RenewalKind(enum.Enum):
    """How a renewal ended well."""

    RENEWED = "renewed"
    ADOPTED = "adopted"
    """Somebody else had renewed it: no request."""
    FRESH = "fresh"
    """No need: no request."""


class Renewed(msgspec.Struct, frozen=True, kw_only=True):
    """A renewal that ended well."""

    kind: RenewalKind
    credential: Credential
    location: str = ""
    reason: Reason | None = None
    ends_at: datetime | None = None
    """Of one that is fresh: the end by which the policy judged it, aware UTC; None where nobody knows it."""

    @classmethod
    def adopted(cls, stored: StoredCredential) -> "Renewed":
        """Of a login that somebody else had renewed."""
        return cls(kind=RenewalKind.ADOPTED, credential=stored.credential, location=stored.location)
