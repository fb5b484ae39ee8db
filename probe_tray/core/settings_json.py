"""The settings as the JSON text of the configuration file: one object, whose unknown keys are kept as they were."""

import typing
from collections.abc import Mapping
from typing import Final, cast

import msgspec

from probe_tray.core.errors import ConfigError, Phrase
from probe_tray.core.settings import (
    MOST_POLL_MINUTES,
    MOST_RENEW_DAYS,
    RENEW_DAYS,
    UNREADABLE_PROXY,
    PollMinutes,
    Settings,
    Storage,
    table,
)

_VALUES: Final = {
    key: msgspec.json.Decoder(hint) for key, hint in typing.get_type_hints(Settings, include_extras=True).items()
}
"""Reads each setting. Made here, once: settings are also read in threads."""


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
    if not 0 < value <= MOST_POLL_MINUTES:
        return value
    # Never manual, which is another thing than rarely; of two that are as near the longer one.
    return min(typing.get_args(PollMinutes)[1:], key=lambda minutes: (abs(minutes - value), -minutes))


def _renew_days(value: object) -> object:
    """As the Go program reads it: null is its default, and every whole number has a meaning."""
    if value is None:
        return RENEW_DAYS
    if isinstance(value, int) and not isinstance(value, bool):
        return min(max(value, 0), MOST_RENEW_DAYS)
    return value


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
