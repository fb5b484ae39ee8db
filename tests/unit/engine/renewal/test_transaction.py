"""One renewal: what is asked, what is kept, what is remembered."""

from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    CertificateError,
    EdgeBlockedError,
    JournalSealedError,
    KeyringLockedError,
    LoginEndedError,
    NotRenewableError,
    NotSentError,
    ProbeError,
    RateLimitedError,
    ReadError,
    RecordError,
    RegionBlockedError,
    RetryLaterError,
    SavedForLaterError,
    StrangeAnswerError,
    UnavailableError,
    UncertainError,
    UncertainLoginError,
    WriteError,
    WrongAccountError,
)
from probe_tray.core.renewal.journal import TokenOutcome, TokenVerdict
from probe_tray.core.renewal.policy import Reason
from probe_tray.core.renewal.request import RenewalKind
from probe_tray.core.service.answer import Answer
from tests.safety.bench import ANA, Bench, Crash, MemoryMemory, refusal
from tests.support.coordinators import no_other_program, nobody_else
from tests.support.fakes import START, MemoryStore, settle
from tests.support.stores import folder_store
from tests.support.tokens import credential, reply_body, tokens

VAULT, FOLDER = StoreKind.VAULT, StoreKind.FOLDER
QUARTER = timedelta(minutes=15)
FULL = WriteError(path="the file", reason="the disk is full")


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def refresh_token(number: int) -> str:
    return tokens("ana", number=number)["refresh_token"]


async def test_a_login_that_ends_soon_is_renewed_in_the_right_order() -> None:
    bench = Bench()
    renewed = await bench.renew()
    assert renewed.kind is RenewalKind.RENEWED
    assert renewed.reason is Reason.EXPIRES_SOON
    assert bench.held() == {refresh_token(2)}
    assert bench.journal.entries == {}
    order = [s for s in bench.steps.seen if s.split()[0] in {"check", "prepare", "send", "keep", "save", "finish"}]
    assert order == ["check vault", "prepare", "send", "keep", "save vault", "finish"]


async def test_a_fresh_login_is_left_alone() -> None:
    bench = Bench()
    bench.stores[0].held[ANA] = credential("ana", at=START)
    assert (await bench.renew()).kind is RenewalKind.FRESH
    assert bench.issuer.sent == []
    assert bench.begun == 0


async def test_an_unknown_account_is_not_renewable() -> None:
    bench = Bench()
    bench.stores[0].held.clear()
    with pytest.raises(NotRenewableError):
        await bench.renew()


async def test_a_login_in_two_stores_is_written_to_both() -> None:
    bench = Bench(VAULT, FOLDER)
    await bench.renew()
    assert [store.held[ANA].refresh_token for store in bench.stores] == [Secret(refresh_token(2))] * 2


@pytest.mark.parametrize("adopted", [False, True])
async def test_each_store_keeps_what_other_programs_keep_beside_its_login(*, adopted: bool) -> None:
    bench = Bench(VAULT, FOLDER)
    notes = [Secret('{"flat": {"note": "first"}}'), Secret('{"flat": {"note": "second"}}')]
    if adopted:
        bench.issuer.rotate()
        bench.stores[0].held[ANA] = bench.issuer.credential()
    for store, note in zip(bench.stores, notes, strict=True):
        store.held[ANA] = replace(store.held[ANA], others=note)
    await bench.renew()
    assert bench.held() == {refresh_token(2)}
    assert [store.held[ANA].others for store in bench.stores] == notes


@pytest.mark.parametrize("reason", [None, Reason.FORCED, Reason.REFUSED])
async def test_a_login_that_changed_while_waiting_is_adopted(reason: Reason | None) -> None:
    bench = Bench()
    seen = bench.stores[0].held[ANA].access_token.fingerprint
    bench.issuer.rotate()
    bench.stores[0].held[ANA] = bench.issuer.credential()
    assert (await bench.renew(reason, seen=seen)).kind is RenewalKind.ADOPTED
    assert bench.issuer.sent == []


async def test_a_renewal_since_the_caller_began_is_as_good_as_one_of_its_own() -> None:
    bench = Bench()
    began = bench.clock.now()
    await bench.clock.advance(timedelta(seconds=1))
    assert (await bench.renew(Reason.FORCED)).kind is RenewalKind.RENEWED
    assert (await bench.renew(Reason.FORCED, since=began)).kind is RenewalKind.ADOPTED
    assert len(bench.issuer.sent) == 1


async def test_a_clock_that_was_set_back_does_not_make_force_adopt_for_hours() -> None:
    bench = Bench()
    await bench.renew(Reason.FORCED)
    bench.clock.jump(-timedelta(hours=5))
    assert (await bench.renew(Reason.FORCED, since=bench.clock.now())).kind is RenewalKind.RENEWED


