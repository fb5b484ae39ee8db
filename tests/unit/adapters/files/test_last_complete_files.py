"""A file that another program is in the middle of writing costs no account its place in the list."""

import json
from pathlib import Path

import pytest

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import ReadError
from tests.support.files import flat
from tests.support.stores import folder_store
from tests.support.tokens import credential

ANA = credential("ana").key


class Shared:
    """A folder with one login; ``seconds`` pass when the test says so."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ana.json"
        self.whole = json.dumps(flat("ana"))
        self.path.write_text(self.whole)
        self.seconds = 0.0
        self.store = folder_store(folder, now=lambda: self.seconds)

    async def shown(self) -> tuple[list[AccountKey], int]:
        """The accounts, and how many files are said to be unreadable."""
        contents = await self.store.load()
        return [stored.credential.key for stored in contents.found], len(contents.unreadable)


@pytest.fixture
def shared(tmp_path: Path) -> Shared:
    return Shared(tmp_path)


def halves(whole: str) -> list[str]:
    return ["", whole[: len(whole) // 2], whole[:-1], "\0" * len(whole)]


@pytest.mark.parametrize("half", range(4))
async def test_a_half_written_file_shows_what_it_held_until_it_is_whole(shared: Shared, half: int) -> None:
    assert await shared.shown() == ([ANA], 0)
    shared.path.write_text(halves(shared.whole)[half])
    assert await shared.store.changed()
    assert await shared.shown() == ([ANA], 0)
    # It is looked at again without another change.
    assert await shared.store.changed()
    shared.path.write_text(json.dumps(flat("ben")))
    assert await shared.shown() == ([credential("ben").key], 0)
    assert not await shared.store.changed()


async def test_a_file_that_stays_broken_is_named_after_ten_seconds(shared: Shared) -> None:
    await shared.shown()
    shared.path.write_text("{")
    for seconds, unreadable in ((0.0, 0), (9.0, 0), (10.0, 1), (11.0, 1)):
        shared.seconds = seconds
        accounts, named = await shared.shown()
        assert (len(accounts), named) == (1 - unreadable, unreadable)
    assert not await shared.store.changed()


@pytest.mark.parametrize("half", range(4))
@pytest.mark.parametrize("look", ["list", "account"])
async def test_what_a_half_written_file_holds_cannot_be_told_and_its_old_tokens_are_not_used(
    shared: Shared, half: int, look: str
) -> None:
    if look == "list":
        await shared.shown()
    else:
        assert await shared.store.read(ANA) is not None
    shared.path.write_text(halves(shared.whole)[half])
    with pytest.raises(ReadError, match="another program is writing it"):
        await shared.store.read(ANA)
    # An account that it never held is not its business.
    assert await shared.store.read(credential("ben").key) is None
    shared.path.write_text(json.dumps(flat("ana")))
    assert await shared.store.read(ANA) is not None


async def test_a_file_that_stays_broken_keeps_nobody_from_other_copies_of_the_login(shared: Shared) -> None:
    await shared.store.read(ANA)
    shared.path.write_text("{")
    with pytest.raises(ReadError):
        await shared.store.read(ANA)
    shared.seconds = 10.0
    assert await shared.store.read(ANA) is None


async def test_a_half_written_file_speaks_for_no_other_copy_in_its_folder(shared: Shared) -> None:
    shared.path.with_name("copy.json").write_text(shared.whole)
    await shared.store.read(ANA)
    shared.path.write_text("{")
    with pytest.raises(ReadError):
        await shared.store.read(ANA)


async def test_a_file_that_was_never_whole_is_named_at_once(shared: Shared) -> None:
    shared.path.write_text("{")
    assert await shared.shown() == ([], 1)


async def test_a_file_that_is_removed_is_gone_at_once(shared: Shared) -> None:
    await shared.shown()
    shared.path.unlink()
    assert await shared.store.read(ANA) is None
    assert await shared.shown() == ([], 0)
    shared.path.write_text("{")
    assert await shared.shown() == ([], 1)
