"""A dead login is found at import."""

import pytest
from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.errors import LoginEndedError, NotSentError
from probe_tray.core.service.answer import Answer
from probe_tray.core.state import RenewalState
from probe_tray.core.transfer.import_plan import ImportAction, Item
from probe_tray.engine.transfer.login_check import LoginCheck
from tests.support.fakes import START, FakeClock, ScriptedService
from tests.support.tokens import credential
from tests.unit.engine.bench import usage_answer

ANA = credential("ana")
COPY = replace(ANA, refresh_token=None)
REFUSED = Answer(401, {}, b"{}")


class Check:
    def __init__(self, answer: Answer | Exception, *, refused_before: bool = False) -> None:
        self.service = ScriptedService()
        self.service.answer("usage", answer)
        self.problem = LoginEndedError(reason="it was used elsewhere").problem if refused_before else None
        self.check = LoginCheck(self.service, self.renewal_of, FakeClock(START))

    async def renewal_of(self, _fingerprint: str) -> RenewalState:
        return RenewalState(problem=self.problem)

    async def of_many(self, *logins: Credential) -> list[Item]:
        items = (Item(location="a", credential=one, account=one.key, action=ImportAction.ADD) for one in logins)
        return list(await self.check.checked(items))

    async def of(self, login: Credential, action: ImportAction = ImportAction.ADD) -> Item:
        item = Item(location="a.json", credential=login, account=login.key, action=action)
        (found,) = await self.check.checked([item])
        return found


async def test_a_login_that_cannot_be_renewed_and_is_refused_is_of_no_use() -> None:
    found = await Check(REFUSED).of(COPY)
    assert (found.action, found.taken) == (ImportAction.DEAD, False)
    assert found.problem is not None
    assert "already refused" in dict(found.problem.facts)["reason"]


async def test_a_refresh_token_that_was_refused_before_is_not_asked_about() -> None:
    check = Check(usage_answer(), refused_before=True)
    found = await check.of(ANA)
    assert (found.action, check.service.asked) == (ImportAction.DEAD, [])


async def test_where_it_may_still_be_renewed_a_refusal_is_only_said() -> None:
    check = Check(REFUSED)
    found = await check.of(ANA)
    assert (found.action, found.problem, len(found.notes)) == (ImportAction.ADD, None, 1)
    assert "already refuses" in found.notes[0]
    await check.of(ANA)
    assert check.service.count("usage") == 1


@pytest.mark.parametrize(
    "answer", [usage_answer(), NotSentError(reason="x"), Answer(500, {}, b""), Answer(403, {}, b"<html>")]
)
async def test_anything_else_says_nothing_about_the_login(answer: Answer | Exception) -> None:
    found = await Check(answer).of(COPY)
    assert (found.action, found.problem, found.notes) == (ImportAction.ADD, None, ())


async def test_only_what_is_to_be_imported_and_has_not_ended_is_asked_about() -> None:
    check = Check(REFUSED)
    assert (await check.of(COPY, ImportAction.SAME)).action is ImportAction.SAME
    ended = replace(ANA, claims=replace(ANA.claims, expires_at=START))
    assert (await check.of(ended)).notes == ()
    assert check.service.asked == []


def copies(count: int) -> list[Credential]:
    return [replace(credential(f"p{number}"), refresh_token=None) for number in range(count)]


async def test_a_service_that_cannot_be_reached_is_not_asked_about_each_of_many_logins() -> None:
    check, many = Check(NotSentError(reason="no network")), copies(50)
    found = await check.of_many(*many)
    assert all(item.taken and item.problem is None for item in found)
    assert 8 <= check.service.count("usage") < 16


async def test_once_the_service_is_there_again_those_that_were_left_out_are_asked_about() -> None:
    check, many = Check(NotSentError(reason="no network")), copies(50)
    await check.of_many(*many)
    check.service.answer("usage", REFUSED)
    found = await check.of_many(*many)
    assert found[-1].action is ImportAction.DEAD


async def test_single_requests_that_were_lost_keep_no_login_from_being_asked_about() -> None:
    check, many = Check(REFUSED), copies(50)
    check.service.answer("usage", *([NotSentError(reason="lost"), usage_answer()] * 24), REFUSED)
    found = await check.of_many(*many)
    assert check.service.count("usage") == 50
    assert found[-1].action is ImportAction.DEAD
