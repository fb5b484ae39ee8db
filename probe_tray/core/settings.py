"""The configuration: one table of keys, types, defaults, ranges and help, shared by both programs.

The table is the annotated fields of :class:`Settings`; the settings dialog and the help are made from it. The file is
one JSON object; keys that this program does not know are kept as they were.
"""

import enum
import typing
from collections.abc import Collection, Mapping
from typing import Annotated, Final, cast

import msgspec
from msgspec import Meta

from probe_tray.core.errors import ConfigError, Phrase, any_of
from probe_tray.core.icon_ink import IconInk


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
_Percent = Annotated[int, Meta(ge=1, le=100)]
_OwnPercent = Annotated[int, Meta(ge=0, le=100)]
_Hour = Annotated[int, Meta(ge=0, le=23)]
PollMinutes = typing.Literal[0, 1, 2, 5, 15, 30]
_MOST_POLL_MINUTES = 1440
"""Earlier versions took every number up to a day."""
UNREADABLE_PROXY: Final = "?"
"""Stands for a proxy that the configuration names and nobody can read: an address that cannot be used."""
_RENEW_DAYS: Final = 3
_MOST_RENEW_DAYS: Final = 99_999
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
            le=_MOST_RENEW_DAYS,
            description=("Renew a login this many days before its access token expires; 0 = only once it has expired."),
        ),
    ] = _RENEW_DAYS
    auto_renew: Annotated[
        bool,
        Meta(description="So you don't have to log in again. The Codex client renews its own login."),
    ] = True
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
    pace_alerts: Annotated[bool, Meta(description="Warn when a quota will run out before it resets at this pace.")] = (
        False
    )
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
    quiet_hours: Annotated[
        bool, Meta(description="Hold notifications at night and show one summary in the morning.")
    ] = False
    quiet_from_hour: Annotated[_Hour, Meta(description="Hour at which quiet hours begin, local time.")] = 22
    quiet_to_hour: Annotated[
        _Hour, Meta(description="Hour at which quiet hours end; same hour twice = no quiet hours.")
    ] = 7
    privacy: Annotated[
        bool,
        Meta(description="Show only the first letters of names and email addresses, and no ids."),
    ] = False
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


_VALUES: Final = {
    key: msgspec.json.Decoder(hint) for key, hint in typing.get_type_hints(Settings, include_extras=True).items()
}
"""Reads each setting. Made here, once: settings are also read in threads."""
_SETTINGS: Final = msgspec.json.Decoder(Settings)


class SettingsChange(msgspec.Struct, frozen=True):
    """New values of some settings. All others stay as they are, whoever changed them meanwhile."""

    values: Mapping[str, object]
    """By key, as they stand in the file."""

    def applied_to(self, settings: Settings) -> Settings:
        """``settings`` with these values. Raises msgspec.ValidationError for a value that a setting cannot have."""
        values = cast("dict[str, object]", msgspec.to_builtins(settings))
        return _SETTINGS.decode(msgspec.json.encode(values | dict(self.values)))

    def only(self, keys: Collection[str]) -> "SettingsChange":
        """The part of the change that is about ``keys``."""
        return SettingsChange({key: value for key, value in self.values.items() if key in keys})


def change(**values: object) -> SettingsChange:
    """A change of the settings that are named."""
    return SettingsChange(cast("dict[str, object]", msgspec.to_builtins(values)))


def difference(before: Settings, after: Settings) -> SettingsChange:
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


def parse_settings(data: bytes, path: str) -> tuple[Settings, Mapping[str, object]]:
    """The settings in ``data`` and the whole object with the keys this program does not know.

    Raises ConfigError, which names the key, what was found and what is allowed; a value of a secret is never shown.
    """
    settings, values, faults = parse_what_is_usable(data, path)
    for fault in faults.values():
        raise fault from None
    return settings, values


def parse_what_is_usable(data: bytes, path: str) -> tuple[Settings, Mapping[str, object], Mapping[str, ConfigError]]:
    """As :func:`parse_settings`, but with the errors of single keys, whose settings are the defaults.

    A proxy that cannot be read stays one that cannot be used: without it, requests would go another way than they
    should. Raises ConfigError only where ``data`` is no JSON object.
    """
    values = _object(data, path)
    chosen: dict[str, object] = {}
    faults: dict[str, ConfigError] = {}
    for entry in table():
        if entry.key not in values:
            continue
        try:
            chosen[entry.key] = _VALUES[entry.key].decode(msgspec.json.encode(_nearest(entry.key, values[entry.key])))
        except msgspec.ValidationError:
            found = _shown(values[entry.key])
            faults[entry.key] = ConfigError(path=path, key=entry.key, found=found, allowed=entry.allowed)
    if "proxy" in faults:
        chosen["proxy"] = UNREADABLE_PROXY
    settings = Settings(**chosen)  # pyright: ignore[reportArgumentType] - each value was converted to its field's type above
    try:
        check_together(settings, path)
    except ConfigError as error:
        faults.setdefault("sync_dir", error)
        settings = msgspec.structs.replace(settings, storage=Storage.VAULT)
    return settings, values, faults


