"""Credential files of several programs, recognised by content and never by name.

Reading never raises: what cannot be read becomes a :class:`Document` with a reason. Reasons hold nothing of the file.
Writing is in ``format_write``.
"""

from codecs import BOM_UTF8
from typing import Final

import msgspec

from probe_tray.core.account.credential import PERSONAL_PREFIX, Credential, read_claims
from probe_tray.core.account.identity import is_account_id
from probe_tray.core.account.personal_token import personal_token
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import Phrase
from probe_tray.core.formats.foreign_login import OTHER_ACCOUNT_NAMES, Path, find_foreign
from probe_tray.core.formats.json_text import Array, JsonTextError, Member, Node, Object, Scalar, parse
from probe_tray.core.formats.login_fields import FEDRAMP, USER, Format, LoginFields, NoLogin, Refused
from probe_tray.core.formats.other_keys import CREDENTIALS, ENTRY, FLAT, OFFICIAL, TOKENS, read_other_keys

LARGEST_LOGIN: Final = 256 * 1024
"""Bytes of the largest file of one login; it has a few thousand."""
LARGEST_LIST: Final = 4 * 1024 * 1024
"""Bytes of the largest file whatever it holds; a list of a thousand logins has less."""
_PROXY_API_KEYS = frozenset({"disabled", "prefix", "proxy_url", "priority", "note", "websockets"})
_FLAT_KEYS = frozenset(
    {"id_token", "access_token", "refresh_token", "account_id", "last_refresh", "email", "type", "expired"}
)
_ACCESS_NAMES: Final = (b'"access_token"', b'"accessToken"', b'"access"')
"""What the access token is called in the formats of which a list may be made."""
_ARCHIVES: Final = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"7z\xbc\xaf",
    b"Rar!\x1a",
    b"\xfd7zXZ",
    b"BZh",
    b"\x28\xb5\x2f\xfd",
)
"""How files begin that zip, gzip, 7-Zip, RAR, xz, bzip2 and Zstandard make."""
ARCHIVE: Final = Phrase("it is an archive, not a login")
_TAR: Final = slice(257, 262)
"""Where a tar file says what it is."""
_PERSONAL = "personal_access_token"
_SHORTEST_BARE: Final = 20
"""Characters of a token that may stand by itself: an ordinary word must not be sent to the service as one."""
_OFFICIAL_KEYS = frozenset({"auth_mode", "OPENAI_API_KEY", "tokens", _PERSONAL})
_TOKEN_KEYS = frozenset({"id_token", "access_token", "refresh_token", "account_id"})
_ENTRY_KEYS = frozenset({"name", "platform", "type", "credentials"})
_CREDENTIALS_KEYS = _TOKEN_KEYS | {
    "email",
    "chatgpt_account_id",
    USER,
    FEDRAMP,
    "organization_id",
    "plan_type",
    "client_id",
    "expires_at",
}
_SIGNED_OUT_KEYS = _OFFICIAL_KEYS | {"last_refresh"}


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One login of a file, or the reason why there is none."""

    text: Secret
    """The whole file, without a byte order mark."""
    start: int = 0
    end: int = 0
    """Where this login's object stands in ``text``."""
    index: int = 0
    """Its number in the file, from 0."""
    format: Format | None = None
    credential: Credential | None = None
    no_login: NoLogin | None = None
    """What there is instead of a login, as far as nothing is wrong with that."""
    personal: Secret | None = None
    """The personal access token, where nothing here says whose it is."""
    reason: str = ""
    """Why it is no login; empty when it is one. Continues the sentence "… cannot be read as a login: "."""
    places: tuple[tuple[str, Path], ...] = ()
    """Where the values stand, in a format that has other names for them."""
    notes: tuple[str, ...] = ()
    """Oddities that do no harm, as sentences for a preview."""


def size_limit(data: bytes) -> int:
    """Bytes that a file of this content may have: :data:`LARGEST_LOGIN` for each login, :data:`LARGEST_LIST` in all.

    One rule for whoever reads and whoever writes. The logins are counted without taking the text apart, which could
    cost much where it is hostile.
    """
    return min(LARGEST_LOGIN * max(1, sum(map(data.count, _ACCESS_NAMES))), LARGEST_LIST)


def is_archive(data: bytes) -> bool:
    """Whether it is an archive of files, such as the backup of another program: no text begins so."""
    return data.startswith(_ARCHIVES) or data[_TAR.start : _TAR.stop] == b"ustar"


def read_documents(data: bytes) -> tuple[Document, ...]:
    """Every login in a file's bytes, in order; at least one entry, which may be a reason. Never raises.

    Accepts one object of any format, an array of them, and JSON lines of them; a line or an entry that cannot be read
    does not stop the others.
    """
    try:
        text = _text(data)
    except Refused as refused:
        return (Document(text=Secret(""), reason=refused.reason),)
    secret = Secret(text)
    try:
        found = _spread(parse(text))
    except JsonTextError as error:
        lines = _lines(text)
        if lines is None and text.lstrip().startswith(PERSONAL_PREFIX):
            reason = Phrase("a personal access token is longer, and has no spaces or line breaks in it")
            return (Document(text=secret, reason=reason),)
        if lines is None:
            return (Document(text=secret, reason=error.reason),)
        found = lines
    if not found:
        return (Document(text=secret, no_login=NoLogin.SOMETHING_ELSE, reason=Phrase("it contains no login")),)
    many = len(found) > 1
    documents = tuple(_document(secret, index, entry, many=many) for index, entry in enumerate(found))
    if all(document.no_login is NoLogin.SOMETHING_ELSE for document in documents):
        return documents
    # Among logins, what is none was most likely meant to be one.
    return tuple(_meant(document) for document in documents)


