"""How the answers for scripts end."""

import pytest

from probe_tray.cli.main import main
from probe_tray.cli.quota import service_numbers
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.session.session import CommandSession
from probe_tray.core.errors import KeyringLockedError


@pytest.mark.parametrize("words", ["next a.json", "guard a.json", "--format line a.json"])
def test_a_failure_is_not_the_answer_that_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    def ask(session: CommandSession) -> None:
        del session
        raise KeyringLockedError

    monkeypatch.setattr(service_numbers, "ask_service", ask)
    assert main(words.split()) is ExitStatus.NOT_KNOWN
    assert "The keyring is locked" in capsys.readouterr().err
