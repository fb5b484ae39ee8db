"""States for tests and pictures of the desktop: made-up people, every condition, any number of accounts."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from probe_tray.core.account.credential import ApiKeyLogin
from probe_tray.core.account.identity import AccountKey, StoreKind
from probe_tray.core.account.secret import Secret
from probe_tray.core.codex.codex_state import ClientProcess, CodexHome, CodexState, CodexUse, CodexUsePhase, HandOver
from probe_tray.core.commands import Command, ShowSyncCode, UseWindows
from probe_tray.core.errors import (
    CredentialFileError,
    EdgeBlockedError,
    FolderGoneError,
    JournalSealedError,
    KeyMissingError,
    KeyringLockedError,
    LoginEndedError,
    NotRevokedError,
    NotSentError,
    Phrase,
    PortsTakenError,
    ProbeError,
    Problem,
    RateLimitedError,
    RenewalsPausedError,
    SavedForLaterError,
    UncertainLoginError,
)
from probe_tray.core.machine import Machine
from probe_tray.core.models.model_test import ListedBy, ModelResult, ModelTest
from probe_tray.core.quota.forecast import Pace
from probe_tray.core.quota.history import Details, HistoryLine, Meter, Point, RenewalRecord, Span, Trend
from probe_tray.core.quota.snapshot import Credits, Limit, Snapshot, SpendControl, Window, WindowKind
from probe_tray.core.state import AccountState, AppState, LoginPhase, LoginState, RenewalState, Unreadable
from probe_tray.ui.panel.card_list import CardCallbacks
from probe_tray.ui.panel.card_model import Changes
from probe_tray.ui.panel.panel_actions import PanelActions

NOW = datetime(2026, 11, 22, 13, 52, tzinfo=UTC)
"""A Sunday."""
_HOUR, _WEEK = timedelta(hours=1), timedelta(days=7)
_LENGTHS = {WindowKind.SHORT: 18_000, WindowKind.WEEKLY: 604_800, WindowKind.MONTHLY: 2_592_000}


def window(kind: WindowKind, used: float, resets_in: timedelta | None) -> Window:
    return Window(
        kind=kind,
        seconds=_LENGTHS[kind],
        used_percent=used,
        reset_at=None if resets_in is None else NOW + resets_in,
    )


def snapshot(
    short: float,
    weekly: float,
    *,
    short_in: timedelta = timedelta(hours=2, minutes=10),
    weekly_in: timedelta = timedelta(days=3, hours=19, minutes=8),
    age: timedelta = timedelta(minutes=2),
) -> Snapshot:
    windows = (window(WindowKind.SHORT, short, short_in), window(WindowKind.WEEKLY, weekly, weekly_in))
    return Snapshot(taken_at=NOW - age, main=Limit(allowed=True, windows=windows))


def account(email: str, found: Snapshot | None = None, **more: object) -> AccountState:
    plain = AccountState(
        key=AccountKey(f"account-of-{email}", "user"),
        stores=(StoreKind.VAULT,),
        email=email,
        plan="plus",
        expires_at=NOW + timedelta(days=7),
        renewable=True,
        renewal=RenewalState(next_at=NOW + timedelta(days=4)),
        snapshot=found,
        checked_at=None if found is None else found.taken_at,
        next_check=(NOW - timedelta(minutes=2) if found is None else found.taken_at) + timedelta(minutes=5),
    )
    return replace(plain, **more)


def ended() -> Problem:
    return LoginEndedError(reason=Phrase("it was used elsewhere")).problem


def offline() -> Problem:
    return NotSentError(reason=Phrase("there is no connection to {peer}", peer="chatgpt.com")).problem


def four() -> AppState:
    return AppState(
        loaded=True,
        accounts=(
            account("ana@example.com", snapshot(42, 17)),
            account(
                "lee@studio.example",
                snapshot(88, 61, short_in=timedelta(minutes=38), weekly_in=timedelta(days=3, minutes=38)),
                workspace="Studio",
                plan="team",
                renewal=RenewalState(next_at=NOW + timedelta(days=6)),
            ),
            account(
                "research@example.com",
                snapshot(11, 100, short_in=timedelta(minutes=63), weekly_in=timedelta(days=5, hours=4, minutes=28)),
                plan="pro",
            ),
            account("old@example.com", snapshot(20, 30), problem=ended()),
        ),
    )


def conditions() -> AppState:
    """One account for every condition, and the other things that stand in the list."""
    old = snapshot(20, 40, age=3 * _HOUR)
    return AppState(
        loaded=True,
        accounts=(
            *four().accounts,
            account("stale@example.com", old),
            account("offline@example.com", old, problem=offline()),
            account("waits@example.com", old, problem=RateLimitedError().problem),
            account("blocked@example.com", old, problem=EdgeBlockedError(host="chatgpt.com").problem),
            account("keyring@example.com", None, problem=KeyringLockedError().problem),
            account("new@example.com", None, plan="free", checking=True),
            account("ends@example.com", snapshot(3, 5), renewable=False, expires_at=NOW + timedelta(days=2)),
            account(
                "client@example.com",
                snapshot(97, 50),
                stores=(StoreKind.OFFICIAL,),
                renewable=False,
                renewal=RenewalState(),
                location="~/.codex/auth.json",
            ),
            account(
                "monthly@example.com",
                Snapshot(
                    taken_at=NOW,
                    plan="free",
                    main=Limit(windows=(window(WindowKind.MONTHLY, 33, timedelta(days=12)),)),
                ),
            ),
        ),
        unreadable=(
            Unreadable(
                location="/home/ana/logins/broken.json",
                problem=CredentialFileError(
                    path="/home/ana/logins/broken.json", reason=Phrase("not valid JSON")
                ).problem,
            ),
        ),
        store_problems=((StoreKind.VAULT, KeyringLockedError().problem),),
        api_key=ApiKeyLogin(location="~/.codex/auth.json"),
    )


def foreseen() -> AppState:
    """Accounts with a week behind them: one lasts, one runs out before its reset, one has only just begun."""
    weekly, short = Meter(kind=WindowKind.WEEKLY, seconds=604_800), Meter(kind=WindowKind.SHORT, seconds=18_000)

    def pace(meter: Meter, used: float, resets_in: timedelta) -> Pace:
        reset_at, length = NOW + resets_in, timedelta(seconds=meter.seconds)
        return Pace(
            meter=meter, reset_at=reset_at, since=reset_at - length, base=0, at=NOW - _HOUR / 30, used=used, samples=40
        )

    def known(email: str, used: float, percents: Sequence[int | None], short_used: float = 42) -> AccountState:
        paces = (
            pace(weekly, used, timedelta(days=3, hours=19, minutes=8)),
            pace(short, short_used, timedelta(hours=2, minutes=10)),
        )
        trend = Trend(meter=weekly, percents=tuple(percents))
        return account(email, snapshot(short_used, used), paces=paces, trend=trend)

    return AppState(
        loaded=True,
        accounts=(
            known("lasts@example.com", 38, [*range(20, 60, 2), 0, *range(39)]),
            known("ends@example.com", 72, [None] * 20 + [0, 1, 3, 8, 9, 20, 21, 22, 30, 44] * 2 + list(range(45, 73))),
            known("new@example.com", 1, [None] * 59 + [1], 1),
        ),
    )


def looked_at() -> AppState:
    """An account with everything there can be, and the past of it."""
    state = foreseen()
    weekly, short = Meter(kind=WindowKind.WEEKLY, seconds=604_800), Meter(kind=WindowKind.SHORT, seconds=18_000)
    first = state.accounts[1]
    assert first.snapshot is not None
    full = replace(
        first.snapshot,
        code_review=Limit(name="code review", windows=(window(WindowKind.WEEKLY, 5, timedelta(days=2)),)),
        extra=(
            Limit(
                name="GPT-5.3 Spark",
                windows=(
                    window(WindowKind.SHORT, 3, timedelta(hours=2, minutes=30)),
                    window(WindowKind.WEEKLY, 11, timedelta(days=2, hours=4)),
                ),
            ),
        ),
        credits=Credits(has_credits=True, balance=12.5),
        spend=SpendControl(limit=100, used=41.25, reset_at=NOW + timedelta(days=8)),
        reset_credits=2,
        reset_credit_ends=(NOW + timedelta(days=3), NOW + timedelta(days=12)),
    )
    known = replace(
        first,
        workspace="Studio",
        snapshot=full,
        renewed_at=NOW - timedelta(days=4),
        expires_at=NOW + timedelta(days=6),
        renewal=RenewalState(next_at=NOW + timedelta(days=3)),
        models=ModelTest(
            started_at=NOW - timedelta(days=1),
            models=("gpt-5", "gpt-5-mini"),
            listed_by=ListedBy.SERVICE,
            results=(
                ModelResult(model="gpt-5", latency=0.6, upstream_status=200),
                ModelResult(model="gpt-5-mini", latency=0.4, upstream_status=200),
            ),
        ),
    )

    def past(meter: Meter, period: int, slope: float, begun: int = 0) -> HistoryLine:
        """It ends with what the account has used now."""
        used = ((n, round(((n + begun) % period) * slope)) for n in range(0, 168, 2) if not 60 < n < 80)
        return HistoryLine(
            meter=meter, points=tuple(Point(NOW - timedelta(hours=168 - n), now, now) for n, now in used)
        )

    lines = (past(weekly, 168, 4.34), past(short, 24, 38.0, 13))
    renewals = (
        RenewalRecord(at=NOW - timedelta(days=4)),
        RenewalRecord(at=NOW - timedelta(days=5), reason=NotSentError.__name__),
    )
    details = Details(account=known.key, span=Span.WEEK, lines=lines, renewals=renewals)
    return replace(state, accounts=(known, *state.accounts[:1]), details=details)


def troubled_lives() -> AppState:
    """Every way in which a login's renewal, or the place it is kept in, needs a person."""

    def renewing(email: str, problem: ProbeError, ends: timedelta = timedelta(days=7), wait: int = 15) -> AccountState:
        tried = NOW - timedelta(minutes=3)
        renewal = RenewalState(last_at=tried, problem=problem.problem, next_at=tried + timedelta(minutes=wait))
        return account(email, snapshot(12, 30), renewal=renewal, expires_at=NOW + ends)

    return AppState(
        loaded=True,
        accounts=(
            renewing("uncertain@example.com", UncertainLoginError()),
            renewing("paused@example.com", RenewalsPausedError(), wait=30),
            renewing("sealed@example.com", JournalSealedError()),
            renewing("full@example.com", SavedForLaterError(path="logins/a.json", reason=Phrase("the disk is full"))),
            renewing(
                "offline@example.com",
                NotSentError(reason=Phrase("there is no connection to {peer}", peer="chatgpt.com")),
            ),
            renewing(
                "soon@example.com",
                NotSentError(reason=Phrase("there is no connection to {peer}", peer="chatgpt.com")),
                timedelta(days=1),
            ),
            account("now@example.com", snapshot(12, 30), renewal=RenewalState(running=True)),
        ),
        store_problems=(
            (StoreKind.VAULT, KeyMissingError().problem),
            (StoreKind.FOLDER, FolderGoneError(path="/home/ana/logins").problem),
        ),
        trouble=NotRevokedError(who="now@example.com", reason=Phrase("status {n}", n="503")).problem,
    )


