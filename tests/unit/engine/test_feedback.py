"""What the person is told of what they did, and what undoing it brings back."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from probe_tray.core.account.arrangement import Density, Sort
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.commands import (
    Arrange,
    Command,
    EditSettings,
    MoveAccount,
    MuteAccount,
    RemoveAccount,
    Renew,
    StartLogin,
    SyncNow,
    UndoLast,
)
from probe_tray.core.errors import WriteError
from probe_tray.core.feedback import FeedbackKind
from probe_tray.core.service.answer import Answer
from probe_tray.core.settings import Settings, change
from probe_tray.core.sync.setup import SecretPlace, SyncSecrets
from probe_tray.core.transfer.state import ReadPasted, TakeLogins
from tests.support.fakes import START, MemoryStore, settle
from tests.support.files import official
from tests.support.patience import PATIENCE
from tests.support.stores import folder_store
from tests.support.tokens import credential
from tests.unit.engine.bench import token_answer, usage_answer
from tests.unit.engine.sync_bench import KEY, TARGET
from tests.unit.engine.test_runtime import Program

SECOND = timedelta(seconds=1)
ANA, BEN = credential("ana"), credential("ben")
NEWER = credential("ana", number=2, days=20)
FULL = WriteError(path="x", reason="the disk is full")


class Told(Program):
    """The engine, and what it tells the person of what they did."""

    @property
    def kinds(self) -> list[FeedbackKind]:
        return [feedback.kind for feedback in self.state.feedback]

    @property
    def shown(self) -> set[AccountKey]:
        return {account.key for account in self.state.accounts}

    def remove(self, key: AccountKey) -> None:
        self.engine.send(RemoveAccount(key, revoke=False))

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait for the threads that read files."""
        changed = asyncio.Event()
        end = self.store.subscribe(changed.set)
        try:
            async with asyncio.timeout(PATIENCE):
                while not reached():
                    await changed.wait()
                    changed.clear()
        except TimeoutError:
            pytest.fail(f"It did not come to that: {self.state}")
        finally:
            end()

    async def undo(self, kind: FeedbackKind | None = None) -> None:
        """Undo the last thing that can be undone, or the last of that kind."""
        can = [f for f in self.state.feedback if f.undo is not None and kind in {None, f.kind}]
        self.engine.send(UndoLast(can[-1].number))
        await settle()


async def test_a_removed_account_is_out_of_sight_and_comes_back_as_it_was() -> None:
    program = Told(ANA, BEN)
    async with program.started():
        before = program.account(ANA)
        assert before.snapshot is not None
        program.remove(ANA.key)
        await program.clock.advance(10 * SECOND)
        assert (program.shown, program.kinds) == ({BEN.key}, [FeedbackKind.REMOVED])
        await program.undo()
        assert (program.account(ANA), program.kinds) == (before, [FeedbackKind.RESTORED])
        assert [account.key for account in program.state.accounts] == [ANA.key, BEN.key]
        await program.clock.advance(60 * SECOND)
        assert (program.vault.held, program.vault.saves, program.kinds) == ({ANA.key: ANA, BEN.key: BEN}, 0, [])
        assert await program.sync.memory.removed() == frozenset()


async def test_what_nobody_undid_in_time_is_deleted_and_a_late_click_changes_nothing() -> None:
    program = Told(ANA)
    async with program.started():
        program.remove(ANA.key)
        await settle()
        late = program.state.feedback[-1].number
        await program.clock.advance(14 * SECOND)
        assert program.vault.held == {ANA.key: ANA}
        await program.clock.advance(2 * SECOND)
        assert (program.vault.held, program.shown, program.kinds) == ({}, set(), [])
        program.engine.send(UndoLast(late))
        await settle()
        assert (program.vault.held, program.shown, program.kinds) == ({}, set(), [])
        assert await program.sync.memory.removed() == frozenset({ANA.key.slug})


