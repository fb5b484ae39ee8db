"""What keeps settings from being saved: the values that are wrong, each with what to do about it."""

from collections.abc import Sequence

import msgspec

from probe_tray.core.errors import (
    ConfigError,
    FolderMissingError,
    FolderUnusableError,
    HookMissingError,
    Problem,
    ProxyAddressError,
)
from probe_tray.core.quota.snapshot import Window, WindowKind
from probe_tray.core.quota.window_levels import levels
from probe_tray.core.settings import LONGEST_NAME, LONGEST_PATH, MOST_HOMES, MOST_MODELS, Settings
from probe_tray.view.settings.form import Form
from probe_tray.view.text.translate import Translator

_LISTS = (("codex_homes", MOST_HOMES, LONGEST_PATH), ("models", MOST_MODELS, LONGEST_NAME))
_LEVELS = ((WindowKind.SHORT, "used"), (WindowKind.WEEKLY, "weekly"), (WindowKind.MONTHLY, "monthly"))


class SettingFault(msgspec.Struct, frozen=True):
    """A value that cannot be saved."""

    key: str
    """The setting's; empty where it is about none of the form."""
    text: str
    remedy: str = ""
    """The button that makes the folder; empty where that would not help."""


def check(settings: Settings, shown: Form) -> tuple[SettingFault, ...]:
    """What keeps these settings from being saved."""
    faults: list[SettingFault] = []
    if settings.storage.value == "folder" and not settings.sync_dir:
        faults.append(SettingFault("sync_dir", shown.folder_needed))
    for kind, name in _LEVELS:
        wanted = levels(Window(kind=kind, seconds=None, used_percent=0, reset_at=None), settings)
        if wanted.critical >= wanted.warning:
            continue
        first, second = f"warn_{name}_percent", f"critical_{name}_percent"
        # A level that is the 5-hour quota's is wrong there.
        if getattr(settings, second):
            faults.append(SettingFault(second, shown.second_too_low))
        elif getattr(settings, first):
            faults.append(SettingFault(first, shown.first_too_high))
    for key, most, longest in _LISTS:
        listed: Sequence[str] = getattr(settings, key)
        if len(listed) > most or any(len(one) > longest for one in listed):
            faults.append(SettingFault(key, shown.too_long[key]))
    return tuple(faults)


def refusal(problem: Problem, t: Translator) -> SettingFault:
    """Why a change was not saved, and which value it is about."""
    if problem.is_a(ProxyAddressError):
        return SettingFault("proxy", t.joined((unusable_proxy(problem, t), proxy_example(t))))
    if problem.is_a(ConfigError) and ("key", "sync_dir") in problem.facts:
        said = t("There is no user with that name on this computer. Enter the full path of the folder.")
        return SettingFault("sync_dir", said)
    if problem.is_a(FolderMissingError):
        return SettingFault("sync_dir", t.told(problem), t("Create &folder"))
    if problem.is_a(FolderUnusableError):
        return SettingFault("sync_dir", t.told(problem))
    return SettingFault("hook" if problem.is_a(HookMissingError) else "", t.told(problem))


def unusable_proxy(problem: Problem, t: Translator) -> str:
    """Why an address that was typed is none of a proxy."""
    return t("This address can't be used: {reason}.", reason=t.said(dict(problem.facts).get("reason", "")))


def proxy_example(t: Translator) -> str:
    """What an address of a proxy looks like."""
    return t("Enter one such as http://proxy.example:8080 or socks5h://127.0.0.1:1080.")


def faults_words(count: int, t: Translator) -> str:
    """How many values keep the settings from being saved."""
    return t.plural("{n} value needs a look", "{n} values need a look", count) if count else ""
