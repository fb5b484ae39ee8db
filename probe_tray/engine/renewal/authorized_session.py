"""Asks the service with one login; when its access token is refused it is renewed once, and asked with once more."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import msgspec
from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.errors import ProbeError, TokenRefusedError
from probe_tray.core.renewal.request import Renewed
from probe_tray.engine.renewal.renewals import Renewals

_T = TypeVar("_T")

Renew = Callable[[Credential, TokenRefusedError], Awaitable[Renewed]]
"""Gets another token for a login that was refused. Raises the ProbeError that the refusal comes to where there is none:
the refusal itself where nothing may be renewed."""


class SessionReply(msgspec.Struct, Generic[_T], frozen=True):
    """The last answer that came, and what is wrong."""

    answer: _T
    problem: ProbeError | None
    """None where the service took the login and answered."""


class AuthorizedSession(Generic[_T]):
    """One login while the service is asked with it, by several questions at once if need be."""

    def __init__(
        self,
        credential: Credential,
        renewals: Renewals,
        renew: Renew,
        problem_of: Callable[[_T], ProbeError | None],
        renewed: Renewed | None = None,
        *,
        doubted: bool = True,
    ) -> None:
        """``renewals`` remembers what the service says of the login, and ``problem_of`` reads it from an answer.

        ``renewed`` is a renewal made for this run already: no second one follows, a refusal shows that it did not help.
        Unless the login is ``doubted``, nothing has to be taken back once the service takes it.
        """
        self._credential = credential
        self._renewals = renewals
        self._renew = renew
        self._problem_of = problem_of
        self._renewed = renewed
        self._doubted = doubted
        self._refused: SessionReply[_T] | None = None
        self._lock = asyncio.Lock()

    @property
    def credential(self) -> Credential:
        """The login that holds now."""
        return self._credential

    @property
    def renewed(self) -> Renewed | None:
        """What the renewal came to; None where none was needed, or it failed."""
        return self._renewed

    async def ask(self, question: Callable[[Credential], Awaitable[_T]]) -> SessionReply[_T]:
        """Ask; once the login is known to stay refused, nobody is asked and the reply is the one that showed it.

        Raises only what ``question`` raises.
        """
        if self._refused is not None:
            return self._refused
        used = self._credential
        reply = await self._once(question, used)
        while isinstance(reply.problem, TokenRefusedError):
            async with self._lock:
                # Another question may have renewed it, or have found out that it stays refused, while this one waited.
                if self._refused is None and self._credential is used:
                    await self._replace_token(reply, reply.problem)
                if self._refused is not None:
                    return self._refused
                used = self._credential
            reply = await self._once(question, used)
        return reply

    async def _once(self, question: Callable[[Credential], Awaitable[_T]], used: Credential) -> SessionReply[_T]:
        answer = await question(used)
        problem = self._problem_of(answer)
        if problem is None and (self._doubted or self._renewed is not None):
            await self._renewals.accepted(used.key)
        return SessionReply(answer, problem)

    async def _replace_token(self, reply: SessionReply[_T], refusal: TokenRefusedError) -> None:
        if self._renewed is not None:
            # One renewal a run: a second one would spend another refresh token on the same answer.
            self._refused = replace(reply, problem=await self._renewals.refused_again(self._renewed, refusal))
            return
        try:
            self._renewed = await self._renew(self._credential, refusal)
        except ProbeError as error:
            self._refused = replace(reply, problem=error)
            return
        self._credential = self._renewed.credential
