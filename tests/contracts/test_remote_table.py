"""What every table promises: the double of the tests, and the one over HTTP against the simulated service."""

import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from msgspec.structs import replace

from probe_tray.adapters.http.table_factory import HttpTableFactory
from probe_tray.adapters.hygiene import KnownSecrets
from probe_tray.adapters.proxy.proxy import ProxyChoice
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import SyncSecretError, SyncStrangeError
from probe_tray.core.sync.leases import Lease, LeaseAnswer
from probe_tray.core.sync.rights import TableGrants
from probe_tray.core.sync.rows import RemoteRow
from probe_tray.core.sync.setup import SyncTarget
from probe_tray.core.sync.table_key import table_digest
from probe_tray.core.sync.table_record import TableStatus
from probe_tray.demo import DemoService
from probe_tray.demo.table import PUBLISHABLE_KEY
from probe_tray.demo.table_rows import LeaseBook
from probe_tray.ports.http import RemoteTable
from tests.support.fakes import FakeClock
from tests.unit.engine.sync_bench import KEY, TARGET, FakeTable

OpenTable = Callable[[], AbstractAsyncContextManager[RemoteTable]]
OpenWith = Callable[[Secret], AbstractAsyncContextManager[RemoteTable]]
"""Opens the table of a test with a key."""
OTHER = Secret("c3" * 32)
"""A key that is not the table's."""


def row(row_id: str = "account-ana", data: str = "sealed", time: str | None = "2026-11-22T06:00:00+00:00") -> RemoteRow:
    return RemoteRow(id=row_id, email="ana@example.com", token_data=Secret(data), update_time=time)


