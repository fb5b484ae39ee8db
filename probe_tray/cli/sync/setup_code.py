"""``codex-probe --sync --show-code`` and ``--enter-code``: the code with which the next computer is set up."""

import asyncio
import getpass
import os
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from urllib.parse import urlsplit

import msgspec

from probe_tray.adapters.files.config_file import JsonSettingsFile, LoadedSettings
from probe_tray.adapters.files.disk import reason_of
from probe_tray.adapters.http.table_factory import HttpTableFactory
from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.adapters.qr_code import BORDER, QrMatrix, qr_matrix
from probe_tray.cli.diagnose.checks import Check, State, table_check
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.session.session import CommandSession
from probe_tray.cli.sync.kept_code import KeptCode
from probe_tray.cli.sync.sync import sync_target
from probe_tray.cli.tables.layout import folded
from probe_tray.cli.terminal.pipes import is_terminal, said_yes
from probe_tray.cli.terminal.signals import Interruption, SignalledError
from probe_tray.core.errors import (
    KeyringAbsentError,
    Phrase,
    ReadError,
    SetupCodeStrangeError,
)
from probe_tray.core.sync.setup import SyncTarget, base_address
from probe_tray.core.sync.setup_code import LONGEST_CODE, SetupCode, in_groups, read_code, write_code
from probe_tray.engine.sync.synchronizer import try_table
from probe_tray.wiring import make_sync_memory

_COLUMNS = 72
_HALVES = {(True, True): " ", (True, False): "▄", (False, True): "▀", (False, False): "█"}
"""Two modules, one above the other, of which the light ones are drawn."""


def show_code(session: CommandSession) -> ExitStatus:
    """Print the code: for a person at a terminal as a picture and in groups, else as one word.

    Raises ConfigError, SyncOffError, and the Keyring errors where it is needed.
    """
    loaded = session.read_settings()
    goal = session.runner.run(sync_target(session, loaded))
    code = write_code(SetupCode(url=goal.url, api_key=goal.api_key, key=goal.key))
    if session.arguments.json:
        session.console.result(msgspec.json.encode({"sync_code": code.reveal()}) + b"\n")
    elif not is_terminal(sys.stdout):
        session.console.lines(f"{code.reveal()}\n")
    else:
        t = session.t
        session.console.note(t("Anyone who sees this code can use your logins. Clear the screen afterwards."))
        session.console.picture(_drawn(qr_matrix(code)))
        session.console.lines("\n".join(("", *folded(in_groups(code).reveal(), _COLUMNS), "", "")))
        session.console.note(t("On the next computer, run codex-probe --sync --enter-code, or use Set up sync…"))
    return ExitStatus.SUCCESS


def enter_code(session: CommandSession) -> ExitStatus:
    """Read the code from standard input, try its table, and keep what it holds; the exit status.

    Raises a SyncError where it is no whole code, ReadError where none can be read, ConfigError, WriteError and the
    Keyring errors.
    """
    loaded = session.read_settings()
    code = read_code(_typed(session))
    goal = SyncTarget(url=code.url, api_key=code.api_key, key=code.key)
    for secret in (goal.api_key, goal.key):
        session.handles(secret)
    t = session.t
    check = session.runner.run(_try(session, loaded, goal))
    if check.state is State.FAIL:
        session.console.failure(t.joined((check.what, check.remedy, t("Nothing was saved."))))
        return ExitStatus.FAILURE
    session.console.note(t.joined((check.what, check.remedy)))
    if not (_agrees(session, loaded, goal) and _keep(session, loaded, goal)):
        session.console.failure(t("Nothing was saved."))
        return ExitStatus.FAILURE
    host = urlsplit(goal.url).hostname or ""
    session.console.note(t("Sync is set up with {host}. To sync now, run codex-probe --sync.", host=host))
    return ExitStatus.SUCCESS


async def _try(session: CommandSession, loaded: LoadedSettings, goal: SyncTarget) -> Check:
    """Whether the table can be used."""
    proxy = session.proxy(loaded.settings)
    session.tell_proxy(proxy, (goal.url,))
    tables = HttpTableFactory(proxy, os.environ, handles=session.handles)
    return table_check(await try_table(tables, AesGcmLoginCipher, goal, make_sync_memory(session.files)), session.t)


