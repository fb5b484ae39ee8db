"""The tests of models that a person asks the tray app for: one run at a time, which can be stopped."""

import asyncio

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.commands import TryModels
from probe_tray.core.errors import ProbeError, TokenRefusedError
from probe_tray.core.models.model_test import ListedBy, ModelTest, ModelTestEnded, ModelTestProgress, ModelTestStarted
from probe_tray.core.models.models import ModelChoice
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.models.model_tester import ModelTester, model_session
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.engine.store import Store
from probe_tray.ports.time import Clock


class ModelTestService:
    """Tests accounts, tells the store, and keeps what was done when it is stopped."""

    def __init__(self, tester: ModelTester, accounts: Accounts, renewals: Renewals, store: Store, clock: Clock) -> None:
        """Test the logins of ``accounts`` through ``tester``; ``renewals`` mends a refused one of ours."""
        self._tester = tester
        self._accounts = accounts
        self._renewals = renewals
        self._store = store
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    async def run(self, command: TryModels) -> None:
        """Test these accounts, or all. While a run goes on, nothing: that one is what the person sees."""
        if self._task is not None:
            return
        known = tuple(a.key for a in self._store.state.accounts)
        keys = known if command.accounts is None else tuple(k for k in command.accounts if k in known)
        self._store.dispatch(ModelTestStarted(accounts=keys, at=self._clock.now()))
        self._task = asyncio.ensure_future(self._all(keys))
        try:
            # Stopping ends the tests and not whoever waits for them.
            await asyncio.wait({self._task})
        finally:
            task, self._task = self._task, None
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._store.dispatch(ModelTestEnded())
        if not task.cancelled():
            task.result()

    def stop(self) -> None:
        """End the run; the answers that have come stay."""
        if self._task is not None:
            self._task.cancel()

    async def _all(self, keys: tuple[AccountKey, ...]) -> None:
        async with asyncio.TaskGroup() as group:
            for key in keys:
                group.create_task(self._one(key))

    async def _one(self, key: AccountKey) -> None:
        settings = self._store.state.settings
        try:
            stored = await self._accounts.current(key)
            if stored is None:
                raise TokenRefusedError
        except ProbeError as error:
            failed = ModelTest(
                started_at=self._clock.now(), models=(), listed_by=ListedBy.SETTINGS, problem=error.problem
            )
            self._store.dispatch(ModelTestProgress(key=key, test=failed))
            return
        await self._tester.test(
            model_session(stored, self._renewals, settings, self._clock, self._accounts.read),
            ModelChoice(fallback=settings.models),
            lambda test: self._store.dispatch(ModelTestProgress(key=key, test=test)),
        )
