"""``codex-probe --login``: in the browser, with a code, or with an address that is carried by hand."""

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from datetime import timedelta

import msgspec

from probe_tray.adapters.callback.exclusive import ExclusiveListener
from probe_tray.adapters.callback.listener import LoopbackListener
from probe_tray.adapters.desktop.browser import SystemBrowser
from probe_tray.adapters.http.client import ServiceClient
from probe_tray.adapters.http.jwt_id_token_check import JwtIdTokenCheck
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.made_here import MadeHere
from probe_tray.adapters.system import LocalZone, SystemClock, SystemRandomness
from probe_tray.cli.arguments import Arguments
from probe_tray.cli.login.login_target import LoginTarget
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.session.session import CommandSession
from probe_tray.cli.terminal.console import Console
from probe_tray.cli.terminal.hints import at_the_command_line, told
from probe_tray.cli.terminal.signals import Interruption
from probe_tray.core.account.credential import Credential, StoredCredential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.report import AccountReport
from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    BrowserError,
    ClockError,
    DataFolderError,
    LoginUnderWayError,
    PastedAddressError,
    PortsTakenError,
    ProbeError,
    ServiceError,
)
from probe_tray.core.login.oauth import Grant
from probe_tray.core.service.service import OFFICIAL, Service
from probe_tray.core.settings import Settings
from probe_tray.engine.account.accounts import hold_all
from probe_tray.engine.login.browser_login import BrowserLogin, Waiting
from probe_tray.engine.login.code_exchange import CodeExchange
from probe_tray.engine.login.device_login import DeviceLogin
from probe_tray.engine.timers import to_the_end
from probe_tray.ports.desktop import Browser, CallbackListener
from probe_tray.view.login.login import in_a_login
from probe_tray.view.tables.json_table import accounts_json
from probe_tray.view.text.times import Now, at
from probe_tray.view.text.translate import Translator

_CHUNK = 4096
_LONGEST = 64 * 1024
"""Bytes of a line; a callback address has a few hundred."""


def read_lines(on_line: Callable[[str], None], ended: Callable[[], None]) -> None:
    """Call ``on_line`` with each line, and ``ended`` when there are no more; inside the running event loop.

    The thread that reads is left behind when the program ends: nothing can call it back from a terminal.
    """
    loop = asyncio.get_running_loop()

    def tell(what: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # The loop has ended.
            loop.call_soon_threadsafe(what)

    def read() -> None:
        rest = b""
        with contextlib.suppress(OSError):
            # Not through sys.stdin: at the end the interpreter would wait for its lock.
            while part := os.read(number, _CHUNK):
                *lines, rest = (rest + part).split(b"\n")
                for line in lines:
                    tell(lambda line=line: on_line(line.decode("utf-8", "replace").strip()))
                rest = rest[-_LONGEST:]
        if rest:
            tell(lambda: on_line(rest.decode("utf-8", "replace").strip()))
        tell(ended)

    try:
        number = sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):  # It was closed before the program began.
        loop.call_soon(ended)
        return
    threading.Thread(target=read, name="standard input", daemon=True).start()


class ShownAddress:
    """A browser that is somewhere else: the person carries the address there, and back."""

    def __init__(self, console: Console, t: Translator) -> None:
        """Show it on ``console``."""
        self._console = console
        self._t = t

    async def open(self, address: str) -> None:
        """Show the address, and what to do with the one at which it ends."""
        t = self._t
        self._console.prompt(t("Open this address in any browser and log in:"))
        self._console.prompt(address)
        self._console.prompt(
            t(
                "If your browser is on another computer, it ends on a page that won't load. Paste that "
                "page's address here."
            )
        )


def log_in(session: CommandSession) -> ExitStatus:
    """Log in, save the login where ``-o`` says, and return the exit status.

    Raises UsageError or ConfigError before anything is asked, and what ended the login otherwise.
    """
    settings = session.read_settings().settings
    return session.runner.run(_log_in(session, settings))


