"""A folder whose logins name their user, their address, both or neither: each person keeps a login of their own."""

import asyncio
import json
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.owner import Owner, OwnerMatch
from probe_tray.engine.account.accounts import unnamed_account
from tests.support.login_strategies import OWNERS, login_of
from tests.support.stores import folder_store

SAME = OwnerMatch.SAME


def write(folder: Path, logins: list[Credential]) -> None:
    for number, login in enumerate(logins):
        assert login.refresh_token is not None
        held = {
            "type": "codex",
            "access_token": login.access_token.reveal(),
            "refresh_token": login.refresh_token.reveal(),
            "account_id": login.account_id,
            "email": login.email,
        }
        (folder / f"{number}.json").write_text(json.dumps(held))


@given(st.lists(OWNERS, max_size=4))
def test_each_owner_is_found_by_their_key_with_the_newest_of_their_logins(owners: list[Owner]) -> None:
    logins = [login_of(owner, number) for number, owner in enumerate(owners, 1)]

    async def look(folder: Path) -> None:
        store = folder_store(folder)
        assert {stored.credential.key for stored in (await store.load()).found} == {login.key for login in logins}
        for login in logins:
            stored = await store.read(login.key)
            assert stored is not None
            assert stored.credential.owner.match(login.owner) is SAME
            newest = [other for other in logins if other.key == login.key][-1]
            assert stored.credential.access_token == newest.access_token

    with tempfile.TemporaryDirectory() as name:
        write(Path(name), logins)
        asyncio.run(look(Path(name)))


@given(st.lists(OWNERS, max_size=4), OWNERS)
def test_a_login_that_comes_in_takes_the_place_of_its_own_owner_s_alone(owners: list[Owner], owner: Owner) -> None:
    logins = [login_of(one, number) for number, one in enumerate(owners, 1)]
    new = login_of(owner, 9)

    async def save(folder: Path) -> None:
        store = folder_store(folder)
        before = {login.key: await store.read(login.key) for login in logins}
        await store.save(new, await unnamed_account([store], new))
        kept = await store.read(new.key)
        assert kept is not None
        assert kept.credential.access_token == new.access_token
        for key, stored in before.items():
            if stored is not None and stored.credential.owner.match(owner) is not SAME:
                after = await store.read(key)
                assert after is not None
                assert after.credential.refresh_token == stored.credential.refresh_token
        # Another run, which has read nothing yet, sees the same.
        found = {stored.credential.refresh_token for stored in (await folder_store(folder).load()).found}
        others = {
            s.credential.refresh_token for s in before.values() if s and s.credential.owner.match(owner) is not SAME
        }
        assert found >= {new.refresh_token, *others}

    with tempfile.TemporaryDirectory() as name:
        write(Path(name), logins)
        asyncio.run(save(Path(name)))