class RemoteTableContract:
    @pytest.fixture
    def open_table(self) -> OpenTable:
        raise NotImplementedError

    async def test_an_empty_table_has_no_rows(self, open_table: OpenTable) -> None:
        async with open_table() as table:
            assert await table.rows() == ()
            assert await table.row("account-ana") is None

    @pytest.mark.parametrize("row_id", ["account-ana", "a/b c&d=e?f%2B#g,h", "ünï"])
    @pytest.mark.parametrize("time", ["2026-11-22T06:00:00+00:00", "2026-11-22T06:00:00.123456+00:00", None])
    async def test_what_was_added_is_read_back_and_replaced(
        self, open_table: OpenTable, row_id: str, time: str | None
    ) -> None:
        async with open_table() as table:
            assert await table.insert(row(row_id, time=time))
            assert await table.rows() == (row(row_id, time=time),)
            seen = await table.row(row_id)
            assert seen == row(row_id, time=time)
            assert seen is not None
            newer = row(row_id, "newer", "2026-11-23T06:00:00+00:00")
            assert await table.replace(newer, seen)
            assert await table.row(row_id) == newer

    async def test_a_row_that_is_there_by_now_is_not_added_over(self, open_table: OpenTable) -> None:
        async with open_table() as table:
            await table.insert(row())
            assert not await table.insert(row(data="other"))
            assert await table.row("account-ana") == row()

    async def test_a_row_that_was_changed_since_is_not_replaced(self, open_table: OpenTable) -> None:
        async with open_table() as table:
            await table.insert(row())
            await table.replace(row(data="theirs", time="2026-11-23T06:00:00+00:00"), row())
            assert not await table.replace(row(data="ours", time="2026-11-24T06:00:00+00:00"), row())
            assert not await table.replace(row(data="ours"), row(time=None))
            found = await table.row("account-ana")
            assert found is not None
            assert found.token_data.reveal() == "theirs"

    async def test_a_row_that_is_gone_is_not_replaced(self, open_table: OpenTable) -> None:
        async with open_table() as table:
            assert not await table.replace(row(), row())
            assert await table.rows() == ()

    async def test_one_computer_at_a_time_has_the_lease_of_an_account(self, open_table: OpenTable) -> None:
        async with open_table() as table:
            assert await table.take_lease(lease("one")) is LeaseAnswer.GRANTED
            assert await table.take_lease(lease("two")) is LeaseAnswer.BUSY
            assert await table.take_lease(lease("two", token="another")) is LeaseAnswer.BUSY
            assert await table.take_lease(lease("two", account="another")) is LeaseAnswer.BUSY
            assert await table.take_lease(lease("two", account="bob", token="rt-bob")) is LeaseAnswer.GRANTED
            assert await table.take_lease(lease("one")) is LeaseAnswer.GRANTED
            assert not await table.end_lease(lease("two"), renewed=False)
            assert await table.end_lease(lease("one"), renewed=False)
            assert await table.take_lease(lease("two")) is LeaseAnswer.GRANTED

    async def test_only_who_has_the_lease_may_send_and_that_is_remembered(self, open_table: OpenTable) -> None:
        async with open_table() as table:
            assert not await table.mark_sent(lease("one"))
            await table.take_lease(lease("one"))
            assert not await table.mark_sent(lease("two"))
            assert await table.mark_sent(lease("one"))
            assert await table.take_lease(lease("two")) is LeaseAnswer.BUSY
            assert await table.take_lease(lease("one")) is LeaseAnswer.AGAIN
            assert await table.mark_sent(lease("one"))
            assert await table.end_lease(lease("one"), renewed=False)
            assert not await table.mark_sent(lease("one")), "it has ended"
            assert await table.take_lease(lease("two")) is LeaseAnswer.GRANTED

    async def test_a_renewed_account_is_free_again_whatever_token_it_is_ended_with(self, open_table: OpenTable) -> None:
        async with open_table() as table:
            await table.take_lease(lease("one"))
            await table.mark_sent(lease("one"))
            assert await table.end_lease(lease("one", token="the new one"), renewed=True)
            assert await table.take_lease(lease("two", token="the new one")) is LeaseAnswer.GRANTED

    async def test_a_token_that_was_used_is_never_given_to_anybody_again(self, open_table: OpenTable) -> None:
        async with open_table() as table:
            await table.take_lease(lease("one"))
            await table.mark_sent(lease("one"))
            await table.end_lease(lease("one", token="the new one"), renewed=True)
            for holder in ("two", "one"):
                assert await table.take_lease(lease(holder)) is LeaseAnswer.SENT, holder
            assert await table.take_lease(lease("two", token="the new one")) is LeaseAnswer.GRANTED

    async def test_a_token_that_was_not_used_is_given_to_others(self, open_table: OpenTable) -> None:
        async with open_table() as table:
            await table.take_lease(lease("one"))
            assert await table.end_lease(lease("one", token="the new one"), renewed=True), "it was never sent"
            assert await table.take_lease(lease("two")) is LeaseAnswer.GRANTED
            await table.mark_sent(lease("two"))
            assert await table.end_lease(lease("two"), renewed=True), "renewed, and the token has stayed the same"
            assert await table.take_lease(lease("one")) is LeaseAnswer.GRANTED

    async def test_rights_are_tried_and_nothing_of_that_stays(self, open_table: OpenTable) -> None:
        async with open_table() as table:
            await table.insert(row())
            for _ in range(2):
                assert await table.rights() == TableGrants(read=True, add=True, change=True, lease=True)
            assert await table.rows() == (row(),)

    async def test_a_table_without_keys_lets_in_everybody(self, open_table: OpenTable) -> None:
        async with open_table() as table:
            assert await table.status() == TableStatus(protected=False)

    async def test_the_key_of_a_table_that_has_none_cannot_be_changed(self, open_table: OpenTable) -> None:
        async with open_table() as table:
            with pytest.raises(SyncStrangeError):
                await table.add_key(table_digest(OTHER))
            assert not await table.end_other_keys(table_digest(OTHER))
            assert await table.status() == TableStatus(protected=False)


