"""The configuration: one table of keys, types, defaults, ranges and help, shared by both programs.

The table is the annotated fields of :class:`Settings`; the settings dialog and the help are made from it. How they are
kept in a file is in ``settings_json``.
"""

import enum
import typing
from collections.abc import Collection, Mapping
from typing import Annotated, Final, cast

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from probe_tray.core.codex.codex_state import HandOver
from probe_tray.core.errors import Phrase, any_of


class Storage(enum.Enum):
    """Where new logins are kept."""

    VAULT = "vault"
    FOLDER = "folder"


class Language(enum.Enum):
    """What the program speaks."""

    AUTO = "auto"
    ENGLISH = "en"
    CHINESE = "zh_CN"


class Appearance(enum.Enum):
    """How the program's windows look."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


class Percentages(enum.Enum):
    """What numbers, bars and sentences about limits count. Levels and colours always go by what is used."""

    USED = "used"
    LEFT = "left"


class IconAccount(enum.Enum):
    """Which account the tray icon is about; the tightest one where there is no such account."""

    PINNED = "pinned"
    """The one that the person chose in its menu."""
    TIGHTEST = "tightest"
    BEST = "best"
    """The one to go on with."""
    IN_USE = "in_use"
    """The one that the official client is logged in with."""


class IconInk(enum.Enum):
    """The colours of the tray icon."""

    AUTOMATIC = "automatic"
    """What reads on the desktop's panel; on a panel that nobody describes, colours that read on every one."""
    DARK_PANEL = "dark_panel"
    LIGHT_PANEL = "light_panel"
    COLOURED = "coloured"
    """Colours that read on a dark panel and on a light one."""


