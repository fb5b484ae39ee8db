"""The settings table as a form: labels, help and the kind of control for each value."""

import enum
import typing
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Meta

from probe_tray.core.settings import LONGEST_NAME, LONGEST_PATH, MOST_HOMES, MOST_MODELS, SettingEntry, table
from probe_tray.view.text.translate import Translator, mark


class Kind(enum.Enum):
    """What a value is edited with."""

    NUMBER = "number"
    CHOICE = "choice"
    SWITCH = "switch"
    FOLDER = "folder"
    PROGRAM = "program"
    PROXY = "proxy"
    """Text, where None means "detect" and empty text means "none"."""
    NAMES = "names"
    """A list of names, edited as one text with commas."""
    FOLDERS = "folders"
    """A list of folders, edited as one text with semicolons, which no usual folder has in its name."""


class FieldChoice(msgspec.Struct, frozen=True):
    """One of the values to choose from."""

    value: str | int
    label: str


class FormRow(msgspec.Struct, frozen=True, kw_only=True):
    """One setting of the form."""

    key: str
    page: str
    card: int
    """Rows of one page with the same number are about one thing and stand together."""
    label: str
    help: str
    """What it does, for whoever cannot see the form."""
    note: str
    """What label and value do not say already; empty where they say everything."""
    kind: Kind
    low: int = 0
    high: int = 0
    at_low: str = ""
    """What the lowest number means, where it means something else than a number."""
    unit: str = "{n}"
    """The number with what it counts; the number stands as {n}."""
    unit_of_one: str = "{n}"
    """The same for 1."""
    choices: tuple[FieldChoice, ...] = ()
    needs: str = ""
    """The key of the switch without which it has no effect; empty where there is none."""
    apart: bool = False
    """A level for weeks or months alone: shown where the person wants them different."""

    def matches(self, text: str) -> bool:
        """Whether a search for ``text`` finds it: every word of it stands somewhere in the row."""
        return contains((self.page, self.label, self.help, self.note, *(c.label for c in self.choices)), text)


class FormPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the form."""

    title: str
    cards: tuple[tuple[FormRow, ...], ...]


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """The settings dialog."""

    title: str
    pages: tuple[FormPage, ...]
    about: str
    """What every control of it is about."""
    save: str
    cancel: str
    browse: str
    choose_folder: str
    choose_codex_home: str
    add_folder: str
    choose_program: str
    try_program: str
    folder_needed: str
    too_long: Mapping[str, str]
    """What is said of a list that is longer than the setting of that key may be."""
    first_too_high: str
    second_too_low: str
    test: str
    """The button that shows a notification, below the cards of the page ``test_page``."""
    turn_on: str
    """The button that leads to the system's settings, below why none can be seen."""
    test_page: str
    sync_title: str
    """Above how sync is set up and what came of it, which is the first in the card of ``sync_after_renewal``."""
    proxy_address: str
    connection_title: str
    """Above the test of the connection."""
    apart: str
    """The switch that shows the rows that are ``apart``."""
    search: str
    nothing_found: str
    clear_search: str
    page_list: str

    @property
    def rows(self) -> tuple[FormRow, ...]:
        """All rows, page after page."""
        return tuple(row for page in self.pages for card in page.cards for row in card)


class _SettingWords(msgspec.Struct, frozen=True):
    page: str
    label: str
    unit: str = "{n}"
    at_low: str = ""
    note: str | None = None
    """None: the help of the table."""
    card: int = 0
    needs: str = ""
    apart: bool = False