class ProtectedTableContract:
    """What a table promises that lets in the computers with :data:`KEY`."""

    @pytest.fixture
    def open_with(self) -> OpenWith:
        raise NotImplementedError

    async def test_who_has_the_key_uses_it_as_any_other(self, open_with: OpenWith) -> None:
        async with open_with(KEY) as table:
            assert await table.status() == TableStatus(protected=True, digests=(table_digest(KEY),))
            assert await table.insert(row())
            assert await table.replace(row(data="newer", time="2026-11-23T06:00:00+00:00"), row())
            assert [one.token_data.reveal() for one in await table.rows()] == ["newer"]
            assert await table.take_lease(lease("one")) is LeaseAnswer.GRANTED
            assert await table.mark_sent(lease("one"))
            assert await table.end_lease(lease("one"), renewed=True)

    async def test_a_stranger_reads_and_changes_nothing(self, open_with: OpenWith) -> None:
        async with open_with(KEY) as table:
            await table.insert(row())
            await table.take_lease(lease("one"))
        async with open_with(OTHER) as strange:
            for asked in (
                strange.status(),
                strange.rights(),
                strange.rows(),
                strange.row("account-ana"),
                strange.row("nobody"),
                strange.insert(row("account-bob")),
                strange.insert(row()),
                strange.insert(row(data="spoiled")),
                strange.replace(row(data="spoiled"), row()),
                strange.replace(row("nobody"), row("nobody")),
                strange.take_lease(lease("two", account="bob", token="rt-bob")),
                strange.mark_sent(lease("one")),
                strange.end_lease(lease("one"), renewed=False),
                strange.add_key(table_digest(OTHER)),
                strange.end_other_keys(table_digest(OTHER)),
            ):
                with pytest.raises(SyncSecretError):
                    await asked
        async with open_with(KEY) as table:
            assert await table.rows() == (row(),)
            assert await table.mark_sent(lease("one"))
            assert await table.status() == TableStatus(protected=True, digests=(table_digest(KEY),))

    async def test_while_a_key_is_changed_both_are_let_in_and_then_the_new_one_alone(self, open_with: OpenWith) -> None:
        both = Secret(f"{OTHER.reveal()}:{KEY.reveal()}")
        async with open_with(both) as table:
            assert await table.add_key(table_digest(OTHER))
            assert await table.add_key(table_digest(OTHER)), "again, after an answer that was lost"
            await table.insert(row())
        for key in (KEY, OTHER, both):
            async with open_with(key) as table:
                assert await table.rows() == (row(),)
        async with open_with(both) as table:
            assert await table.end_other_keys(table_digest(OTHER))
            assert await table.end_other_keys(table_digest(OTHER))
            assert await table.rows() == (row(),)
            assert not await table.add_key(table_digest(KEY)), "an old key is never let in again"
            assert not await table.end_other_keys(table_digest(KEY))
        async with open_with(KEY) as table:
            with pytest.raises(SyncSecretError):
                await table.rows()


def lease(holder: str, account: str = "ana", token: str = "rt-ana") -> Lease:
    return Lease(account=account, token=token, holder=holder)


class TestDouble(RemoteTableContract):
    @pytest.fixture
    def open_table(self) -> OpenTable:
        table = FakeTable()
        table.leases = LeaseBook(threading.RLock(), FakeClock().now)
        table.state = TableStatus(protected=False)
        return lambda: table.open(TARGET)


class TestProtectedDouble(ProtectedTableContract):
    @pytest.fixture
    def open_with(self) -> OpenWith:
        table = FakeTable()
        table.leases = LeaseBook(threading.RLock(), FakeClock().now)
        table.state = TableStatus(protected=True, digests=(table_digest(KEY),))
        return lambda key: table.open(replace(TARGET, key=key))


class TestOverHttp(RemoteTableContract):
    @pytest.fixture
    def open_table(self) -> OpenTable:
        @asynccontextmanager
        async def opened() -> AsyncGenerator[RemoteTable]:
            with DemoService() as service:
                target = SyncTarget(url=service.addresses.table, api_key=Secret(PUBLISHABLE_KEY), key=KEY)
                async with HttpTableFactory(ProxyChoice(), {}, handles=KnownSecrets().add).open(target) as table:
                    yield table
                assert service.violations == ()

        return opened


class TestProtectedOverHttp(ProtectedTableContract):
    @pytest.fixture
    def open_with(self) -> Iterator[OpenWith]:
        with DemoService() as service:
            service.table.keys.digests = {table_digest(KEY): True}
            yield over_http(service.addresses.table, PUBLISHABLE_KEY)
            assert service.violations == ()


def over_http(url: str, api_key: str) -> OpenWith:
    """Opens the table at ``url``."""

    @asynccontextmanager
    async def opened(key: Secret) -> AsyncGenerator[RemoteTable]:
        target = SyncTarget(url=url, api_key=Secret(api_key), key=key)
        async with HttpTableFactory(ProxyChoice(), {}, handles=KnownSecrets().add).open(target) as table:
            yield table

    return opened
