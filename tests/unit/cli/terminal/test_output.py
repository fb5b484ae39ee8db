import json

import pytest

from probe_tray.cli.terminal.console import Console


def test_what_strangers_wrote_moves_no_cursor_where_a_terminal_shows_a_result(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    console = Console(quiet=False)

    def yes(_stream: object) -> bool:
        return True

    monkeypatch.setattr("probe_tray.cli.terminal.console.is_terminal", yes)
    said = {"who": "a\x9b2J\x7f\u202eb\U000e0041", "是": "ü"}
    console.result(json.dumps(said, ensure_ascii=False, indent=2).encode() + b"\n")
    shown = capsys.readouterr().out
    assert json.loads(shown) == said
    assert all(letter.isprintable() for letter in shown.replace("\n", ""))
    assert "是" in shown
