"""Logins in the shapes of programs that call the same values by other names.

Where each value stands is found here; what it is worth is judged as in every other file.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from probe_tray.core.errors import Phrase
from probe_tray.core.formats.json_text import Member, Node, Number, Object, Scalar
from probe_tray.core.formats.login_fields import Format, NoLogin, Refused, is_milliseconds

Path = tuple[str, ...]
_PROVIDER: Final = "openai"
_OPENCODE: Final = {
    "access_token": ("access",),
    "refresh_token": ("refresh",),
    "account_id": ("accountId",),
    "expired": ("expires",),
}
_CAMEL: Final[dict[str, tuple[Path, ...]]] = {
    "access_token": (("accessToken",), ("tokens", "accessToken")),
    "refresh_token": (("refreshToken",), ("tokens", "refreshToken")),
    "id_token": (("idToken",), ("tokens", "idToken")),
    "account_id": (
        ("accountId",),
        ("chatgptAccountId",),
        ("tokens", "accountId"),
        ("tokens", "chatgptAccountId"),
        ("account", "id"),
    ),
    "chatgpt_user_id": (("chatgptUserId",), ("userId",), ("user", "id")),
    "email": (("email",), ("user", "email")),
    "expired": (("expiresAt",), ("tokens", "expiresAt")),
    "last_refresh": (("lastRefresh",),),
}
OTHER_ACCOUNT_NAMES: Final = ("accountId", "chatgptAccountId", "workspace_id", "workspaceId", "team_id", "account")
"""What a flat object calls its account id beside the usual names; of an object, its ``id``."""


class ForeignLogin(msgspec.Struct, frozen=True):
    """A login in another program's names."""

    format: Format
    fields: Object
    """The same values by the names of a codex-probe file."""
    places: tuple[tuple[str, Path], ...]
    """Where the value of each name stands in the object."""


def find_foreign(node: Object) -> ForeignLogin | None:
    """The login in ``node``, None where it is of no such shape. Raises Refused where it is another service's."""
    if any(_is_provider(m.value) for m in node.members):
        own = node.get(_PROVIDER)
        if not isinstance(own, Object):
            raise Refused(Phrase("it has no login for OpenAI"), NoLogin.ANOTHER_SERVICE)
        if own.get("access") is None:
            raise Refused(Phrase("it is an API key, which has no quota to show"), NoLogin.ANOTHER_SERVICE)
        return _named(Format.OPENCODE, node, {name: ((_PROVIDER, *path),) for name, path in _OPENCODE.items()})
    if _at(node, ("accessToken",)) is None and _at(node, ("tokens", "accessToken")) is None:
        return None
    # The session of the web page also holds a token for cookies, which nothing else takes.
    session = isinstance(node.get("user"), Object)
    return _named(Format.SESSION if session else Format.CAMEL_CASE, node, _CAMEL)


def _is_provider(value: Node) -> bool:
    """Whether it is an entry of OpenCode's file: a kind, and what belongs to that kind."""
    if not isinstance(value, Object):
        return False
    kind = value.get("type")
    words = kind.value if isinstance(kind, Scalar) else None
    return words in {"oauth", "api", "wellknown"} and any(value.get(k) is not None for k in ("access", "key", "token"))


def _named(kind: Format, node: Object, names: dict[str, tuple[Path, ...]]) -> ForeignLogin:
    places = tuple(_present(node, names))
    members = tuple(
        Member(key=name, start=node.start, value=_in_seconds(name, _at(node, path))) for name, path in places
    )
    return ForeignLogin(kind, Object(node.start, node.end, members), places)


def _present(node: Object, names: dict[str, tuple[Path, ...]]) -> Iterator[tuple[str, Path]]:
    for name, paths in names.items():
        if (path := next((p for p in paths if _at(node, p) is not None), None)) is not None:
            yield name, path


def _at(node: Node | None, path: Path) -> Node | None:
    for key in path:
        node = node.get(key) if isinstance(node, Object) else None
    return node


def _in_seconds(name: str, node: Node | None) -> Node:
    assert node is not None  # noqa: S101 - only what is present was asked for
    if name == "expired" and isinstance(node, Scalar) and isinstance(node.value, Number):
        # JavaScript counts milliseconds.
        text = node.value.text
        if is_milliseconds(text):
            return msgspec.structs.replace(node, value=Number(text.partition(".")[0][:-3]))
    return node
