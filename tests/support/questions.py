"""Questions for connections that are kept."""

from collections.abc import Callable
from urllib.parse import urlsplit

from probe_tray.adapters.http.wire.kept_question import Headers, KeptQuestion, Origin, StepLimits
from tests.support.patience import PATIENCE


def kept_question(
    address: str,
    headers: Headers | None = None,
    *,
    method: str = "GET",
    body: bytes = b"",
    leaves: Callable[[], None] = lambda: None,
) -> KeptQuestion:
    """One that may take as long as tests wait; ``headers`` are all that there are."""
    parts = urlsplit(address)
    told = [(b"Host", parts.netloc.encode())] if headers is None else headers
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return KeptQuestion(method, Origin.of(parts), target, told, body, StepLimits(PATIENCE, PATIENCE), leaves)