def in_codex() -> AppState:
    """Three accounts, one of them handed to the official client, which still runs with another; a second home."""
    state = only(four().accounts[:3])
    ana, lee, _ = state.accounts
    homes = (
        CodexHome(path="~/.codex", is_default=True, account=lee.key, way=HandOver.LENT, has_kept=True),
        CodexHome(path="~/.codex-work", is_default=False),
    )
    running = (ClientProcess(name="codex", number=4711), ClientProcess(name="VS Code", number=4712))
    use = CodexUse(account=lee.key, home="", phase=CodexUsePhase.DONE, before=ana.key, running=running)
    return replace(state, codex=CodexState(homes=homes, use=use))


def many(count: int) -> AppState:
    found = tuple(
        account(f"builder-{n:03}@studio.example", snapshot(n * 7 % 101, n * 13 % 101), plan="team")
        if n % 25
        else account(f"builder-{n:03}@studio.example", None, problem=ended())
        for n in range(count)
    )
    return AppState(loaded=True, accounts=found)


def long_names() -> AppState:
    return AppState(
        loaded=True,
        accounts=(
            account(
                "a.very.long.address.that.must.not.break.anything@department.of.research.example.org",
                snapshot(52, 81),
                workspace="The Workspace With The Longest Name That Anybody Has Ever Thought Of",
                plan="business_enterprise",
            ),
            account("研究者@例え.jp", snapshot(100, 42)),
        ),
    )


