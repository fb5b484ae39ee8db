"""Runs the person's own program with an event on its standard input."""

import asyncio
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final, final

from probe_tray.adapters.files.disk import reason_of
from probe_tray.adapters.systems.current import this_system
from probe_tray.adapters.systems.tools import NO_CONSOLE
from probe_tray.core.errors import HookFailedError, Phrase

_SECONDS: Final = 30.0


@final
class ProcessHookRunner:
    """Implements ``HookRunner``: no shell, no output, and an end after 30 seconds."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        """``seconds`` is how long a hook may take."""
        self._seconds = seconds

    async def run(self, program: str, event: bytes) -> None:
        """Run it in a thread of its own: one that hangs must not keep the disk's threads. Raises HookFailedError."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[HookFailedError | None] = loop.create_future()
        stoppable = _StoppableProcess()

        def tell(error: HookFailedError | None) -> None:
            if not ended.done():
                ended.set_result(error)

        def work() -> None:
            failed = self._failure(program, event, stoppable)
            with suppress(RuntimeError):  # The app has quit meanwhile.
                loop.call_soon_threadsafe(tell, failed)

        threading.Thread(target=work, name="hook", daemon=True).start()
        try:
            error = await ended
        except asyncio.CancelledError:
            # The program quits, and with it whoever would stop one that hangs.
            await asyncio.to_thread(stoppable.stop)
            raise
        if error is not None:
            raise error

    def _failure(self, program: str, event: bytes, stoppable: "_StoppableProcess") -> HookFailedError | None:
        if not Path(program).is_absolute():
            return HookFailedError(path=program, reason=Phrase("its path must be absolute"))
        try:
            status = self._status(program, event, stoppable)
        except subprocess.TimeoutExpired:
            reason = Phrase("it took longer than {n} seconds and was stopped", n=f"{self._seconds:g}")
        except BrokenPipeError:
            # It read none of it, which is its own business.
            return None
        except OSError as error:
            reason = reason_of(error)
        except ValueError:
            # A path that no system takes: a zero byte in it, or half of a character.
            reason = Phrase("its path can't be used")
        else:
            reason = Phrase("it exited with code {n}", n=str(status)) if status else ""
        return HookFailedError(path=program, reason=reason) if reason else None

    def _status(self, program: str, event: bytes, stoppable: "_StoppableProcess") -> int:
        with subprocess.Popen(
            [program],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            creationflags=NO_CONSOLE,
        ) as process:
            stoppable.begin(process)
            try:
                process.communicate(event, timeout=self._seconds)
            except BaseException:
                this_system().end_with_children(process)
                raise
            return process.returncode


@final
class _StoppableProcess:
    """A hook that another thread than its own may have to end, at whatever moment."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopped = False

    def begin(self, process: "subprocess.Popen[bytes]") -> None:
        """Take it; it is ended at once where that was wanted before it had begun."""
        with self._turn:
            self._process = process
            self._end_if_stopped()

    def stop(self) -> None:
        """End it with all that it started."""
        with self._turn:
            self._is_stopped = True
            self._end_if_stopped()

    def _end_if_stopped(self) -> None:
        if self._is_stopped and self._process is not None and self._process.returncode is None:
            this_system().end_with_children(self._process)
