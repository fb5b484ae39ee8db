"""Credential files, written: a known file keeps its format, order, style and every key that is not a login's."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.formats.document import Document
from probe_tray.core.formats.json_text import Node, Number, Object, Scalar, parse, quote, set_member
from probe_tray.core.formats.login_fields import (
    FEDRAMP,
    USER,
    Format,
    is_milliseconds,
    local_text,
    read_time,
    utc_text,
)

_ORDER = ("id_token", "access_token", "refresh_token", "account_id", "last_refresh", "email", "type", "expired")
"""The order in which the Go program writes its keys."""
_NAME = re.compile(r'[./\\:<>"|?*\x00-\x1f\x7f]')
_UNSAFE = re.compile(r'[/\\:<>"|?*\x00-\x1f\x7f]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
"""What Windows takes for a device, whatever follows the first dot: a login written there would be gone."""
_SPACE = " \t\r\n"
_NAME_BYTES = 180
"""Bytes of an address in a file name; a whole name may have 255."""


def new_document(credential: Credential, zone: tzinfo) -> bytes:
    """A codex-probe file: keys in the Go program's order, two spaces, a final newline, nothing empty.

    Times are written in ``zone``, whole seconds.
    """
    values = {key: quote(value) for key, value in _flat(credential, zone).items() if value}
    if _needs_fedramp(credential):
        values[FEDRAMP] = "true"
    lines = [f"  {quote(key)}: {value}" for key, value in values.items()]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def write_document(document: Document, credential: Credential, zone: tzinfo) -> bytes:
    """The whole new file in which ``document`` holds ``credential`` and all else is as it was, byte for byte.

    A value that already says the same is not touched. ``document`` must have been read as a login.
    """
    whole = document.text.reveal()
    text = whole[document.start : document.end]
    match document.format:
        case Format.OFFICIAL:
            text = _write_official(text, credential)
        case Format.SUB2API:
            text = _write_exported(text, credential)
        case Format.OPENCODE | Format.SESSION | Format.CAMEL_CASE:
            text = _write_placed(text, credential, document.places)
        case Format.PROBE | Format.PROXY_API | Format.TOKEN | None:
            text = _write_flat(text, credential, zone, keep_empty=document.format is Format.PROXY_API)
    return (whole[: document.start] + text + whole[document.end :]).encode()


def remove_document(document: Document) -> bytes:
    """The whole new file without ``document``, one of several in it; the others keep their bytes."""
    whole = document.text.reveal()
    before, after = whole[: document.start], whole[document.end :]
    if (rest := after.lstrip(_SPACE)).startswith(","):
        after = rest[1:].lstrip(_SPACE)
    elif (kept := before.rstrip(_SPACE)).endswith(","):
        before = kept[:-1]
    elif before.endswith("\n") or not before:  # a line of JSON lines
        after = after.partition("\n")[2]
    return (before + after).encode()


def file_name(credential: Credential, day: date, *, taken: bool = False) -> str:
    """The name of a new file: ``codex_me_at_example_com_20261122.json``, ``day`` being the day of the login.

    ``taken``: another account holds that name already, so a few digits of this one's identity are added.
    """
    whole = _NAME.sub("_", (credential.email or credential.account_id).replace("@", "_at_"))
    owner = whole.encode("utf-8", "replace")[:_NAME_BYTES].decode("utf-8", "ignore")
    suffix = f"_{credential.key.slug[:8]}" if taken else ""
    return f"codex_{owner}_{day:%Y%m%d}{suffix}.json"


def restored_name(credential: Credential, *, taken: bool = False) -> str:
    """The name of a file for a login that came from the shared table: ``me@example.com.json``.

    ``taken``: that name belongs to another file, so a few digits of the account's identity are added.
    """
    owner = _UNSAFE.sub("_", credential.email or credential.account_id).encode("utf-8", "replace")[:_NAME_BYTES]
    # A name that begins with a dot is hidden, and no folder of logins is searched for those.
    name = owner.decode("utf-8", "ignore").lstrip(".") or "login"
    name = f"_{name}" if _DEVICE.fullmatch(name) else name
    return f"{name}_{credential.key.slug[:8]}.json" if taken else f"{name}.json"


def _flat(credential: Credential, zone: tzinfo) -> dict[str, str]:
    user = {USER: credential.claims.user_id} if credential.is_personal else {}
    return {
        "id_token": _reveal(credential.id_token),
        "access_token": _reveal(credential.access_token),
        "refresh_token": _reveal(credential.refresh_token),
        "account_id": credential.account_id,
        "last_refresh": local_text(credential.last_refresh, zone) if credential.last_refresh else "",
        "email": credential.email,
        "type": "codex",
        "expired": local_text(credential.expiry, zone) if credential.expiry else "",
        **user,
    }


def _write_flat(text: str, credential: Credential, zone: tzinfo, *, keep_empty: bool) -> str:
    for number, (key, value) in enumerate(_flat(credential, zone).items()):
        old = _find(text, (key,))
        if key in {"last_refresh", "expired"}:
            moment = credential.last_refresh if key == "last_refresh" else credential.expiry
            if moment and _same_moment(old, moment):
                continue
        # Who it is and when it was renewed stays as written where nobody knows better; an old token or end would lie.
        if _says(old, value) or (key in {"last_refresh", "email"} and not value):
            continue
        raw = quote(value) if value or (keep_empty and old is not None) else None
        text = set_member(text, (key,), raw, after=(*_ORDER, USER)[:number])
    return _write_fedramp(text, (), credential, after=(*_ORDER, USER))


def _needs_fedramp(credential: Credential) -> bool:
    """Whether the file must say it, for want of claims in the token."""
    return credential.is_personal and credential.claims.fedramp


def _write_fedramp(text: str, inside: tuple[str, ...], credential: Credential, *, after: tuple[str, ...]) -> str:
    path = (*inside, FEDRAMP)
    old = _find(text, path)
    said = isinstance(old, Scalar) and old.value is True
    # With other tokens the key is another program's.
    if not credential.is_personal or said is credential.claims.fedramp:
        return text
    return set_member(text, path, None if said else "true", after=after)


def _write_official(text: str, credential: Credential) -> str:
    values = {
        "id_token": _reveal(credential.id_token),
        "access_token": _reveal(credential.access_token),
        "refresh_token": _reveal(credential.refresh_token),
        "account_id": credential.account_id,
    }
    # The official client requires all of these as text, so an absent one is empty text and not left out.
    for number, (key, value) in enumerate(values.items()):
        if not _says(_find(text, ("tokens", key)), value):
            text = set_member(text, ("tokens", key), quote(value), after=tuple(values)[:number])
    moment = credential.last_refresh or credential.claims.issued_at
    if moment and not _same_moment(_find(text, ("last_refresh",)), moment, exact=True):
        text = set_member(text, ("last_refresh",), quote(utc_text(moment)), after=("tokens",))
    return text


def _write_placed(text: str, credential: Credential, places: Iterable[tuple[str, tuple[str, ...]]]) -> str:
    """The login by another program's names, where that has a place for the value."""
    tokens = {
        "access_token": credential.access_token,
        "refresh_token": credential.refresh_token,
        "id_token": credential.id_token,
    }
    for name, path in places:
        old = _find(text, path)
        if name in tokens and not _says(old, _reveal(tokens[name])):
            text = set_member(text, path, quote(_reveal(tokens[name])))
        elif name == "expired" and credential.expiry is not None:
            raw = _same_style(old, credential.expiry)
            text = text if raw is None else set_member(text, path, raw)
    return text


