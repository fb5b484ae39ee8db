"""Runs the person's own program with an event on its standard input."""

import asyncio
import subprocess
from pathlib import Path
from typing import Final, final

from probe_tray.adapters.files.disk import reason_of
from probe_tray.core.errors import HookFailedError, Phrase

_SECONDS: Final = 30.0


@final
class ProcessHookRunner:
    """Implements ``HookRunner``: no shell, no output, and an end after 30 seconds."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        """``seconds`` is how long a hook may take."""
        self._seconds = seconds

    async def run(self, program: str, event: bytes) -> None:
        """Run it in a thread, so that the loop goes on. Raises HookFailedError."""
        await asyncio.to_thread(self._run, program, event)

    def _run(self, program: str, event: bytes) -> None:
        if not Path(program).is_absolute():
            raise HookFailedError(path=program, reason=Phrase("its path must be absolute"))
        try:
            done = subprocess.run(
                [program],
                input=event,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=self._seconds,
                start_new_session=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            reason = Phrase("it took longer than {n} seconds and was stopped", n=f"{self._seconds:g}")
            raise HookFailedError(path=program, reason=reason) from None
        except BrokenPipeError:
            # It read none of it, which is its own business.
            return
        except OSError as error:
            raise HookFailedError(path=program, reason=reason_of(error)) from None
        if done.returncode:
            raise HookFailedError(path=program, reason=Phrase("it ended with {n}", n=str(done.returncode)))