async def test_the_newer_of_two_stores_is_adopted_and_spread() -> None:
    bench = Bench(VAULT, FOLDER)
    bench.issuer.rotate()
    bench.stores[1].held[ANA] = bench.issuer.credential()
    assert (await bench.renew()).kind is RenewalKind.FRESH
    assert bench.held() == {refresh_token(2)}
    assert bench.issuer.sent == []


async def test_while_another_program_writes_the_newer_login_the_older_one_is_not_sent(tmp_path: Path) -> None:
    bench, folder = Bench(VAULT), folder_store(tmp_path)
    bench.issuer.rotate()
    await folder.save(bench.issuer.credential())
    path = only_file(tmp_path)
    bench.accounts.use([*bench.stores, folder])
    await bench.accounts.read()
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    with pytest.raises(ReadError):
        await bench.renew(Reason.FORCED)
    assert bench.issuer.sent == []
    path.write_bytes(whole)
    assert (await bench.renew(Reason.FORCED)).kind is RenewalKind.RENEWED
    assert not bench.issuer.revoked


async def test_a_newer_login_without_a_refresh_token_costs_nobody_theirs() -> None:
    bench = Bench(VAULT, FOLDER)
    bare = tokens("ana", number=7, at=START + timedelta(hours=1))
    made = credential("ana", number=7, at=START + timedelta(hours=1))
    bench.stores[1].held[ANA] = type(made)(
        access_token=Secret(bare["access_token"]), account_id=made.account_id, claims=made.claims
    )
    await bench.renew()
    assert bench.held() == {refresh_token(2)}


async def test_what_the_reply_leaves_out_is_kept() -> None:
    bench = Bench()
    before = bench.stores[0].held[ANA]
    bench.issuer.script = [lambda secret: bench.issuer.renew(secret, "refresh_token", "id_token")]
    await bench.renew()
    after = bench.stores[0].held[ANA]
    assert (after.refresh_token, after.id_token) == (before.refresh_token, before.id_token)
    assert after.access_token != before.access_token
    assert bench.verdict(1) is TokenVerdict.FRESH


async def test_a_spent_token_is_never_sent_from_an_old_copy() -> None:
    bench = Bench()
    old = bench.stores[0].held[ANA]
    await bench.renew()
    bench.stores[0].held[ANA] = old
    for _ in range(2):
        with pytest.raises(LoginEndedError):
            await bench.renew(Reason.FORCED)
    assert len(bench.issuer.sent) == 1
    assert not bench.issuer.revoked


async def test_a_reply_for_another_account_is_set_aside_and_overwrites_nothing() -> None:
    bench = Bench()
    bench.issuer.script = [Answer(200, {}, reply_body(tokens("ben")))]
    with pytest.raises(WrongAccountError):
        await bench.renew()
    assert bench.held() == {refresh_token(1)}
    assert bench.kept() == {tokens("ben")["refresh_token"]}
    assert bench.verdict() is TokenVerdict.UNCERTAIN


async def test_a_refresh_token_that_cannot_be_used_is_not_one_that_was_left_out() -> None:
    bench = Bench()
    bench.issuer.script = [Answer(200, {}, reply_body(tokens("ana", number=2), refresh_token="rt two"))]
    with pytest.raises(UncertainLoginError):
        await bench.renew()
    assert bench.held() == {refresh_token(1)}
    assert bench.kept() == {"rt two"}


async def test_tokens_that_begin_to_name_their_user_leave_no_spent_copy_behind() -> None:
    bench = Bench()
    nameless = AccountKey("account-ana")
    old = bench.stores[0].held.pop(ANA)
    claims = type(old.claims)(account_id="account-ana")
    bench.stores[0].held[nameless] = type(old)(
        access_token=old.access_token, refresh_token=old.refresh_token, account_id="account-ana", claims=claims
    )
    await bench.transaction.run(nameless, bench.request(), lambda: None, nobody_else(), no_other_program)
    assert set(bench.stores[0].held) == {ANA}
    assert bench.held() == {refresh_token(2)}


@pytest.mark.parametrize("tries", [1, 2])
async def test_a_request_that_never_left_is_tried_three_times(tries: int) -> None:
    bench = Bench()
    bench.issuer.script = [NotSentError(reason="there is no connection")] * tries
    run = bench.start()
    await bench.clock.advance(timedelta(seconds=10))
    assert (await run).kind is RenewalKind.RENEWED
    assert len(bench.issuer.sent) == tries + 1


async def test_after_three_tries_it_says_so_and_nothing_is_held_against_the_token() -> None:
    bench = Bench()
    bench.issuer.script = [NotSentError(reason="there is no connection")] * 3
    run = bench.start()
    await bench.clock.advance(timedelta(seconds=10))
    with pytest.raises(NotSentError):
        await run
    assert len(bench.issuer.sent) == 3
    assert bench.journal.entries == {}
    assert (await bench.renew()).kind is RenewalKind.RENEWED


