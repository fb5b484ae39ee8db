"""Where requests of a workspace that is tied to a region go.

Service facts: ``GET /wham/accounts/check`` tells ``workspace_backend_origin`` and ``account_routing_override``.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import msgspec

from probe_tray.core.service.lenient import mapping, object_in, sequence, text

_ORIGIN, _OVERRIDE = "workspace_backend_origin", "account_routing_override"
_NO_CONSTRAINT = "NO_CONSTRAINT"
_IDS = ("id", "account_id", "chatgpt_account_id")
_OWN = ("chatgpt.com", "openai.com")


class WorkspaceRoute(msgspec.Struct, frozen=True):
    """Where a workspace's model requests go."""

    origin: str = ""
    """Scheme and host of its backend; empty for the usual one."""
    override: str = ""
    """The routing override to send along; empty for none."""


def read_route(body: bytes, account_id: str) -> WorkspaceRoute:
    """The route of ``account_id``; the usual one where the answer tells none.

    A bearer token goes there, so an origin counts only where it is the service's own: by https a host of
    chatgpt.com or openai.com.
    """
    found = object_in(body) or {}
    told = next(_told(found, account_id), mapping(None))
    origin, override = text(told.get(_ORIGIN)), text(told.get(_OVERRIDE))
    return WorkspaceRoute(
        origin=origin.rstrip("/") if _is_own(origin) else "",
        override=override if override != _NO_CONSTRAINT and _is_header(override) else "",
    )


def _told(found: Mapping[str, object], account_id: str) -> Iterator[Mapping[str, object]]:
    """Where it may stand: in the account's own entry of a list or by its id, else at the top."""
    accounts = found.get("accounts")
    entries = [mapping(entry) for entry in sequence(accounts)]
    entries += [mapping(mapping(accounts).get(account_id))]
    for entry in entries:
        inner = mapping(entry.get("account"))
        ids = {part.get(name) for part in (entry, inner) for name in _IDS}
        if account_id in ids or entry is entries[-1]:
            yield from (part for part in (inner, entry) if _ORIGIN in part or _OVERRIDE in part)
    if _ORIGIN in found or _OVERRIDE in found:
        yield found


def _is_own(origin: str) -> bool:
    try:
        there = urlsplit(origin)
        port = there.port
    except ValueError:
        return False
    if there.path not in {"", "/"} or there.query or there.fragment or there.username is not None:
        return False
    host = there.hostname or ""
    ours = any(host == name or host.endswith(f".{name}") for name in _OWN)
    return there.scheme == "https" and port in {None, 443} and ours


def _is_header(value: str) -> bool:
    return value.isascii() and value.isprintable()
