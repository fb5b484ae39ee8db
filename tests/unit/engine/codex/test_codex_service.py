"""Use in Codex by the commands of the tray app, over doubles."""

from datetime import timedelta

from probe_tray.core.account.credential import Credential
from probe_tray.core.codex.codex_state import ClientProcess, CodexUse, CodexUsePhase, HandOver
from probe_tray.core.codex.place_content import PlaceContent
from probe_tray.core.commands import CloseCodexUse, DismissTrouble, LookAt, PutBackInCodex, UseInCodex
from probe_tray.core.errors import CodexHomeMissingError, CodexRunningError, CodexWholeSharedError, ReadError
from probe_tray.core.feedback import FeedbackKind
from probe_tray.core.settings import Settings
from tests.support.fakes import START, settle
from tests.support.tokens import credential
from tests.unit.engine.codex.test_hand_over import ANA, BEN, EVA, renewed
from tests.unit.engine.test_runtime import Program

CLIENT = ClientProcess(name="codex", number=71)


async def done(program: Program, command: UseInCodex | PutBackInCodex) -> CodexUse:
    program.engine.send(command)
    await settle()
    use = program.state.codex.use
    assert use is not None
    assert use.phase is not CodexUsePhase.RUNNING
    return use


def kinds(program: Program) -> list[FeedbackKind]:
    return [feedback.kind for feedback in program.state.feedback]


def running(program: Program) -> tuple[ClientProcess, ...]:
    use = program.state.codex.use
    assert use is not None
    return use.running


async def test_the_account_is_used_and_the_homes_say_so() -> None:
    program = Program(ANA, BEN)
    async with program.started():
        use = await done(program, UseInCodex(account=ANA.key))
        assert use.phase is CodexUsePhase.DONE
        home = program.state.codex.home_of(ANA.key)
        assert home is not None
        assert (home.path, home.way, home.is_default) == ("~/.codex", HandOver.LENT, True)
        assert kinds(program) == [FeedbackKind.USED_IN_CODEX]
        program.engine.send(CloseCodexUse())
        await settle()
        assert program.state.codex.use is None


async def test_a_home_in_which_nothing_is_placed_is_looked_at_once_logins_change_and_hardly_else() -> None:
    program, looks = Program(ANA), list[None]()
    read = program.codex.place.read

    async def counted(*, asks: bool = False) -> PlaceContent:
        looks.append(None)
        return await read(asks=asks)

    program.codex.place.read = counted
    async with program.started():
        looks.clear()
        await program.clock.advance(timedelta(minutes=29))
        assert len(looks) <= 1
        await done(program, UseInCodex(account=ANA.key))
        looks.clear()
        await program.clock.advance(timedelta(minutes=2))
        assert len(looks) >= 4


async def test_the_answer_asks_and_the_same_command_keeps() -> None:
    program = Program(ANA)
    program.codex.place.holds(EVA)
    async with program.started():
        asked = await done(program, UseInCodex(account=ANA.key))
        assert (asked.phase, asked.found) == (CodexUsePhase.ASKING, "eva@example.com")
        assert kinds(program) == []
        program.codex.place.holds(BEN)
        other = await done(program, UseInCodex(account=ANA.key, keep=asked.asks_about))
        assert (other.phase, other.found) == (CodexUsePhase.ASKING, "ben@example.com")
        assert program.state.account(BEN.key) is None
        program.codex.place.holds(EVA)
        kept = await done(program, UseInCodex(account=ANA.key, keep=asked.asks_about))
        assert kept.phase is CodexUsePhase.DONE
        assert program.state.account(EVA.key) is not None


async def test_the_programs_to_quit_are_named_beside_the_failure() -> None:
    program = Program(ANA, BEN)
    program.codex.place.holds(BEN)
    program.codex.processes.found = (CLIENT,)
    program.clock.jump(timedelta(days=8))
    async with program.started():
        use = await done(program, UseInCodex(account=ANA.key))
        assert use.problem is not None
        assert use.problem.is_a(CodexRunningError)
        assert use.running == (CLIENT,)


async def test_a_home_is_named_by_its_path() -> None:
    program = Program(ANA)
    other = program.codex.add(".codex-work")
    async with program.started():
        await done(program, UseInCodex(account=ANA.key, home=other.path))
        assert (program.codex.place.data, other.data is not None) == (None, True)
        failed = await done(program, UseInCodex(account=ANA.key, home="~/.nowhere"))
        assert failed.problem is not None
        assert failed.problem.is_a(CodexHomeMissingError)


async def test_whose_login_was_there_before_is_told() -> None:
    program = Program(ANA, BEN)
    async with program.started():
        first = await done(program, UseInCodex(account=ANA.key))
        second = await done(program, UseInCodex(account=BEN.key))
        assert (first.before, second.before) == (None, ANA.key)


