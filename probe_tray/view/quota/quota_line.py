"""One account in one short line, for prompts and bars. Its words are the same in every language."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from probe_tray.core.quota.percent import whole
from probe_tray.core.quota.quota_overview import AccountQuota, QuotaOverview
from probe_tray.core.quota.used_window import deciding_window
from probe_tray.view.text.times import Now, at, until
from probe_tray.view.text.translate import Translator

_SHORT: Final = {"week": "wk", "month": "mo"}
_NONE: Final = "-"
_UNKNOWN: Final = "?"
_ALL: Final = 100
_WINDOWS: Final = ("5h", "week", "month", "budget")
_COLORS: Final = {"limited": "red", "warning": "yellow", "needs login": "red"}
_FIELD: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_ENGLISH: Final = Translator()

TEMPLATE_FIELDS: Final = (
    *("name", "short_name", "email", "alias", "plan", "id", "state"),
    *("used", "left", "reset", "reset_in", "age"),
    *(f"{window}_{part}" for window in _WINDOWS for part in ("used", "left", "reset", "reset_in")),
)
"""What stands in braces in a template."""


class QuotaLineFieldError(ValueError):
    """A template has something in braces that is no field: its text."""


class _WaybarOutput(msgspec.Struct):
    text: str
    alt: str
    tooltip: str
    percentage: int
    css: str = msgspec.field(name="class")


def line(account: AccountQuota, overview: QuotaOverview, now: Now) -> str:
    """``ana 5h 42% wk 17% 13:20``: name, each window, and the next reset that matters."""
    if not account.windows or not (account.usable or account.limited):
        parts = [account.state if account.settled else _UNKNOWN]
    else:
        parts = [f"{_SHORT.get(w.name, w.name)} {_percent(w.used_percent, overview)}%" for w in account.windows]
        reset = _deciding_reset(account)
        # Where nobody knows until when, that there is no capacity is all that can be said.
        unknown = [account.state] if account.limited else []
        parts += unknown if reset is None else [_moment(reset, now)]
    return _printable(" ".join((_short_name(account), *parts)))


def waybar_line(account: AccountQuota, overview: QuotaOverview, now: Now) -> str:
    """The JSON of a custom module of Waybar, with every account in the tooltip.

    Text and tooltip are Pango markup there.
    """
    used = _deciding_use(account)
    output = _WaybarOutput(
        text=_markup(line(account, overview, now)),
        alt=_css(account),
        tooltip=_markup("\n".join(line(one, overview, now) for one in overview.accounts)),
        percentage=0 if used is None else _percent(used, overview),
        css=_css(account),
    )
    return msgspec.json.encode(output).decode()


def tmux_line(account: AccountQuota, overview: QuotaOverview, now: Now) -> str:
    """The line for the status bar of tmux: coloured where the account is short of quota."""
    text, color = line(account, overview, now).replace("#", "##"), _COLORS.get(account.state)
    return f"#[fg={color}]{text}#[default]" if color else text


def template_line(template: str, account: AccountQuota, now: Now) -> str:
    """``template`` with its fields filled in; ``{{`` and ``}}`` are braces. Raises QuotaLineFieldError."""
    values = _fields(account, now)

    def fill(found: re.Match[str]) -> str:
        if found[0] in {"{{", "}}"}:
            return found[0][0]
        if found[1] not in values:
            raise QuotaLineFieldError(found[0])
        return values[found[1]]

    return _printable(_FIELD.sub(fill, template))


def _fields(account: AccountQuota, now: Now) -> dict[str, str]:
    windows = {name: next((w for w in account.windows if w.name == name), None) for name in _WINDOWS}
    age = None if account.taken_at is None else int((now.moment - account.taken_at).total_seconds() // 60)
    values = {
        "name": account.name,
        "short_name": _short_name(account),
        "email": account.email or _NONE,
        "alias": account.alias or _NONE,
        "plan": account.plan or _NONE,
        "id": account.id,
        "state": account.state,
        "age": _NONE if age is None else str(max(0, age)),
    }
    values |= _window_fields(_deciding_use(account), _deciding_reset(account), now)
    for name, window in windows.items():
        used, reset = (None, None) if window is None else (window.used_percent, window.reset_at)
        found = _window_fields(used, reset, now)
        values |= {f"{name}_{part}": text for part, text in found.items()}
    return values


def _window_fields(used: float | None, reset: datetime | None, now: Now) -> dict[str, str]:
    def moment(words: Callable[[datetime], str]) -> str:
        return _NONE if reset is None else words(reset)

    return {
        "used": _NONE if used is None else str(whole(used)),
        "left": _NONE if used is None else str(_ALL - whole(used)),
        "reset": moment(lambda reset: _moment(reset, now)),
        "reset_in": moment(lambda reset: until(reset, now, _ENGLISH).removeprefix("in ")),
    }


def _deciding_use(account: AccountQuota) -> float | None:
    """The use of the tightest window; all of it without capacity, whatever the windows say."""
    tightest = deciding_window(account.windows)
    if account.limited:
        return _ALL
    return None if tightest is None else tightest.used_percent


def _deciding_reset(account: AccountQuota) -> datetime | None:
    """Without capacity when there is some again, else when the tightest window is reset."""
    tightest = deciding_window(account.windows)
    if account.limited:
        return account.free_at
    return None if tightest is None else tightest.reset_at


def _percent(used: float, overview: QuotaOverview) -> int:
    return _ALL - whole(used) if overview.shows_left else whole(used)


def _moment(moment: datetime, now: Now) -> str:
    return at(moment, now, _ENGLISH, brief=True)


def _short_name(account: AccountQuota) -> str:
    return account.alias or account.name.partition("@")[0] or account.name


def _css(account: AccountQuota) -> str:
    return account.state.lower().replace(" ", "-")


def _markup(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