async def test_a_login_renewed_by_another_program_between_two_tries_is_adopted() -> None:
    bench = Bench()
    bench.issuer.script = [NotSentError(reason="there is no connection")]
    run = bench.start()
    await settle()
    bench.issuer.rotate()
    bench.stores[0].held[ANA] = bench.issuer.credential()
    await bench.clock.advance(timedelta(seconds=10))
    assert (await run).kind is RenewalKind.ADOPTED
    assert len(bench.issuer.sent) == 1
    assert bench.journal.entries == {}


async def test_a_login_renewed_by_another_program_at_the_last_moment_is_adopted() -> None:
    bench = Bench()

    def rotate() -> None:
        bench.issuer.rotate()
        bench.stores[0].held[ANA] = bench.issuer.credential()

    bench.steps.on["prepared"] = rotate
    assert (await bench.renew(Reason.FORCED)).kind is RenewalKind.ADOPTED
    assert bench.issuer.sent == []
    assert bench.journal.entries == {}


async def test_an_uncertain_token_is_tried_once_more_after_a_quarter_of_an_hour_and_not_before() -> None:
    bench = Bench()
    bench.issuer.script = [UncertainError(reason="the connection was lost")] * 2
    with pytest.raises(UncertainLoginError):
        await bench.renew()
    for _ in range(2):
        await bench.clock.advance(QUARTER / 2 - timedelta(seconds=1))
        for reason in (None, Reason.FORCED, Reason.REFUSED):
            with pytest.raises(UncertainLoginError):
                await bench.renew(reason)
    assert len(bench.issuer.sent) == 1
    await bench.clock.advance(timedelta(seconds=3))
    with pytest.raises(UncertainLoginError):
        await bench.renew()
    assert len(bench.issuer.sent) == 2
    await bench.clock.advance(timedelta(days=1))
    with pytest.raises(UncertainLoginError):
        await bench.renew()
    assert len(bench.issuer.sent) == 2
    assert (await bench.renew(Reason.FORCED)).kind is RenewalKind.RENEWED


async def test_the_quarter_of_an_hour_counts_from_the_break_and_not_from_the_first_try() -> None:
    bench = Bench()
    bench.issuer.script = [NotSentError(reason="no connection"), UncertainError(reason="lost")]
    run = bench.start()
    await bench.clock.advance(timedelta(seconds=10))
    with pytest.raises(UncertainLoginError):
        await run
    broke = bench.issuer.sent[-1][1]
    await bench.clock.advance(broke + QUARTER - timedelta(seconds=1) - bench.clock.now())
    with pytest.raises(UncertainLoginError):
        await bench.renew(Reason.FORCED)


@pytest.mark.parametrize("hours", [-30, -5, 5, 30])
@pytest.mark.parametrize("restarts", [False, True])
async def test_a_clock_that_is_set_does_not_shorten_the_quarter_of_an_hour_nor_make_it_hours(
    hours: int, *, restarts: bool
) -> None:
    bench = Bench()
    bench.issuer.script = [UncertainError(reason="the connection was lost")]
    with pytest.raises(UncertainLoginError):
        await bench.renew()
    bench.clock.jump(timedelta(hours=hours))
    if restarts:
        bench.restart()
    with pytest.raises(UncertainLoginError):
        await bench.renew(Reason.FORCED)
    await bench.clock.advance(QUARTER + timedelta(minutes=2))
    await bench.renew(Reason.FORCED)
    assert len(bench.issuer.sent) == 2


async def test_a_clock_set_back_ends_a_backoff_instead_of_making_it_hours() -> None:
    bench = Bench()
    bench.issuer.script = [refusal(503)]
    with pytest.raises(UnavailableError):
        await bench.renew()
    bench.clock.jump(-timedelta(hours=5))
    assert (await bench.renew()).kind is RenewalKind.RENEWED


async def test_the_backoff_doubles_and_force_passes_it() -> None:
    bench = Bench()
    waits: list[float] = []
    for _ in range(9):
        bench.issuer.script = [refusal(429)]
        with pytest.raises(RateLimitedError):
            await bench.renew(Reason.FORCED)
        with pytest.raises(RetryLaterError) as later:
            await bench.renew()
        waits.append(later.value.retry_after.total_seconds() if later.value.retry_after else 0)
    assert waits[:3] == [45, 75, 135]
    assert waits == sorted(waits)
    assert waits[-1] <= 3600


