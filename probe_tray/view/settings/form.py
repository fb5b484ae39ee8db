"""The settings table as a form: labels, help and the kind of control for each value."""

import enum
import typing

import msgspec
from msgspec import Meta

from probe_tray.core.quota.levels import levels
from probe_tray.core.quota.snapshot import Window, WindowKind
from probe_tray.core.settings import SettingEntry, Settings, table
from probe_tray.view.text.translate import Translator, mark


class Kind(enum.Enum):
    """What a value is edited with."""

    NUMBER = "number"
    CHOICE = "choice"
    SWITCH = "switch"
    FOLDER = "folder"
    PROXY = "proxy"
    """Text, where None means "detect" and empty text means "none"."""
    NAMES = "names"
    """A list of names, edited as one text with commas."""


class FieldChoice(msgspec.Struct, frozen=True):
    """One of the values to choose from."""

    value: str | int
    label: str


class FormRow(msgspec.Struct, frozen=True, kw_only=True):
    """One setting of the form."""

    key: str
    group: str
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
    unit: str = ""
    choices: tuple[FieldChoice, ...] = ()


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """The settings dialog."""

    title: str
    rows: tuple[FormRow, ...]
    about: str
    """What every control of it is about."""
    save: str
    cancel: str
    browse: str
    choose_folder: str
    folder_needed: str
    levels_order: str
    test: str
    """The button that shows a notification, beside the title of the group ``test_group``."""
    test_group: str
    sync_group: str
    """The group at whose head stands how sync is set up and what came of it."""
    proxy_address: str


class _SettingWords(msgspec.Struct, frozen=True):
    group: str
    label: str
    unit: str = ""
    at_low: str = ""
    note: str | None = None
    """None: the help of the table."""