def _meant(document: Document) -> Document:
    other = document.no_login is NoLogin.SOMETHING_ELSE
    return msgspec.structs.replace(document, no_login=None) if other else document


def _text(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused(Phrase("it is UTF-16 text; save it as UTF-8"))
    if b"\0" in data:
        raise Refused(Phrase("it contains a NUL byte"))
    try:
        return data.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError:
        raise Refused(Phrase("it is not UTF-8 text")) from None


_Entry = tuple[Node | None, int, str]
"""A value, how far its places are off in the whole text, and why there is no value."""


def _spread(node: Node, offset: int = 0) -> list[_Entry]:
    if isinstance(node, Array):
        return [entry for item in node.items for entry in _spread(item, offset)]
    if isinstance(node, Object):
        accounts, wrapped = node.get("accounts"), node.get("data")
        if isinstance(accounts, Array):
            return [(item, offset, "") for item in accounts.items]
        if isinstance(wrapped, Array) or (isinstance(wrapped, Object) and not _is_login(node)):
            return _spread(wrapped, offset)
    return [(node, offset, "")]


def _lines(text: str) -> list[_Entry] | None:
    """The entries of JSON lines, or None where no line is an object of its own or a token."""
    entries: list[_Entry] = []
    place, objects = 0, 0
    for line in text.split("\n"):
        if line.strip():
            try:
                node = _bare_token(line) or parse(line)
            except JsonTextError as error:
                entries.append((None, place, error.in_a_line))
            else:
                objects += isinstance(node, Object)
                entries += _spread(node, place)
        place += len(line) + 1
    return entries if objects else None


def _bare_token(line: str) -> Object | None:
    """A line that is nothing but a personal access token, as the official client would write it."""
    value = line.strip()
    if len(value) < _SHORTEST_BARE or personal_token(value) is None:
        return None
    start = line.index(value)
    end = start + len(value)
    return Object(start, end, (Member(start, _PERSONAL, Scalar(start, end, value)),))


def _is_login(node: Object) -> bool:
    return any(
        m.key in _OFFICIAL_KEYS or m.key in {"access_token", "refresh_token", "credentials"} for m in node.members
    )


def _document(text: Secret, index: int, entry: _Entry, *, many: bool) -> Document:
    node, offset, reason = entry
    base = Document(text=text, index=index)
    if isinstance(node, Object):
        base = Document(text=text, index=index, start=offset + node.start, end=offset + node.end)
    try:
        if not isinstance(node, Object):
            raise Refused(reason or Phrase("it is not a JSON object"), None if reason else NoLogin.SOMETHING_ELSE)
        return _recognised(base, node, one_line="\n" not in text.reveal()[base.start : base.end])
    except Refused as refused:
        reason = refused.reason
        if many:
            reason = Phrase("entry {n}: {reason}", n=str(index + 1), reason=reason)
        return msgspec.structs.replace(base, no_login=refused.no_login, reason=reason)


def _recognised(base: Document, node: Object, *, one_line: bool) -> Document:
    keys = {m.key for m in node.members}
    if isinstance(node.get("credentials"), Object):
        return _exported(base, LoginFields(node, ("credentials",)))
    if (foreign := find_foreign(node)) is not None:
        found = _read(base, LoginFields(foreign.fields, ()), foreign.format)
        return msgspec.structs.replace(found, places=foreign.places)
    if keys & _OFFICIAL_KEYS:
        return _official(base, node)
    if not keys & _FLAT_KEYS - {"type", "email"}:
        raise Refused(Phrase("it doesn't look like a credential file"), NoLogin.SOMETHING_ELSE)
    kind = node.get("type")
    if isinstance(kind, Scalar) and kind.value not in {"codex", "", None}:
        raise Refused(Phrase('it is a login for another service: its "type" is not "codex"'), NoLogin.SOMETHING_ELSE)
    proxied = keys & _PROXY_API_KEYS or (one_line and keys >= _FLAT_KEYS)
    return _read(base, LoginFields(node, ()), Format.PROXY_API if proxied else Format.PROBE)


def _exported(base: Document, fields: LoginFields) -> Document:
    if fields.label("platform", fields.top) not in {"", "openai"}:
        raise Refused(
            Phrase('it is a login for another service: its "platform" is not "openai"'), NoLogin.ANOTHER_SERVICE
        )
    if fields.label("type", fields.top) == "apikey":
        raise Refused(Phrase("it is an API key, which has no quota to show"), NoLogin.ANOTHER_SERVICE)
    return _read(base, fields, Format.SUB2API)


def _official(base: Document, node: Object) -> Document:
    tokens = node.get("tokens")
    try:
        if isinstance(tokens, Object):
            return _read(base, LoginFields(node, ("tokens",)), Format.OFFICIAL)
        if not _is_blank(tokens):
            raise Refused(Phrase('its "tokens" are not a JSON object'))
        if any(not _is_blank(m.value) for m in node.members if m.key not in _SIGNED_OUT_KEYS):
            raise Refused(Phrase("the Codex client uses it in a way Probe Tray doesn't know"))
        raise Refused(Phrase("nobody is logged in with it"), NoLogin.SIGNED_OUT)
    except Refused:
        if not _is_blank(personal := node.get(_PERSONAL)):
            return _personal(base, personal)
        if not _is_blank(node.get("OPENAI_API_KEY")):
            return msgspec.structs.replace(base, format=Format.OFFICIAL, no_login=NoLogin.API_KEY)
        raise


def _personal(base: Document, node: Node | None) -> Document:
    value = node.value if isinstance(node, Scalar) else None
    token = personal_token(value) if isinstance(value, str) else None
    if token is None:
        raise Refused(Phrase('its "{key}" must begin with at-', key=_PERSONAL))
    bare = not base.text.reveal().startswith("{", base.start)
    return _unowned(base, Format.TOKEN if bare else Format.OFFICIAL, token)


def _unowned(base: Document, kind: Format, token: Secret) -> Document:
    reason = Phrase("it is a personal access token, and OpenAI hasn't said whose it is")
    return msgspec.structs.replace(base, format=kind, no_login=NoLogin.ACCESS_TOKEN, personal=token, reason=reason)


def _account(fields: LoginFields, *, exported: bool) -> str:
    names = ("chatgpt_account_id", "account_id") if exported else ("account_id", "chatgpt_account_id")
    if found := next((found for found in map(fields.account, names) if found), ""):
        return found
    # Where the usual names say nothing, whatever else holds text that can be an id.
    for name in OTHER_ACCOUNT_NAMES:
        node = fields.inner.get(name)
        node = node.get("id") if isinstance(node, Object) else node
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, str) and is_account_id(value):
            return value
    return ""