def _same_style(old: Node | None, moment: datetime) -> str | None:
    """``moment`` as ``old`` counts it, in milliseconds, seconds or as text; None where it says the same."""
    value = old.value if isinstance(old, Scalar) else None
    if isinstance(value, Number) and is_milliseconds(value.text):
        return None if value.text[:-3] == str(int(moment.timestamp())) else f"{int(moment.timestamp())}000"
    if _same_moment(old, moment):
        return None
    return str(int(moment.timestamp())) if isinstance(value, Number) else quote(utc_text(moment))


def _write_exported(text: str, credential: Credential) -> str:
    values = {
        "access_token": _reveal(credential.access_token),
        "refresh_token": _reveal(credential.refresh_token),
        "id_token": _reveal(credential.id_token),
        "chatgpt_account_id": credential.account_id,
        USER: credential.claims.user_id,
    }
    for number, (key, value) in enumerate(values.items()):
        old = _find(text, ("credentials", key))
        if not _says(old, value):
            raw = quote(value) if value or old is not None else None
            text = set_member(text, ("credentials", key), raw, after=tuple(values)[:number])
    text = _write_fedramp(text, ("credentials",), credential, after=tuple(values))
    old = _find(text, ("credentials", "expires_at"))
    moment = credential.expiry
    if moment is None:
        return set_member(text, ("credentials", "expires_at"), None)
    if _same_moment(old, moment):
        return text
    seconds = str(int(moment.timestamp()))
    written = old.value if isinstance(old, Scalar) else None
    if isinstance(written, Number):
        raw = seconds
    elif isinstance(written, str) and written.isdigit():
        raw = quote(seconds)
    else:
        raw = quote(local_text(moment, UTC))
    return set_member(text, ("credentials", "expires_at"), raw, after=tuple(values))


def _reveal(secret: Secret | None) -> str:
    return secret.reveal() if secret else ""


def _find(text: str, path: tuple[str, ...]) -> Node | None:
    node: Node | None = parse(text)
    for key in path:
        node = node.get(key) if isinstance(node, Object) else None
    return node


def _says(node: Node | None, value: str) -> bool:
    return isinstance(node, Scalar) and node.value == value


def _same_moment(node: Node | None, moment: datetime, *, exact: bool = False) -> bool:
    value = node.value if isinstance(node, Scalar) else None
    text = value.text if isinstance(value, Number) else value
    written = read_time(text) if isinstance(text, str) else None
    if written is None:
        return False
    return written == moment if exact else int(written.timestamp()) == int(moment.timestamp())
