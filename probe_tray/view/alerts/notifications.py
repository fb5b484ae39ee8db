"""Alerts as a desktop notification: what happened, what it means, and the button that helps."""

from msgspec.structs import replace

from probe_tray.core.account.suggestion import suggestion
from probe_tray.core.alerts.alert import (
    Alert,
    AlertHelp,
    LoginAlert,
    asks_for_another,
    help_with,
    helped_account,
)
from probe_tray.core.alerts.mute import MUTE, alert_mute_end
from probe_tray.core.state import AccountState, AppState
from probe_tray.ports.desktop import Button, Notification, Urgency
from probe_tray.view.alerts.alert_sentences import Sentences, sentences
from probe_tray.view.alerts.digest import digest
from probe_tray.view.codex.use_actions import can_be_used
from probe_tray.view.panel.summary import best_words
from probe_tray.view.panel.survey import label_in, short_label_in
from probe_tray.view.text.privacy import mask
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator

_BUTTON, _SENTENCE = 20, 28
"""Characters of a name on a button and in a sentence about the account to go on with."""


def notification(batch: tuple[Alert, ...], state: AppState, now: Now, t: Translator) -> Notification:
    """The notification for one alert or several; plain text without any secret."""
    found = _one(batch[0], state, now, t) if len(batch) == 1 else _digest(batch, state, now, t)
    if not state.settings.privacy:
        return found
    # Whatever a sentence was made of (the name of a file, for one) may hold an address.
    return replace(found, title=mask(found.title), body=mask(found.body))


def trial(t: Translator) -> Notification:
    """The notification that a person asks for to see how they look."""
    return Notification(
        tag="trial",
        title=t("Notifications work"),
        body=t("You'll see a notification like this when a quota or a login needs you."),
        buttons=(_button(AlertHelp.OPEN, t),),
    )


def still_running(t: Translator) -> Notification:
    """That closing the window does not end the program."""
    return Notification(
        tag="running",
        title=t("Probe Tray keeps running"),
        body=t("Click its icon to open the window again. To quit, choose Quit in its menu."),
    )


def _one(alert: Alert, state: AppState, now: Now, t: Translator) -> Notification:
    account = state.account(alert.account)
    said = _said(alert, state, now, t)
    wanted = help_with(alert, account)
    actions = (wanted,) if wanted is AlertHelp.OPEN else (wanted, AlertHelp.OPEN)
    best, following = _suggested((alert,), state, now, t)
    return Notification(
        # An account's older one is replaced: the newest is the one that holds.
        tag=f"account {alert.account.slug}",
        title=said.title,
        body=t.joined(filter(None, (said.body, best))),
        buttons=(*following, *(_button(action, t, account) for action in actions), *_mute(alert, account, now, t)),
        urgency=_urgency((alert,)),
    )


def _mute(alert: Alert, account: AccountState | None, now: Now, t: Translator) -> tuple[Button, ...]:
    end = None if account is None else alert_mute_end(alert, account, now.moment)
    return () if end is None else (Button(MUTE, t("Mute until reset")),)


def _digest(batch: tuple[Alert, ...], state: AppState, now: Now, t: Translator) -> Notification:
    title, body = digest(batch, state, lambda alert: _said(alert, state, now, t).title, t)
    best, following = _suggested(batch, state, now, t)
    # Where several accounts need the same button, the app shows each beside its account.
    helps = [h for h in (AlertHelp.LOG_IN, AlertHelp.RENEW) if helped_account(batch, h, state.accounts) is not None]
    return Notification(
        # Not in place of one about other accounts, which may not have been read.
        tag=f"digest {now.moment:%Y%m%d%H%M%S}",
        title=title,
        body="\n".join(filter(None, (body, best))),
        buttons=(*following, *(_button(h, t) for h in (*helps[:1], AlertHelp.OPEN))),
        urgency=_urgency(batch),
    )


def _suggested(batch: tuple[Alert, ...], state: AppState, now: Now, t: Translator) -> tuple[str, tuple[Button, ...]]:
    """The account to go on with as a sentence, and the button about it; nothing where the one in use lasts."""
    found = suggestion(state, now.moment)
    if found is None or not any(a.account == found.used.key and asks_for_another(a) for a in batch):
        return "", ()
    best = best_words(found.next, short_label_in(state, found.next, _SENTENCE, t), now.moment, t)
    # The sentence names the account; where no limit tells what to say of it, the button does.
    words = t("Use in Codex") if best else t("Use {name} in Codex", name=short_label_in(state, found.next, _BUTTON, t))
    buttons = (Button(AlertHelp.NEXT.value, words),) if can_be_used(state, found.next) else ()
    return t("{sentence}.", sentence=best) if best else "", buttons


def _said(alert: Alert, state: AppState, now: Now, t: Translator) -> Sentences:
    account = state.account(alert.account)
    who = t("An account") if account is None else label_in(state, account, t)
    return sentences(alert, account, who, state.settings.percentages, now, t)


def _button(action: AlertHelp, t: Translator, account: AccountState | None = None) -> Button:
    log_in = t("Log in here") if account is not None and account.official else t("Log in again")
    words = {AlertHelp.OPEN: t("Open"), AlertHelp.LOG_IN: log_in, AlertHelp.RENEW: t("Renew now")}
    return Button(action.value, words[action])


def _urgency(batch: tuple[Alert, ...]) -> Urgency:
    """Only what tells of a lost login stays until somebody has seen it."""
    return Urgency.CRITICAL if any(isinstance(alert, LoginAlert) for alert in batch) else Urgency.NORMAL
