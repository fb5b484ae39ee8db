"""The values of one login in a file, each checked as it is read, and whose file it may be."""

import enum
import re
from datetime import UTC, datetime, tzinfo
from typing import Final

from probe_tray.core.account.identity import is_account_id
from probe_tray.core.account.secret import Secret, token
from probe_tray.core.errors import Phrase
from probe_tray.core.formats.json_text import Number, Object, Scalar

USER: Final = "chatgpt_user_id"
FEDRAMP: Final = "chatgpt_account_is_fedramp"
"""Whose a personal access token is, and whether its requests need a header for it. Other tokens say so themselves.

The names are those of the claims. A file without the second needs no such header."""
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_EPOCH = re.compile(r"([0-9]{1,20})(?:\.[0-9]{1,9})?")
_FIRST_YEAR = 1970
"""Go writes a time that was never set as year 1."""
_LATEST = datetime(9999, 12, 30, tzinfo=UTC)
"""Somebody's "never". Later ones have no place in the calendar of every zone, so they are read as this."""
_MILLISECONDS = 100_000_000_000
"""More seconds than this is the year 5138, so it is milliseconds."""


def read_time(text: str) -> datetime | None:
    """The moment in ``text``, aware UTC, or None where it cannot be read or is before 1970.

    RFC 3339 with a zone and up to nine digits of a second (microseconds are kept), or whole or broken seconds since
    1970. Milliseconds since 1970 are not read: see :func:`is_milliseconds`.
    """
    if found := _EPOCH.fullmatch(text):
        if int(found[1]) >= _MILLISECONDS:
            return None
        return datetime.fromtimestamp(float(text), UTC) if float(text) else None
    if not _RFC3339.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return min(moment, _LATEST) if moment.year >= _FIRST_YEAR else None


def is_milliseconds(text: str) -> bool:
    """Whether ``text`` is a count that only makes sense as milliseconds since 1970."""
    found = _EPOCH.fullmatch(text)
    return found is not None and int(found[1]) >= _MILLISECONDS


def local_text(moment: datetime, zone: tzinfo) -> str:
    """``2026-11-22T15:04:05+08:00``: whole seconds with the zone's offset, ``Z`` for none, as Go prints RFC 3339."""
    text = moment.astimezone(zone).isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def utc_text(moment: datetime) -> str:
    """``2026-11-22T06:53:11.183362Z``, as the official client writes it; it refuses a time without a zone."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


class Format(enum.Enum):
    """Whose file it is."""

    PROBE = "codex-probe"
    PROXY_API = "CLIProxyAPI"
    OFFICIAL = "Codex client"
    SUB2API = "sub2api"
    OPENCODE = "OpenCode"
    SESSION = "ChatGPT session"
    """What the web page's own address for it tells of a session."""
    CAMEL_CASE = "camelCase"
    """The names of a codex-probe file as JavaScript writes them."""
    TOKEN = "access token"
    """A personal access token by itself, without JSON."""

    @property
    def records_end(self) -> bool:
        """Whether a login's end is one of the fields that the renewal policy looks at."""
        return self in {Format.PROBE, Format.PROXY_API}


class NoLogin(enum.Enum):
    """What there is in the place of a login where nothing is wrong."""

    API_KEY = "API key"
    """The official client, signed in with an API key: there is no quota to show."""
    ACCESS_TOKEN = "personal access token"
    """A token that is never renewed and doesn't say whose it is: the service does."""
    REFUSED = "refused token"
    """Such a token that the service has refused."""
    SIGNED_OUT = "signed out"
    """The official client after signing out."""
    ANOTHER_SERVICE = "another service"
    """An entry of a bundle that several services share."""
    SOMETHING_ELSE = "something else"
    """A whole file of another kind: the official client's list of models, a configuration."""


class Refused(Exception):
    """Why something is no login; the message holds nothing of the file."""

    def __init__(self, reason: str, no_login: NoLogin | None = None) -> None:
        """``no_login`` is what it is instead, where nothing is wrong with that."""
        super().__init__(reason)
        self.reason = reason
        self.no_login = no_login


class LoginFields:
    """Looks up the values of one login.

    ``top`` is its outermost object, ``inside`` the way from there to the object with the tokens. What is unfit raises
    Refused with a reason that names the key only; times and labels that are unfit are left out instead.
    """

    def __init__(self, top: Object, inside: tuple[str, ...]) -> None:
        self.top = top
        self.inner = top
        self.notes: list[str] = []
        for name in inside:
            found = self.inner.get(name)
            if isinstance(found, Object):
                self.inner = found

    def text(self, key: str) -> str:
        """Text, empty where there is none or null."""
        found = self.inner.get(key)
        if found is None or (isinstance(found, Scalar) and found.value is None):
            return ""
        if not isinstance(found, Scalar) or not isinstance(found.value, str):
            raise Refused(Phrase('its "{key}" is not text', key=key))
        return found.value

    def token(self, key: str) -> Secret | None:
        """A token, None where there is none."""
        value = self.text(key)
        if not value:
            return None
        found = token(value)
        if found is None:
            raise Refused(
                Phrase('its "{key}" holds a character that no token has, such as a line break or a space', key=key)
            )
        return found

    def account(self, key: str) -> str:
        """An id, empty where there is none."""
        value = self.text(key)
        if value and not is_account_id(value):
            raise Refused(Phrase('its "{key}" holds a character that no id has, or is too long', key=key))
        return value

    def label(self, key: str, node: Object | None = None) -> str:
        """Text for people, empty where there is none that can be shown."""
        found = (node or self.inner).get(key)
        value = found.value if isinstance(found, Scalar) else None
        return value if isinstance(value, str) and value.isprintable() else ""

    def is_set(self, key: str) -> bool:
        """Whether it is a plain true."""
        found = self.inner.get(key)
        return isinstance(found, Scalar) and found.value is True

    def time(self, key: str, node: Object | None = None) -> datetime | None:
        """A moment, aware UTC; None with a note where it cannot be read."""
        found = (node or self.inner).get(key)
        if found is None or (isinstance(found, Scalar) and found.value in {None, ""}):
            return None
        value = found.value if isinstance(found, Scalar) else None
        text = value.text if isinstance(value, Number) else value if isinstance(value, str) else ""
        moment = read_time(text)
        if moment is None:
            milliseconds = is_milliseconds(text)
            self.notes.append(
                Phrase('Its "{key}" is in milliseconds instead of seconds, so it is ignored.', key=key)
                if milliseconds
                else Phrase('Its "{key}" is not a valid time, so it is ignored.', key=key)
            )
        return moment