_GENERAL, _ACCOUNTS, _LOOK = mark("General"), mark("Accounts"), mark("Appearance")
_ALERTS, _STORAGE, _NETWORK = mark("Notifications"), mark("Storage"), mark("Network")
_LIKE_SHORT = mark("same as 5 hours")
_ADVANCED, _SYNC = mark("Advanced"), mark("Sync")
_WORDS = {
    "language": _SettingWords(_GENERAL, mark("Language"), note=""),
    "appearance": _SettingWords(_LOOK, mark("Appearance"), note=""),
    "start_at_login": _SettingWords(
        _GENERAL, mark("Start when you log in to this computer"), note=mark("It starts quietly in the tray.")
    ),
    "check_for_updates": _SettingWords(_GENERAL, mark("Tell me when there is a new version")),
    "storage": _SettingWords(_STORAGE, mark("Store new logins in"), note=""),
    "sync_dir": _SettingWords(
        _STORAGE, mark("Folder of logins"), note=mark("Other tools can read this folder. Its files are not encrypted.")
    ),
    "sync_after_renewal": _SettingWords(
        _SYNC, mark("Sync after a renewal"), note=mark("So your other computers get it soon.")
    ),
    "sync_every_hours": _SettingWords(_SYNC, mark("Sync every"), mark(" h"), mark("never"), note=""),
    "renew_before_expiry_days": _SettingWords(
        _ACCOUNTS, mark("Renew logins before they expire"), mark(" days"), mark("when expired"), note=""
    ),
    "auto_renew": _SettingWords(_ACCOUNTS, mark("Renew logins automatically")),
    "poll_minutes": _SettingWords(
        _ACCOUNTS,
        mark("Check quotas every"),
        mark(" min"),
        mark("only when I refresh"),
        note=mark("Less often on battery and while the screen is locked."),
    ),
    "warn_used_percent": _SettingWords(_ALERTS, mark("Warn when the 5-hour quota reaches"), "%", note=""),
    "critical_used_percent": _SettingWords(_ALERTS, mark("Second warning at"), "%", note=""),
    "warn_weekly_percent": _SettingWords(_ALERTS, mark("Warn when the weekly quota reaches"), "%", _LIKE_SHORT, ""),
    "critical_weekly_percent": _SettingWords(_ALERTS, mark("Second warning at (weekly)"), "%", _LIKE_SHORT, ""),
    "warn_monthly_percent": _SettingWords(_ALERTS, mark("Warn when the monthly quota reaches"), "%", _LIKE_SHORT, ""),
    "critical_monthly_percent": _SettingWords(_ALERTS, mark("Second warning at (monthly)"), "%", _LIKE_SHORT, ""),
    "pace_alerts": _SettingWords(
        _ALERTS,
        mark("Warn me when a quota will run out early"),
        note=mark("If it would run out before it resets at this pace."),
    ),
    "expiry_warning_days": _SettingWords(
        _ALERTS, mark("Warn before a login expires"), mark(" days"), mark("never"), ""
    ),
    "renewed_alerts": _SettingWords(_ALERTS, mark("Tell me when a login is renewed")),
    "credit_warning_days": _SettingWords(
        _ALERTS, mark("Warn before a reset credit expires"), mark(" days"), mark("never"), ""
    ),
    "quiet_hours": _SettingWords(_ALERTS, mark("Quiet hours")),
    "quiet_from_hour": _SettingWords(_ALERTS, mark("Quiet from"), ":00", note=""),
    "quiet_to_hour": _SettingWords(
        _ALERTS, mark("Quiet until"), ":00", note=mark("The same hour twice means no quiet hours.")
    ),
    "privacy": _SettingWords(_LOOK, mark("Privacy: hide names")),
    "icon_number": _SettingWords(_LOOK, mark("Number in the tray icon")),
    "proxy": _SettingWords(_NETWORK, mark("Proxy")),
    "redirect_host": _SettingWords(
        _ADVANCED,
        mark("Sign-in address"),
        note=mark("Change it only if your browser cannot open localhost."),
    ),
    "models": _SettingWords(_ADVANCED, mark("Models to test")),
    "model_test_confirmed": _SettingWords(
        _ADVANCED, mark("Test models without asking"), note=mark("A test uses a little quota.")
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
    "vault": mark("Encrypted vault"),
    "folder": mark("Folder of credential files"),
}
_PROXY_HELP = mark("An http, https, socks5 or socks5h address. Detected automatically unless you set it here.")


def form(t: Translator) -> Form:
    """The form for all settings but those that have a window of their own."""
    rows = [_row(entry, t) for entry in table() if entry.key not in ELSEWHERE]
    order = [t(g) for g in (_GENERAL, _ACCOUNTS, _ALERTS, _NETWORK, _STORAGE, _SYNC, _LOOK, _ADVANCED)]
    return Form(
        title=t("Settings"),
        rows=tuple(sorted(rows, key=lambda r: order.index(r.group))),
        about=t("Changes take effect when you save."),
        save=t("&Save"),
        cancel=t("Cancel"),
        browse=t("&Choose…"),
        choose_folder=t("Choose a folder for logins"),
        folder_needed=t("Choose the folder first, or store logins in the vault."),
        levels_order=t("The second warning must be higher than the first."),
        test=t("Show a test &notification"),
        test_group=t(_ALERTS),
        sync_group=t(_SYNC),
        proxy_address=t("Proxy address"),
    )


def check(settings: Settings, shown: Form) -> str:
    """What keeps these settings from being saved; empty when nothing does."""
    if settings.storage.value == "folder" and not settings.sync_dir:
        return shown.folder_needed
    wanted = (levels(Window(kind=kind, seconds=None, used_percent=0, reset_at=None), settings) for kind in WindowKind)
    return shown.levels_order if any(w.critical < w.warning for w in wanted) else ""


def _row(entry: SettingEntry, t: Translator) -> FormRow:
    words = _WORDS[entry.key]
    base, *metas = typing.get_args(entry.type)
    bounds = next(((m.ge, m.le) for m in metas if isinstance(m, Meta) and m.ge is not None), (0, 0))
    kind, choices = _kind(entry.key, base, t)
    help_ = t(_PROXY_HELP if kind is Kind.PROXY else entry.help)
    return FormRow(
        key=entry.key,
        group=t(words.group),
        label=t(words.label),
        help=help_,
        note=t(words.note) if words.note is not None else help_,
        kind=kind,
        low=int(bounds[0] or 0),
        high=int(bounds[1] or 0),
        at_low=t(words.at_low) if words.at_low else "",
        unit=t(words.unit) if words.unit else "",
        choices=choices,
    )


def _value(key: str, value: str | int, t: Translator) -> str:
    words = _WORDS[key]
    if value == 0 and words.at_low:
        return t(words.at_low)
    return f"{value}{t(words.unit)}" if words.unit else str(value)


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
        return Kind.NAMES, ()
    if key == "proxy":
        modes = (("detect", t("Detect")), ("none", t("None")), ("address", t("This address:")))
        return Kind.PROXY, tuple(FieldChoice(*mode) for mode in modes)
    return Kind.FOLDER, ()
