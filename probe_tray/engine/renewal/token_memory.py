"""What earlier uses of a refresh token forbid now, and what is remembered of the latest one."""

import enum
import hashlib
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime, timedelta

from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import (
    LoginEndedError,
    ProbeError,
    ReadError,
    RetryLaterError,
    StoreError,
    UncertainLoginError,
    WriteError,
)
from probe_tray.core.renewal.journal import JournalEntry, TokenOutcome, TokenVerdict
from probe_tray.core.renewal.policy import half_life
from probe_tray.core.renewal.token_reply import recalled_reason
from probe_tray.core.state import RenewalState
from probe_tray.ports.accounts import RenewalMemory
from probe_tray.ports.time import Clock, Randomness

UNCERTAIN_FOR = timedelta(minutes=15)
"""So long no request follows one whose answer was lost."""
_LONGEST_REQUEST = timedelta(minutes=2)
"""Between the intent and the end of the last of its tries."""
_SHORTEST_BACKOFF = timedelta(seconds=30)
_LONGEST_BACKOFF = timedelta(hours=1)

_FOR_A_PERSON = frozenset({TokenVerdict.ENDED, TokenVerdict.UNCERTAIN})
"""What a person may be told of a token."""

Alone = Callable[[str], AbstractAsyncContextManager[None]]
"""Keeps others from a refresh token of a fingerprint."""


class TokenOrigin(enum.Enum):
    """Whose refresh token one is, as far as something shows it. Nothing is concluded from what is not known."""

    OWN = "own"
    """No client renews it: it was obtained here, or is newer than what the client had beside it."""
    CLIENT = "client"
    """The official client's: it was seen in its place on this computer."""
    UNKNOWN = "unknown"


_CLIENTS, _NOT_CLIENTS = "client", "apart"
"""The reasons by which it is remembered what the client's place showed of a token."""


