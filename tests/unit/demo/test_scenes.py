"""The states that ``--demo=SCENE`` shows, as the panel and the menu say them."""

import asyncio
import json
import os
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

import pytest

from probe_tray.adapters.files.app_folders import demo_places, scene_instance, user_places
from probe_tray.adapters.files.disk import Disk
from probe_tray.bootstrap import Session, open_session
from probe_tray.core.account.condition import Condition
from probe_tray.core.commands import ShowDetails
from probe_tray.core.demo_scene import DemoScene
from probe_tray.core.quota.history import Span
from probe_tray.core.settings import Appearance, Storage
from probe_tray.demo import Fault, Gate
from probe_tray.demo.scenes import scene_accounts
from probe_tray.engine_factory import Wired
from probe_tray.view.details.details import details
from probe_tray.view.presenter import present
from probe_tray.view.screen import Screen
from probe_tray.view.text.times import Now
from probe_tray.view.text.translate import Translator
from probe_tray.view.view_models import Card
from tests.support.patience import PATIENCE
from tests.support.programs import NO_DESKTOP
from tests.unit.engine.bench import running

ANA, LEE, RESEARCH = "ana@example.com", "lee@studio.example", "research@example.com"
T = Translator()


class Shown(NamedTuple):
    condition: Condition
    words: str
    """Part of what the card says."""
    bars: str = "5 h, Week"


FINE, LOW, FULL = Condition.AVAILABLE, Condition.WARNING, Condition.LIMITED
USED_UP = Shown(FULL, "the weekly quota is used up. You have 1 unused reset credit. It expires")
THREE = {ANA: Shown(FINE, ""), LEE: Shown(LOW, "", "5 h, Week, Budget"), RESEARCH: USED_UP}
LONG_NAME = "a.very.long.address.that.must.not.break.anything@department.of.research.example.org"
STATES = {
    **THREE,
    "spent@example.com": Shown(FULL, "the 5-hour quota is used up."),
    "weekly@example.com": Shown(FINE, "", "Week"),
    "monthly@example.com": Shown(FINE, "", "Month, Budget"),
    "bo@company.example": Shown(LOW, "", "Budget"),
    "three-days@example.com": Shown(FINE, "", "3 d"),
    "no-limits@example.com": Shown(Condition.NO_DATA, "", ""),
    "new@example.com": Shown(FINE, ""),
    "muted@example.com": Shown(LOW, "Muted until"),
    "old@example.com": Shown(Condition.STALE, "The numbers are 3 h old."),
    "waits@example.com": Shown(Condition.RATE_LIMITED, "OpenAI is limiting requests."),
    "blocked@example.com": Shown(Condition.BLOCKED, "The network blocks chatgpt.com."),
    "closed@example.com": Shown(Condition.UNUSABLE, "OpenAI has deactivated this account."),
    "cut-off@example.com": Shown(Condition.STALE, "The connection broke before the answer arrived"),
    "ended@example.com": Shown(Condition.NEEDS_LOGIN, "This login has ended", ""),
    "refused@example.com": Shown(Condition.NEEDS_LOGIN, "it was not used for too long", ""),
    "doubt@example.com": Shown(FINE, "it may or may not have gone through"),
    "later@example.com": Shown(FINE, "The last renewal failed."),
    "once@example.com": Shown(FINE, "It has no refresh token, so it can't be renewed."),
    "sam@example.com Personal": Shown(LOW, ""),
    "sam@example.com Studio": Shown(FINE, "", "5 h, Week, Budget"),
    LONG_NAME: Shown(FINE, ""),
    "client@example.com Codex client's login, read only": Shown(LOW, "Renewed by the Codex client"),
    "cut-off.json": Shown(Condition.NO_DATA, "is not a login", ""),
}
SCENES = {
    DemoScene.FIRST: {},
    DemoScene.STATES: STATES,
    DemoScene.CLIENT: {f"{ANA} Codex client's login, read only": Shown(FINE, "Log in here too")},
    DemoScene.CODEX: {**{name: THREE[name] for name in (ANA, LEE)}, f"{RESEARCH} In use by Codex": USED_UP},
    DemoScene.API_KEY: {"Codex client": Shown(Condition.API_KEY, "logged in with an API key", "")},
    DemoScene.ACCESS_TOKEN: {f"{ANA} Codex client's login, read only": Shown(FINE, "Personal access token")},
    DemoScene.OFFLINE: dict.fromkeys(THREE, Shown(Condition.OFFLINE, "Offline, numbers are 3 h old.")),
    DemoScene.INCIDENT: dict.fromkeys(THREE, Shown(Condition.STALE, "The numbers are 3 h old.")),
    DemoScene.LOCKED: {"Saved logins": Shown(Condition.WAITING_KEYRING, "The keyring is locked", "")},
    DemoScene.TABLE: THREE,
    DemoScene.RENEWING: {**THREE, ANA: Shown(FINE, "Renewing…")},
    DemoScene.UPDATE: THREE,
}
HEADLINES = {
    DemoScene.FIRST: ("No account yet", ""),
    DemoScene.STATES: ("15 of 24 can work · 1 without a known limit", "Notifications paused until"),
    DemoScene.CODEX: ("2 of 3 can work", "Up to date"),
    DemoScene.OFFLINE: ("Offline", "Offline, numbers are 3 h old"),
    DemoScene.INCIDENT: ("The numbers are old", "OpenAI reports: Partial System Outage"),
    DemoScene.LOCKED: ("Your logins are waiting", ""),
    DemoScene.TABLE: ("2 of 3 can work", "Up to date"),
}
"""The sentence at the head, and how the one at the foot begins."""


