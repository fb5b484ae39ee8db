"""Everything a person sees at one moment, and what they wish to see of it."""

import enum

import msgspec

from probe_tray.core.account.arrangement import Density, Sort
from probe_tray.view.panel.card_sequence import CardSequence
from probe_tray.view.panel.feedback import FeedbackView
from probe_tray.view.view_models import CardAction, LoginView, Menu, Notice, Tone, Tray, Welcome


class ScreenContent(enum.Enum):
    """Which accounts the panel lists."""

    ALL = "all"
    NEEDS_YOU = "needs you"
    TIGHT = "tight"


class ScreenOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a person looks for in the panel just now; forgotten when the program ends."""

    search: str = ""
    shown: ScreenContent = ScreenContent.ALL


class Chip(msgspec.Struct, frozen=True, kw_only=True):
    """A choice of accounts and how many there are of them."""

    shown: ScreenContent
    label: str
    chosen: bool


class SortChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One of several ways to list the accounts."""

    value: Sort | Density
    label: str
    chosen: bool


class Helps(msgspec.Struct, frozen=True, kw_only=True):
    """What a screen reader says of the controls besides their names."""

    accounts: str
    search: str
    chip: str
    log_in: str


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """The window with all accounts."""

    title: str
    headline: str
    subline: str
    use_next: CardAction | None
    """Has the official client go on with the account that ``subline`` names, while the one in use there is used up."""
    banner: Notice | None
    """What went wrong apart from any account, until it was read."""
    cards: CardSequence
    lines: bool
    """Whether each account takes one line, under the ``columns``."""
    briefs: tuple[str, ...]
    """What may stand at the end of a line, at its longest."""
    columns: tuple[str, ...]
    welcome: Welcome | None
    searchable: bool
    search_hint: str
    nothing_found: str
    clear_search: str
    chips: tuple[Chip, ...]
    """Empty where there is nothing to choose from."""
    arrange: str
    """The name of the button with the choices below."""
    choices: tuple[tuple[SortChoice, ...], ...]
    pin: str
    pinned: bool
    hide_names: str
    names_hidden: bool
    release: Notice | None
    """That there is a newer version, below the accounts."""
    feedback: FeedbackView | None
    """What was done last, in place of the status."""
    undo: CardAction | None
    """How the last thing that can be undone is undone."""
    status: str
    status_tone: Tone
    log_in: str
    refresh: str
    settings: str
    list_name: str
    helps: Helps


class IconScreen(msgspec.Struct, frozen=True, kw_only=True):
    """What a person sees at one moment while neither the menu nor the panel is open."""

    tray: Tray
    login: LoginView | None
    """None when there is nothing to show of a login."""


class ClosedScreen(IconScreen, frozen=True, kw_only=True):
    """What a person sees at one moment while the panel is closed."""

    menu: Menu


class Screen(ClosedScreen, frozen=True, kw_only=True):
    """Everything a person sees, at one moment."""

    panel: Panel
