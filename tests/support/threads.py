"""What an event loop has done in threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor

import pytest


def calls_in_threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the running loop has its threads do from now on, one text for each trip to a thread."""
    loop, given = asyncio.get_running_loop(), list[str]()
    run = loop.run_in_executor

    def noted(executor: Executor | None, func: Callable[..., object], *args: object) -> object:
        given.append(str(func))
        return run(executor, func, *args)

    monkeypatch.setattr(loop, "run_in_executor", noted)
    return given
