"""The verbs of the scenarios: what a person does, what happens in the world, and what is seen of it."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, timedelta

from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.alerts.alert import AlertHelp
from probe_tray.core.commands import Refresh, RemoveAccount, StartLogin, UseInCodex
from probe_tray.core.state import AccountState, AppState, LoginPhase
from probe_tray.engine.runtime import Engine
from probe_tray.view.presenter import Presenter
from probe_tray.view.screen import Screen
from probe_tray.view.text.translate import Translator
from tests.support.fakes import FakeClock, FakeNotifier, FakeRandomness, settle
from tests.unit.engine.bench import running

_SECOND = timedelta(seconds=1)
_SOON = timedelta(seconds=40)
"""What is asked for by hand is asked, and said, by then."""
_WAKING = timedelta(minutes=3)
"""So long after waking the network was tried, and what was put off was done."""


class Driver(ABC):
    """A program that a scenario drives: time, chance and notifications are the test's, the rest is the body's.

    People are named by the part of their address before ``@example.com``.
    """

    def __init__(self, settled: Callable[[], Awaitable[None]] = settle) -> None:
        self.clock, self.randomness = FakeClock(settled=settled), FakeRandomness()
        self.notifier = FakeNotifier()
        self._presenter = Presenter(UTC, Translator())
        self.given: list[Credential] = []
        self._engine: Engine | None = None

    # What a person does.

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Start the program, and quit it at the end; what it keeps is there when it is started again."""
        async with self.built() as engine:
            wanted, self.given = len(self.given), []
            async with running(engine.run()):
                self._engine = engine
                await self.until(lambda: self.state.loaded and len(self.state.accounts) >= wanted, "the logins")
                await self.advance(_SOON)
                yield

    async def log_in(self, person: str) -> None:
        """Log in from the menu, and agree in the browser."""
        self.choose_log_in()
        await self._finish_login(person)

    async def log_in_again(self, person: str) -> None:
        """Press the button of the newest notification, and agree in the browser."""
        (button,) = [b for b in self.notifier.shown[-1].buttons if b.label == "Log in again"]
        self.notifier.press(len(self.notifier.shown) - 1, button.action)
        await self._finish_login(person)

    async def refresh(self) -> None:
        """Ask for the quotas now."""
        self.choose_refresh()
        await self.advance(_SOON)

    async def remove(self, person: str) -> None:
        """Remove an account from this computer, and end its login at the service."""
        key = self.account(person).key
        self.choose_removal(person)
        await self.until(lambda: self.state.account(key) is None, "the account to go")

    async def use_in_codex(self, person: str) -> None:
        """Choose an account for the official client."""
        await self.until(lambda: bool(self.state.codex.homes), "the client's home")
        key = self.account(person).key
        self.choose_use(person)
        await self.until(lambda: any(home.account == key for home in self.state.codex.homes), "the client to have it")
        await self.advance(_SECOND)

    # What happens in the world.

    def add_account(self, person: str, *, lives: timedelta = timedelta(days=10)) -> None:
        """Let the program find this login at its first start; its access token lives so long."""
        self.given.append(self.issue_login(person, lives))

    def add_copied_account(self, person: str, *, recorded: timedelta) -> None:
        """The same with a login without refresh token, whose record says that it ends in ``recorded``."""
        issued = self.issue_login(person, timedelta(days=10))
        self.given.append(replace(issued, refresh_token=None, expired=self.clock.now() + recorded))

    async def advance(self, span: timedelta) -> None:
        """Let time pass while the computer is on."""
        await self.clock.advance(span)

    async def sleep(self, span: timedelta) -> None:
        """Close the computer's lid, and open it when ``span`` has passed."""
        self.clock.jump(span)
        await self.advance(_WAKING)

    @abstractmethod
    def set_used(self, person: str, *, short: int, weekly: int) -> None:
        """Use this much of the quotas, in percent."""

    @abstractmethod
    def end_login(self, person: str) -> None:
        """Let the service end every login of a person, as after a change of the password."""

    @abstractmethod
    def go_offline(self) -> None:
        """Cut the way to the service."""

    @abstractmethod
    def go_online(self) -> None:
        """Open the way to the service again."""

    # What is seen of it.

    def tray_text(self) -> str:
        """What stands at the icon."""
        return self.screen().tray.tooltip

    def card(self, person: str) -> str:
        """All that the panel says of an account."""
        return next(card.spoken for card in self.screen().panel.cards if card.title == _address(person))

    def done(self) -> str:
        """What the panel says of what was done last."""
        feedback = self.screen().panel.feedback
        return "" if feedback is None else feedback.text

    def notifications(self) -> Sequence[str]:
        """The titles of all notifications so far, the oldest first."""
        return [shown.title for shown in self.notifier.shown]

    @abstractmethod
    def renewals(self, person: str) -> int:
        """How often the service has renewed a login of this person."""

    @abstractmethod
    def faults(self) -> Sequence[str]:
        """What was asked of the service that must never be asked: a spent refresh token, something unknown."""

    @abstractmethod
    async def in_codex(self) -> Sequence[str]:
        """The addresses whose newest access token, as the program keeps it, the official client would find."""

    @abstractmethod
    async def is_kept(self, person: str) -> bool:
        """Whether the service would renew the login that the program keeps of this person."""

    # What each body has of its own.

    @abstractmethod
    def built(self) -> AbstractAsyncContextManager[Engine]:
        """The program, ready to run, over whatever earlier ones have kept."""

    @abstractmethod
    def issue_login(self, person: str, lives: timedelta) -> Credential:
        """A new login, as the service gives it out."""

    @abstractmethod
    async def agree(self, person: str) -> None:
        """Be the person in the browser."""

    def choose_log_in(self) -> None:
        """Choose "Log in to Codex…"."""
        self.engine.send(StartLogin())

    def choose_refresh(self) -> None:
        """Choose "Refresh now"."""
        self.engine.send(Refresh())

    def choose_use(self, person: str) -> None:
        """Choose an account under "Use in Codex"."""
        self.engine.send(UseInCodex(account=self.account(person).key))

    def choose_removal(self, person: str) -> None:
        """Choose "Remove…" of an account, to end its login too, and say yes."""
        self.engine.send(RemoveAccount(self.account(person).key, revoke=True))

    def screen(self) -> Screen:
        """Everything that is seen now."""
        return self._presenter.present(self.state, self.clock.now())

    @property
    def engine(self) -> Engine:
        assert self._engine is not None, "the program was not started"
        return self._engine

    @property
    def state(self) -> AppState:
        return self.engine.state

    def account(self, person: str) -> AccountState:
        return next(account for account in self.state.accounts if account.email == _address(person))

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """Let time pass until it ``holds``, two minutes at most."""
        for _ in range(120):
            if holds():
                return
            await self.advance(_SECOND)
        raise AssertionError(f"waited in vain for {what}")

    async def _finish_login(self, person: str) -> None:
        await self.until(lambda: self._phase() is LoginPhase.WAITING, "the sign-in page")
        await self.agree(person)
        await self.until(lambda: self._phase() is LoginPhase.DONE, "the login")
        await self.advance(_SOON)

    def _phase(self) -> LoginPhase | None:
        return None if self.state.login is None else self.state.login.phase

    def press(self, account: AccountKey | None, wanted: AlertHelp) -> None:
        assert wanted is AlertHelp.LOG_IN
        self.engine.send(StartLogin(account))


def _address(person: str) -> str:
    return f"{person}@example.com"
