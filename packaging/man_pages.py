"""Manual pages of both programs, made of what ``--help`` prints and of the guide's reference.

Run it with ``uv run python packaging/man_pages.py FOLDER``.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from project import COMMAND, HOMEPAGE, RESOURCES, TITLE, TRAY, VERSION, output

SUMMARIES: Final = {
    TRAY: "shows the quota of every Codex account in the system tray",
    COMMAND: "checks the quotas of Codex logins and renews them",
}
_ITEM: Final = re.compile(r"  (\S.*?)(?:  +(\S.*))?")
_ROW: Final = re.compile(r"\| (.+?) \| (.+?) \|")
_COLUMNS: Final = "100"


def help_text(program: Path) -> str:
    """What the program prints for ``--help``, in lines that are long enough for its longest example."""
    return output([program, "--help"], env={"COLUMNS": _COLUMNS, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})


def man_page(program: str, printed: str) -> str:
    """The manual page, in section 1, of a program whose ``--help`` prints this."""
    usage, *blocks = printed.strip().split("\n\n")
    synopsis = " ".join(usage.split()).removeprefix(f"usage: {program} ")
    lines = [
        f'.TH {program.upper()} 1 "" "{TITLE} {VERSION}" "User Commands"',
        ".SH NAME",
        f"{_roff(program)} \\- {_roff(SUMMARIES[program])}",
        ".SH SYNOPSIS",
        f".B {_roff(program)}",
        _roff(synopsis),
        ".SH DESCRIPTION",
    ]
    # The status is told by the reference, for both programs.
    texts = [block for block in blocks if ":\n" not in block and not block.startswith("exit status:")]
    for text in texts:
        lines += [".PP", _roff(" ".join(text.split()))]
    for block in blocks:
        title, _, body = block.partition(":\n")
        if body and "\n" not in title:
            heading = {"files": "ARGUMENTS"}.get(title, title.upper())
            lines += [f".SH {heading}", *_items(body.splitlines())]
    lines += [*_reference(program), ".SH SEE ALSO"]
    other = COMMAND if program == TRAY else TRAY
    return "\n".join([*lines, f".BR {_roff(other)} (1),", _roff(HOMEPAGE), ""])


def _items(lines: Iterable[str]) -> list[str]:
    pairs: list[list[str]] = []
    for line in lines:
        item = _ITEM.fullmatch(line)
        if line.startswith("    ") or item is None:
            pairs[-1][1] = f"{pairs[-1][1]} {line.strip()}".strip()
        else:
            pairs.append([item[1], item[2] or ""])
    return [text for name, told in pairs for text in _tagged(name, told)]


def _tagged(name: str, told: str) -> Sequence[str]:
    return ".TP", f"\\fB{_roff(name)}\\fR", _roff(told)


def _reference(program: str) -> list[str]:
    text = (RESOURCES / "help" / "reference.md").read_text(encoding="utf-8")
    chapters = {title: body for title, _, body in (part.partition("\n") for part in text.split("\n## ")[1:])}
    status = chapters["Exit codes"].partition(f"`{program}`:")[2].partition("\n`")[0]
    lines = [".SH EXIT STATUS", *_rows(status), ".SH ENVIRONMENT", *_rows(chapters["Environment variables"])]
    folders = "The configuration is in ~/.config/probe-tray, everything else in ~/.local/share/probe-tray."
    return [*lines, ".SH FILES", _roff(folders), *_rows(chapters["Files"])]


def _rows(markdown: str) -> list[str]:
    rows = [_ROW.fullmatch(line) for line in markdown.splitlines()]
    return [text for row in rows if row for text in _tagged(_plain(row[1]), _plain(row[2]))]


def _plain(markdown: str) -> str:
    linked = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", markdown)
    return linked.replace("`", "").replace("**", "").replace(", as above", "")


def _roff(text: str) -> str:
    """The text with what troff would read as its own made plain."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain


def write_pages(programs: Path, folder: Path) -> None:
    """Write the pages of both programs, which are in the folder ``programs``, into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for program in (TRAY, COMMAND):
        (folder / f"{program}.1").write_text(man_page(program, help_text(programs / program)), encoding="utf-8")


def main() -> None:
    """Run the command, with the programs that are installed beside this Python."""
    parser = argparse.ArgumentParser(description="Write the manual pages of both programs.")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    write_pages(Path(sys.executable).parent, parser.parse_args().folder)


if __name__ == "__main__":
    main()
