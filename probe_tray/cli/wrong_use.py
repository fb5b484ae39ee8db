"""A command line that can't be read."""

from collections.abc import Callable

Translate = Callable[[str], str]
"""The person's language; ``str`` leaves the English."""


class WrongUseError(Exception):
    """A command line that can't be read: a sentence for the person, and the words of theirs that belong into it."""

    def __init__(self, template: str, **values: str) -> None:
        # As they are in a terminal: without what would move its cursor.
        self.values = {
            name: "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in value)
            for name, value in values.items()
        }
        self.template = template
        super().__init__(template.format_map(self.values))
