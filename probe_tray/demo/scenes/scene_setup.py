"""Everything that a scene begins with."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, final

from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from probe_tray.core.alerts.alert import AlertMemory, Mute
from probe_tray.core.demo_scene import DemoScene
from probe_tray.core.quota.history_batch import HistoryBatch
from probe_tray.core.update.release import UpdateMemory
from probe_tray.demo.fault_plan import Fault
from probe_tray.demo.people import sample_people
from probe_tray.demo.scenes.scene_accounts import accounts_of
from probe_tray.demo.service import DemoService
from probe_tray.demo.table import PATH

_PAUSED: Final = timedelta(hours=1)
_OFFICIAL: Final = "auth.json"


@final
class SceneSetup:
    """A scene as it is at ``now``: its service, and what the program has kept before it starts."""

    def __init__(self, scene: DemoScene, now: datetime) -> None:
        """Begin ``scene`` at ``now`` (aware)."""
        self._scene, self._now = scene, now
        self._accounts = accounts_of(scene)
        people = [account.person for account in self._accounts]
        # Whoever has no account in it can still log in as one of the three.
        self.service = DemoService(people=people or None)
        if scene is not DemoScene.INCIDENT:
            self.service.releases.indicator = "none"
        if scene is DemoScene.TABLE:
            self.service.faults.add(PATH, Fault(status=503), times=None)

    @property
    def settings(self) -> Mapping[str, object]:
        """What the configuration says beside what a person has chosen for the demo."""
        own = {DemoScene.TABLE: {"sync_after_renewal": True}, DemoScene.UPDATE: {"check_for_updates": True}}
        return own.get(self._scene, {})

    def begin(self, codex_home: Path, logins: Path) -> tuple[Credential, ...]:
        """Log everybody in at the running service.

        The official client's login goes into ``codex_home``, into the folder ``logins`` a file that cannot be read;
        the others are returned, for the program to keep.
        """
        made = [(account, account.log_in(self.service, self._now)) for account in self._accounts]
        for account, found in made:
            if account.official:
                _write(codex_home / _OFFICIAL, _official_file(found[0], self._now))
            if account.in_codex:
                _write(codex_home / _OFFICIAL, _official_file(replace(found[0], refresh_token=None), self._now))
        if self._scene is DemoScene.API_KEY:
            _write(codex_home / _OFFICIAL, json.dumps({"OPENAI_API_KEY": "of-the-demo"}))
        if self._scene is DemoScene.ACCESS_TOKEN:
            token = self.service.make_personal_token(sample_people()[0].email)
            _write(codex_home / _OFFICIAL, json.dumps({"personal_access_token": token}))
        if self._scene is DemoScene.STATES:
            _write(logins / "cut-off.json", '{"access_token": "')
        if self._scene is DemoScene.OFFLINE:
            self.service.stop()
        return tuple(login for account, found in made if not account.official for login in found)

    def past(self) -> Iterator[HistoryBatch]:
        """What is known of each account from before."""
        return (account.past(self._now) for account in self._accounts)

    def alert_memory(self) -> AlertMemory:
        """What is paused and muted."""
        paused = self._now + _PAUSED if self._scene is DemoScene.STATES else None
        return AlertMemory(paused_until=paused, mutes=tuple(self._mutes()))

    def update_memory(self) -> UpdateMemory:
        """The newer version that was found: a run looks for one minutes after its start."""
        releases = self.service.releases
        return UpdateMemory(release=releases.newest if self._scene is DemoScene.UPDATE else None)

    def _mutes(self) -> Iterator[Mute]:
        for account in self._accounts:
            if account.muted is not None:
                yield from (Mute(key.slug, self._now + account.muted) for key in account.keys)


def _official_file(login: Credential, now: datetime) -> str:
    tokens = {
        "id_token": login.id_token.reveal() if login.id_token else "",
        "access_token": login.access_token.reveal(),
        "refresh_token": login.refresh_token.reveal() if login.refresh_token else "",
        "account_id": login.key.account_id,
    }
    return json.dumps({"OPENAI_API_KEY": None, "tokens": tokens, "last_refresh": now.isoformat()})


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")
