"""Each use of each refresh token: by which computer, when, and what became of the answer."""

import asyncio
import itertools
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Final, NamedTuple

from probe_tray.adapters.files.disk import Disk
from probe_tray.adapters.journal.journal import FileJournal
from probe_tray.adapters.locks import FileLocks
from probe_tray.adapters.logins.sealer import VaultKey, VaultSealer
from probe_tray.core.account.secret import Secret
from probe_tray.demo import DemoService
from tests.support.keyrings import FakeKeyStore
from tests.support.mitm import Mitm

_TOKEN: Final = re.compile(rb"[&\n]refresh_token=(rt_[^&]+)&")
_AGAIN_AFTER: Final = timedelta(minutes=15)
PRINT: Final = 12
"""Digits of a fingerprint in the service's records."""


class TokenUse(NamedTuple):
    """A refresh token that came to the issuer."""

    computer: str
    at: datetime
    status: int | None
    delivered: bool
    """Whether the issuer's answer was handed to the network."""
    died: bool
    """Whether the process was killed, and its journal held no answer to it."""

    @property
    def is_refusal(self) -> bool:
        """Whether the issuer said that the login has ended, and was heard."""
        return self.status == HTTPStatus.UNAUTHORIZED and not self.is_lost

    @property
    def is_lost(self) -> bool:
        """Whether no program could know what the issuer said."""
        return not self.delivered or self.died


class TokenTrace:
    """Sees what each computer sends, and asks the issuer what came of it."""

    def __init__(self, service: DemoService) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._senders: dict[str, list[str]] = {}
        self._died: dict[str, int] = {}
        """The number of the latest use of a token, from 0, of which the killed sender's journal held no answer."""

    def way_of(self, computer: str, folder: Path, stack: ExitStack) -> Mapping[str, str]:
        """The environment of the processes of ``computer``: a proxy of their own, whose files are in ``folder``."""
        folder.mkdir()

        def observe(sent: bytes) -> bool:
            found = _TOKEN.search(sent)
            if found is not None:
                with self._lock:
                    known = Secret(found[1].decode()).fingerprint[:PRINT]
                    self._senders.setdefault(known, []).append(computer)
            return found is not None

        return stack.enter_context(Mitm(self._service.addresses, folder, observe=observe)).environment

    def has_died(self, data: Path) -> None:
        """The process whose data folder is ``data`` was killed: see which answers it has not got."""
        locks = FileLocks(data / "locks of the test")
        journal = FileJournal(
            data / "probe-tray" / "journal",
            VaultSealer(VaultKey(FakeKeyStore(), locks, lambda: True)),
            disk=Disk(),
        )
        for pending in asyncio.run(journal.pending()):
            known = pending.entry.fingerprint[:PRINT]
            if pending.answer is None and known in self._senders:
                self._died[known] = len(self._senders[known]) - 1

    @property
    def uses(self) -> Mapping[str, tuple[TokenUse, ...]]:
        """The uses of each token in their order, by its fingerprint."""
        found: dict[str, list[TokenUse]] = {}
        for record in self._service.requests:
            if record.grant == "refresh_token" and record.fingerprint is not None:
                uses = found.setdefault(record.fingerprint, [])
                number = len(uses)
                died = self._died.get(record.fingerprint) == number
                sender = self._senders[record.fingerprint][number]
                uses.append(TokenUse(sender, record.time, record.status, record.delivered, died))
        return {token: tuple(uses) for token, uses in found.items()}

    def needless(self) -> Iterator[str]:
        """Every use of a token after the first for which there was no need, with the whole story of the token.

        Only the computer that sent it may send it again, only if the answer was lost, and not at once. Once the issuer
        has said that the login has ended, no use can harm it: each other computer may find that out for itself, once.
        """
        for token, uses in self.uses.items():
            end = next((number for number, use in enumerate(uses) if use.is_refusal), len(uses)) + 1
            pairs = itertools.pairwise(uses[:end])
            has_need = all(
                one.is_lost and one.computer == two.computer and two.at - one.at >= _AGAIN_AFTER for one, two in pairs
            )
            told = [use.computer for use in uses[end - 1 :]]
            if not has_need or len(told) != len(set(told)):
                yield f"{token}: {uses}"

    @property
    def again(self) -> int:
        """How many uses were not the first of their token."""
        return sum(len(uses) - 1 for uses in self.uses.values())

    @property
    def lost(self) -> int:
        """Of how many uses nobody could know what the issuer said."""
        return sum(use.is_lost for uses in self.uses.values() for use in uses)
