"""Waiting with a deadline, and the text of a failure: what there is instead, without secrets."""

import re
import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from tests.support.patience import PATIENCE

T = TypeVar("T")

POLL_SECONDS: Final = 0.05

_SECRETS: Final = (
    # JWTs, with or without their signature
    re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]+){0,2}"),
    re.compile(r"\b(?:rt|at|ac|sk)[_-][\w.-]{8,}"),
    re.compile(
        r"(?<=[?&\s\"'])(code|state|code_verifier|code_challenge|\w*_token)=[^\s&\"']+",
    ),
    re.compile(r"\b[\w-]{40,}={0,2}"),
)


class BenchError(AssertionError):
    """The desktop did not do what the test asked of it."""


class TimedOutError(BenchError):
    """The desktop did not show what the test waited for."""


def scrub(text: str) -> str:
    """Replace everything that looks like a token, a key or an authorization code."""
    for pattern in _SECRETS:
        text = pattern.sub("[scrubbed]", text)
    return text


def wait_for(
    what: str,
    probe: Callable[[], T | None],
    *,
    seconds: float = PATIENCE,
    instead: Callable[[], str] | None = None,
) -> T:
    """Ask until the answer is neither None nor False, and return it.

    `what` completes "waited 10 s for ..."; `instead` describes what is there when time is up.
    Raises TimedOutError after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found is not None and found is not False:
            return found
        if time.monotonic() > deadline:
            break
        threading.Event().wait(POLL_SECONDS)
    there = f"\n{instead()}" if instead is not None else ""
    msg = scrub(f"waited {seconds:g} s for {what}{there}")
    raise TimedOutError(msg)
