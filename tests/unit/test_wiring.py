"""What only the tray app's own wiring can show: that its parts hear of each other."""

import os
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, timedelta

import msgspec
import pytest

from probe_tray.adapters.clock import SystemClock
from probe_tray.adapters.config_file import load_settings
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.places import user_places
from probe_tray.adapters.safe_files import make_private_folder
from probe_tray.bootstrap import Session, Wired
from probe_tray.core.service import OFFICIAL
from probe_tray.demo import DemoService
from probe_tray.view.translate import Translator
from tests.support.fakes import problem_kind, settle
from tests.support.tokens import credential


@pytest.fixture
def three_hours_ahead() -> Iterator[DemoService]:
    with DemoService(now=lambda: SystemClock().now() + timedelta(hours=3)) as service:
        yield service


@asynccontextmanager
async def wired(service: DemoService, known: KnownSecrets) -> AsyncGenerator[Wired]:
    places, there = user_places(), service.addresses
    make_private_folder(places.data_folder)
    simulated = msgspec.structs.replace(OFFICIAL, issuer=there.issuer, backend=there.backend)
    session = Session(simulated, places, load_settings(places.config_file, create=True), os.environ, known)
    made = session.wire(Translator(), UTC, lambda _title, _text: None, lambda: None)
    try:
        yield made
    finally:
        await made.client.aclose()


async def test_a_wrong_clock_is_told_in_the_tray_once(three_hours_ahead: DemoService) -> None:
    async with wired(three_hours_ahead, KnownSecrets()) as tray:
        told: list[str] = []
        tray.engine.subscribe(lambda: told.append(problem_kind(tray.engine.state.trouble)))
        for _ in range(3):
            await tray.client.usage(credential())
            await settle()
    assert told == ["ClockError"]


async def test_what_the_tray_sends_is_known_to_its_log(three_hours_ahead: DemoService) -> None:
    known = KnownSecrets()
    async with wired(three_hours_ahead, known) as tray:
        await tray.client.usage(credential())
    assert credential().access_token in known()
