"""What an earlier run left in the journal is brought to its end before anything else needs it."""

import pytest

from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.commands import MoveAccount, ReadStores, RemoveAccount
from probe_tray.core.errors import JournalSealedError
from tests.support.fakes import MemoryStore, settle
from tests.support.tokens import credential
from tests.unit.engine.test_runtime import Program

ANA = credential("ana")
NEWER = credential("ana", number=2, days=20)


class Left(Program):
    """A program whose journal holds a newer login of Ana than the vault; it opens when ``sealed`` says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, sealed: bool = False) -> None:
        self.folder = MemoryStore(StoreKind.FOLDER)
        super().__init__(ANA, others=(self.folder,))
        self.sealed = sealed
        monkeypatch.setattr(self.renewals, "finish_pending", self._finish)
        monkeypatch.setattr(self.renewals, "finish_all", self._finish_all)

    async def _finish_all(self) -> bool:
        if not self.sealed:
            await self._finish(ANA.key)
        return True

    async def _finish(self, key: AccountKey) -> None:
        if self.sealed:
            raise JournalSealedError
        if key in self.vault.held:
            await self.vault.save(NEWER)


async def test_a_start_finishes_what_was_left(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Left(monkeypatch)
    async with program.started():
        assert program.account(ANA).expires_at == NEWER.expiry


async def test_trying_again_finishes_what_could_not_be_opened_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Left(monkeypatch, sealed=True)
    async with program.started():
        assert program.account(ANA).expires_at == ANA.expiry
        program.sealed = False
        program.engine.send(ReadStores())
        await settle()
        assert program.account(ANA).expires_at == NEWER.expiry


async def test_a_move_takes_the_newest_tokens_along(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Left(monkeypatch, sealed=True)
    async with program.started():
        program.sealed = False
        program.engine.send(MoveAccount(ANA.key, StoreKind.FOLDER))
        await settle()
    assert (program.vault.held, program.folder.held) == ({}, {ANA.key: NEWER})


async def test_what_ends_at_the_service_is_the_newest_login(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Left(monkeypatch, sealed=True)
    program.service.answer("revoke", program.service.answers["usage"][0])
    async with program.started():
        program.sealed = False
        program.engine.send(RemoveAccount(ANA.key, revoke=True))
        await settle()
    assert NEWER.refresh_token is not None
    assert ("revoke", NEWER.refresh_token.fingerprint) in program.service.asked
    assert program.vault.held == {}


async def test_what_cannot_be_opened_does_not_keep_a_login_from_being_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Left(monkeypatch, sealed=True)
    async with program.started():
        program.engine.send(RemoveAccount(ANA.key, revoke=False))
        await settle()
    assert program.vault.held == {}
