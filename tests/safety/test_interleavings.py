"""Any order of renewals, crashes, rotations by others, faults and clock jumps: no token is lost without a word."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Final, TypeVar

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from probe_tray.core.account.identity import StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import KeyringLockedError, NotSentError, ProbeError, UncertainError, WriteError
from probe_tray.core.renewal.journal import TokenVerdict
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.service.answer import Answer
from tests.safety.bench import ANA, Bench, Crash, refusal
from tests.safety.test_every_step import is_flagged, is_safe
from tests.support.fakes import settle
from tests.support.tokens import credential

_T = TypeVar("_T")

REASONS: Final = st.sampled_from([None, Reason.FORCED, Reason.REFUSED])
FAULTY: Final = st.sampled_from(
    ["keep", "finish", "set aside", "prepare", "pending", "recall"]
    + [f"{verb} {store}" for verb in ("read", "check", "save") for store in ("vault", "folder")]
    + [f"remember {verdict.value}" for verdict in TokenVerdict]
)


class Life(RuleBasedStateMachine):
    """One account's life. ``told``: the last renewal said that it failed."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.told = False
        self.known_to_be_lost = False

    @initialize(both=st.booleans())
    def begin(self, *, both: bool) -> None:
        kinds = (StoreKind.VAULT, StoreKind.FOLDER) if both else (StoreKind.VAULT,)
        self.bench = self._do(self._make(kinds))

    @rule(reason=REASONS, crash=st.none() | st.integers(0, 30))
    def renew(self, reason: Reason | None, crash: int | None) -> None:
        self.bench.steps.crash_at = crash
        try:
            self._do(self._renew(reason))
        except Crash:
            self.bench.restart()
        except ProbeError:
            self.told = True
        else:
            self.told = False
            self.bench.restart()
        self.bench.steps.crash_at = None

    @rule(minutes=st.sampled_from([1, 14, 16, 60, 24 * 60, 9 * 24 * 60]))
    def wait(self, minutes: int) -> None:
        self._do(self.bench.clock.advance(timedelta(minutes=minutes)))

    @rule(hours=st.sampled_from([-24, -1, 1, 24]))
    def set_the_clock(self, hours: int) -> None:
        # Set forward, it shortens a wait that a new process finds written down; one's own it does not.
        waits = any(known.verdict is TokenVerdict.UNCERTAIN for known in self.bench.memory.known.values())
        if hours < 0 or not (waits or self.bench.journal.entries):
            self.bench.clock.jump(timedelta(hours=hours))

    @rule(store=st.integers(0, 1))
    def another_program_renews(self, store: int) -> None:
        place = self.bench.stores[store % len(self.bench.stores)]
        held = place.held.get(ANA)
        if held is not None and held.refresh_token == Secret(self.bench.issuer.live or ""):
            self.bench.issuer.rotate()
            place.held[ANA] = self.bench.issuer.credential()

    @rule()
    def another_program_renews_meanwhile(self) -> None:
        self.bench.steps.on["prepared"] = lambda: self.another_program_renews(0)

    @rule(store=st.integers(0, 1))
    def an_old_copy_is_put_back(self, store: int) -> None:
        # Only where the login as it is lives on elsewhere: what a person throws away is theirs to lose.
        place = self.bench.stores[store % len(self.bench.stores)]
        others = {s.held[ANA].refresh_token for s in self.bench.stores if s is not place}
        number = max(self.bench.issuer.number - 1, 1)
        if Secret(self.bench.issuer.live or "") in others:
            place.held[ANA] = credential("ana", number=number, at=self.bench.clock.now() - timedelta(days=20))

    @rule(step=FAULTY)
    def something_fails(self, step: str) -> None:
        locked = step in {"check vault", "pending"}
        self.bench.steps.faults[step] = (
            KeyringLockedError() if locked else WriteError(path="the disk", reason="the disk is full")
        )

    @rule()
    def all_works_again(self) -> None:
        self.bench.steps.faults.clear()

    @rule(
        answer=st.sampled_from(
            [
                refusal(429),
                refusal(500),
                refusal(502),
                refusal(403),
                Answer(200, {}, b"<html>"),
                NotSentError(reason="there is no connection"),
                UncertainError(reason="the connection was lost"),
            ]
        )
    )
    def the_service_fails(self, answer: Answer | Exception) -> None:
        self.bench.issuer.script.append(answer)

    @rule()
    def the_reply_will_be_lost(self) -> None:
        self.bench.issuer.script.append(self.bench.issuer.lose)

    @rule(left_out=st.sampled_from([("refresh_token",), ("id_token",), ("refresh_token", "id_token")]))
    def the_reply_will_leave_things_out(self, left_out: tuple[str, ...]) -> None:
        self.bench.issuer.script.append(lambda secret: self.bench.issuer.renew(secret, *left_out))

    @invariant()
    def nothing_is_lost_without_a_word(self) -> None:
        if is_safe(self.bench):
            self.known_to_be_lost = False
        else:
            assert is_flagged(self.bench) or self.told or self.known_to_be_lost
            self.known_to_be_lost = True

    @invariant()
    def a_spent_token_is_sent_again_only_after_an_uncertain_request(self) -> None:
        for fingerprint in self.bench.issuer.reused:
            moments = [moment for token, moment in self.bench.issuer.arrived if token == fingerprint]
            assert len(moments) > 1, "a token was sent that another program had spent"
            assert moments[-1] - moments[-2] >= 15 * 60, "a token was sent again too soon"

    def teardown(self) -> None:
        self.loop.close()

    async def _make(self, kinds: tuple[StoreKind, ...]) -> Bench:
        return Bench(*kinds)

    async def _renew(self, reason: Reason | None) -> None:
        task = self.bench.start(reason)
        while not task.done():
            await settle()
            if not task.done():
                await self.bench.clock.advance(timedelta(seconds=5))
        task.result()

    def _do(self, work: Coroutine[object, object, _T]) -> _T:
        return self.loop.run_until_complete(work)


Life.TestCase.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, phases=(Phase.generate, Phase.shrink)
)
TestLife = Life.TestCase