async def test_a_refused_token_whose_successor_is_stored_is_no_end() -> None:
    bench = Bench()

    def by_another(secret: Secret) -> Answer:
        bench.issuer.rotate()
        bench.stores[0].held[ANA] = bench.issuer.credential()
        return refusal(401, "refresh_token_reused")

    bench.issuer.script = [by_another]
    renewed = await bench.renew()
    assert renewed.kind is RenewalKind.ADOPTED
    assert renewed.credential.refresh_token == Secret(refresh_token(2))
    assert bench.verdict(1) is TokenVerdict.ENDED
    assert bench.verdict(2) is None


async def test_a_store_that_is_full_is_filled_later_from_the_journal() -> None:
    bench = Bench(VAULT, FOLDER)
    bench.steps.faults["save folder"] = FULL
    with pytest.raises(SavedForLaterError):
        await bench.renew()
    assert bench.held() == {refresh_token(1), refresh_token(2)}
    with pytest.raises(SavedForLaterError):
        await bench.renew(Reason.FORCED)
    bench.steps.faults.clear()
    bench.restart()
    assert (await bench.renew()).kind is RenewalKind.FRESH
    assert bench.held() == {refresh_token(2)}
    assert bench.journal.entries == {}
    assert len(bench.issuer.sent) == 1


async def test_a_record_damaged_meanwhile_does_not_keep_the_tokens_from_the_other_store() -> None:
    bench = Bench(VAULT, FOLDER)
    damaged = RecordError(path="the record", reason="its content was damaged")
    bench.steps.on["kept"] = lambda: bench.steps.faults.update({"read vault": damaged})
    with pytest.raises(SavedForLaterError):
        await bench.renew()
    assert bench.stores[1].held[ANA].refresh_token == Secret(refresh_token(2))
    bench.steps.faults.clear()
    await bench.renew()
    assert bench.held() == {refresh_token(2)}


async def test_a_login_removed_during_the_request_is_written_anew() -> None:
    bench = Bench(VAULT, FOLDER)
    bench.stores[0].held.clear()
    bench.steps.on["answered"] = bench.stores[1].held.clear
    await bench.renew()
    assert ANA not in bench.stores[0].held
    assert bench.stores[1].held[ANA].refresh_token == Secret(refresh_token(2))


async def test_an_answer_the_journal_cannot_take_is_saved_all_the_same() -> None:
    bench = Bench()
    bench.steps.faults["keep"] = FULL
    assert (await bench.renew()).kind is RenewalKind.RENEWED
    assert bench.held() == {refresh_token(2)}
    assert bench.journal.entries == {}


async def test_an_answer_that_nothing_on_the_disk_takes_waits_in_the_process() -> None:
    bench = Bench()
    bench.steps.faults.update({"keep": FULL, "save vault": FULL})
    with pytest.raises(WriteError):
        await bench.renew()
    with pytest.raises(WriteError):
        await bench.renew(Reason.FORCED)
    bench.steps.faults.clear()
    assert (await bench.renew()).kind is RenewalKind.FRESH
    assert bench.held() == {refresh_token(2)}
    assert len(bench.issuer.sent) == 1


@pytest.mark.parametrize("step", ["finish", "remember fresh", "remember ended"])
async def test_a_renewal_that_is_saved_is_a_success_whatever_follows(step: str) -> None:
    bench = Bench()
    bench.steps.faults[step] = FULL
    assert (await bench.renew()).kind is RenewalKind.RENEWED
    bench.steps.faults.clear()
    assert (await bench.renew()).kind is RenewalKind.FRESH
    assert bench.held() == {refresh_token(2)}
    assert bench.journal.entries == {}


async def test_a_memory_that_cannot_be_written_keeps_an_uncertain_token_from_being_sent_again() -> None:
    bench = Bench()
    bench.issuer.script = [UncertainError(reason="lost")]
    bench.steps.faults["remember uncertain"] = FULL
    for _ in range(3):
        with pytest.raises(WriteError):
            await bench.renew(Reason.FORCED)
        bench.restart()
    bench.steps.faults.clear()
    with pytest.raises(UncertainLoginError):
        await bench.renew(Reason.FORCED)
    assert len(bench.issuer.sent) == 1


async def test_an_answer_that_came_out_of_the_connection_is_saved_at_the_next_start() -> None:
    bench = Bench()
    await bench.die_when("answered")
    assert (await bench.renew()).kind is RenewalKind.FRESH
    assert bench.held() == {refresh_token(2)}
    assert len(bench.issuer.sent) == 1


async def test_an_answer_that_had_come_whole_before_the_connection_was_given_up_is_no_uncertainty() -> None:
    bench = Bench()
    bench.steps.faults["answered"] = UncertainError(reason="no answer came in time")
    assert (await bench.renew()).kind is RenewalKind.RENEWED
    assert bench.held() == {refresh_token(2)}
    assert (bench.journal.entries, bench.verdict()) == ({}, TokenVerdict.ENDED)