MODELS = (
    "gpt-6.1-sol",
    "gpt-6-astra",
    "gpt-6-sol",
    "gpt-6-luna",
    "gpt-5.6-sol",
    "gpt-6.1-terra",
    "gpt-5.6-terra",
    "gpt-5.6-luna",
    "gpt-5.5",
)
"""What the official client of November 2026 lists."""
MOST_MODELS, LONGEST_NAME = 64, 100
MOST_HOMES, LONGEST_PATH = 16, 1000
_Percent = Annotated[int, Meta(ge=1, le=100)]
_OwnPercent = Annotated[int, Meta(ge=0, le=100)]
_Folder = Annotated[str, Meta(min_length=1, max_length=LONGEST_PATH, pattern="^[^\\x00]+$")]
_Hour = Annotated[int, Meta(ge=0, le=23)]
PollMinutes = typing.Literal[0, 1, 2, 5, 15, 30]
MOST_POLL_MINUTES = 1440
"""Earlier versions took every number up to a day."""
UNREADABLE_PROXY: Final = "?"
"""Stands for a proxy that the configuration names and nobody can read: an address that cannot be used."""
RENEW_DAYS: Final = 3
MOST_RENEW_DAYS: Final = 99_999
"""No login lives as long; more days than this have no place in the calendar."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting that has an effect. A field's description is its help text."""

    language: Annotated[
        Language,
        Meta(description="Language of the app and its notifications; auto = the system's."),
    ] = Language.AUTO
    appearance: Annotated[Appearance, Meta(description="Light or dark windows; auto = same as the system.")] = (
        Appearance.AUTO
    )
    percentages: Annotated[
        Percentages, Meta(description="Show how much of each limit is used, or how much is left.")
    ] = Percentages.USED
    start_at_login: Annotated[
        bool, Meta(description="Start Probe Tray quietly in the tray when you log in to this computer.")
    ] = False
    check_for_updates: Annotated[
        bool, Meta(description="Once a day, ask GitHub whether there is a newer version. Nothing is downloaded.")
    ] = False
    storage: Annotated[
        Storage,
        Meta(
            description=("Where new logins are stored: the vault (its key in the OS keyring) or the folder sync_dir.")
        ),
    ] = Storage.VAULT
    sync_dir: Annotated[
        str,
        Meta(description="Folder of credential files, shared with other tools; relative to the configuration file."),
    ] = ""
    sync_url: Annotated[str, Meta(description="Address of the table your computers share; empty = no sync.")] = ""
    sync_after_renewal: Annotated[bool, Meta(description="Sync whenever a login was renewed, once sync is set up.")] = (
        False
    )
    sync_every_hours: Annotated[
        int,
        Meta(ge=0, le=168, description="Sync every this many hours while Probe Tray runs; 0 = never."),
    ] = 0
    renew_before_expiry_days: Annotated[
        int,
        Meta(
            ge=0,
            le=MOST_RENEW_DAYS,
            description=("Renew a login this many days before its access token expires; 0 = only once it has expired."),
        ),
    ] = RENEW_DAYS
    auto_renew: Annotated[
        bool,
        Meta(description="So you don't have to log in again. The Codex client renews its own login."),
    ] = True
    codex_hand_over: Annotated[
        HandOver,
        Meta(
            description=(
                "Who renews a login that is used in Codex: lent = Probe Tray, and Codex gets no refresh token; whole = "
                "Codex, for computers where Probe Tray seldom runs."
            )
        ),
    ] = HandOver.LENT
    codex_homes: Annotated[
        tuple[_Folder, ...],
        Meta(
            max_length=MOST_HOMES,
            description="More Codex folders, besides the usual one; each may be logged in on its own.",
        ),
    ] = ()
    poll_minutes: Annotated[
        PollMinutes,
        Meta(description="Check quotas every 1, 2, 5, 15 or 30 minutes; 0 = only when you refresh."),
    ] = 5
    warn_used_percent: Annotated[_Percent, Meta(description="Warn when this much of the 5-hour quota is used.")] = 80
    critical_used_percent: Annotated[
        _Percent, Meta(description="Warn a second time when this much of the 5-hour quota is used.")
    ] = 95
    warn_weekly_percent: Annotated[
        _OwnPercent, Meta(description="Warn when this much of the weekly quota is used; 0 = same as the 5-hour quota.")
    ] = 0
    critical_weekly_percent: Annotated[
        _OwnPercent,
        Meta(
            description=("Warn a second time when this much of the weekly quota is used; 0 = same as the 5-hour quota.")
        ),
    ] = 0
    warn_monthly_percent: Annotated[
        _OwnPercent, Meta(description="Warn when this much of the monthly quota is used; 0 = same as the 5-hour quota.")
    ] = 0
    critical_monthly_percent: Annotated[
        _OwnPercent,
        Meta(
            description=(
                "Warn a second time when this much of the monthly quota is used; 0 = same as the 5-hour quota."
            )
        ),
    ] = 0
    pace_alerts: Annotated[
        bool, Meta(description="Warn when, at this pace, a quota will run out before it resets.")
    ] = False
    expiry_warning_days: Annotated[
        int,
        Meta(
            ge=0,
            le=365,
            description="Warn this many days before a login expires; 0 = never.",
        ),
    ] = 3
    renewed_alerts: Annotated[bool, Meta(description="A short notification after each renewal.")] = True
    credit_warning_days: Annotated[
        int,
        Meta(ge=0, le=365, description="Warn this many days before a reset credit expires; 0 = never."),
    ] = 3
    hook: Annotated[
        str,
        Meta(
            description=(
                "Program to run when a limit runs low, is used up or is available again, and when a login is renewed, "
                "can't be renewed or needs you; empty = none."
            )
        ),
    ] = ""
    quiet_hours: Annotated[
        bool, Meta(description="Hold notifications at night and show one summary in the morning.")
    ] = False
    quiet_from_hour: Annotated[_Hour, Meta(description="Hour at which quiet hours begin, local time.")] = 22
    quiet_to_hour: Annotated[
        _Hour, Meta(description="Hour at which quiet hours end; same hour twice = no quiet hours.")
    ] = 7
    privacy: Annotated[
        bool,
        Meta(description="Show only the first letters of names and email addresses, and no IDs."),
    ] = False
    icon_account: Annotated[
        IconAccount, Meta(description="The account to show in the tray icon; the tightest one if there is none.")
    ] = IconAccount.PINNED
    icon_number: Annotated[
        bool,
        Meta(description="Show the tightest limit's percentage in the tray icon."),
    ] = False
    icon_ink: Annotated[
        IconInk, Meta(description="Colors of the tray icon. Choose one if the icon is hard to see on your panel.")
    ] = IconInk.AUTOMATIC
    proxy: Annotated[
        str | None,
        Meta(description="Proxy address (http, https, socks5, socks5h); empty = direct; null = detect."),
    ] = None
    ask_status_page: Annotated[
        bool, Meta(description="When checks fail at OpenAI, ask its status page whether there is an incident.")
    ] = True
    redirect_host: Annotated[
        typing.Literal["localhost", "127.0.0.1"],
        Meta(description="Host name of the login's callback address."),
    ] = "localhost"
    models: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)], ...],
        Meta(
            min_length=1,
            max_length=MOST_MODELS,
            description="Tested when the service does not list its models.",
        ),
    ] = MODELS
    model_test_confirmed: Annotated[
        bool, Meta(description="Test models without asking first. A test uses a little quota.")
    ] = False


