"""What scenes of the demo look like in the panel, for the contact sheets."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from unittest.mock import patch

from probe_tray.adapters.files.disk import Disk
from probe_tray.bootstrap import Session, open_session
from probe_tray.core.demo_scene import DemoScene
from probe_tray.core.state import AppState
from probe_tray.view.presenter import present
from probe_tray.view.screen import Panel
from probe_tray.view.text.translate import Translator
from tests.support.patience import PATIENCE
from tests.support.programs import NO_DESKTOP
from tests.tooling.isolation import folders
from tests.unit.engine.bench import running


def scenes(t: Translator) -> Iterator[tuple[str, Panel]]:
    """The panels of two scenes, by name, once everything in them has been asked for."""
    for scene, is_complete in ((DemoScene.CLIENT, _has_numbers), (DemoScene.INCIDENT, _has_incident)):
        # Whoever draws may have set up the demo in another way.
        with (
            tempfile.TemporaryDirectory() as home,
            patch.dict(os.environ, folders(Path(home))),
            open_session(os.environ, Disk(), demo=scene) as session,
        ):
            yield scene.value, asyncio.run(_reach(session, is_complete, t))


def _has_numbers(state: AppState) -> bool:
    return any(account.snapshot is not None for account in state.accounts)


def _has_incident(state: AppState) -> bool:
    return state.incident is not None and all(account.problem is not None for account in state.accounts)


async def _reach(session: Session, is_complete: Callable[[AppState], bool], t: Translator) -> Panel:
    wired = session.wire(t, UTC, NO_DESKTOP)
    changed = asyncio.Event()
    wired.engine.subscribe(changed.set)
    try:
        async with running(wired.engine.run()), asyncio.timeout(PATIENCE):
            while not is_complete(wired.engine.state):
                changed.clear()
                await changed.wait()
            return present(wired.engine.state, wired.clock.now(), UTC, t).panel
    finally:
        await wired.client.aclose()