def waiting_login() -> LoginState:
    return LoginState(phase=LoginPhase.WAITING, port=1455, ends_at=NOW + timedelta(minutes=9))


def failed_login() -> LoginState:
    return LoginState(phase=LoginPhase.FAILED, problem=PortsTakenError(holder=Phrase("another program")).problem)


def idle_actions() -> PanelActions:
    """A panel whose buttons do nothing."""
    cards = CardCallbacks(act=lambda _: None, menu=lambda _card, _at: None)
    return PanelActions(
        cards=cards,
        show_only=lambda _: None,
        choose=lambda _value, _keys: None,
        pin=lambda: None,
        hide_names=lambda: None,
        changes=Changes(move=lambda _key, _before: None, name=lambda _key, _name: None),
        blends=lambda: True,
    )


class StoppedClock:
    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class FakeInspector:
    def machine(self) -> Machine:
        return Machine(
            version="1.2.3",
            python="CPython 3.11.7",
            system="Debian GNU/Linux 12 (Linux 6.1 x86_64)",
            installed="an AppImage",
            data_folder="~/data",
            codex_home="~/.codex",
            desktop="XFCE, x11",
            keyring="SecretService",
            proxy="http://proxy.example:8080",
            proxy_found_in="HTTPS_PROXY",
            log=("12:00 WARNING ana@example.com could not be asked",),
        )

    def clean(self, text: str) -> str:
        return f"cleaned:\n{text}"