@pytest.fixture
def renewal(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """What the slow renewal of a scene waits for, which the app sees to its end."""
    gate = Gate()
    monkeypatch.setattr(scene_accounts, "_SLOW", Fault(hold=gate))
    return gate


async def reach(session: Session, holds: Callable[[Wired], bool], reached: Callable[[], None] = lambda: None) -> Wired:
    """Run the app until it ``holds``, and end it once ``reached`` was called."""
    wired = session.wire(T, UTC, NO_DESKTOP)
    try:
        changed = asyncio.Event()
        wired.engine.subscribe(changed.set)
        async with running(wired.engine.run()):
            async with asyncio.timeout(PATIENCE):
                while not holds(wired):
                    changed.clear()
                    await changed.wait()
            reached()
    except TimeoutError:
        cards = [(named(card), card.condition, said(card)) for card in screen(wired).panel.cards]
        pytest.fail(f"after {PATIENCE} s: {wired.engine.state.trouble} {cards}")
    finally:
        await wired.client.aclose()
    return wired


def screen(wired: Wired) -> Screen:
    return present(wired.engine.state, wired.clock.now(), UTC, T)


def named(card: Card) -> str:
    """The title, with the part of the subtitle that tells it from others."""
    own = [part for part in card.subtitle.split(" · ") if not part.startswith(("Muted", "/"))]
    return " ".join(filter(None, (card.title, *own)))


def said(card: Card) -> str:
    return " ".join(filter(None, (card.subtitle, card.life, card.notice.text if card.notice else "")))


def shows(wired: Wired, wanted: dict[str, Shown]) -> bool:
    """Whether the panel has just these cards."""
    cards = {named(card): card for card in screen(wired).panel.cards}
    return (
        wired.engine.state.loaded
        and cards.keys() == wanted.keys()
        and all(
            card.condition is wanted[name].condition
            and wanted[name].words in said(card)
            and ", ".join(bar.label for bar in card.bars) == wanted[name].bars
            for name, card in cards.items()
        )
    )


def begins_today(wired: Wired, email: str) -> bool:
    """Whether the chart of an account says so; asks for it first."""
    state = wired.engine.state
    account = next((a for a in state.accounts if a.email == email and a.snapshot is not None), None)
    if account is None:
        return False
    if state.details is None or not state.details.lines:
        wired.engine.send(ShowDetails(account.key, Span.MONTH))
    found = details(state, account.key, Span.MONTH, Now(wired.clock.now(), UTC), T)
    return found is not None and "The line begins today" in found.chart.spoken


@pytest.mark.parametrize("scene", SCENES)
def test_each_scene_shows_its_states(scene: DemoScene, renewal: Gate) -> None:
    head, foot = HEADLINES.get(scene, ("", ""))

    def holds(wired: Wired) -> bool:
        panel = screen(wired).panel
        new = DemoScene.STATES is not scene or begins_today(wired, "new@example.com")
        return new and shows(wired, SCENES[scene]) and head in panel.headline and panel.status.startswith(foot)

    with open_session(os.environ, Disk(), demo=scene) as session:
        asyncio.run(reach(session, holds, renewal.open))


def test_between_them_they_show_every_condition() -> None:
    assert {shown.condition for scene in SCENES.values() for shown in scene.values()} == set(Condition)


def test_there_are_a_hundred_accounts_to_look_through() -> None:
    with open_session(os.environ, Disk(), demo=DemoScene.MANY) as session:
        wired = asyncio.run(reach(session, lambda wired: wired.engine.state.loaded))
    assert len(wired.engine.state.accounts) == 100


def test_a_table_that_does_not_answer_is_told_of_a_renewed_login() -> None:
    def holds(wired: Wired) -> bool:
        banner = screen(wired).panel.banner
        return banner is not None and "the shared table doesn't have it yet" in banner.text

    with open_session(os.environ, Disk(), demo=DemoScene.TABLE) as session:
        asyncio.run(reach(session, holds))


def test_a_newer_version_is_told() -> None:
    def holds(wired: Wired) -> bool:
        release = screen(wired).panel.release
        return release is not None and "Probe Tray 99.1.0" in release.text

    with open_session(os.environ, Disk(), demo=DemoScene.UPDATE) as session:
        asyncio.run(reach(session, holds))


def test_a_scene_looks_as_the_person_has_set_up_the_demo_and_leaves_nothing_behind() -> None:
    config = demo_places().config_file
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"appearance": "dark", "storage": "vault"}), "utf-8")
    with open_session(os.environ, Disk(), demo=DemoScene.CLIENT) as session:
        settings = session.settings
        folder = Path(settings.sync_dir)
        assert folder.is_dir()
    assert (settings.appearance, settings.storage) == (Appearance.DARK, Storage.FOLDER)
    assert not folder.exists()
    assert not demo_places().history.exists()
    assert not user_places().data_folder.exists()
    assert json.loads(config.read_text("utf-8")) == {"appearance": "dark", "storage": "vault"}


def test_scenes_run_beside_each_other() -> None:
    folders = {scene_instance(scene) for scene in DemoScene}
    assert len(folders) == len(DemoScene)
    assert scene_instance(DemoScene.THREE) == demo_places().data_folder
