"""What was found where the official client keeps its login."""

import json
from datetime import UTC, datetime, timedelta

import msgspec

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.codex.codex_state import CodexKeeper
from probe_tray.core.formats.document import Document, read_documents
from probe_tray.core.formats.json_text import JsonTextError, Object, Scalar, parse
from probe_tray.core.formats.login_fields import Format, NoLogin
from probe_tray.core.formats.writer import write_document
from probe_tray.core.transfer.export import official_text

_API_KEY = "OPENAI_API_KEY"
_SURE = timedelta(hours=1)
_YOUNG = timedelta(days=7)


class PlaceContent(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, as it was read."""

    keeper: CodexKeeper
    text: Secret | None = None
    """The whole file or keyring entry; None where there is none."""
    document: Document | None = None
    """Its only login, or why it is none."""

    @property
    def login(self) -> Credential | None:
        """The login of an account, where it is one."""
        return None if self.document is None else self.document.credential

    @property
    def has_more(self) -> bool:
        """Whether something is in it that no account's login holds: an API key, a personal token, what nobody reads."""
        if self.document is None or self.document.no_login is NoLogin.SIGNED_OUT:
            return False
        return self.login is None or self.login.is_personal or _key_of(self.document) is not None

    @property
    def is_whole(self) -> bool:
        """Whether it is one whole JSON text, or nothing at all; False of half of one."""
        if self.text is None:
            return True
        try:
            parse(self.text.reveal())
        except JsonTextError:
            return False
        return True

    @property
    def rest(self) -> Secret | None:
        """What to keep of it: all of it, but no token of an account's login, which is another store's to keep."""
        if self.document is None or self.login is None or self.login.is_personal:
            return self.text
        return Secret(json.dumps({_API_KEY: _key_of(self.document)}))


def place_content(keeper: CodexKeeper, data: bytes | None) -> PlaceContent:
    """What ``data`` is; None: there is nothing."""
    if data is None:
        return PlaceContent(keeper=keeper)
    documents = read_documents(data)
    text = Secret(data.decode("utf-8", "surrogateescape"))
    document = documents[0]
    if len(documents) > 1:
        # The client reads one login alone; several are something else, which is kept as a whole.
        document = msgspec.structs.replace(document, credential=None, no_login=None)
    return PlaceContent(keeper=keeper, text=text, document=document)


def client_text(found: PlaceContent, login: Credential, now: datetime) -> Secret:
    """What the client's place holds once ``login`` is in it, in its own format.

    Keys that nobody here knows stay beside a login of the same owner; those of another one's login are no part of it.
    """
    document, before = found.document, found.login
    alone = document is not None and document.format is Format.OFFICIAL and not found.has_more
    if document is not None and alone and before is not None and before.key == login.key:
        return Secret(write_document(document, login, UTC).decode())
    return Secret(official_text(login, now))


def may_be_renewing(login: Credential, now: datetime) -> bool:
    """Whether a client that runs may be renewing ``login`` at this moment, so that its place must not be written.

    The client 0.171 renews in the last 5 minutes of a token; earlier ones once ``last_refresh`` was 8 days ago. Where
    neither can be near, only a refusal by the service makes it renew.
    """
    if not login.renewable:
        return False
    if login.expiry is None or login.last_refresh is None:
        return True
    return login.expiry - now < _SURE or not timedelta() <= now - login.last_refresh < _YOUNG


def _key_of(document: Document) -> object:
    """The API key in it; None where there is none."""
    node = parse(document.text.reveal()[document.start : document.end])
    key = node.get(_API_KEY) if isinstance(node, Object) else None
    return key.value or None if isinstance(key, Scalar) else None
