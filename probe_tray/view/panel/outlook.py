"""What becomes of a quota at the pace so far, in words."""

from datetime import datetime

from probe_tray.core.account.condition import local_time
from probe_tray.core.quota.forecast import Forecast, Outlook, forecast, pace_of
from probe_tray.core.quota.snapshot import Snapshot, Window
from probe_tray.core.settings import Settings
from probe_tray.core.state import AccountState
from probe_tray.view.text.percentages import amount
from probe_tray.view.text.times import Now, at
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Bar, Notice, Tone

_ALL = 100


def coming(account: AccountState, window: Window, now: datetime) -> Forecast | None:
    """How a window of the main limit ends; None where there is too little to say, or nothing left to come."""
    pace = pace_of(account.paces, window)
    if account.snapshot is None or pace is None or window.used_percent >= _ALL:
        return None
    found = forecast(pace, account.snapshot.service_now(now))
    return None if found.outlook is Outlook.UNKNOWN else found


def outlook_words(found: Forecast, snapshot: Snapshot, settings: Settings, now: Now, t: Translator) -> str:
    """The forecast of a window of ``snapshot`` as a sentence."""
    if found.runs_out_at is not None:
        when = at(local_time(found.runs_out_at, snapshot), now, t, long=True, about=True)
        return t("At this pace it runs out {when}, before it resets.", when=when)
    coming_amount = amount(_ALL - (found.percent_left or 0), settings.percentages, t)
    return t("Lasts until it resets, with about {amount}.", amount=coming_amount)


def outlook_notice(bars: tuple[Bar, ...], t: Translator) -> Notice | None:
    """The window that runs out before its reset, where one does; the longest of several matters most."""
    found = [bar for bar in bars if bar.runs_out]
    if not found:
        return None
    return Notice(text=t("{window}: {outlook}", window=found[-1].label, outlook=found[-1].outlook), tone=Tone.CALM)