async def test_pieces_of_an_answer_are_set_aside_and_not_deleted() -> None:
    bench = Bench()
    bench.issuer.comes = 500
    bench.steps.faults["answered"] = UncertainError(reason="the connection was lost")
    with pytest.raises(UncertainLoginError):
        await bench.renew()
    assert (bench.journal.entries, bench.journal.aside, bench.verdict()) == ({}, [None], TokenVerdict.UNCERTAIN)


async def test_pieces_that_an_earlier_run_has_left_are_set_aside_and_not_deleted() -> None:
    bench = Bench()
    bench.issuer.comes = 500
    await bench.die_when("answered")
    with pytest.raises(UncertainLoginError):
        await bench.renew(Reason.FORCED)
    assert (bench.journal.entries, bench.journal.aside, len(bench.issuer.sent)) == ({}, [None], 1)


async def test_a_journal_that_cannot_be_read_then_makes_it_uncertain_and_stays_as_it_is() -> None:
    bench = Bench()
    bench.steps.faults["answered"] = UncertainError(reason="no answer came in time")
    bench.steps.on["answered"] = lambda: bench.steps.faults.update(pending=FULL)
    with pytest.raises(UncertainLoginError):
        await bench.renew()
    assert bench.verdict() is TokenVerdict.UNCERTAIN
    assert len(bench.journal.entries) == 1


async def test_an_intent_without_an_answer_is_uncertain_at_the_next_start() -> None:
    bench = Bench()
    await bench.die_when("acted")
    assert await bench.transaction.unfinished() == (ANA,)
    with pytest.raises(UncertainLoginError):
        await bench.renew(Reason.FORCED)
    assert len(bench.issuer.sent) == 1


@pytest.mark.parametrize("hours", [-30, 5])
async def test_such_an_intent_is_uncertain_for_a_quarter_of_an_hour_whatever_the_clock_is_set_to(hours: int) -> None:
    bench = Bench()
    bench.steps.on["acted"] = bench.crash
    with pytest.raises(Crash):
        await bench.renew()
    bench.clock.jump(timedelta(hours=hours))
    bench.restart()
    for _ in range(2):
        with pytest.raises(UncertainLoginError):
            await bench.renew(Reason.FORCED)
        await bench.clock.advance(QUARTER - timedelta(seconds=1))
        bench.restart()
    assert len(bench.issuer.sent) == 1


async def test_an_intent_that_was_damaged_is_uncertain_too() -> None:
    bench = Bench()
    await bench.die_when("acted")
    ((name, (entry, _)),) = bench.journal.entries.items()
    bench.journal.entries[name] = (replace(entry, fingerprint=""), None)
    for _ in range(2):
        with pytest.raises(UncertainLoginError):
            await bench.renew(Reason.FORCED)
    assert (len(bench.issuer.sent), bench.journal.entries, bench.journal.aside) == (1, {}, [None])


async def test_a_damaged_intent_of_an_account_that_was_removed_harms_nobody() -> None:
    bench = Bench()
    await bench.die_when("acted")
    ((name, (entry, _)),) = bench.journal.entries.items()
    bench.journal.entries[name] = (replace(entry, fingerprint=""), None)
    bench.stores[0].held.clear()
    await bench.transaction.finish_pending(ANA)
    assert (bench.journal.entries, bench.memory.known) == ({}, {})


async def test_an_answer_for_files_that_are_not_at_hand_waits_for_them() -> None:
    bench = Bench(FOLDER)
    await bench.die_when("kept")
    own = bench.stores[0].held[ANA]
    bench.stores[0].held[ANA] = credential("ana", number=50, at=START - timedelta(days=8))
    await bench.transaction.finish_pending(ANA)
    assert bench.held() == {refresh_token(50)}
    bench.stores[0].held[ANA] = own
    await bench.transaction.finish_pending(ANA)
    assert bench.held() == {refresh_token(2)}


async def test_an_old_answer_never_replaces_a_newer_login() -> None:
    bench = Bench(VAULT, FOLDER)
    bench.steps.on["saved vault"] = bench.crash
    with pytest.raises(Crash):
        await bench.renew()
    bench.restart()
    # Within the same second: the dates of the tokens cannot tell the two apart.
    bench.issuer.rotate()
    bench.stores[0].held[ANA] = bench.issuer.credential()
    await bench.renew()
    assert bench.stores[0].held[ANA].refresh_token == Secret(refresh_token(3))


async def test_a_sealed_answer_forbids_a_request_until_it_can_be_opened() -> None:
    bench = Bench()
    await bench.die_when("kept")
    bench.journal.sealed = KeyringLockedError()
    with pytest.raises(JournalSealedError):
        await bench.renew(Reason.FORCED)
    bench.journal.sealed = None
    assert (await bench.renew()).kind is RenewalKind.FRESH
    assert bench.held() == {refresh_token(2)}


