"""The window "About", and the text that a person sends along when something does not work."""

from datetime import datetime

import msgspec

from probe_tray.core.account.condition import condition
from probe_tray.core.errors import Problem
from probe_tray.core.machine import Machine, Toolkit
from probe_tray.core.settings import Settings, table
from probe_tray.core.state import AccountState, AppState
from probe_tray.core.update.release import Release
from probe_tray.view.help.release import release_text
from probe_tray.view.text.privacy import mask, masked_name
from probe_tray.view.text.translate import Translator

_SILENT = frozenset({"proxy", "sync_dir"})
"""Settings whose values are addresses and folders of the person."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """The window."""

    window_title: str
    title: str
    text: str
    rows: tuple[tuple[str, str], ...]
    """What it is, and which one."""
    release: str
    """The newer version and what is new in it; empty where none is known. The same for the button."""
    open_release: str
    licence: str
    privacy: str
    help: str
    copy: str
    copied: str
    close: str


def about(machine: Machine, toolkit: Toolkit, release: Release | None, t: Translator) -> About:
    """What the window says; ``release`` is a newer version, where one is known."""
    tray = t("shown") if toolkit.tray else t("none found; the window is used instead")
    rows = (
        (t("System"), machine.system),
        (t("Desktop"), ", ".join(part for part in (machine.desktop, toolkit.platform) if part)),
        (t("Tray icon"), tray),
        (t("Keyring"), machine.keyring or t("not needed so far")),
        (t("Proxy"), t("{proxy} ({where})", proxy=t.said(machine.proxy), where=t.said(machine.proxy_found_in))),
        (t("Running on"), f"{machine.python}, Qt {toolkit.qt}"),
    )
    return About(
        window_title=t("About Probe Tray"),
        title=t("Probe Tray {version}", version=machine.version),
        text=t("Shows how much Codex quota you have left and keeps you logged in."),
        rows=rows,
        release=release_text(release, t),
        open_release=t("What's &new") if release is not None else "",
        licence=t("Free software under the MIT license. Not made or endorsed by OpenAI."),
        privacy=t(
            "Diagnostics contain versions, settings, the state of each account and the last lines of "
            "the log. Tokens, names, email addresses and your home folder are left out."
        ),
        help=t("Help and &guides"),
        copy=t("&Copy diagnostics"),
        copied=t("Copied"),
        close=t("Close"),
    )


_PERMISSIONS = {None: "not known whether they are allowed", True: "allowed", False: "turned off in the system"}


def diagnostics(state: AppState, machine: Machine, toolkit: Toolkit, now: datetime) -> str:
    """Plain English text with the names of accounts masked; the machine's own names are still in it."""
    windows = f"{toolkit.style}, {'dark' if toolkit.dark else 'light'}"
    screens = ", ".join(toolkit.screens) or "none"
    lines = [
        f"Probe Tray {machine.version}, {now:%Y-%m-%d %H:%M} UTC",
        f"{machine.python}, Qt {toolkit.qt} on {toolkit.platform}",
        f"System: {machine.system}",
        f"Desktop: {machine.desktop or 'not named'}; tray icon: {'shown' if toolkit.tray else 'no tray'}",
        f"Icon: {toolkit.ink or 'no colour'}; controls: {windows}; screens: {screens}",
        f"Installed as {machine.installed}; data in {machine.data_folder}; Codex in {machine.codex_home}",
        f"Keyring: {machine.keyring or 'not needed so far'}",
        f"Notifications: {_PERMISSIONS[state.notifications_allowed]}",
        f"Proxy: {machine.proxy}, from {machine.proxy_found_in}",
        f"Settings that were changed: {'; '.join(_changed(state.settings)) or 'none'}",
        f"Accounts: {len(state.accounts)}; files that cannot be read: {len(state.unreadable)}",
        *(_account(number, account, state, now) for number, account in enumerate(state.accounts, 1)),
        *(f"Store {kind.value}: {_problem(problem)}" for kind, problem in state.store_problems),
        *(f"Trouble: {_problem(problem)}" for problem in (state.trouble,) if problem is not None),
        *(["", "Log:", *machine.log] if machine.log else []),
    ]
    return mask("\n".join(lines)) + "\n"


def _changed(settings: Settings) -> list[str]:
    plain = Settings()
    found: list[str] = []
    for entry in table():
        value = getattr(settings, entry.key)
        if value != getattr(plain, entry.key):
            found.append(f"{entry.key} = {'(set)' if entry.key in _SILENT else msgspec.json.encode(value).decode()}")
    return found


def _account(number: int, account: AccountState, state: AppState, now: datetime) -> str:
    facts = [
        masked_name(account),
        account.plan or "no plan known",
        "+".join(store.value for store in account.stores),
        condition(account, state.settings, now).value,
        "personal access token" if account.personal else "can be renewed" if account.renewable else "cannot be renewed",
    ]
    if account.expires_at is not None:
        facts.append(f"ends {account.expires_at:%Y-%m-%d %H:%M}")
    if account.checked_at is not None:
        facts.append(f"asked {account.checked_at:%Y-%m-%d %H:%M}")
    facts += [f"check: {_problem(account.problem)}"] if account.problem is not None else []
    renewal = account.renewal.problem
    facts += [f"renewal: {_problem(renewal)}"] if renewal is not None else []
    return f"{number:3}. {', '.join(facts)}"


def _problem(problem: Problem) -> str:
    return f"{problem.name} ({Translator().title(problem)})"