async def test_what_can_be_undone_is_told_as_long_as_anything_that_can() -> None:
    program = Program(ANA, BEN)
    async with program.started():
        await done(program, UseInCodex(account=ANA.key))
        await program.clock.advance(timedelta(seconds=9))
        assert kinds(program) == []
        await done(program, UseInCodex(account=BEN.key))
        await program.clock.advance(timedelta(seconds=14))
        assert kinds(program) == [FeedbackKind.USED_IN_CODEX]
        await program.clock.advance(timedelta(seconds=2))
        assert kinds(program) == []


async def test_a_program_that_has_ended_is_named_no_longer_once_a_person_looks() -> None:
    program = Program(ANA)
    other = ClientProcess(name="codex", number=72)
    program.codex.processes.found = (CLIENT, other)
    async with program.started():
        assert (await done(program, UseInCodex(account=ANA.key))).running == (CLIENT, other)
        program.codex.processes.found = (other, ClientProcess(name="codex", number=73))
        looks = program.codex.processes.looks
        await program.clock.advance(timedelta(minutes=5))
        assert program.codex.processes.looks == looks
        assert running(program) == (CLIENT, other)
        program.engine.send(LookAt(frozenset({ANA.key})))
        await settle()
        assert running(program) == (other,)
        program.codex.processes.found = ()
        await program.clock.advance(timedelta(seconds=6))
        assert running(program) == ()
        looks = program.codex.processes.looks
        await program.clock.advance(timedelta(minutes=5))
        assert program.codex.processes.looks == looks


async def test_what_was_there_is_put_back() -> None:
    program = Program(ANA)
    program.codex.place.data = b'{"OPENAI_API_KEY": "sk-1"}'
    async with program.started():
        await done(program, UseInCodex(account=ANA.key))
        assert program.state.codex.homes[0].has_kept
        await done(program, PutBackInCodex())
        assert program.codex.place.data == b'{"OPENAI_API_KEY": "sk-1"}'
        assert not program.state.codex.homes[0].has_kept
        assert kinds(program)[-1] is FeedbackKind.PUT_BACK_IN_CODEX


async def test_a_whole_login_is_not_handed_over_where_other_computers_renew_it() -> None:
    program = Program(ANA, settings=Settings(sync_url="https://table.example"))
    async with program.started():
        use = await done(program, UseInCodex(account=ANA.key, way=HandOver.WHOLE))
        assert use.problem is not None
        assert use.problem.is_a(CodexWholeSharedError)
        assert program.codex.place.data is None


async def test_a_login_that_comes_by_another_way_is_passed_on() -> None:
    program = Program(ANA)
    async with program.started():
        await done(program, UseInCodex(account=ANA.key))
        fresh = credential("ana", number=4, at=START + timedelta(days=1))
        await program.accounts.keep(fresh)
        await program.accounts.read()
        await settle()
        assert program.codex.place.login is not None
        assert program.codex.place.login.access_token == fresh.access_token


async def test_what_the_client_has_renewed_is_shown() -> None:
    program = Program(ANA)
    async with program.started():
        await done(program, UseInCodex(account=ANA.key, way=HandOver.WHOLE))
        assert program.state.codex.renews(ANA.key)
        assert program.account(ANA).renewal.next_at is None
        fresh: Credential = renewed(ANA, "ana")
        program.codex.place.holds(fresh)
        await program.accounts.read()
        await settle()
        assert program.account(ANA).expires_at == fresh.expiry


async def test_after_a_logout_in_the_client_the_account_is_checked_at_once() -> None:
    program = Program(ANA)
    async with program.started():
        await done(program, UseInCodex(account=ANA.key))
        before = program.service.count("usage")
        program.codex.place.data = None
        await program.accounts.read()
        await settle()
        assert program.state.codex.logged_out == {ANA.key}
        assert program.service.count("usage") > before


async def test_a_record_that_cannot_be_read_is_told_once() -> None:
    program = Program(ANA)
    program.codex.file.is_unreadable = True
    async with program.started():
        assert program.trouble is ReadError
        program.engine.send(DismissTrouble())
        await program.accounts.read()
        await settle()
        assert program.trouble is None


async def test_a_home_that_only_the_command_named_is_followed_and_can_be_used() -> None:
    program = Program(ANA, BEN)
    other = program.codex.add(".codex-work")
    program.codex.unlisted.append(other)
    hand_overs = program.codex.hand_overs(program.renewals, program.randomness)
    await hand_overs.use(ANA.key, other, HandOver.WHOLE, keep=())
    async with program.started():
        # So the timer leaves it to the client.
        assert program.state.codex.renews(ANA.key)
        used = await done(program, UseInCodex(account=BEN.key, home=other.path))
        assert used.phase is CodexUsePhase.DONE
        assert other.login is not None
        assert other.login.key == BEN.key
