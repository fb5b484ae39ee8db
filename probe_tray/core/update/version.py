"""Versions and their order: the public, final and preliminary versions of PEP 440, in their normal form."""

import re
from typing import Final, Self, final

_FORM: Final = re.compile(
    r"v?(?P<release>\d{1,9}(?:\.\d{1,9}){0,4})(?:(?P<stage>a|b|rc)(?P<number>\d{1,9}))?"
    r"(?:\.post(?P<post>\d{1,9}))?(?:\.dev(?P<dev>\d{1,9}))?",
    re.ASCII,
)
_STAGES: Final = {"a": 0, "b": 1, "rc": 2}
_BEFORE_ALL_STAGES, _FINISHED = -1, 3
_LATEST: Final = 10**9


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
