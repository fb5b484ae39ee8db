"""Writing logins and tables for other programs, as a person asked for it in a window."""

from datetime import tzinfo
from pathlib import PurePath
from typing import final

from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.account.identity import AccountKey
from probe_tray.core.account.secret import Secret
from probe_tray.core.account.worth import rivals
from probe_tray.core.errors import ProbeError, StoreError, WriteError
from probe_tray.core.transfer.export import NewFile, Style, export
from probe_tray.core.transfer.state import ExportChanged, ExportPhase, ExportState, WriteLogins, WriteTable
from probe_tray.engine.account.accounts import Accounts
from probe_tray.engine.store import Store
from probe_tray.engine.transfer.ended_logins import EndedLogins
from probe_tray.ports.files import ExportFiles
from probe_tray.ports.time import Clock


@final
class ExportSession:
    """One export at a time; files that are there already are replaced only when the person said so."""

    def __init__(
        self,
        files: ExportFiles,
        accounts: Accounts,
        ended: EndedLogins,
        store: Store,
        clock: Clock,
        zone: tzinfo,
        client_id: str,
    ) -> None:
        """Write the logins of ``accounts``; local times in ``zone``, for tokens made for the public ``client_id``."""
        self._files, self._accounts, self._ended, self._store = files, accounts, ended, store
        self._clock, self._zone, self._client_id = clock, zone, client_id

    async def write(self, command: WriteLogins | WriteTable) -> None:
        """Write what is asked, or ask about what is in the way."""
        shown = self._store.state.exporting
        if shown is not None and shown.phase is ExportPhase.WRITING:
            return
        self._tell(ExportState(phase=ExportPhase.WRITING))
        ended = ExportState(phase=ExportPhase.DONE)
        try:
            if isinstance(command, WriteTable):
                ended = await self._write({command.place: command.data}, ended, replacing=command.replace)
            else:
                ended = await self._write_logins(command, ended)
        except ProbeError as error:
            ended = replace(ended, problems=(error.problem,))
        finally:
            self._tell(ended)

    def forget(self) -> None:
        """Put away what came of the last one."""
        shown = self._store.state.exporting
        if shown is not None and shown.phase is not ExportPhase.WRITING:
            self._tell(None)

    async def _write_logins(self, command: WriteLogins, ended: ExportState) -> ExportState:
        style = Style(
            format=command.format,
            refresh_tokens=command.refresh_tokens,
            now=self._clock.now(),
            zone=self._zone,
            client_id=self._client_id,
        )
        logins: list[Credential] = []
        faults: list[StoreError] = []
        for key in command.accounts:
            logins += await self._logins(key, faults)
        made = export(logins, style, await self._ended.find(rivals(logins)))
        ended = replace(
            ended,
            logins=made.logins,
            left_out=made.left_out,
            not_renewable=made.not_renewable,
            problems=tuple(dict.fromkeys(fault.problem for fault in faults)),
        )
        texts = {_place(command, file): file.text for file in made.files}
        return await self._write(texts, ended, replacing=command.replace)

    async def _logins(self, key: AccountKey, faults: list[StoreError]) -> list[Credential]:
        """What our stores hold of ``key``; why a store can't tell, if that may be missing, goes into ``faults``.

        The official client's own login is its own: a copy would end it sooner or later.
        """
        found: list[Credential] = []
        silent: list[StoreError] = []
        for store in self._accounts.ours:
            try:
                found += [stored.credential for stored in await self._accounts.held_by(store, key)]
            except StoreError as error:
                silent.append(error)
        faults += [] if any(login.renewable for login in found) else silent
        return found

    async def _write(
        self, texts: "dict[str, Secret] | dict[str, bytes]", ended: ExportState, *, replacing: bool
    ) -> ExportState:
        in_the_way = await self._files.in_the_way(tuple(texts))
        if in_the_way and not replacing:
            return replace(ended, phase=ExportPhase.ASKING, in_the_way=in_the_way)
        for path, text in texts.items():
            data = text.reveal().encode() if isinstance(text, Secret) else text
            try:
                readable = await self._files.write(path, data)
            except WriteError as error:
                ended = replace(ended, problems=(*ended.problems, error.problem))
                continue
            too_large = ended.too_large if readable or not isinstance(text, Secret) else (*ended.too_large, path)
            ended = replace(ended, written=(*ended.written, path), too_large=too_large)
        return ended

    def _tell(self, state: ExportState | None) -> None:
        self._store.dispatch(ExportChanged(state))


def _place(command: WriteLogins, file: NewFile) -> str:
    return str(PurePath(command.place) / file.name) if command.folder else command.place