async def test_an_account_comes_back_while_the_disk_is_full() -> None:
    program = Told(ANA)
    async with program.started():
        program.remove(ANA.key)
        await settle()
        program.vault.fault = FULL
        await program.undo()
        assert (program.shown, program.trouble) == ({ANA.key}, None)
        program.vault.fault = None
        await program.clock.advance(60 * SECOND)
        assert program.vault.held == {ANA.key: ANA}


async def test_undoing_twice_is_undoing_once() -> None:
    program = Told(ANA)
    async with program.started():
        program.remove(ANA.key)
        await settle()
        number = program.state.feedback[-1].number
        for _ in range(2):
            program.engine.send(UndoLast(number))
        await settle()
        assert (program.shown, program.kinds) == ({ANA.key}, [FeedbackKind.RESTORED])


async def test_of_two_removals_each_is_undone_by_itself() -> None:
    program = Told(ANA, BEN)
    async with program.started():
        program.remove(ANA.key)
        await program.clock.advance(5 * SECOND)
        program.remove(BEN.key)
        await settle()
        assert program.shown == set()
        await program.undo()
        assert program.shown == {BEN.key}
        await program.undo()
        assert program.shown == {ANA.key, BEN.key}
        program.remove(ANA.key)
        await program.clock.advance(8 * SECOND)
        program.remove(BEN.key)
        await program.clock.advance(8 * SECOND)
        assert program.vault.held == {BEN.key: BEN}
        await program.undo()
        await program.clock.advance(60 * SECOND)
        assert (program.vault.held, program.shown) == ({BEN.key: BEN}, {BEN.key})


async def test_an_account_that_is_removed_again_after_it_came_back_has_its_whole_time() -> None:
    program = Told(ANA)
    async with program.started():
        program.remove(ANA.key)
        await program.clock.advance(14 * SECOND)
        await program.undo()
        program.remove(ANA.key)
        await program.clock.advance(14 * SECOND)
        assert program.vault.held == {ANA.key: ANA}
        await program.undo()
        assert program.shown == {ANA.key}


async def test_whoever_logs_in_again_keeps_the_new_login() -> None:
    program = Told(ANA)
    program.service.answer("exchange", token_answer("ana", 2))
    async with program.started():
        program.remove(ANA.key)
        await settle()
        program.engine.send(StartLogin())
        await settle()
        await program.come_back()
        assert (program.shown, program.kinds) == ({ANA.key}, [FeedbackKind.LOGGED_IN])
        await program.clock.advance(60 * SECOND)
        assert program.vault.held[ANA.key].access_token != ANA.access_token
        assert program.shown == {ANA.key}


async def test_a_login_that_another_program_brought_meanwhile_stays() -> None:
    program = Told(ANA)
    async with program.started():
        program.remove(ANA.key)
        await program.clock.advance(5 * SECOND)
        program.vault.held[ANA.key] = NEWER
        await program.clock.advance(11 * SECOND)
        assert (program.vault.held, program.kinds) == ({ANA.key: NEWER}, [FeedbackKind.NOT_REMOVED])
        assert program.shown == {ANA.key}


async def test_a_removal_whose_store_cannot_be_read_takes_no_login_that_comes_meanwhile() -> None:
    program = Told(ANA)
    async with program.started():
        program.vault.fault = FULL
        program.remove(ANA.key)
        await settle()
        program.vault.fault = None
        program.vault.held[ANA.key] = NEWER
        await program.clock.advance(60 * SECOND)
        # Nobody knows which login was meant: it stays, and the person reads why.
        assert (program.vault.held, program.shown, program.trouble) == ({ANA.key: NEWER}, {ANA.key}, WriteError)


async def test_a_login_that_cannot_be_deleted_is_shown_again_and_says_why() -> None:
    program = Told(ANA)
    async with program.started():
        program.remove(ANA.key)
        await settle()
        program.vault.fault = FULL
        await program.clock.advance(16 * SECOND)
        assert (program.shown, program.trouble, program.kinds) == ({ANA.key}, WriteError, [])