def _agrees(session: CommandSession, loaded: LoadedSettings, goal: SyncTarget) -> bool:
    """Whether the person wants it in place of another table, if there is one."""
    former = loaded.settings.sync_url
    host = urlsplit(former).hostname or former
    question = session.t("This replaces the sync setup with {host}. Go on? [y/N] ", host=host)
    return not _moves(loaded, goal) or _agreed(session, question)


def _moves(loaded: LoadedSettings, goal: SyncTarget) -> bool:
    """Whether another table was set up so far."""
    former = loaded.settings.sync_url
    return bool(former) and base_address(former) != goal.url


def _keep(session: CommandSession, loaded: LoadedSettings, goal: SyncTarget) -> bool:
    """Save the secrets, then the address; False where the person does not want them in the file."""
    try:
        session.runner.run(_keep_alone(session, loaded, goal, in_file=False))
    except KeyringAbsentError:
        # Asked between two runs of the event loop: there, Ctrl-C would wait for the answer.
        question = session.t(
            "There is no keyring here. Save both keys in {path}, which only you can read? [y/N] ",
            path=str(loaded.path),
        )
        if not _agreed(session, question):
            return False
        session.runner.run(_keep_alone(session, loaded, goal, in_file=True))
    return True


async def _keep_alone(session: CommandSession, loaded: LoadedSettings, goal: SyncTarget, *, in_file: bool) -> None:
    task = asyncio.ensure_future(_kept(session, loaded, goal, in_file=in_file))
    last_words = session.t("interrupted.")
    with Interruption(task.cancel, lambda: session.console.failure(last_words)) as interruption:
        await asyncio.wait({task})
    if interruption.status is not None and task.cancelled():
        raise SignalledError(interruption.status)
    task.result()


async def _kept(session: CommandSession, loaded: LoadedSettings, goal: SyncTarget, *, in_file: bool) -> None:
    def switched_off(host: str) -> None:
        session.console.end_line()
        session.console.failure(
            session.t("Sync with {host} is switched off until you enter the code again.", host=host)
        )

    vault = session.sync_secrets(loaded)
    # What is kept must stay what it was when the given key was compared with it.
    async with vault.hold():
        file = JsonSettingsFile(loaded.path, session.locks, disk=session.disk)
        await KeptCode(file, loaded.settings, vault, switched_off, in_file=in_file).keep(goal)


def _agreed(session: CommandSession, question: str) -> bool:
    if session.arguments.yes:
        return True
    if not is_terminal(sys.stdin):
        asked = question.partition("[")[0].strip()
        session.console.failure(session.t("{question} Run it again with --yes to agree.", question=asked))
        return False
    session.console.prompt(question, end="")
    return said_yes()


def _typed(session: CommandSession) -> str:
    if not is_terminal(sys.stdin):
        return _piped()
    try:
        return getpass.getpass(session.t("Paste or type the code; it isn't shown. Then press Enter: "))
    except EOFError:
        raise SetupCodeStrangeError from None


def _piped() -> str:
    """What standard input brings, in the encodings of Windows too. Raises ReadError."""
    try:
        if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - it is None when started with it closed
            raise ReadError(path=Phrase("standard input"), reason=Phrase("it is closed"))
        data = sys.stdin.buffer.read(LONGEST_CODE * 4)
    except OSError as error:
        raise ReadError(path=Phrase("standard input"), reason=reason_of(error)) from None
    # PowerShell redirects as UTF-16.
    return data.decode("utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8", "replace")


def _drawn(matrix: QrMatrix) -> list[str]:
    """Two rows of modules in one line, with the light border."""
    side = (False,) * BORDER
    empty = (False,) * (len(matrix) + 2 * BORDER)
    rows = [empty] * BORDER + [side + row + side for row in matrix] + [empty] * (BORDER + len(matrix) % 2)
    return ["".join(map(_HALVES.__getitem__, zip(*rows[at : at + 2], strict=True))) for at in range(0, len(rows), 2)]