_GENERAL, _ACCOUNTS, _LOOK = mark("General"), mark("Accounts"), mark("Appearance")
_ALERTS, _STORAGE, _NETWORK = mark("Notifications"), mark("Storage and sync"), mark("Network")
_LIKE_SHORT = mark("Same as 5 hours")
_ADVANCED = mark("Advanced")
_PAGES = (_GENERAL, _ACCOUNTS, _ALERTS, _NETWORK, _STORAGE, _LOOK, _ADVANCED)
_USED, _DAYS, _DAY = mark("{n}% used"), mark("{n} days"), mark("{n} day")
_WORDS = {
    "language": _SettingWords(_GENERAL, mark("Language"), note=""),
    "appearance": _SettingWords(_LOOK, mark("Light or dark"), note=""),
    "percentages": _SettingWords(
        _LOOK, mark("Percentages show"), note=mark("Colors and warnings stay the same."), card=0
    ),
    "start_at_login": _SettingWords(
        _GENERAL, mark("Start when you log in to this computer"), note=mark("It starts quietly in the tray."), card=1
    ),
    "check_for_updates": _SettingWords(_GENERAL, mark("Tell me when there is a new version")),
    "storage": _SettingWords(_STORAGE, mark("Store new logins in"), note=""),
    "sync_dir": _SettingWords(
        _STORAGE, mark("Folder of logins"), note=mark("Other tools can read this folder. Its files are not encrypted.")
    ),
    "sync_after_renewal": _SettingWords(
        _STORAGE, mark("Sync after a renewal"), note=mark("So your other computers get it soon."), card=1
    ),
    "sync_every_hours": _SettingWords(
        _STORAGE, mark("Sync regularly"), mark("Every {n} h"), mark("Never"), note="", card=1
    ),
    "auto_renew": _SettingWords(_ACCOUNTS, mark("Renew logins automatically"), card=1),
    "renew_before_expiry_days": _SettingWords(
        _ACCOUNTS,
        mark("Renew logins before they expire"),
        _DAYS,
        mark("When expired"),
        note="",
        card=1,
        needs="auto_renew",
    ),
    "poll_minutes": _SettingWords(
        _ACCOUNTS,
        mark("Check quotas"),
        mark("Every {n} min"),
        mark("Only when I refresh"),
        note=mark("Less often on battery and while the screen is locked."),
    ),
    "codex_hand_over": _SettingWords(
        _ACCOUNTS,
        mark("A login used in Codex is renewed by"),
        note=mark(
            "With Probe Tray, Codex gets no refresh token, so no renewal can go wrong. Choose Codex if Probe Tray runs "
            "here less often than every three days."
        ),
        card=2,
    ),
    "codex_homes": _SettingWords(
        _ACCOUNTS,
        mark("More Codex folders"),
        note=mark("For a Codex that you start with another folder. Separate folders with semicolons."),
        card=2,
    ),
    "warn_used_percent": _SettingWords(_ALERTS, mark("Warn when the 5-hour quota reaches"), _USED, note=""),
    "critical_used_percent": _SettingWords(_ALERTS, mark("Second warning at"), _USED, note=""),
    "warn_weekly_percent": _SettingWords(
        _ALERTS, mark("Warn when the weekly quota reaches"), _USED, _LIKE_SHORT, "", apart=True
    ),
    "critical_weekly_percent": _SettingWords(
        _ALERTS, mark("Second warning at (weekly)"), _USED, _LIKE_SHORT, "", apart=True
    ),
    "warn_monthly_percent": _SettingWords(
        _ALERTS, mark("Warn when the monthly quota reaches"), _USED, _LIKE_SHORT, "", apart=True
    ),
    "critical_monthly_percent": _SettingWords(
        _ALERTS, mark("Second warning at (monthly)"), _USED, _LIKE_SHORT, "", apart=True
    ),
    "pace_alerts": _SettingWords(
        _ALERTS,
        mark("Warn me when a quota will run out early"),
        note=mark("If at this pace it would run out before it resets."),
        card=1,
    ),
    "credit_warning_days": _SettingWords(
        _ALERTS, mark("Warn before a reset credit expires"), _DAYS, mark("Never"), "", card=1
    ),
    "expiry_warning_days": _SettingWords(
        _ALERTS, mark("Warn before a login expires"), _DAYS, mark("Never"), "", card=2
    ),
    "renewed_alerts": _SettingWords(_ALERTS, mark("Tell me when a login is renewed"), card=2),
    "quiet_hours": _SettingWords(_ALERTS, mark("Quiet hours"), card=3),
    "quiet_from_hour": _SettingWords(_ALERTS, mark("Quiet from"), "{n}:00", note="", card=3, needs="quiet_hours"),
    "quiet_to_hour": _SettingWords(_ALERTS, mark("Quiet until"), "{n}:00", note="", card=3, needs="quiet_hours"),
    "hook": _SettingWords(
        _ALERTS,
        mark("Run a program"),
        note=mark(
            "When a limit runs low, is used up or is back, and when a login is renewed, can't be renewed or needs you."
        ),
        card=4,
    ),
    "privacy": _SettingWords(_LOOK, mark("Privacy: hide names"), card=1),
    "icon_account": _SettingWords(
        _LOOK, mark("Tray icon shows"), note=mark("If there is none, it shows the tightest account."), card=2
    ),
    "icon_number": _SettingWords(_LOOK, mark("Number in the tray icon"), card=2),
    "icon_ink": _SettingWords(
        _LOOK, mark("Tray icon colors"), note=mark("Change it if the icon is hard to see."), card=2
    ),
    "proxy": _SettingWords(_NETWORK, mark("Proxy")),
    "ask_status_page": _SettingWords(_NETWORK, mark("Ask OpenAI's status page when checks fail"), card=1),
    "redirect_host": _SettingWords(
        _ADVANCED,
        mark("Login address"),
        note=mark("Change it only if your browser cannot open localhost."),
    ),
    "models": _SettingWords(_ADVANCED, mark("Models to test"), card=1),
    "model_test_confirmed": _SettingWords(
        _ADVANCED, mark("Test models without asking"), note=mark("A test uses a little quota."), card=1
    ),
}
ELSEWHERE = frozenset({"sync_url"})
"""Settings that are not in the form: sync is set up as a whole, its address together with its keys."""
_CHOICES = {
    "auto": mark("Same as system"),
    # A language calls itself by its own name, so that whoever speaks it finds it.
    "en": "English",
    "zh_CN": "简体中文",
    "light": mark("Light"),
    "dark": mark("Dark"),
    "pinned": mark("The account you chose"),
    "tightest": mark("The tightest account"),
    "best": mark("The account with the most left"),
    "in_use": mark("The account in use in Codex"),
    "used": mark("What is used"),
    "left": mark("What is left"),
    "automatic": mark("Automatic"),
    "dark_panel": mark("For dark panels"),
    "light_panel": mark("For light panels"),
    "coloured": mark("Colored"),
    "lent": mark("Probe Tray"),
    "whole": mark("Codex"),
    "vault": mark("Encrypted vault"),
    "folder": mark("Folder of logins"),
}
_PROXY_HELP = mark("An http, https, socks5 or socks5h address. Detected automatically unless you set it here.")