def _others(base: Document, fields: LoginFields, kind: Format, *, personal: bool) -> Secret | None:
    """What is no login's in a file of a program that hands its logins on."""
    text = base.text.reveal()[base.start - fields.top.start : base.end]
    match kind:
        case Format.PROBE | Format.PROXY_API:
            # Written here beside a personal access token, as part of the login.
            owner = {USER, FEDRAMP} if personal else set[str]()
            return read_other_keys(text, [(FLAT, fields.top, _FLAT_KEYS | {"chatgpt_account_id"} | owner)])
        case Format.OFFICIAL:
            places = [(OFFICIAL, fields.top, _SIGNED_OUT_KEYS), (TOKENS, fields.inner, _TOKEN_KEYS)]
            return read_other_keys(text, places)
        case Format.SUB2API:
            places = [(ENTRY, fields.top, _ENTRY_KEYS), (CREDENTIALS, fields.inner, _CREDENTIALS_KEYS)]
            return read_other_keys(text, places)
        case Format.OPENCODE | Format.SESSION | Format.CAMEL_CASE | Format.TOKEN:
            return None


def _is_blank(node: Node | None) -> bool:
    return node is None or (isinstance(node, Scalar) and node.value in {None, ""})


def _read(base: Document, fields: LoginFields, kind: Format) -> Document:
    access, identity = fields.token("access_token"), fields.token("id_token")
    if access is None:
        raise Refused(Phrase('it has no "access_token"'))
    exported = kind is Format.SUB2API
    claims = read_claims(identity, access)
    # A field that is unfit does no harm where the tokens say better.
    account = claims.account_id or _account(fields, exported=exported)
    user = claims.user_id or fields.account(USER)
    fedramp = fields.is_set(FEDRAMP) if personal_token(access.reveal()) is not None else claims.fedramp
    if not account and personal_token(access.reveal()) is not None and fields.token("refresh_token") is None:
        return _unowned(base, kind, access)
    if not account and user:
        raise Refused(Phrase("it names a user but no account, neither in its fields nor in its tokens"))
    if not account:
        raise Refused(Phrase('neither its "account_id" or "chatgpt_account_id" nor its tokens say which account it is'))
    plan = claims.plan or (fields.label("plan_type").lower() if exported else "")
    credential = Credential(
        access_token=access,
        refresh_token=fields.token("refresh_token"),
        id_token=identity,
        account_id=account,
        claims=msgspec.structs.replace(
            claims, user_id=user, plan=plan, email=claims.email or fields.label("email"), fedramp=fedramp
        ),
        last_refresh=None if exported else fields.time("last_refresh", fields.top),
        expired=fields.time("expires_at") if exported else fields.time("expired", fields.top),
    )
    credential = msgspec.structs.replace(
        credential, others=_others(base, fields, kind, personal=credential.is_personal)
    )
    return msgspec.structs.replace(base, format=kind, credential=credential, notes=tuple(fields.notes))
