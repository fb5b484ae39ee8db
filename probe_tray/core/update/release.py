"""A published version of this program, and when to look for the next one.

Release feed: GitHub's REST API, ``GET /repos/{owner}/{repo}/releases/latest``, which leaves out drafts and prereleases
(https://docs.github.com/en/rest/releases/releases#get-the-latest-release).
"""

import re
from datetime import datetime, timedelta
from typing import Final

import msgspec

from probe_tray.core.service.service import REPOSITORY
from probe_tray.core.update.version import Version

MOST_CHANGES: Final = 5
LONGEST_CHANGE: Final = 160
_DAY: Final = timedelta(days=1)
_SPREAD: Final = timedelta(hours=4)
_UNSENT: Final = timedelta(hours=1)
_ITEM: Final = re.compile(r"[-*] +(\S.*)")
_LINK: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_MARKS: Final = re.compile(r"\*\*|__|`")


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A version that was published."""

    version: str
    """Without a ``v`` before it."""
    changes: tuple[str, ...] = ()
    """The first points of its notes, as plain text."""

    @property
    def page(self) -> str:
        """The address of its page. No part of it is taken from the feed as it stands there."""
        return f"{REPOSITORY}/releases/tag/v{self.version}"


class UpdateMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of the last check across restarts."""

    next_at: datetime | None = None
    """The feed is not asked before, aware UTC; None before the first check."""
    release: Release | None = None
    """The newest version that the feed has named."""


class _Published(msgspec.Struct, frozen=True):
    tag_name: str
    body: str | None = None
    draft: bool = False
    prerelease: bool = False


_PUBLISHED: Final = msgspec.json.Decoder(_Published)


def parse_release(body: bytes) -> Release | None:
    """The release that an answer of the feed names; None where it names none that is meant for everybody."""
    try:
        found = _PUBLISHED.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    version = Version.parse(found.tag_name)
    if version is None or found.draft or found.prerelease:
        return None
    return Release(version=version.text, changes=_changes(found.body or ""))


def is_due(memory: UpdateMemory, now: datetime) -> bool:
    """Whether the feed may be asked at ``now``. A moment further away than any that is set comes of another clock."""
    return memory.next_at is None or not now < memory.next_at <= now + _DAY + _SPREAD


def next_check(now: datetime, fraction: float, *, sent: bool = True) -> datetime:
    """When the feed may be asked again: a day later and up to four hours more, by ``fraction`` (0 to 1).

    One that was not ``sent``, since there was no network, has asked nobody and waits an hour.
    """
    return now + (_DAY + _SPREAD * fraction if sent else _UNSENT * (1 + fraction))


def _changes(notes: str) -> tuple[str, ...]:
    """The points of a list in Markdown, each with the indented lines that continue it."""
    items: list[str] = []
    inside = False
    for line in notes.splitlines():
        item = _ITEM.fullmatch(line)
        if item is not None:
            items.append(item[1])
            inside = True
        elif inside and line.startswith("  ") and line.strip():
            items[-1] += f" {line}"
        else:
            inside = False
    plain = (_plain(item) for item in items)
    return tuple(text for text in plain if text)[:MOST_CHANGES]


def _plain(text: str) -> str:
    shown = _MARKS.sub("", _LINK.sub(r"\1", text))
    shown = " ".join("".join(one if one.isprintable() else " " for one in shown).split())
    return shown if len(shown) <= LONGEST_CHANGE else f"{shown[: LONGEST_CHANGE - 1]}…"