class FakeEngine:
    """Keeps what it is sent; ``change`` puts it into another state."""

    def __init__(self, state: AppState | None = None) -> None:
        self._state = state or AppState()
        self._callbacks: list[Callable[[], None]] = []
        self.sent: list[Command] = []
        self.address: Secret | None = None
        self.sync_key: Secret | None = None
        self.sync_code: Secret | None = None
        self.codes: list[ShowSyncCode] = []
        self.tried_hooks: list[str] = []
        self._ending: Callable[[Problem | None], None] | None = None
        self.login_obstacle = ""
        self.windows_in_use = False

    @property
    def state(self) -> AppState:
        return self._state

    @property
    def watched(self) -> bool:
        return bool(self._callbacks)

    def subscribe(self, callback: Callable[[], None]) -> Callable[[], None]:
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def send(self, command: Command) -> None:
        # It comes a moment after any window was opened or closed, in between whatever else is sent.
        if isinstance(command, UseWindows):
            self.windows_in_use = command.in_use
        else:
            self.sent.append(command)

    def login_address(self) -> Secret | None:
        return self.address

    def new_sync_key(self) -> Secret:
        return Secret("ab" * 32)

    def find_login_obstacle(self, then: Callable[[str], None]) -> None:
        then(self.login_obstacle)

    def try_hook(self, program: str, then: Callable[[Problem | None], None]) -> None:
        self.tried_hooks.append(program)
        self._ending = then

    def end_hook(self, problem: Problem | None) -> None:
        """Let the program that is tried end like this."""
        assert self._ending is not None
        self._ending(problem)

    def read_sync_key(self, then: Callable[[Secret | None], None]) -> None:
        then(self.sync_key)

    def make_sync_code(self, command: ShowSyncCode, then: Callable[[Secret | None], None]) -> None:
        self.codes.append(command)
        then(self.sync_code)

    def change(self, state: AppState) -> None:
        self._state = state
        for callback in tuple(self._callbacks):
            callback()


def only(found: Sequence[AccountState]) -> AppState:
    return AppState(loaded=True, accounts=tuple(found))
