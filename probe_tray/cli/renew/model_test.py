"""``codex-probe --apitest``: tests the models of each login, after everything else was done for it."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from probe_tray.adapters.files.config_file import JsonSettingsFile, LoadedSettings
from probe_tray.adapters.system import SystemRandomness
from probe_tray.cli.arguments import Arguments
from probe_tray.cli.session.session import CommandSession
from probe_tray.cli.terminal.pipes import is_terminal, said_yes
from probe_tray.core.account.credential import StoredCredential
from probe_tray.core.account.identity import StoreKind
from probe_tray.core.account.report import AccountReport
from probe_tray.core.errors import ProbeError
from probe_tray.core.models.model_test import ModelTest
from probe_tray.core.models.models import ModelChoice
from probe_tray.core.settings import Settings, change
from probe_tray.engine.batch import BatchContext, said_by
from probe_tray.engine.models.model_tester import ModelTester, model_session
from probe_tray.view.text.translate import mark

_COSTS = mark("Each test asks a model for one word and uses a little of the account's quota.")


def agreed(session: CommandSession, loaded: LoadedSettings) -> bool:
    """Whether models may be tested, which costs quota: a person at a terminal is asked once, a script is told."""
    console, t = session.console, session.t
    if session.arguments.yes or loaded.settings.model_test_confirmed:
        return True
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        console.note(t(_COSTS))
        return True
    console.prompt(t(_COSTS))
    console.prompt(t("Go on, now and in future? [y/N] "), end="")
    if not said_yes():
        console.note(t("No model was tested."))
        return False
    file = JsonSettingsFile(loaded.path, session.locks, disk=session.disk)
    try:
        session.runner.run(file.change(change(model_test_confirmed=True), loaded.settings, _anything))
    except ProbeError as error:
        console.note(t("You will be asked again: {reason}", reason=t.title(error.problem)))
    return True


async def _anything(settings: Settings) -> None:
    """What is in the file is in use already."""
    del settings


class ModelStage:
    """Tests every login and lays the results beside what was done for it before."""

    def __init__(self, context: BatchContext, arguments: Arguments, settings: Settings) -> None:
        """Try the models that ``arguments`` choose."""
        self._context = context
        self._settings = settings
        self._choice = ModelChoice(named=tuple(arguments.models), every=arguments.all_models, fallback=settings.models)
        self._tester = ModelTester(context.quota, context.clock, SystemRandomness())
        self._running: asyncio.Task[None] | None = None
        self._stopped = False

    async def run(self, logins: Sequence[StoredCredential], done: dict[int, AccountReport]) -> None:
        """Test all ``logins``; each answer is in ``done`` at once."""
        if self._stopped:
            return
        self._running = asyncio.create_task(self._all(logins, done))
        await asyncio.wait({self._running})
        if not self._running.cancelled():
            self._running.result()

    def stop(self) -> None:
        """Ask nothing any more; what was answered stays."""
        self._stopped = True
        if self._running is not None:
            self._running.cancel()

    async def _all(self, logins: Sequence[StoredCredential], done: dict[int, AccountReport]) -> None:
        async with asyncio.TaskGroup() as group:
            for number, stored in enumerate(logins):
                group.create_task(self._one(number, stored, done))

    async def _one(self, number: int, stored: StoredCredential, done: dict[int, AccountReport]) -> None:
        current = await self._current(stored)

        def tell(test: ModelTest) -> None:
            if test.results or test.complete:
                report = done.get(number) or said_by(stored, current.credential)
                done[number] = msgspec.structs.replace(report, models=test)

        context = self._context
        session = model_session(current, context.renewals, self._settings, context.clock, _nothing_more)
        await self._tester.test(session, self._choice, tell)

    async def _current(self, stored: StoredCredential) -> StoredCredential:
        """The login as its file has it now: it may have been renewed in this run."""
        if stored.store is not StoreKind.OFFICIAL:
            with suppress(ProbeError):
                for _, held in await self._context.accounts.holders(stored.credential.key):
                    if (held.store, held.location) == (stored.store, stored.location):
                        return held
        return stored


async def _nothing_more() -> None:
    """The command reads its files again by itself."""
