"""An answer with anything unusual about it, which h11 reads; imported when one comes, as h11 is."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final, cast

import h11

from probe_tray.adapters.http.wire.kept_question import Headers
from probe_tray.adapters.http.wire.wire_errors import GarbledAnswerError

_LARGEST_HEAD: Final = 100 * 1024
"""As where answers are read otherwise."""


class UnusualAnswer:
    """One answer, from its first byte to its last."""

    def __init__(self, method: bytes, come: bytes, more: Callable[[], Awaitable[bytes]]) -> None:
        """``come`` is what has come in answer to a question of ``method``; ``more`` waits for what follows.

        Raises GarbledAnswerError where nothing has come.
        """
        self._more = more
        self._wire = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
        # It was sent before, and how its answer ends depends on it.
        asked = h11.Request(method=method, target=b"/", headers=[(b"Host", b"-")])
        for event in (asked, h11.EndOfMessage()):
            self._wire.send(event)
        self._take(come)

    @property
    def is_whole(self) -> bool:
        """Whether the answer has ended, nothing follows it, and the connection may go on."""
        states = {self._wire.our_state, self._wire.their_state}
        return states == {h11.DONE} and not self._wire.trailing_data[0]

    async def head(self) -> tuple[int, Headers]:
        """Status and fields. Raises a WireError."""
        event = await self._event()
        while not isinstance(event, h11.Response):
            # Another one may come ahead of it (RFC 9110, section 15.2).
            if not isinstance(event, h11.InformationalResponse):
                msg = "the answer is none to a question"
                raise GarbledAnswerError(msg)
            event = await self._event()
        return event.status_code, event.headers.raw_items()

    async def parts(self) -> AsyncGenerator[bytes]:
        """The body, after the head. Raises a WireError."""
        while isinstance(event := await self._event(), h11.Data):
            yield bytes(event.data)

    async def _event(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            try:
                event = self._wire.next_event()
            except h11.RemoteProtocolError as error:
                raise GarbledAnswerError(str(error)) from error
            if event is not h11.NEED_DATA:
                return cast("h11.Event | type[h11.PAUSED]", event)
            self._take(await self._more())

    def _take(self, come: bytes) -> None:
        if not come and self._wire.their_state is h11.SEND_RESPONSE:
            msg = "the connection ended without an answer"
            raise GarbledAnswerError(msg)
        self._wire.receive_data(come)
