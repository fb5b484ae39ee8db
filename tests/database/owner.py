"""A computer of the person whose table it is: a home of its own, and a keyring that outlives the processes."""

import json
import os
import subprocess
from pathlib import Path
from typing import Final

from probe_tray.adapters.logins.login_cipher import AesGcmLoginCipher
from probe_tray.core.account.secret import Secret
from probe_tray.core.sync.rows import OpenedRow, RemoteRow
from probe_tray.core.sync.table_key import keys_of, table_digest
from tests.command.bench import COMMAND
from tests.command.preload import with_kept_keyring
from tests.command.test_import import at_a_terminal
from tests.command.test_sync import KEY, Machine
from tests.support.patience import PATIENCE
from tests.support.postgrest import API_KEY, PostgRest

_API_KEY_ENTRY: Final = "sync publishable key"
_KEY_ENTRY: Final = "sync key"


class Owner(Machine):
    """Runs the installed command."""

    def __init__(self, folder: Path, rest: PostgRest, key: str = KEY) -> None:
        super().__init__(folder, rest.url)
        self.rest, self._entries, self._runs = rest, folder / "keyring.json", 0
        self.set_up(sync_api_key="", sync_aes_gcm_key="")
        self.use(key)

    def use(self, key: str) -> None:
        """Have ``key`` in the keyring."""
        self._entries.write_text(json.dumps({_API_KEY_ENTRY: API_KEY, _KEY_ENTRY: key}))

    @property
    def key(self) -> Secret:
        """What the keyring holds: one key, or two."""
        return Secret(json.loads(self._entries.read_text())[_KEY_ENTRY])

    def run(
        self, *arguments: str, given: str = "", dies_after: int = 0, interrupted_at: int = 0
    ) -> tuple[int, str, str]:
        """``--sync`` with ``arguments`` to its end, or until it was killed: status, standard output and error."""
        done = subprocess.run(
            [COMMAND, "--config", str(self.config), "--sync", *arguments],
            env=os.environ | self._own(dies_after=dies_after, interrupted_at=interrupted_at),
            input=given.encode(),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        out, err = done.stdout.decode(), " ".join(done.stderr.decode().split())
        assert "Traceback" not in err, err
        return done.returncode, out, err

    def at_a_terminal(self, answer: bytes) -> tuple[int, str]:
        """``--sync`` at a terminal, with ``answer`` typed at the question: status, and what was seen."""
        status, seen = at_a_terminal(self, answer, "--sync", more=self._own())
        return status, " ".join(seen.split())

    def _own(self, *, dies_after: int = 0, interrupted_at: int = 0) -> dict[str, str]:
        self._runs += 1
        own = {name: str(self.folder / name) for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME")}
        folder = self.folder / f"preload-{self._runs}"
        code = with_kept_keyring(self._entries, folder, dies_after=dies_after, interrupted_at=interrupted_at)
        return own | {"NO_PROXY": "127.0.0.1"} | code

    def opened(self) -> dict[str, OpenedRow]:
        """What its keys open of the table, by the account's id."""
        cipher = AesGcmLoginCipher(self.key)
        rows = self.rest.database.run("select id, token_data from tokens")
        return {str(row): cipher.open(RemoteRow(id=str(row), token_data=Secret(data or ""))) for row, data in rows}

    def is_let_in(self) -> bool:
        """Whether the table lets in one of its keys."""
        return not self.digests().isdisjoint(table_digest(key) for key in keys_of(self.key))

    def digests(self) -> set[str]:
        """Of the keys that the table lets in."""
        found = self.rest.database.run("select digest from probe_tray_keys where ended_at is null")
        return {str(digest) for (digest,) in found}