def _object(data: bytes, path: str) -> dict[str, object]:
    try:
        raw = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ConfigError(
            path=path, key=Phrase("the whole file"), found=Phrase("not valid JSON"), allowed=Phrase("one JSON object")
        ) from None
    if not isinstance(raw, dict):
        raise ConfigError(path=path, key=Phrase("the whole file"), found=_word(raw), allowed=Phrase("one JSON object"))
    return cast("dict[str, object]", raw)


def check_together(settings: Settings, path: str) -> None:
    """Raise ConfigError where values that are allowed each contradict one another."""
    if settings.storage is Storage.FOLDER and not settings.sync_dir:
        raise ConfigError(
            path=path,
            key="sync_dir",
            found=Phrase("empty"),
            allowed=Phrase('a folder, since storage is "folder"'),
        )


def dump_settings(settings: Settings, known: Mapping[str, object]) -> bytes:
    """The file's new bytes: every setting, and every key of ``known`` that is not ours, in its old order."""
    ours = cast("dict[str, object]", msgspec.to_builtins(settings))
    merged = {key: ours.get(key, value) for key, value in known.items()} | ours
    return msgspec.json.format(msgspec.json.encode(merged), indent=2) + b"\n"


def rounded(settings: Settings, values: Mapping[str, object]) -> tuple[str, str, str] | None:
    """The setting whose value in the file stands for the nearest allowed one: key, found, used; None when none does."""
    found = values.get("poll_minutes", settings.poll_minutes)
    return None if found == settings.poll_minutes else ("poll_minutes", _shown(found), str(settings.poll_minutes))


def _nearest(key: str, value: object) -> object:
    if key == "renew_before_expiry_days":
        return _renew_days(value)
    if key != "poll_minutes" or not isinstance(value, int) or isinstance(value, bool):
        return value
    if not 0 < value <= _MOST_POLL_MINUTES:
        return value
    # Never manual, which is another thing than rarely; of two that are as near the longer one.
    return min(typing.get_args(PollMinutes)[1:], key=lambda minutes: (abs(minutes - value), -minutes))


def _renew_days(value: object) -> object:
    """As the Go program reads it: null is its default, and every whole number has a meaning."""
    if value is None:
        return _RENEW_DAYS
    if isinstance(value, int) and not isinstance(value, bool):
        return min(max(value, 0), _MOST_RENEW_DAYS)
    return value


def _allowed(hint: object, metas: list[Meta]) -> str:
    bounds = [(m.ge, m.le) for m in metas if m.ge is not None]
    if bounds:
        return Phrase("a whole number from {least} to {most}", least=str(bounds[0][0]), most=str(bounds[0][1]))
    base = typing.get_args(hint)[0]
    if base is bool:
        return Phrase("true or false")
    if isinstance(base, type) and issubclass(base, enum.Enum):
        return any_of([f'"{member.value}"' for member in base])
    if typing.get_origin(base) is tuple:
        return Phrase('a list of names, such as ["gpt-5.5"]')
    if typing.get_origin(base) is typing.Literal:
        return any_of([msgspec.json.encode(value).decode() for value in typing.get_args(base)])
    return Phrase("text or null") if type(None) in typing.get_args(base) else Phrase("text")


def _shown(value: object) -> str:
    if isinstance(value, bool | int | float):
        return str(value).lower()[:40]
    if isinstance(value, str):
        # Only the length: a person may have pasted a secret into the wrong key.
        return (
            f'"{value}"'
            if len(value) <= 24 and value.isprintable()
            else Phrase("text of {n} characters", n=str(len(value)))
        )
    return _word(value)


def _word(value: object) -> str:
    match value:
        case dict():
            return Phrase("a JSON object")
        case list():
            return Phrase("a list")
        case str():
            return Phrase("text")
        case bool():
            return Phrase("true or false")
        case int() | float():
            return Phrase("a number")
        case _:
            return "null"
