"""What every failure has: a title, a hint, and the same as data."""

import enum
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import ClassVar

from probe_tray.core.errors.phrase import Phrase, changed
from probe_tray.core.lean_msgspec import msgspec


class Remedy(enum.Enum):
    """Where in the program a person can solve it."""

    NETWORK_SETTINGS = enum.auto()
    STORAGE_SETTINGS = enum.auto()
    LOG_IN = enum.auto()


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A failure as data: what a state keeps and a view turns into a sentence. It is never written to a file."""

    kind: "type[ProbeError]"
    """The error's class, whose facts code decides by; for one cause :meth:`is_a`."""
    title: str
    hint: str
    facts: tuple[tuple[str, str], ...] = ()
    retry_after: float | None = None
    """Seconds after which trying again makes sense; None when the service did not say."""

    @property
    def name(self) -> str:
        """The class's name, for the history, diagnostics and output that a program reads."""
        return self.kind.__name__

    def with_facts(self, change: Callable[[str], str]) -> "Problem":
        """The same problem with ``change`` done to each of its facts, and to each value in a phrase."""
        return msgspec.structs.replace(self, facts=tuple((name, changed(value, change)) for name, value in self.facts))

    def is_a(self, *kinds: "type[ProbeError]") -> bool:
        """Whether the cause is one of ``kinds``, or a leaf below one."""
        return issubclass(self.kind, kinds)


class ProbeError(Exception):
    """The base of every failure this program reports."""

    title_template: ClassVar[str] = "Something went wrong."
    hint_template: ClassVar[str] = "Try again. If it keeps happening, copy the diagnostics and report it."
    needs_login: ClassVar[bool] = False
    """Only logging in helps."""
    refused: ClassVar[bool] = False
    """The access token isn't accepted: a login that can't be renewed has ended."""
    unusable: ClassVar[bool] = False
    """The account or its workspace can't be used, whatever its login."""
    offline: ClassVar[bool] = False
    """The service can't be reached from here."""
    blocked: ClassVar[bool] = False
    """The network or the region stands in the way; the login is fine."""
    needs_keyring: ClassVar[bool] = False
    """The logins can't be opened without the system's keyring."""
    passing: ClassVar[bool] = False
    """The next try may work with nobody doing anything."""
    quiet: ClassVar[bool] = False
    """Not worth a notification when a renewal meets it: it ends by itself, or with the place the computer is in."""
    remedy: ClassVar[Remedy | None] = None
    usual_facts: ClassVar[Mapping[str, str]] = {}
    """Facts of its templates that seldom differ."""

    def __init__(self, *, retry_after: timedelta | None = None, **facts: str) -> None:
        """Make the failure with the ``facts`` its templates name: phrases, or text that is never translated."""
        self.retry_after = retry_after
        self.facts = {**self.usual_facts, **facts}
        super().__init__()

    @property
    def title(self) -> str:
        """What happened, in English."""
        return self.title_template.format_map(self.facts)

    @property
    def hint(self) -> str:
        """What the person can do now, in English."""
        return self.hint_template.format_map(self.facts)

    @property
    def cause(self) -> str:
        """Why, as part of another sentence: the reason it names, or else what happened."""
        return self.facts.get("reason") or Phrase.clause(self.title_template, self.facts)

    @property
    def problem(self) -> Problem:
        """This failure as data."""
        return Problem(
            kind=type(self),
            title=self.title_template,
            hint=self.hint_template,
            facts=tuple(sorted(self.facts.items())),
            retry_after=None if self.retry_after is None else self.retry_after.total_seconds(),
        )

    def __str__(self) -> str:
        return f"{self.title} {self.hint}".strip()
