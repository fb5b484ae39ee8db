"""The values of one login in a file, each checked as it is read."""

import re
from datetime import datetime

from probe_tray.core.account.secret import Secret, token
from probe_tray.core.formats.format_times import is_milliseconds, read_time
from probe_tray.core.formats.json_text import Number, Object, Scalar

_ID = re.compile(r"[!-~]{1,200}")
"""An account id goes into a header of every request, so it holds what a header may hold."""


class Refused(Exception):
    """Why something is no login; the message holds nothing of the file."""


class Fields:
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
            raise Refused(f'its "{key}" is not text')
        return found.value

    def token(self, key: str) -> Secret | None:
        """A token, None where there is none."""
        value = self.text(key)
        if not value:
            return None
        found = token(value)
        if found is None:
            raise Refused(f'its "{key}" holds a character that no token has, such as a line break or a space')
        return found

    def account(self, key: str) -> str:
        """An id, empty where there is none."""
        value = self.text(key)
        if value and not _ID.fullmatch(value):
            raise Refused(f'its "{key}" holds a character that no id has, or is too long')
        return value

    def label(self, key: str, node: Object | None = None) -> str:
        """Text for people, empty where there is none that can be shown."""
        found = (node or self.inner).get(key)
        value = found.value if isinstance(found, Scalar) else None
        return value if isinstance(value, str) and value.isprintable() else ""

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
                f'Its "{key}" counts milliseconds where seconds are meant, so it is ignored.'
                if milliseconds
                else f'Its "{key}" is not a time that can be read, so it is ignored.'
            )
        return moment
