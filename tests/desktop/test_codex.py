"""A person has the Codex client work with another account: from the tray, from a card, and from a notification."""

import json
import re

import pytest

from tests.desktop.bench import Desktop
from tests.desktop.waiting import wait_for
from tests.desktop.walking import PANEL, App, data_folder, vault_tokens

pytestmark = [pytest.mark.desktop]

ANA, LEE = "ana@example.com", "lee@studio.example"


def tokens(desktop: Desktop) -> dict[str, str]:
    """What the client finds in its place; never print it."""
    try:
        return json.loads((data_folder(desktop) / "codex" / "auth.json").read_bytes()).get("tokens") or {}
    except FileNotFoundError:
        return {}


def wait_other(desktop: Desktop, before: dict[str, str]) -> dict[str, str]:
    """Wait until the client would find another account's login than ``before``."""
    return wait_for(
        "another account's login in place",
        lambda: now if (now := tokens(desktop)).get("account_id") != before.get("account_id") else None,
    )


def test_an_account_is_used_in_codex_with_one_click_and_undone_with_another(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    for name in (ANA, LEE):
        app.wait_account(name)
    assert tokens(desktop) == {}

    app.item.click_menu("Use in Codex", f"{ANA} — ")
    anas = wait_other(desktop, {})
    assert anas["refresh_token"] == ""
    desktop.screen.wait_window(PANEL)
    app.read(f"Codex uses {re.escape(ANA)} from its next start")
    app.read(rf"^{re.escape(ANA)}\..*In use by Codex.*codex logout")
    app.wait_account(ANA, "in Codex")
    desktop.screenshot("used-in-codex")

    # From a card's menu, by keyboard: the tightest comes first.
    desktop.screen.key("Home", "Down", to=PANEL)
    desktop.reader.wait_focus(rf"(?s){re.escape(LEE)}\..*")
    desktop.screen.key("Menu", to=PANEL)
    desktop.reader.wait_focus("Details…", role="menu item")
    desktop.screen.key("u", to=PANEL)
    lees = wait_other(desktop, anas)
    app.read(f"Codex uses {re.escape(LEE)} from its next start")
    app.press("Undo")
    again = wait_other(desktop, lees)
    assert (again["account_id"], again["refresh_token"]) == (anas["account_id"], "")
    app.read(f"Codex uses {re.escape(ANA)} from its next start")

    # No login has changed on the way, and the client got nothing that renews one.
    app.quit()
    kept = [token.decode() for token in vault_tokens(desktop)]
    assert {anas["access_token"], lees["access_token"]} <= set(kept)
    assert app.program.errors() == ""


def test_when_the_account_in_use_is_used_up_a_notification_leads_on(desktop: Desktop) -> None:
    app = App(desktop, "--demo=codex")
    app.wait_account("research@example.com", "in Codex")
    app.answer(r"research@example\.com", "Use in Codex")
    desktop.screen.wait_window(PANEL)
    app.read(f"Codex uses {re.escape(ANA)} from its next start")
    app.read(rf"^{re.escape(ANA)}\..*In use by Codex")
    app.quit()
    assert app.program.errors() == ""