async def _log_in(session: CommandSession, settings: Settings) -> ExitStatus:
    places, proxy = session.places, session.proxy(settings)
    target = LoginTarget(
        session.arguments.o or "",
        official=places.official_logins(settings.codex_homes),
        spare=places.data_folder / "logins without a place",
        made=MadeHere(places.made_here, disk=session.disk),
        disk=session.disk,
        now=SystemClock().monotonic,
    )
    await target.prepare()
    session.tell_proxy(proxy, (OFFICIAL.issuer,))
    service = msgspec.structs.replace(OFFICIAL, redirect_host=settings.redirect_host)
    client = session.client(proxy, service)
    listener = LoopbackListener(service)
    exclusive = ExclusiveListener(listener, lambda: session.locks.attempt("login"))
    login = _CommandLogin(session.arguments, session.console, service, client, exclusive, session.handles, session.t)
    try:
        return await login.run(target, session.locks)
    finally:
        await listener.closed()
        await client.aclose()


class _CommandLogin:
    """One login from its beginning to the file."""

    def __init__(
        self,
        arguments: Arguments,
        console: Console,
        service: Service,
        client: ServiceClient,
        listener: CallbackListener,
        handles: Callable[[Secret], None],
        t: Translator,
    ) -> None:
        self._t = t
        self._arguments = arguments
        self._console = console
        self._service = service
        self._client = client
        self._listener = listener
        self._handles = handles
        self._clock = SystemClock()
        self._trading = False
        """Whether the code is being traded for tokens, or they are being saved."""

    async def run(self, target: LoginTarget, locks: FileLocks) -> ExitStatus:
        """Log in, keep the login in ``target``, and say how it ended."""
        console, t = self._console, self._t
        task = asyncio.create_task(self._log_in(target, locks))

        def stop() -> None:
            console.end_line()
            if self._trading:
                # The tokens are on their way: that is seen to its end.
                console.prompt(
                    t("Waiting up to 45 s until the login is saved. Press Ctrl-C again to stop at once without it.")
                )
            else:
                task.cancel()

        interruption = Interruption(stop, lambda: console.failure(t("stopped; log in again.")))
        try:
            with interruption:
                status = await task
        except asyncio.CancelledError:
            console.failure(t("interrupted: you are not logged in."))
            return interruption.status or ExitStatus.FAILURE
        except (BrowserError, PortsTakenError, ServiceError) as error:
            console.failure(self._explained(error))
            return ExitStatus.FAILURE
        return interruption.status or status

    def _explained(self, error: BrowserError | PortsTakenError | ServiceError) -> str:
        """What ended the login, and what to do about it at a command line."""
        t = self._t
        if isinstance(error, ServiceError):
            # A code works once, and only in the attempt that it was given to.
            title, hint = t.title(in_a_login(error.problem)), t.hint(at_the_command_line(error.problem))
            return t.joined((title, hint, t("You are not logged in.")))
        if isinstance(error, BrowserError):
            advice = t("Run it again with --no-browser to get the address, or --device to get a code.")
        elif isinstance(error, LoginUnderWayError):
            advice = t("Finish or cancel that one first, or run this again with --device.")
        elif self._arguments.no_browser:
            advice = t("Close that program, or run it again with --device.")
        else:
            advice = t("Close that program, or run it again with --device or --no-browser.")
        return f"{t.title(error.problem)} {advice}"

    async def _log_in(self, target: LoginTarget, locks: FileLocks) -> ExitStatus:
        t, id_tokens = self._t, JwtIdTokenCheck(self._service)
        exchange = CodeExchange(self._service, self._client, id_tokens, self._clock)
        # A proxy that is gone would show only when the code is traded: after all that the person had to do.
        await exchange.check()
        grant = await self._grant()
        self._trading = True
        credential = await exchange.run(grant, self._clock_off)
        stored, problem = await to_the_end(self._keep(credential, target, locks))
        self._tell(stored)
        if problem is None:
            self._console.note(t("Logged in as {who}.", who=credential.email or credential.account_id))
            return ExitStatus.SUCCESS
        instead = t("The login was saved as {file} instead.", file=stored.location)
        self._console.failure(f"{t.title(problem.problem)} {instead}")
        return ExitStatus.FAILURE

    async def _grant(self) -> Grant:
        if self._arguments.device:
            browser = SystemBrowser(os.environ)
            return await DeviceLogin(self._service, self._client, browser, self._clock).run(self._code, self._trouble)
        if not self._arguments.no_browser:
            sign_in = self._sign_in(self._listener, SystemBrowser(os.environ))
            return await sign_in.run(self._waits, _give_up)
        try:
            return await self._by_hand(self._listener)
        except PortsTakenError as error:
            t = self._t
            advice = t("Paste the address here to finish the login.")
            self._console.prompt(f"{t.title(error.problem)} {advice}")
            return await self._by_hand(None, error)

    async def _by_hand(self, listener: CallbackListener | None, taken: PortsTakenError | None = None) -> Grant:
        """Wait for a pasted address, and for the browser unless nothing can listen: then ``taken`` says why."""
        sign_in = self._sign_in(listener, ShownAddress(self._console, self._t))
        nobody_left = pasted = False

        def on_line(line: str) -> None:
            nonlocal pasted
            try:
                if line:
                    sign_in.paste(Secret(line))
                    pasted = True
            except PastedAddressError as error:
                self._console.prompt(told(error, self._t))

        def ended() -> None:
            nonlocal nobody_left
            # The last line may come together with the end.
            if taken is not None and not pasted:
                nobody_left = True
                signing.cancel()

        def waits(waiting: Waiting) -> None:
            self._waits(waiting)
            read_lines(on_line, ended)

        signing = asyncio.ensure_future(sign_in.run(waits, _give_up))
        try:
            return await signing
        except asyncio.CancelledError:
            if taken is not None and nobody_left:
                raise taken from None
            raise

    def _sign_in(self, listener: CallbackListener | None, browser: Browser) -> BrowserLogin:
        return BrowserLogin(self._service, listener, browser, self._clock, SystemRandomness(), handles=self._handles)

    def _waits(self, waiting: Waiting) -> None:
        t, clock = self._t, at(waiting.ends_at, Now(self._clock.now(), LocalZone()), self._t)
        if waiting.port is None:
            self._console.note(t("Waiting for the browser until {clock}.", clock=clock))
        else:
            port = str(waiting.port)
            self._console.note(t("Waiting for the browser on port {port} until {clock}.", port=port, clock=clock))

    def _code(self, waiting: Waiting) -> None:
        t, clock = self._t, at(waiting.ends_at, Now(self._clock.now(), LocalZone()), self._t)
        self._console.prompt(
            t(
                "Open {page} and type the code {code} there, until {clock}.",
                page=waiting.page,
                code=waiting.user_code,
                clock=clock,
            )
        )

    def _trouble(self, error: ProbeError) -> None:
        self._console.note(self._t.title(error.problem))

    def _clock_off(self, ahead: timedelta) -> None:
        error = ClockError.off_by(ahead)
        self._console.failure(told(error, self._t))

    async def _keep(
        self, credential: Credential, target: LoginTarget, locks: FileLocks
    ) -> tuple[StoredCredential, ProbeError | None]:
        try:
            # A renewal of the account's older login must not write into the same file meanwhile.
            async with hold_all(locks, (credential.key, AccountKey(credential.account_id))):
                return await target.keep(credential)
        except DataFolderError:
            # The tokens are worth more than the lock.
            return await target.keep(credential)

    def _tell(self, stored: StoredCredential) -> None:
        login = stored.credential
        if not self._arguments.json:
            self._console.result(os.fsencode(f"{stored.location}\n"))
            return
        report = AccountReport(
            location=stored.location,
            account_id=login.account_id,
            email=login.email,
            workspace=login.claims.workspace,
            plan=login.claims.plan,
            expires_at=login.expiry,
        )
        self._console.result(accounts_json([report]))


def _give_up(error: ProbeError) -> None:
    """Without a browser there is nothing to wait for: the address is shown only to those who asked for it."""
    raise error