class TokenMemory:
    """The memory of refresh tokens, with the rules for reading and writing it.

    Of each account it keeps its latest renewal here as well: computers that share a login bring each other tokens of
    which they know nothing, and would take turns with a renewal that changes nothing.

    Times in the memory are the wall clock's, which a person may set: a wait longer than any this program asks for was
    written before the clock was set back. A clock set forward is noticed by the one that nobody sets.
    """

    def __init__(self, memory: RenewalMemory, clock: Clock, randomness: Randomness) -> None:
        """Keep what is learnt in ``memory``."""
        self._memory = memory
        self._clock = clock
        self._randomness = randomness

    async def check(self, fingerprint: str, *, forced: bool) -> None:
        """Raise the ServiceError that forbids a request with this token now; ReadError when that cannot be told."""
        before = await self._memory.recall(fingerprint)
        if before is None:
            return
        match before.verdict:
            case TokenVerdict.FRESH | TokenVerdict.REFUSED:
                return
            case TokenVerdict.ENDED:
                raise LoginEndedError(reason=recalled_reason(before.reason))
            case TokenVerdict.UNCERTAIN:
                left = await self._left_of_uncertain(fingerprint, before)
                if left > timedelta():
                    raise UncertainLoginError(retry_after=left)
                # After one lost answer it is tried again; after two only when a person asks for it.
                if before.failures > 1 and not forced:
                    raise UncertainLoginError
            case TokenVerdict.BACKOFF:
                left = self._left(before)
                if timedelta() < left <= _LONGEST_BACKOFF and not forced:
                    raise RetryLaterError(retry_after=left)

    async def renewal_of(self, fingerprint: str) -> RenewalState:
        """What an earlier use of this token came to, where that needs a person's eye; else nothing."""
        try:
            await self.check(fingerprint, forced=False)
        except (LoginEndedError, UncertainLoginError) as error:
            known = await self._memory.recall(fingerprint)
            return RenewalState(last_at=None if known is None else known.at, problem=error.problem)
        except ProbeError:
            # It says itself what is wrong as soon as somebody wants to renew.
            return RenewalState()
        return RenewalState()

    async def renewals_of(self, fingerprints: Sequence[str]) -> list[RenewalState]:
        """As :meth:`renewal_of` for each of them, in their order."""
        return [
            await self.renewal_of(fingerprint)
            if isinstance(known, TokenOutcome) and known.verdict in _FOR_A_PERSON
            else RenewalState()
            for fingerprint, known in zip(fingerprints, await self._memory.recall_all(fingerprints), strict=True)
        ]

    async def is_dead(self, fingerprint: str) -> bool:
        """Whether no request with this token will ever be made again. Raises ReadError."""
        known = await self._memory.recall(fingerprint)
        return known is not None and known.verdict is TokenVerdict.ENDED

    async def brought_at(self, fingerprint: str) -> datetime | None:
        """When a renewal brought this refresh token, by this clock; None if none did. Raises ReadError."""
        known = await self._memory.recall(fingerprint)
        return known.at if known is not None and known.verdict is TokenVerdict.FRESH else None

    async def is_with_client(self, fingerprint: str) -> bool:
        """Whether the official client was given this refresh token, and has it still. Raises ReadError."""
        known = await self._memory.recall(_in_codex(fingerprint))
        return known is not None and bool(known.reason)

    async def with_client(self, fingerprint: str, *, stays: bool) -> None:
        """Remember that the official client gets this refresh token, or that its place holds another login now.

        The record of what was put where may be lost, and nothing else tells such a token from a copy of the client's
        own. Raises WriteError.
        """
        outcome = TokenOutcome(verdict=TokenVerdict.FRESH, at=self._clock.now(), reason="given" if stays else "")
        await self._memory.remember(_in_codex(fingerprint), outcome)

    async def origin(self, fingerprint: str) -> TokenOrigin:
        """Whose this refresh token is, as far as it is remembered. Raises ReadError."""
        if await self.brought_at(fingerprint) is not None:
            return TokenOrigin.OWN
        given = await self._memory.recall(_in_codex(fingerprint))
        if given is not None and not given.reason:
            # The client was given it, and has it no longer.
            return TokenOrigin.OWN
        shown = await self._memory.recall(_in_place(fingerprint))
        if shown is None or shown.reason not in {_CLIENTS, _NOT_CLIENTS}:
            return TokenOrigin.UNKNOWN
        return TokenOrigin.CLIENT if shown.reason == _CLIENTS else TokenOrigin.OWN

    async def saw_in_client(self, fingerprint: str) -> None:
        """Remember, where the disk lets it, that the official client has this refresh token."""
        await self._show(fingerprint, _CLIENTS)

    async def saw_apart(self, fingerprint: str) -> None:
        """Remember, where the disk lets it, that the client's login beside this refresh token is another, older one.

        So it is none that the client had: each login it gets is newer than the one before. One that the client was
        seen with stays the client's: its place may be another one for a while, or on a drive that isn't there.
        """
        await self._show(fingerprint, _NOT_CLIENTS)

    async def _show(self, fingerprint: str, reason: str) -> None:
        with suppress(StoreError):
            before = await self._memory.recall(_in_place(fingerprint))
            if before is None or before.reason not in {reason, _CLIENTS}:
                outcome = TokenOutcome(verdict=TokenVerdict.FRESH, at=self._clock.now(), reason=reason)
                await self._memory.remember(_in_place(fingerprint), outcome)

    async def last_renewed(self, login: Credential) -> datetime | None:
        """When a renewal brought ``login``, as far as that is known; None if it is no renewal. Raises ReadError.

        A login that was issued after a renewal of its account here is another computer's answer to the same need.
        """
        token = login.refresh_token
        here = None if token is None else await self.brought_at(token.fingerprint)
        if here is not None or token is None:
            return here
        latest, issued = await self._memory.recall(_name_of(login.key)), login.claims.issued_at
        if latest is None or latest.verdict not in {TokenVerdict.FRESH, TokenVerdict.REFUSED}:
            return None
        return issued if issued is not None and issued >= latest.at else None

    async def refused(self, login: Credential, code: str) -> None:
        """Remember, where the disk lets it, that what a renewal brought is refused like the login before it."""
        outcome = TokenOutcome(verdict=TokenVerdict.REFUSED, at=self._clock.now(), reason=code)
        with suppress(WriteError):
            await self._memory.remember(login.access_token.fingerprint, outcome)
            await self._memory.remember(_name_of(login.key), outcome)

    async def is_doubted(self, key: AccountKey) -> bool:
        """Whether it is remembered of this account that a renewal did not help; also where that cannot be read."""
        try:
            return _casts_doubt(await self._memory.glance(_name_of(key)))
        except StoreError:
            return True

    async def doubted(self, keys: Collection[AccountKey]) -> frozenset[AccountKey]:
        """Those of the accounts of which :meth:`is_doubted` is true, by one look for all of them."""
        asked = list(keys)
        found = zip(asked, await self._memory.recall_all([_name_of(key) for key in asked]), strict=True)
        return frozenset(key for key, known in found if _casts_doubt(known))

    async def accepted(self, key: AccountKey) -> None:
        """Forget, where the disk lets it, that a renewal of this account did not help: the service takes its login."""
        with suppress(StoreError):
            name = _name_of(key)
            known = await self._memory.glance(name)
            if known is not None and known.verdict is TokenVerdict.REFUSED:
                await self._memory.remember(name, replace(known, verdict=TokenVerdict.FRESH))

    async def is_refused(self, login: Credential) -> bool:
        """Whether a renewal is known not to help against the refusal of this login's access token. Raises ReadError.

        Either it was brought by such a renewal, or one was made for the account within half of a token's life, and the
        service has not taken any login of it since, whoever brought them.
        """
        known = await self._memory.recall(login.access_token.fingerprint)
        if known is not None and known.verdict is TokenVerdict.REFUSED:
            return True
        latest = await self._memory.recall(_name_of(login.key))
        if latest is None or latest.verdict is not TokenVerdict.REFUSED:
            return False
        return timedelta() <= self._clock.now() - latest.at < half_life(login)

    async def was_renewed_since(self, fingerprint: str, since: datetime) -> bool:
        """Whether this token was brought by a renewal at ``since`` (aware UTC) or later. Raises ReadError."""
        known = await self._memory.recall(fingerprint)
        # A moment yet to come was written before the clock was set back, and says nothing.
        return known is not None and known.verdict is TokenVerdict.FRESH and since <= known.at <= self._clock.now()

    async def uncertain(self, entry: JournalEntry, *, now: bool) -> None:
        """Remember that the answer was lost: ``now``, or in an earlier run that left only its intent.

        Raises StoreError; the entry must then stay in the journal. The same entry counts once.
        """
        before = await self._memory.recall(entry.fingerprint)
        again = before is not None and before.verdict is TokenVerdict.UNCERTAIN
        if before is not None and again and before.at == entry.at:
            return
        start = self._clock.now() if now else entry.at + _LONGEST_REQUEST
        outcome = TokenOutcome(
            verdict=TokenVerdict.UNCERTAIN,
            at=entry.at,
            until=start + UNCERTAIN_FOR,
            failures=before.failures + 1 if before is not None and again else 1,
            uptime=self._clock.monotonic() if now else entry.uptime,
        )
        await self._memory.remember(entry.fingerprint, outcome)

    async def wait(self, fingerprint: str, asked: timedelta) -> None:
        """Remember a passing trouble, and how long the service ``asked`` to wait. Raises StoreError."""
        before = await self._memory.recall(fingerprint)
        failures = before.failures + 1 if before is not None and before.verdict is TokenVerdict.BACKOFF else 1
        # Full jitter: anywhere up to the doubled wait, so that many accounts spread out.
        longest = min(_SHORTEST_BACKOFF * 2 ** min(failures, 10), _LONGEST_BACKOFF)
        seconds = self._randomness.uniform(_SHORTEST_BACKOFF.total_seconds(), longest.total_seconds())
        now = self._clock.now()
        until = now + max(timedelta(seconds=seconds), asked)
        outcome = TokenOutcome(verdict=TokenVerdict.BACKOFF, at=now, until=until, failures=failures)
        await self._memory.remember(fingerprint, outcome)

    async def ended(self, fingerprint: str, reason: str) -> None:
        """Remember that the token is dead. Raises WriteError."""
        outcome = TokenOutcome(verdict=TokenVerdict.ENDED, at=self._clock.now(), reason=str(reason))
        await self._memory.remember(fingerprint, outcome)

    async def renewed(self, key: AccountKey, spent: str, fresh: str | None) -> None:
        """Remember, where the disk lets it, that one token has taken the place of another.

        A copy of the spent one in some other file or backup is thereby never sent, which could end the whole login.
        """
        outcome = TokenOutcome(verdict=TokenVerdict.FRESH, at=self._clock.now())
        with suppress(WriteError):
            if fresh is not None:
                await self._memory.remember(fresh, outcome)
            if fresh is not None and fresh != spent:
                await self.ended(spent, "it was renewed before, and this is an old copy of it")
            before = await self._memory.recall(_name_of(key))
            if before is not None and before.verdict is TokenVerdict.REFUSED:
                # Only the service's answer to what was brought now says that this one helped.
                outcome = replace(outcome, verdict=TokenVerdict.REFUSED)
            await self._memory.remember(_name_of(key), outcome)

    async def _left_of_uncertain(self, fingerprint: str, before: TokenOutcome) -> timedelta:
        left = self._left(before)
        if left > UNCERTAIN_FOR + _LONGEST_REQUEST:
            now = self._clock.now()
            await self._memory.remember(fingerprint, replace(before, at=now, until=now + UNCERTAIN_FOR))
            return UNCERTAIN_FOR
        passed = None if before.uptime is None else self._clock.monotonic() - before.uptime
        if passed is None or passed < 0:  # The computer was started anew since.
            return left
        return max(left, UNCERTAIN_FOR - timedelta(seconds=passed))

    def _left(self, before: TokenOutcome) -> timedelta:
        return timedelta() if before.until is None else before.until - self._clock.now()


def _casts_doubt(known: TokenOutcome | ReadError | None) -> bool:
    """Whether what is remembered of an account's latest renewal, or cannot be read, says that it did not help."""
    return isinstance(known, ReadError) or (known is not None and known.verdict is TokenVerdict.REFUSED)


def _in_codex(fingerprint: str) -> str:
    """What is remembered of a token and the official client stands under this name, as long as a fingerprint."""
    return hashlib.sha256(f"with the client {fingerprint}".encode()).hexdigest()[:16]


def _in_place(fingerprint: str) -> str:
    """What the client's place showed of a token stands under this name, as long as a fingerprint."""
    return hashlib.sha256(f"in the client's place {fingerprint}".encode()).hexdigest()[:16]


def _name_of(key: AccountKey) -> str:
    """What an account's latest renewal is remembered under, as long as a fingerprint."""
    return hashlib.sha256(f"account {key.slug}".encode()).hexdigest()[:16]