async def test_quitting_carries_out_what_was_not_undone() -> None:
    program = Told(ANA, BEN)
    async with program.started():
        program.remove(ANA.key)
        await settle()
    assert program.vault.held == {BEN.key: BEN}


async def test_a_sync_meanwhile_finds_the_login_like_any_other() -> None:
    program = Told(ANA, settings=Settings(sync_url=TARGET.url))
    program.sync.secrets.held = SyncSecrets(
        api_key=TARGET.api_key, key=KEY, api_key_place=SecretPlace.KEYRING, key_place=SecretPlace.KEYRING
    )
    async with program.started():
        for kept in (True, False):
            program.remove(ANA.key)
            await settle()
            program.engine.send(SyncNow())
            await settle()
            assert (len(program.sync.table.held), program.vault.held) == (1, {ANA.key: ANA})
            if kept:
                await program.undo()
                assert program.shown == {ANA.key}
        await program.clock.advance(60 * SECOND)
        program.engine.send(SyncNow())
        await settle()
        # Other computers keep theirs, and it does not come back to this one.
        assert (len(program.sync.table.held), program.vault.held, program.shown) == (1, {}, set())


async def test_what_was_removed_can_be_imported_at_once() -> None:
    program = Told(ANA)
    async with program.started():
        program.remove(ANA.key)
        await settle()
        program.engine.send(ReadPasted(Secret(json.dumps(official("ana")))))
        await settle()
        assert (program.vault.held, program.kinds) == ({}, [])


async def test_what_was_imported_is_counted() -> None:
    program = Told(ANA)
    async with program.started():
        program.engine.send(ReadPasted(Secret(json.dumps(official("ben")))))
        await settle()
        found = program.state.importing
        assert found is not None
        program.engine.send(TakeLogins(tuple(row.id for row in found.rows)))
        await settle()
        assert [(f.kind, f.count) for f in program.state.feedback] == [(FeedbackKind.IMPORTED, 1)]


async def test_the_official_client_s_own_login_stays_in_sight() -> None:
    client = MemoryStore(StoreKind.OFFICIAL, ANA)
    program = Told(ANA, others=(client,))
    async with program.started():
        program.remove(ANA.key)
        await settle()
        assert [a.stores for a in program.state.accounts] == [(StoreKind.OFFICIAL,)]
        await program.undo()
        assert [a.stores for a in program.state.accounts] == [(StoreKind.VAULT, StoreKind.OFFICIAL)]
        program.remove(ANA.key)
        await program.clock.advance(20 * SECOND)
        assert [a.stores for a in program.state.accounts] == [(StoreKind.OFFICIAL,)]
        assert (program.vault.held, list(client.held)) == ({}, [ANA.key])


async def test_a_file_of_the_folder_comes_back_with_its_bytes_its_mode_and_its_place(tmp_path: Path) -> None:
    file = tmp_path / "of mine.json"
    text = json.dumps(official("ana") | {"mine": 1}, indent=3)
    file.write_text(text)
    file.chmod(0o400)
    before = file.stat()
    program = Told()
    program.accounts.use((folder_store(tmp_path),))
    async with program.started():
        await program.until(lambda: bool(program.state.accounts))
        (account,) = program.state.accounts
        program.remove(account.key)
        await program.until(lambda: not program.state.accounts)
        await program.clock.advance(5 * SECOND)
        await program.undo()
        assert program.shown == {account.key}
    after = file.stat()
    assert file.read_text() == text
    assert (before.st_mode, before.st_ino, before.st_mtime_ns) == (after.st_mode, after.st_ino, after.st_mtime_ns)


async def test_a_login_that_is_ended_at_the_service_is_removed_at_once_and_nothing_can_be_undone() -> None:
    program = Told(ANA)
    program.service.answer("revoke", Answer(200, {}, b""))
    async with program.started():
        program.engine.send(RemoveAccount(ANA.key, revoke=True))
        await settle()
        assert (program.vault.held, program.kinds) == ({}, [FeedbackKind.REMOVED_AND_ENDED])
        assert program.state.feedback[-1].undo is None
        await program.clock.advance(9 * SECOND)
        assert program.kinds == []