_SETTINGS: Final = msgspec.json.Decoder(Settings)


class SettingsPatch(msgspec.Struct, frozen=True):
    """New values of some settings. All others stay as they are, whoever changed them meanwhile."""

    values: Mapping[str, object]
    """By key, as they stand in the file."""
    makes_folder: bool = False
    """Whether a folder of logins that does not exist is made; else the change is refused."""

    def applied_to(self, settings: Settings) -> Settings:
        """``settings`` with these values. Raises msgspec.ValidationError for a value that a setting cannot have."""
        values = cast("dict[str, object]", msgspec.to_builtins(settings))
        return _SETTINGS.decode(msgspec.json.encode(values | dict(self.values)))

    def only(self, keys: Collection[str]) -> "SettingsPatch":
        """The part of the change that is about ``keys``."""
        return replace(self, values={key: value for key, value in self.values.items() if key in keys})


def change(**values: object) -> SettingsPatch:
    """A change of the settings that are named."""
    return SettingsPatch(cast("dict[str, object]", msgspec.to_builtins(values)))


def difference(before: Settings, after: Settings) -> SettingsPatch:
    """The change that makes ``after`` of ``before``."""
    pairs = ((key, getattr(before, key), getattr(after, key)) for key in Settings.__struct_fields__)
    return change(**{key: new for key, old, new in pairs if new != old})


class SettingEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the settings table."""

    key: str
    type: object
    default: object
    help: str
    allowed: str
    """The values it takes, in words."""


def table() -> tuple[SettingEntry, ...]:
    """The settings table, in the order of the fields."""
    hints = typing.get_type_hints(Settings, include_extras=True)
    rows: list[SettingEntry] = []
    for field in msgspec.structs.fields(Settings):
        hint = hints[field.name]
        metas = [m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Meta)]
        text = next((m.description for m in metas if m.description), "")
        default = field.default.value if isinstance(field.default, enum.Enum) else field.default
        rows.append(
            SettingEntry(
                key=field.name,
                type=hint,
                default=default,
                help=text,
                allowed=_allowed(hint, metas),
            )
        )
    return tuple(rows)


def _allowed(hint: object, metas: list[Meta]) -> str:
    bounds = [(m.ge, m.le) for m in metas if m.ge is not None]
    if bounds:
        return Phrase("a whole number from {least} to {most}", least=str(bounds[0][0]), most=str(bounds[0][1]))
    base = typing.get_args(hint)[0]
    if base is bool:
        return Phrase("true or false")
    if isinstance(base, type) and issubclass(base, enum.Enum):
        return any_of([f'"{member.value}"' for member in base])
    if typing.get_args(base)[:1] == (_Folder,):
        return Phrase('a list of folders, such as ["~/.codex-work"]')
    if typing.get_origin(base) is tuple:
        return Phrase('a list of names, such as ["gpt-5.5"]')
    if typing.get_origin(base) is typing.Literal:
        return any_of([msgspec.json.encode(value).decode() for value in typing.get_args(base)])
    return Phrase("text or null") if type(None) in typing.get_args(base) else Phrase("text")
