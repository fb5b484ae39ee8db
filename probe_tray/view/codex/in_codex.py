"""What an account is to the official client: in place there, lent or handed over, or logged out there."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.codex.codex_state import CodexHome, CodexUsePhase, HandOver
from probe_tray.core.errors.phrase import all_of
from probe_tray.core.state import AccountState, AppState
from probe_tray.view.text.privacy import discreet_codex
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import ActionKind, CardAction, Notice, Tone


class InCodex(NamedTuple):
    """One account's part in the official client."""

    homes: tuple[CodexHome, ...] = ()
    """Those in which its login is in place, the default one first."""
    logged_out: bool = False
    """Whether its login has ended by a logout, or by another login, in the client."""
    waits_for: tuple[str, ...] = ()
    """The programs of the client that go on with another account until they are restarted."""
    advises: bool = False
    """Whether the person is told how its login would end."""

    @property
    def way(self) -> HandOver | None:
        """How this program put its login there; None where it did not."""
        return next((home.way for home in self.homes if home.way is not None), None)

    @property
    def client_renews(self) -> bool:
        """Whether the client renews the login that this program put there."""
        return any(home.way is HandOver.WHOLE for home in self.homes)


NOT_IN_CODEX: Final = InCodex()
_NOBODY: Final[Mapping[AccountKey, InCodex]] = MappingProxyType({})


def in_codex(state: AppState) -> Mapping[AccountKey, InCodex]:
    """The accounts that are anything to the client."""
    codex = discreet_codex(state.codex, state.settings)
    keys = {home.account for home in codex.homes if home.account is not None} | codex.logged_out
    if not keys:
        return _NOBODY
    waited = codex.use is not None and codex.use.phase is CodexUsePhase.DONE
    names = tuple(dict.fromkeys(p.name for p in codex.use.running)) if codex.use is not None and waited else ()
    return {
        key: InCodex(
            homes=tuple(home for home in codex.homes if home.account == key),
            logged_out=state.logged_out_in_codex(key),
            waits_for=names if codex.use is not None and codex.use.account == key else (),
            advises=not state.arrangement.codex_told,
        )
        for key in keys
    }


def use_words(account: AccountState, there: InCodex, t: Translator) -> str:
    """That the client works with the account or is about to, and in which home; empty where it doesn't, or owns it."""
    if account.official:
        return ""
    if there.waits_for:
        return t("In Codex from its next start")
    others = [home.path for home in there.homes if not home.is_default]
    if not others or len(others) < len(there.homes):
        return t("In use by Codex") if there.homes or account.in_use else ""
    return t("In use by Codex in {home}", home=", ".join(others))


def use_mark(account: AccountState, there: InCodex, t: Translator) -> str:
    """The same in a word, where there is little room; the client's own login is marked too."""
    return t("in Codex") if there.homes or account.in_use else ""


def logged_out_words(t: Translator) -> str:
    """Why a login that was in place in the client has ended."""
    return t("Someone logged out or logged in with Codex itself, which ended this login.")


def use_notice(account: AccountState, there: InCodex, t: Translator) -> Notice | None:
    """What a person should know of the login that this program put there; None where that is nothing new."""
    if there.way is None:
        return None
    failed = next((home for home in there.homes if home.problem is not None), None)
    if failed is not None and failed.problem is not None:
        again = CardAction(kind=ActionKind.USE_IN_CODEX, label=t("Try again"), key=account.key, home=failed.key)
        return Notice(text=t.told(failed.problem), tone=Tone.WARNING, action=again)
    if there.waits_for:
        text = t(
            "Codex is still running ({clients}) with another account. Restart it to use this one.",
            clients=t.said(all_of(there.waits_for)),
        )
        return Notice(text=text, tone=Tone.CALM, action=CardAction(kind=ActionKind.CLOSE_CODEX_USE, label=t("OK")))
    if there.advises:
        text = t(
            "To change accounts, choose another one here. “codex logout” and “codex login” would end this login "
            "for good."
        )
        return Notice(text=text, tone=Tone.CALM, action=CardAction(kind=ActionKind.CODEX_TOLD, label=t("OK")))
    return None


def place_words(there: InCodex, t: Translator) -> str:
    """How its login was put there, and what that means, a line for each home; empty where it was not."""
    ways = ((home.path, home.way) for home in there.homes if home.way is not None)
    return "\n".join(t("{home}: {words}", home=path, words=_way_words(way, t)) for path, way in ways)


def _way_words(way: HandOver, t: Translator) -> str:
    match way:
        case HandOver.LENT:
            return t("Probe Tray renews it and gives Codex each new access token.")
        case HandOver.WHOLE:
            return t("Codex renews it, and Probe Tray takes over the new login.")