@pytest.mark.parametrize(
    "command",
    [RemoveAccount(ANA.key, revoke=True), RemoveAccount(ANA.key, revoke=False), MoveAccount(ANA.key, StoreKind.VAULT)],
)
async def test_nothing_is_said_to_be_done_with_an_account_that_has_gone_meanwhile(command: Command) -> None:
    program = Told(BEN)
    async with program.started():
        program.engine.send(command)
        await settle()
        assert program.kinds == []
        assert (list(program.vault.held), program.shown) == ([BEN.key], {BEN.key})


async def test_a_name_a_sorting_and_a_layout_are_undone_each_by_itself() -> None:
    program = Told(ANA)
    async with program.started():
        slug = ANA.key.slug
        program.engine.send(Arrange(program.state.arrangement.named(slug, "mine")))
        await settle()
        program.engine.send(Arrange(replace(program.state.arrangement, sort=Sort.NAME)))
        await settle()
        program.engine.send(Arrange(replace(program.state.arrangement, density=Density.LINES)))
        await settle()
        assert program.kinds == [FeedbackKind.RENAMED, FeedbackKind.SORTED, FeedbackKind.LAID_OUT]
        await program.undo(FeedbackKind.RENAMED)
        kept = program.state.arrangement
        assert (kept.alias(slug), kept.sort, kept.density) == ("", Sort.NAME, Density.LINES)
        assert program.arrangement_file.arrangement == kept
        await program.undo(FeedbackKind.LAID_OUT)
        await program.undo(FeedbackKind.SORTED)
        kept = program.state.arrangement
        assert (kept.sort, kept.density) == (Sort.NEED, Density.AUTO)


async def test_hidden_names_are_shown_again() -> None:
    program = Told(ANA)
    async with program.started():
        program.engine.send(EditSettings(change(privacy=True)))
        await settle()
        assert program.kinds == [FeedbackKind.NAMES_HIDDEN]
        await program.undo()
        assert (program.state.settings.privacy, program.kinds) == (False, [FeedbackKind.UNDONE])


async def test_a_muted_account_is_unmuted() -> None:
    program = Told(ANA)
    program.service.answer("usage", usage_answer(97, START + timedelta(hours=4)))
    async with program.started():
        await program.clock.advance(SECOND)
        program.engine.send(MuteAccount(ANA.key, muted=True))
        await settle()
        assert (program.account(ANA).muted_until is None, program.kinds) == (False, [FeedbackKind.MUTED])
        await program.undo()
        assert program.account(ANA).muted_until is None


@pytest.mark.parametrize(
    ("settings", "kinds"),
    [
        ({"poll_minutes": 30}, [FeedbackKind.SETTINGS_SAVED]),
        ({"privacy": True, "poll_minutes": 30}, [FeedbackKind.SETTINGS_SAVED]),
        ({"icon_account": "pinned"}, []),
    ],
)
async def test_saved_settings_are_told_unless_something_else_is(
    settings: dict[str, object], kinds: list[FeedbackKind]
) -> None:
    program = Told(ANA)
    async with program.started():
        program.engine.send(EditSettings(change(**settings)))
        await settle()
        assert program.kinds == kinds


async def test_a_moved_and_a_renewed_login_are_told_and_a_renewal_that_failed_is_not() -> None:
    program = Told(ANA, others=(MemoryStore(StoreKind.FOLDER),))
    program.service.answer("refresh", token_answer("ana", 2), Answer(500, {}, b""))
    async with program.started():
        program.engine.send(MoveAccount(ANA.key, StoreKind.FOLDER))
        await settle()
        assert program.kinds == [FeedbackKind.MOVED]
        await program.clock.advance(9 * SECOND)
        program.engine.send(Renew(ANA.key))
        await settle()
        assert program.kinds == [FeedbackKind.RENEWED]
        await program.clock.advance(60 * SECOND)
        program.engine.send(Renew(ANA.key))
        await settle()
        assert program.kinds == []
