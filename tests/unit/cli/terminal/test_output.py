import json

import pytest

from probe_tray.cli.tables.layout import TextTable
from probe_tray.cli.terminal.console import Console
from probe_tray.view.tables.status_table import Cell


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


def test_a_table_in_fewer_words_is_made_for_terminals_alone(capsys: pytest.CaptureFixture[str]) -> None:
    made: list[str] = []

    def brief() -> TextTable:
        made.append("brief")
        return TextTable(header=["Name"], rows=[[Cell("brief")]])

    Console(quiet=False).table(TextTable(header=["Name"], rows=[[Cell("the whole name")]]), brief)
    assert (capsys.readouterr().out, made) == ("Name\nthe whole name\n", [])