async def test_signing_in_again_ends_the_wait_for_an_answer_that_never_opens() -> None:
    bench = Bench()
    await bench.die_when("kept")
    bench.journal.sealed = KeyringLockedError()
    bench.issuer.number = 9
    bench.stores[0].held[ANA] = credential("ana", number=9, at=START)
    assert (await bench.renew()).kind is RenewalKind.FRESH
    assert bench.kept() == {refresh_token(2)}


@pytest.mark.parametrize("days", [1, 20])
async def test_an_old_copy_that_is_put_back_does_not_end_the_wait_for_an_answer(days: int) -> None:
    bench = Bench()
    await bench.die_when("kept")
    bench.journal.sealed = KeyringLockedError()
    copy = credential("ana", number=0, at=START - timedelta(days=days))
    bench.stores[0].held[ANA] = replace(copy, last_refresh=START - timedelta(days=days))
    with pytest.raises(JournalSealedError):
        await bench.renew(Reason.FORCED)
    assert (bench.issuer.reused, bench.journal.aside) == ([], [])


LOST, HTML = UncertainError(reason="lost"), b"<html>blocked</html>"
OK, AT_ONCE, NEVER = "ok", "at once", "never"


def case(
    name: str, answer: Answer | Exception, error: type[ProbeError], verdict: TokenVerdict | None, after: str
) -> object:
    return pytest.param(answer, error, verdict, after, id=name)


def _codes(status: int, body: bytes) -> Answer:
    return Answer(status, {}, body)


CASES = [
    *[
        case(f"{status} {code or 'bare'}", refusal(status, code), LoginEndedError, TokenVerdict.ENDED, NEVER)
        for status in (400, 401, 403)
        for code in ("refresh_token_expired", "refresh_token_reused", "refresh_token_invalidated", "invalid_grant")
    ],
    case("401 bare", refusal(401), LoginEndedError, TokenVerdict.ENDED, NEVER),
    case("401 empty", _codes(401, b""), LoginEndedError, TokenVerdict.ENDED, NEVER),
    case("401 html", _codes(401, HTML), LoginEndedError, TokenVerdict.ENDED, NEVER),
    case("401 other code", refusal(401, "who_knows"), LoginEndedError, TokenVerdict.ENDED, NEVER),
    case("error as text", _codes(400, b'{"error": "invalid_grant"}'), LoginEndedError, TokenVerdict.ENDED, NEVER),
    case("top-level code", _codes(400, b'{"code": "invalid_grant"}'), LoginEndedError, TokenVerdict.ENDED, NEVER),
    case("capitals", _codes(400, b'{"error": {"code": "INVALID_GRANT"}}'), LoginEndedError, TokenVerdict.ENDED, NEVER),
    *[
        case(f"{status} {kind}", _codes(status, body), UncertainLoginError, TokenVerdict.UNCERTAIN, "quarter")
        for status in (502, 504, 520, 522, 524)
        for kind, body in (("json", b"{}"), ("html", HTML), ("empty", b""))
    ],
    *[
        case(f"200 {name}", _codes(200, body), UncertainLoginError, TokenVerdict.UNCERTAIN, "quarter")
        for name, body in (
            ("empty", b""),
            ("html", HTML),
            ("cut off", b'{"access_token": "a.b'),
            ("list", b"[]"),
            ("null", b"null"),
            ("no tokens", b"{}"),
            ("token of spaces", b'{"access_token": "a b"}'),
            ("number", b'{"access_token": 1}'),
            ("not utf-8", b'{"access_token": "\xff"}'),
            ("deep", b'{"a":' * 5000),
        )
    ],
    case("204", _codes(204, b""), UncertainLoginError, TokenVerdict.UNCERTAIN, "quarter"),
    case("connection lost", LOST, UncertainLoginError, TokenVerdict.UNCERTAIN, "quarter"),
    case("answer too large", StrangeAnswerError(status="200"), UncertainLoginError, TokenVerdict.UNCERTAIN, "quarter"),
    case("429", refusal(429), RateLimitedError, TokenVerdict.BACKOFF, "force"),
    case("429 html", _codes(429, b"<p>"), RateLimitedError, TokenVerdict.BACKOFF, "force"),
    case("429 wait", Answer(429, {"Retry-After": "600"}, b"{}"), RateLimitedError, TokenVerdict.BACKOFF, "force"),
    case("500", refusal(500), UnavailableError, TokenVerdict.BACKOFF, "force"),
    case("503", refusal(503), UnavailableError, TokenVerdict.BACKOFF, "force"),
    case("503 empty", _codes(503, b""), UnavailableError, TokenVerdict.BACKOFF, "force"),
    case("400", refusal(400, "invalid_request"), UnavailableError, TokenVerdict.BACKOFF, "force"),
    case("400 empty", _codes(400, b""), UnavailableError, TokenVerdict.BACKOFF, "force"),
    case("404", refusal(404), UnavailableError, TokenVerdict.BACKOFF, "force"),
    case("408", refusal(408), UnavailableError, TokenVerdict.BACKOFF, "force"),
    case("302", _codes(302, b""), UnavailableError, TokenVerdict.BACKOFF, "force"),
    case("403", refusal(403), EdgeBlockedError, TokenVerdict.BACKOFF, "force"),
    case("403 html", _codes(403, HTML), EdgeBlockedError, TokenVerdict.BACKOFF, "force"),
    case("403 empty", _codes(403, b""), EdgeBlockedError, TokenVerdict.BACKOFF, "force"),
    case(
        "region",
        refusal(403, "unsupported_country_region_territory"),
        RegionBlockedError,
        TokenVerdict.BACKOFF,
        "force",
    ),
    case("404 html", _codes(404, HTML), EdgeBlockedError, TokenVerdict.BACKOFF, "force"),
    case("certificate", CertificateError(host="a", reason="b"), CertificateError, None, AT_ONCE),
]


