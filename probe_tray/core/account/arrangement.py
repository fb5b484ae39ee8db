"""How a person has arranged the accounts: names of their own, an order of their own, and how the panel lists them."""

import enum
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

_LONGEST_NAME = 60


class Sort(enum.Enum):
    """The order of the accounts in the panel."""

    NEED = "need"
    """Most needy first, then the tightest."""
    NAME = "name"
    RESET = "reset"
    """The next reset first."""
    OWN = "own"
    """As the person has dragged them; new accounts last."""


class Density(enum.Enum):
    """How much room an account takes in the panel."""

    AUTO = "auto"
    """Lines where there are more accounts than cards can be overlooked."""
    CARDS = "cards"
    LINES = "lines"


class Alias(msgspec.Struct, frozen=True):
    """A person's own name for an account."""

    slug: str
    """Names the account."""
    name: str


class Arrangement(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of it across restarts. It names accounts by slug, so it holds no id and no address."""

    aliases: tuple[Alias, ...] = ()
    order: tuple[str, ...] = ()
    """Slugs in the person's own order; accounts may be missing from it and gone ones still in it."""
    sort: Sort = Sort.NEED
    density: Density = Density.AUTO
    pinned: bool = False
    """Whether the panel stays open when another window is used."""
    overflow_told: bool = False
    """Whether the person was told where the system hides new tray icons."""
    tray_told: bool = False
    """Whether the person was told that the program keeps running when its window is closed."""
    quit_told: bool = False
    """Whether the person was asked before a key that closes programs ended this one, and said yes."""
    codex_told: bool = False
    """Whether the person was told how a login that is in use in the official client would end."""
    in_icon: str = ""
    """The slug of the account that the tray icon is about; empty: always of the tightest."""

    def alias(self, slug: str) -> str:
        """The person's name for the account, empty where there is none."""
        return next((a.name for a in self.aliases if a.slug == slug), "")

    def named(self, slug: str, name: str) -> "Arrangement":
        """With another name for the account; an empty one takes its name away. Cut to 60 printable characters."""
        shown = "".join(c for c in name if c.isprintable()).strip()[:_LONGEST_NAME]
        others = tuple(a for a in self.aliases if a.slug != slug)
        return replace(self, aliases=(*others, Alias(slug, shown)) if shown else others)

    def moved(self, slugs: Sequence[str], slug: str, before: str | None) -> "Arrangement":
        """With the account moved to just before another, or to the end; ``slugs`` is the order that was shown."""
        rest = [s for s in slugs if s != slug]
        place = rest.index(before) if before in rest else len(rest)
        return replace(self, order=(*rest[:place], slug, *rest[place:]), sort=Sort.OWN)

    def without(self, before: "Arrangement", after: "Arrangement") -> "Arrangement":
        """Without the change from ``before`` to ``after``; what was changed besides it stays."""
        fields = {
            field: getattr(before, field)
            for field in self.__struct_fields__
            if field != "aliases" and getattr(before, field) != getattr(after, field)
        }
        undone = replace(self, **fields)
        for slug in dict.fromkeys(alias.slug for alias in (*before.aliases, *after.aliases)):
            if before.alias(slug) != after.alias(slug):
                undone = undone.named(slug, before.alias(slug))
        return undone