def form(t: Translator) -> Form:
    """The form for all settings but those that have a window of their own."""
    settings = {entry.key: entry for entry in table()}
    rows = [_row(settings[key], t) for key in _WORDS]
    return Form(
        title=t("Settings"),
        pages=tuple(_page(t(title), rows) for title in _PAGES),
        about=t("Changes take effect when you save."),
        save=t("&Save"),
        cancel=t("Cancel"),
        browse=t("&Choose…"),
        choose_folder=t("Choose a folder for logins"),
        choose_codex_home=t("Choose a Codex folder"),
        add_folder=t("A&dd…"),
        choose_program=t("Choose a program"),
        try_program=t("&Try it"),
        folder_needed=t("Choose the folder first, or store logins in the vault."),
        too_long={
            "codex_homes": t(
                "Enter at most {n} folders, each with at most {m} characters.", n=str(MOST_HOMES), m=str(LONGEST_PATH)
            ),
            "models": t(
                "Enter at most {n} models, each with at most {m} characters.", n=str(MOST_MODELS), m=str(LONGEST_NAME)
            ),
        },
        first_too_high=t("Must be lower than the second warning."),
        second_too_low=t("Must be higher than the first warning."),
        test=t("Show a test &notification"),
        turn_on=t("&Open system settings"),
        test_page=t(_ALERTS),
        sync_title=t("Sync"),
        proxy_address=t("Proxy address"),
        connection_title=t("Connection to OpenAI"),
        apart=t("Different for week and month"),
        search=t("Search settings"),
        nothing_found=t("No setting matches your search."),
        clear_search=t("Clear search"),
        page_list=t("Pages of the settings"),
    )


def contains(texts: Iterable[str], wanted: str) -> bool:
    """Whether every word of ``wanted`` stands in ``texts``, whatever its case."""
    whole = "\n".join(texts).replace("&", "").casefold()
    return all(word in whole for word in wanted.casefold().split())


def _page(title: str, rows: list[FormRow]) -> FormPage:
    ours = [row for row in rows if row.page == title]
    numbers = sorted({row.card for row in ours})
    return FormPage(title=title, cards=tuple(tuple(row for row in ours if row.card == number) for number in numbers))


def _row(entry: SettingEntry, t: Translator) -> FormRow:
    words = _WORDS[entry.key]
    base, *metas = typing.get_args(entry.type)
    bounds = next(((m.ge, m.le) for m in metas if isinstance(m, Meta) and m.ge is not None), (0, 0))
    kind, choices = _kind(entry.key, base, t)
    help_ = t(_PROXY_HELP if kind is Kind.PROXY else entry.help)
    return FormRow(
        key=entry.key,
        page=t(words.page),
        card=words.card,
        label=t(words.label),
        help=help_,
        note=t(words.note) if words.note is not None else help_,
        kind=kind,
        low=int(bounds[0] or 0),
        high=int(bounds[1] or 0),
        at_low=t(words.at_low) if words.at_low else "",
        unit=t(words.unit, n="{n}"),
        unit_of_one=t(_DAY if words.unit == _DAYS else words.unit, n="{n}"),
        choices=choices,
        needs=words.needs,
        apart=words.apart,
    )


def _value(key: str, value: str | int, t: Translator) -> str:
    words = _WORDS[key]
    if value == 0 and words.at_low:
        return t(words.at_low)
    return t(words.unit, n=str(value))


def _kind(key: str, base: object, t: Translator) -> tuple[Kind, tuple[FieldChoice, ...]]:
    if base is bool:
        return Kind.SWITCH, ()
    if base is int:
        return Kind.NUMBER, ()
    if isinstance(base, type) and issubclass(base, enum.Enum):
        return Kind.CHOICE, tuple(FieldChoice(str(m.value), t(_CHOICES[str(m.value)])) for m in base)
    if typing.get_origin(base) is typing.Literal:
        return Kind.CHOICE, tuple(FieldChoice(value, _value(key, value, t)) for value in typing.get_args(base))
    if typing.get_origin(base) is tuple:
        return (Kind.FOLDERS if key == "codex_homes" else Kind.NAMES), ()
    if key == "proxy":
        modes = (("detect", t("Detect")), ("none", t("None")), ("address", t("This address:")))
        return Kind.PROXY, tuple(FieldChoice(*mode) for mode in modes)
    return (Kind.PROGRAM if key == "hook" else Kind.FOLDER), ()