def test_the_table_of_answers_is_as_large_as_was_promised() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize(("answer", "error", "verdict", "after"), CASES)
async def test_what_an_answer_means(
    answer: Answer | Exception, error: type[ProbeError], verdict: TokenVerdict | None, after: str
) -> None:
    bench = Bench()
    bench.issuer.script = [answer]
    with pytest.raises(error) as failure:
        await bench.renew()
    assert type(failure.value) is error
    assert bench.verdict() is verdict
    assert bench.journal.entries == {}
    assert bench.held() == {refresh_token(1)}
    assert await requests(bench, None) == (after == AT_ONCE)
    if after == AT_ONCE:
        return
    bench.restart()
    assert await requests(bench, Reason.FORCED) == (after == "force")
    if after == "force":
        return
    await bench.clock.advance(QUARTER + timedelta(seconds=1))
    assert await requests(bench, None) == (after == "quarter")
    if after == NEVER:
        await bench.clock.advance(timedelta(days=300))
        assert await requests(bench, Reason.FORCED) == 0


async def requests(bench: Bench, reason: Reason | None) -> int:
    """How many requests another attempt makes; it never does any harm here, for the service was out of reach."""
    before = len(bench.issuer.sent)
    try:
        await bench.renew(reason)
    except ProbeError:
        assert len(bench.issuer.sent) == before
    return len(bench.issuer.sent) - before


async def test_retry_after_is_kept_up_to_an_hour() -> None:
    bench = Bench()
    bench.issuer.script = [Answer(503, {"Retry-After": "86400"}, b"")]
    with pytest.raises(UnavailableError):
        await bench.renew()
    await bench.clock.advance(timedelta(minutes=59))
    with pytest.raises(RetryLaterError):
        await bench.renew()
    await bench.clock.advance(timedelta(minutes=2))
    assert (await bench.renew()).kind is RenewalKind.RENEWED


async def test_an_end_whose_reason_was_lost_is_still_a_sentence(memory_of_an_end: TokenOutcome) -> None:
    bench = Bench()
    assert isinstance(bench.memory, MemoryMemory)
    bench.memory.known[Secret(refresh_token(1)).fingerprint] = memory_of_an_end
    with pytest.raises(LoginEndedError) as ended:
        await bench.renew()
    assert ended.value.title == "This login has ended: OpenAI refused it."


@pytest.fixture
def memory_of_an_end() -> TokenOutcome:
    return TokenOutcome(verdict=TokenVerdict.ENDED, at=START)


@pytest.mark.parametrize("crash", [False, True])
async def test_a_spent_token_gives_way_even_to_tokens_that_look_older(*, crash: bool) -> None:
    bench = Bench(VAULT, FOLDER)
    behind = tokens("ana", number=2, at=START - timedelta(days=9))
    bench.issuer.script = [Answer(200, {}, reply_body(behind))]
    if crash:
        bench.steps.on["saved vault"] = bench.crash
        with pytest.raises(Crash):
            await bench.renew()
        bench.restart()
        await bench.transaction.finish_pending(ANA)
    else:
        await bench.renew()
    assert bench.held() == {refresh_token(2)}


# --- what an end is worth


async def test_an_imported_auth_json_is_not_renewed_before_its_token_ends() -> None:
    bench = Bench()
    bench.stores[0].held[ANA] = replace(credential("ana", days=10), expired=None, made_here=False)
    assert (await bench.renew()).kind is RenewalKind.FRESH
    assert bench.issuer.sent == []


