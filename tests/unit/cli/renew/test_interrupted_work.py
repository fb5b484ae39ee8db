"""Every action of the command that can renew leaves no renewal behind, whatever signal comes."""

import ast
import asyncio
import signal
from collections.abc import Iterator
from typing import cast

import pytest

from probe_tray.cli.renew.interrupted_work import interruptible
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.terminal.console import Console
from probe_tray.cli.terminal.signals import SignalledError
from probe_tray.core.errors import ReadError
from probe_tray.engine.renewal.renewals import Renewals
from probe_tray.view.text.translate import Translator
from tests.support.signals import ENDING, posix_signals
from tests.tooling.source import files

ENGLISH = Translator()
FINISHING = {"finish_all", "finish_held"}
"""What sends no refresh token: an answer that is here already is put into its place."""


class SlowRenewals:
    """Renewals, of which one was sent; it is kept once ``answer`` is set."""

    def __init__(self) -> None:
        self.sent = 1
        self.answer = asyncio.Event()
        self.closing = asyncio.Event()

    async def close(self) -> None:
        self.closing.set()
        await self.answer.wait()
        self.sent = 0


def _work(renewals: SlowRenewals) -> "asyncio.Task[None]":
    async def work() -> None:
        async with interruptible(cast("Renewals", renewals), Console(quiet=True), ENGLISH):
            await asyncio.Event().wait()

    return asyncio.ensure_future(work())


@posix_signals
@pytest.mark.parametrize(("number", "status"), ENDING)
async def test_a_signal_ends_the_work_once_the_answer_is_kept(number: signal.Signals, status: int) -> None:
    renewals = SlowRenewals()
    task = _work(renewals)
    await asyncio.sleep(0)
    signal.raise_signal(number)
    await renewals.closing.wait()
    assert not task.done()
    renewals.answer.set()
    with pytest.raises(SignalledError) as ended:
        await task
    assert (ended.value.status, renewals.sent) == (status, 0)


@posix_signals
async def test_a_signal_at_the_very_end_leaves_no_renewal(capsys: pytest.CaptureFixture[str]) -> None:
    renewals = SlowRenewals()

    async def work() -> None:
        async with interruptible(cast("Renewals", renewals), Console(quiet=True), ENGLISH):
            pass

    task = asyncio.ensure_future(work())
    await renewals.closing.wait()
    signal.raise_signal(signal.SIGTERM)
    for _ in range(3):
        await asyncio.sleep(0)
    assert not task.done()
    renewals.answer.set()
    with pytest.raises(SignalledError) as ended:
        await task
    assert (ended.value.status, renewals.sent) == (ExitStatus.TERMINATED, 0)
    assert "Waiting up to 45 s for the answer to 1 renewal" in capsys.readouterr().err


async def test_without_a_signal_the_work_ends_as_it_does() -> None:
    renewals = SlowRenewals()
    renewals.answer.set()
    with pytest.raises(ReadError):
        async with interruptible(cast("Renewals", renewals), Console(quiet=True), ENGLISH):
            raise ReadError(path="a", reason="b")
    assert renewals.sent == 0
    task = _work(renewals)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_no_action_of_the_command_can_renew_without_it() -> None:
    makers = {module: node for module, node in _functions() if "make_renewals" in _called(node)}
    assert set(makers) == {"probe_tray.cli.renew.command_context", "probe_tray.cli.sync.sync"}
    assert "interruptible" in _called(makers["probe_tray.cli.renew.command_context"])
    sync = [path for module, path in files() if module.startswith("probe_tray.cli.sync.")]
    used = {name for path in sync for name in _used(ast.parse(path.read_text("utf-8")), "renewals")}
    assert used == FINISHING


def _functions() -> Iterator[tuple[str, ast.AST]]:
    for module, path in files():
        if module.startswith("probe_tray.cli."):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield module, node


def _called(node: ast.AST) -> set[str]:
    names = (call.func for call in ast.walk(node) if isinstance(call, ast.Call))
    return {name.id for name in names if isinstance(name, ast.Name)}


def _used(tree: ast.AST, what: str) -> Iterator[str]:
    """What is taken of each object that is called ``what``."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name)) if name.removeprefix("_") == what:
                yield node.attr
            case _:
                pass
