"""What the journal of renewals and the memory of their outcomes hold."""

import enum
from datetime import datetime

import msgspec

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import Problem
from probe_tray.core.service.answer import Answer


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A refresh request that is about to be made, or was."""

    name: str
    """Names the entry within the journal."""
    key: AccountKey
    fingerprint: str
    """Of the refresh token it uses; empty where the file was damaged and does not tell."""
    at: datetime
    """When it was written, aware UTC; of a damaged one, when its file was last changed."""
    uptime: float | None = None
    """The same by the clock that nobody sets; see `TokenOutcome`."""


class PendingEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that was not finished, and what is known about its answer.

    With an ``answer``: finish the renewal with it. With a ``problem``: there is an answer, and it can't be opened for
    the time being; leave the entry alone. With neither: whether the service has taken the token is uncertain. Then
    ``partial`` says whether pieces of an answer are there, which must not be deleted: a person may want them read.
    """

    entry: JournalEntry
    answer: Answer | None = None
    problem: Problem | None = None
    partial: bool = False


class TokenVerdict(enum.Enum):
    """What the use of a refresh token came to; or that it has just been obtained. The first two also of an account."""

    FRESH = "fresh"
    """Brought by a renewal at ``at``, so that whoever asked for one before that has it.

    Of an account: it was renewed here at ``at``.
    """

    REFUSED = "refused"
    """Of an access token: a renewal had just brought it, and it was refused all the same. ``reason`` is the code.

    Of an account: no login of it has been taken since a renewal at ``at``, whoever brought them.
    """

    ENDED = "ended"
    """Refused for good: no request with it ever again."""
    UNCERTAIN = "uncertain"
    """Sent, no whole answer: one more try, not before 15 minutes."""
    BACKOFF = "backoff"
    """A passing trouble: not before ``until``."""


class TokenOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of one use. Times are aware UTC, by the wall clock."""

    verdict: TokenVerdict
    at: datetime
    """When it was learnt."""
    until: datetime | None = None
    """No request before this moment; None for ``ENDED``."""
    failures: int = 1
    """How many uses in a row came to this, for the backoff."""
    reason: str = ""
    """The service's error code or another reviewed word; never a part of an answer."""
    uptime: float | None = None
    """When an answer was lost, by the clock that nobody sets: seconds, which all processes count alike until the
    computer starts anew. None where that is not known."""