@pytest.mark.parametrize("away", [timedelta(days=365), timedelta(days=-365)])
async def test_a_wrong_clock_is_not_written_down(away: timedelta) -> None:
    bench = Bench()
    true = START + timedelta(seconds=1)
    bench.clock.jump(away)
    date = format_datetime(true, usegmt=True)
    body = reply_body(tokens("ana", number=2, at=true), expires_in=864000)
    bench.issuer.script = [Answer(200, {"Date": date}, body)]
    await bench.renew(Reason.FORCED)
    saved = bench.stores[0].held[ANA]
    assert (saved.last_refresh, saved.expired) == (true, true + timedelta(days=10))


async def test_with_a_clock_that_is_ahead_the_policy_renews_once() -> None:
    bench = Bench()
    bench.clock.jump(timedelta(days=365))
    assert [(await bench.renew()).kind for _ in range(3)] == [RenewalKind.RENEWED, *[RenewalKind.FRESH] * 2]
    assert len(bench.issuer.sent) == 1


# --- copies of the official client's login


def with_the_client(bench: Bench, *, made_here: bool = False) -> MemoryStore:
    """The client's place, where the login is that our stores hold."""
    client = MemoryStore(StoreKind.OFFICIAL, bench.stores[0].held[ANA])
    for store in bench.stores:
        store.held[ANA] = replace(store.held[ANA], made_here=made_here)
    bench.accounts.use([*bench.stores, client])
    return client


def renewed_by(client: MemoryStore, bench: Bench) -> Credential:
    """What the client has now."""
    bench.issuer.rotate()
    client.held[ANA] = bench.issuer.credential()
    return client.held[ANA]


async def beside_the_client(bench: Bench, *, made_here: bool = False) -> Credential:
    """Let the client have renewed its login, of which the stores hold a copy from before; its login now."""
    client = with_the_client(bench, made_here=made_here)
    await bench.transaction.catch_up(ANA)
    return renewed_by(client, bench)


@pytest.mark.parametrize("reason", [None, Reason.FORCED, Reason.REFUSED])
async def test_a_copy_learns_from_the_client_before_anything_is_sent(reason: Reason | None) -> None:
    bench = Bench(VAULT, FOLDER)
    theirs = await beside_the_client(bench)
    assert (await bench.renew(reason)).kind is RenewalKind.ADOPTED
    assert [store.held[ANA].access_token for store in bench.stores] == [theirs.access_token] * 2
    assert bench.issuer.sent == []


async def test_a_dead_copy_learns_too_and_one_without_refresh_token_gets_none() -> None:
    bench = Bench()
    spent = bench.stores[0].held[ANA].refresh_token
    assert spent is not None
    await bench.memory.remember(spent.fingerprint, TokenOutcome(verdict=TokenVerdict.ENDED, at=START))
    theirs = await beside_the_client(bench)
    await bench.transaction.catch_up(ANA)
    assert bench.held() == {refresh_token(2)}
    bench.stores[0].held[ANA] = replace(credential("ana", at=START - timedelta(days=9)), refresh_token=None)
    bench.stores[0].held[ANA] = replace(bench.stores[0].held[ANA], made_here=False)
    await bench.transaction.catch_up(ANA)
    saved = bench.stores[0].held[ANA]
    assert (saved.access_token, saved.refresh_token) == (theirs.access_token, None)
    assert bench.issuer.sent == []


async def test_a_login_of_our_own_is_no_copy_and_stays() -> None:
    bench = Bench()
    await beside_the_client(bench, made_here=True)
    own = bench.stores[0].held[ANA]
    await bench.transaction.catch_up(ANA)
    assert bench.stores[0].held[ANA] == own
    # One that a renewal here has brought is another login by then: the client was signed in anew.
    copy = Bench()
    copy.stores[0].held[ANA] = replace(copy.stores[0].held[ANA], made_here=False)
    await copy.renew()
    renewed = copy.stores[0].held[ANA]
    theirs = credential("ana", number=77, at=START + timedelta(days=1))
    copy.accounts.use([*copy.stores, MemoryStore(StoreKind.OFFICIAL, theirs)])
    await copy.transaction.catch_up(ANA)
    assert copy.stores[0].held[ANA] == renewed


async def test_a_client_that_renews_while_the_request_is_prepared_is_noticed() -> None:
    bench = Bench()
    client = with_the_client(bench)
    bench.steps.on["prepare"] = lambda: void(renewed_by(client, bench))
    assert (await bench.renew()).kind is RenewalKind.ADOPTED
    assert bench.issuer.sent == []
    assert bench.held() == {refresh_token(2)}


def void(_value: object) -> None:
    """A hook gives nothing back."""
