"""What a refusal of the shared table means. Nothing of its body goes further: anybody may have written it."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from probe_tray.core.errors import (
    ProbeError,
    RateLimitedError,
    SyncColumnsError,
    SyncNoTableError,
    SyncPageError,
    SyncRefusedError,
    SyncStrangeError,
    UnavailableError,
)
from probe_tray.core.service.answer import Answer

_NO_TABLE: Final = frozenset({"PGRST205", "PGRST106", "42P01"})
_OTHER_COLUMNS: Final = frozenset({"PGRST204", "42703", "42P10", "23502", "22P02", "42804"})
_NOT_ALLOWED: Final = "42501"


class _Refusal(msgspec.Struct, frozen=True):
    code: str | None = None


_REFUSAL: Final = msgspec.json.Decoder(_Refusal)


def check(answer: Answer, host: str) -> None:
    """Raise what an answer means that is no success."""
    page = _is_page(answer)
    if answer.ok and not page:
        return
    raise _meaning(answer, host, page=page)


def _meaning(answer: Answer, host: str, *, page: bool) -> ProbeError:
    status, code = str(answer.status), _code(answer.body)
    if answer.status == 429:
        return RateLimitedError(retry_after=answer.retry_after(datetime.now(UTC)))
    if answer.status >= 500:
        return UnavailableError(status=status, retry_after=answer.retry_after(datetime.now(UTC)))
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


def _is_page(answer: Answer) -> bool:
    kind = answer.headers.get("content-type", "").lower()
    return kind.startswith("text/html") or answer.body[:512].lstrip().lower().startswith((b"<!doctype", b"<html"))


def _code(body: bytes) -> str:
    try:
        return _REFUSAL.decode(body).code or ""
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
