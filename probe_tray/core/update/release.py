"""A published version of this program, the order of versions (PEP 440), and when to look for the next one.

Release feed: GitHub's REST API, ``GET /repos/{owner}/{repo}/releases/latest``, which leaves out drafts and prereleases
(https://docs.github.com/en/rest/releases/releases#get-the-latest-release).
"""

import re
from datetime import datetime, timedelta
from typing import Final, Self, final

import msgspec

from probe_tray.core.service.service import REPOSITORY

_FORM: Final = re.compile(
    r"v?(?P<release>\d{1,9}(?:\.\d{1,9}){0,4})(?:(?P<stage>a|b|rc)(?P<number>\d{1,9}))?"
    r"(?:\.post(?P<post>\d{1,9}))?(?:\.dev(?P<dev>\d{1,9}))?",
    re.ASCII,
)
_STAGES: Final = {"a": 0, "b": 1, "rc": 2}
_BEFORE_ALL_STAGES, _FINISHED = -1, 3
_LATEST: Final = 10**9
MOST_CHANGES: Final = 5
LONGEST_CHANGE: Final = 160
_DAY: Final = timedelta(days=1)
_SPREAD: Final = timedelta(hours=4)
_UNSENT: Final = timedelta(hours=1)
_ITEM: Final = re.compile(r"[-*] +(\S.*)")
_LINK: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_MARKS: Final = re.compile(r"\*\*|__|`")


@final
class Version:
    """One version. Versions can be compared; ``1.0`` equals ``1.0.0``."""

    __slots__ = ("_order", "text")

    def __init__(self, text: str, order: tuple[tuple[int, ...], ...]) -> None:
        """Use :meth:`parse`."""
        self.text = text
        self._order = order

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The version that ``text`` is, with or without a ``v`` before it; None where it is none."""
        found = _FORM.fullmatch(text)
        if found is None:
            return None
        numbers = [int(part) for part in found["release"].split(".")]
        while len(numbers) > 1 and not numbers[-1]:
            numbers.pop()
        stage = _FINISHED if found["stage"] is None else _STAGES[found["stage"]]
        post = -1 if found["post"] is None else int(found["post"])
        dev = _LATEST if found["dev"] is None else int(found["dev"])
        if found["stage"] is None and found["post"] is None and found["dev"] is not None:
            # PEP 440: 1.0.dev1 comes before 1.0a1.
            stage = _BEFORE_ALL_STAGES
        return cls(text.removeprefix("v"), (tuple(numbers), (stage, int(found["number"] or 0)), (post,), (dev,)))

    def __lt__(self, other: "Version") -> bool:
        return self._order < other._order

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._order == other._order

    def __hash__(self) -> int:
        return hash(self._order)

    def __repr__(self) -> str:
        return f"Version({self.text!r})"


def is_newer(found: str, running: str) -> bool:
    """Whether ``found`` is a later version than ``running``; False where one of them is no version."""
    there, here = Version.parse(found), Version.parse(running)
    return there is not None and here is not None and here < there


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
