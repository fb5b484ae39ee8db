"""Another program renews the same login before, during and after: its tokens are adopted, and nothing is asked."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from probe_tray.adapters.files.disk import Disk
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalKind, RenewalRequest, Renewed
from probe_tray.demo import DemoService
from tests.safety.driver import Kit, Round, login_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the driver forks")

TIMES = 100


class Shared:
    """A credential file that another program, which knows nothing of our locks, renews too."""

    def __init__(self, service: DemoService, folder: Path) -> None:
        self._service = service
        login = service.issue_login("ana@example.com")
        self._file = folder / "ana.json"
        self._file.write_bytes(login_file(login))
        self.key = AccountKey(login.account_id, login.user_id)
        self.kit = Kit(
            Round(
                folder=str(folder / "data"),
                file=str(self._file),
                issuer=service.addresses.issuer,
                account=login.account_id,
                user=login.user_id,
            ),
            Disk(),
        )

    def token(self, name: str = "refresh_token") -> str:
        return json.loads(self._file.read_bytes())[name]

    def seen(self) -> str:
        return Secret(self.token("access_token")).fingerprint

    def renewed_by_another(self) -> None:
        self._file.write_bytes(login_file(self._service.renew_elsewhere(self.token())))

    async def renew(self, seen: str) -> Renewed:
        return await self.kit.renewals.renew(self.key, RenewalRequest(days=3, reason=Reason.FORCED, seen=seen))

    def is_alive(self, renewed: Renewed) -> bool:
        token = renewed.credential.refresh_token
        return token is not None and token.reveal() == self.token() and self._service.is_live(self.token())


@pytest.fixture
def shared(service: DemoService, tmp_path: Path) -> Shared:
    return Shared(service, tmp_path)


async def test_before(shared: Shared, service: DemoService) -> None:
    for _ in range(TIMES):
        seen = shared.seen()
        shared.renewed_by_another()
        renewed = await shared.renew(seen)
        assert renewed.kind is RenewalKind.ADOPTED
        assert shared.is_alive(renewed)
    assert service.requests == ()


async def test_during_the_wait_for_the_lock(shared: Shared, service: DemoService) -> None:
    for _ in range(TIMES):
        async with shared.kit.locks.hold(shared.key):
            waiting = asyncio.create_task(shared.renew(shared.seen()))
            await asyncio.sleep(0)
            shared.renewed_by_another()
        renewed = await waiting
        assert renewed.kind is RenewalKind.ADOPTED
        assert shared.is_alive(renewed)
    assert service.requests == ()


async def test_between_the_intent_and_the_request(
    shared: Shared, service: DemoService, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = shared.kit.journal.prepare

    async def prepare_slowly(*arguments: object) -> object:
        entry = await prepare(*arguments)  # pyright: ignore[reportArgumentType] - passed on as they came
        shared.renewed_by_another()
        return entry

    monkeypatch.setattr(shared.kit.journal, "prepare", prepare_slowly)
    for _ in range(TIMES):
        renewed = await shared.renew(shared.seen())
        assert renewed.kind is RenewalKind.ADOPTED
        assert shared.is_alive(renewed)
    assert service.requests == ()
    assert await shared.kit.journal.pending() == ()


async def test_after(shared: Shared, service: DemoService) -> None:
    seen = shared.seen()
    assert (await shared.renew(seen)).kind is RenewalKind.RENEWED
    for _ in range(TIMES):
        seen = shared.seen()
        shared.renewed_by_another()
        renewed = await shared.renew(seen)
        assert renewed.kind is RenewalKind.ADOPTED
        assert shared.is_alive(renewed)
    assert len(service.requests) == 1
    assert service.violations == ()
