"""A project that offers its tables over PostgREST: one request to it, and what its refusals mean."""

from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

import msgspec

from probe_tray.adapters.http.exchange import Exchange, read_body
from probe_tray.adapters.http.wire.pool import ConnectionPool, content, fields
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.core.errors import (
    SYNC_TABLE,
    ProbeError,
    RateLimitedError,
    SyncColumnsError,
    SyncFloodedError,
    SyncLeasesError,
    SyncNoTableError,
    SyncPageError,
    SyncPausedError,
    SyncRefusedError,
    SyncSecretError,
    SyncStrangeError,
    SyncTooLargeError,
    UnavailableError,
)
from probe_tray.core.service.answer import Answer, is_page
from probe_tray.core.sync.setup import SyncTarget
from probe_tray.core.sync.table_key import SECRET_HEADER, table_secrets

SECONDS: Final = 45.0
"""For one request in all."""
LARGEST_BODY: Final = 32 * 1024 * 1024
_NO_TABLE: Final = frozenset({"PGRST205", "PGRST106", "42P01"})
_OTHER_COLUMNS: Final = frozenset({"PGRST204", "42703", "42P10", "23502", "22P02", "42804"})
_PAUSED: Final = 540
"""Supabase's own status: a free project that nobody has used for a week sleeps until its owner restores it."""
_NOT_ALLOWED: Final = "42501"
_NOT_LET_IN: Final = "PT403"
"""What the shipped SQL raises where no key of the table is shown."""
_NO_FUNCTION: Final = frozenset({"PGRST202", "42883"})
_HALF_APPLIED: Final = frozenset({"42P01", "42703", _NOT_ALLOWED})
_TABLES_ALONE: Final = frozenset({403, 404, 405, 501})
"""What a proxy or a small server answers to a call that passes requests for tables alone."""
_CONFLICT: Final = 409
_OUT_OF_RANGE: Final = 416
_TOO_LARGE: Final = 413
_JSON: Final = "application/json"


class _Refusal(msgspec.Struct, frozen=True):
    code: str | None = None


_REFUSAL: Final = msgspec.json.Decoder(_Refusal)


def check(answer: Answer, host: str) -> None:
    """Raise what an answer means that is no success."""
    page = is_page(answer)
    if answer.ok and not page:
        return
    raise _meaning(answer, host, page=page)


def _meaning(answer: Answer, host: str, *, page: bool) -> ProbeError:
    status, code = str(answer.status), _code(answer.body)
    # Before the status, which is 403 here as it is for what a key may not do.
    if code == _NOT_LET_IN:
        return SyncSecretError(host=host)
    if answer.status == 429:
        return RateLimitedError(party=SYNC_TABLE, retry_after=answer.retry_after(datetime.now(UTC)))
    if answer.status == _PAUSED:
        return SyncPausedError(host=host)
    if answer.status >= 500:
        return UnavailableError(party=SYNC_TABLE, status=status, retry_after=answer.retry_after(datetime.now(UTC)))
    # Before the page: a proxy that refuses a size answers with one.
    if answer.status == _TOO_LARGE:
        return SyncTooLargeError(host=host)
    if page:
        return SyncPageError(host=host)
    if code in _NO_TABLE:
        return SyncNoTableError(host=host)
    if code in _OTHER_COLUMNS:
        return SyncColumnsError(host=host)
    if answer.status in {401, 403} or code == _NOT_ALLOWED:
        return SyncRefusedError(status=status)
    if answer.status == 404:
        return SyncNoTableError(host=host)
    return SyncStrangeError(host=host, status=status)


def _code(body: bytes) -> str:
    try:
        return _REFUSAL.decode(body).code or ""
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


class RestProject:
    """Sends requests with the publishable key, and the secret that a protected table asks for."""

    def __init__(self, target: SyncTarget, pool: ConnectionPool, proxy: ProxyChoice | None) -> None:
        """``proxy`` is the one that the connections of ``pool`` go through, None for a direct connection."""
        self._address = f"{target.url}/rest/v1/"
        self.host = urlsplit(target.url).hostname or ""
        """Its name in sentences."""
        self._api_key, self._table_secrets = target.api_key, table_secrets(target.key)
        self._pool, self._proxy = pool, proxy

    async def ask(
        self,
        method: str,
        query: str,
        body: bytes = b"",
        *,
        prefer: str = "",
        conflict: bool = False,
        beyond: bool = False,
    ) -> Answer:
        """Send one request, at most 45 seconds in all; ``conflict`` and ``beyond`` say which refusals are answers.

        ``query`` begins with the table's name.
        """
        answer = await self._send(method, query, body, prefer)
        if not ((conflict and answer.status == _CONFLICT) or (beyond and answer.status == _OUT_OF_RANGE)):
            check(answer, self.host)
        return answer

    async def call(self, function: str, body: bytes, *, optional: bool = False) -> Answer | None:
        """Call a function of the database with the JSON in ``body``; None where there is none of that name.

        ``optional``: None too where the service passes no calls at all. Raises SyncLeasesError where it does not find
        what it works on.
        """
        answer = await self._send("POST", f"rpc/{function}", body)
        code = "" if answer.ok else _code(answer.body)
        if code in _NO_FUNCTION or (optional and not code and answer.status in _TABLES_ALONE):
            return None
        if code in _HALF_APPLIED:
            raise SyncLeasesError(host=self.host)
        check(answer, self.host)
        return answer

    async def _send(self, method: str, query: str, body: bytes, prefer: str = "") -> Answer:
        exchange = Exchange(self.host, self._proxy, SYNC_TABLE)
        async with exchange.attempt(SECONDS):
            headers = self._headers(body, prefer)
            question = exchange.question(method, self._address + query, headers, body, seconds=SECONDS)
            async with self._pool.answer(question) as response:
                come = fields(response.headers)
                taken = await read_body(content(response, come), largest=LARGEST_BODY)
            # Reading stopped past the limit, so a longer answer is known without being taken in.
            if len(taken) > LARGEST_BODY:
                raise SyncFloodedError
            return Answer(response.status, come, taken)

    def _headers(self, body: bytes, prefer: str) -> dict[str, str]:
        key = self._api_key.reveal()
        headers = {
            "Accept": _JSON,
            "apikey": key,
            "Authorization": f"Bearer {key}",
            SECRET_HEADER: self._table_secrets.reveal(),
        }
        if prefer:
            headers["Prefer"] = prefer
        return headers | ({"Content-Type": _JSON} if body else {})
