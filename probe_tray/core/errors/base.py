"""What every failure has: a title, a hint, and the same as data."""

from datetime import timedelta
from typing import ClassVar

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A failure as data: what a state keeps and a view turns into a sentence."""

    kind: str
    """The class name of the error, for code that decides by cause."""
    title: str
    hint: str
    facts: tuple[tuple[str, str], ...] = ()
    needs_login: bool = False
    retry_after: float | None = None
    """Seconds after which trying again makes sense; None when the service did not say."""


class ProbeError(Exception):
    """The base of every failure this program reports."""

    title_template: ClassVar[str] = "Something went wrong."
    hint_template: ClassVar[str] = "Try again. If it keeps happening, copy the diagnostics and report it."
    needs_login: ClassVar[bool] = False

    def __init__(self, *, retry_after: timedelta | None = None, **facts: str) -> None:
        """Make the failure with the ``facts`` its templates name."""
        self.retry_after = retry_after
        self.facts = facts
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
    def problem(self) -> Problem:
        """This failure as data."""
        return Problem(
            kind=type(self).__name__,
            title=self.title_template,
            hint=self.hint_template,
            facts=tuple(sorted(self.facts.items())),
            needs_login=self.needs_login,
            retry_after=None if self.retry_after is None else self.retry_after.total_seconds(),
        )

    def __str__(self) -> str:
        return f"{self.title} {self.hint}".strip()
