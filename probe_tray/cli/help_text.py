"""What ``codex-probe --help`` prints, in the person's language."""

import argparse
import re
import shutil

from probe_tray.cli.arguments import Translate, make_parser
from probe_tray.cli.tables.layout import width
from probe_tray.view.text.translate import mark

_USAGE = mark("usage: ")
_PIECE = re.compile(r" +|（?(?:[!-~]+|.)[）。，；：、]*")
"""What stays on one line: a word, or a Chinese character with the punctuation that belongs to it."""


def help_text(t: Translate) -> str:
    """The help in the language of ``t``, as wide as the terminal."""
    parser = make_parser(t)
    # As argparse measures it: two columns stay free at the end of a line.
    parser.epilog = _epilog(t, shutil.get_terminal_size().columns - 2)
    return in_language(parser, t)


def in_language(parser: argparse.ArgumentParser, t: Translate) -> str:
    """The help of ``parser``, whose own words are in the language of ``t`` already."""
    parser.formatter_class = _Formatter
    # Python 3.14 colours its help, the word that is put into the person's language here included.
    vars(parser)["color"] = False
    return t(_USAGE) + parser.format_help().removeprefix(_USAGE)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def _split_lines(self, text: str, width: int) -> list[str]:
        return _wrapped(text, width)


def _wrapped(text: str, columns: int) -> list[str]:
    # argparse would count characters, of which a Chinese one takes two columns, and break lines only at spaces.
    lines = [""]
    for piece in _PIECE.findall(text):
        if width(lines[-1] + piece.rstrip()) <= columns:
            lines[-1] += piece
        else:
            lines.append(piece.lstrip())
    return [line.rstrip() for line in lines]


def _epilog(t: Translate, columns: int) -> str:
    examples = (
        ("codex-probe --login -o ~/logins/", t("log in and save the login in a folder")),
        ("codex-probe --status ~/logins", t("show the quotas of all credential files in a folder")),
        ("codex-probe --status a.json b.json --output x.csv", t("show two files, and save the table as CSV")),
        ("codex-probe --status --json ~/logins | jq .", t("print JSON for another program")),
        ("codex-probe --renew --status ~/logins", t("renew what is about to expire, then show the quotas")),
        ("codex-probe --renew -f a.json", t("renew a login even if it isn't due")),
        ("codex-probe --status --apitest --output r.csv a/", t("save r_status.csv and r_apitest.csv")),
        ("codex-probe --import auth.json old-logins/", t("show the logins found, then import them into the tray app")),
        ("pbpaste | codex-probe --import --yes -", t("import from standard input without asking")),
        ("codex-probe --export sub2api -o all.json", t("save all logins of the tray app in one file")),
        ("codex-probe use you@example.com", t("use this account in Codex from its next start")),
        ("codex-probe --sync", t("sync the logins in sync_dir with your other computers")),
        ("codex-probe diagnose", t("check what works, and see how to fix the rest")),
    )
    longest = max(len(command) for command, _ in examples)
    ends = t(
        "exit status: 0 all went well; 1 something failed for at least one login; 2 incorrect usage or unusable "
        "configuration; 3 unknown quota (next, guard, --format json); 130 interrupted (finished work is kept and "
        "reported)."
    )
    shown = [f"  {command:<{longest}} {what}" for command, what in examples]
    return "\n".join((t("examples:"), *shown, "", *_wrapped(ends, columns)))
