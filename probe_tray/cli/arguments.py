"""The flags of ``codex-probe``. Imports only argparse, so that ``--version`` and ``--help`` start fast."""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NoReturn, Protocol, cast

from probe_tray import __version__
from probe_tray.adapters.systems.current import this_system
from probe_tray.cli.subcommand import (
    LineFormat,
    Subcommand,
    add_subcommand_options,
    subcommands_help,
)
from probe_tray.cli.table_options import TableOptions, acts_on_table, add_table_options
from probe_tray.cli.wrong_use import Translate, WrongUseError
from probe_tray.core.quota.guarded_window import GuardedWindow

_MOST_JOBS = 64
_LINE = 80
# What Go's flag package reads as a truth value.
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})
EXPORT_FORMATS = ("codex-probe", "cliproxyapi", "auth.json", "sub2api", "jsonl")
"""The formats of ``--export``."""


class HelpWantedError(Exception):
    """The help was asked for."""


class Arguments(TableOptions, Protocol):
    """What the person asked for."""

    login: bool
    o: str | None
    device: bool
    no_browser: bool
    renew: bool
    force: bool
    take: bool
    export: str | None
    no_refresh_tokens: bool
    hide_names: bool
    account: str | None
    min_left: int | None
    window: GuardedWindow | None
    format: LineFormat | None
    template: str | None
    whole: bool
    keep: bool
    home: str | None
    put_back: bool
    status: bool
    apitest: bool
    sync: bool
    all_models: bool
    models: list[str]
    yes: bool
    output: str | None
    config: str | None
    proxy: str | None
    json: bool
    jobs: int
    quiet: bool
    subcommand: Subcommand | None
    paths: list[str]
    """Files and folders, or what the subcommand takes."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # What people can get wrong is found before argparse sees it, for its own messages are English only.
        raise WrongUseError("These options can't be read: {reason}.", reason=message)


class _UnmeasuredFormatter(argparse.HelpFormatter):
    # argparse makes one with each flag, to look at the flag's form. For that the terminal need not be measured, nor the
    # module be loaded that does.
    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_LINE)


class _HelpAction(argparse.Action):
    # The help itself is made later: it loads the person's language, which no run needs before its flags are known.
    def __call__(self, *_: object) -> None:
        raise HelpWantedError


def parse(argv: Sequence[str]) -> Arguments:
    """Read the command line. Raises WrongUseError, and HelpWantedError for ``--help``.

    ``--version`` prints and raises SystemExit.
    """
    parser = make_parser(str)
    # Not made from all flags: no message of argparse's own is shown.
    parser.usage = ""
    actions = {option: action for action in parser._actions for option in action.option_strings}  # noqa: SLF001 - no public list
    flags, files = _parted(argv)
    arguments = cast("Arguments", parser.parse_intermixed_args(list(_spelled(flags, actions))))
    arguments.subcommand = _subcommand(arguments)
    words = arguments.paths if arguments.subcommand is None else arguments.paths[1:]
    _refuse_empty(arguments, [*words, *files])
    arguments.paths = [name for word in words for name in this_system().expanded(word, wildcards=True)]
    arguments.paths = [*arguments.paths, *files]
    arguments.o, arguments.output = map(_path, (arguments.o, arguments.output))
    arguments.config, arguments.home = map(_path, (arguments.config, arguments.home))
    return arguments


def _subcommand(arguments: Arguments) -> Subcommand | None:
    """What the first word asks for, where no flag says what to do."""
    acts = arguments.login or arguments.take or shares(arguments) or arguments.export is not None
    first = arguments.paths[0] if arguments.paths and not (acts or _looks_or_renews(arguments)) else None
    return next((one for one in Subcommand if one.value == first), None)


def _refuse_empty(arguments: Arguments, words: Sequence[str]) -> None:
    """Raises WrongUseError for a name that is empty, as a variable that isn't set leaves it.

    A path without letters is the current folder, which nobody has named.
    """
    given = {
        "-o": arguments.o,
        "--output": arguments.output,
        "--config": arguments.config,
        "--home": arguments.home,
    }
    for flag, value in given.items():
        if value is not None and not value.strip():
            raise WrongUseError("{flag} needs a value.", flag=flag)
    if arguments.subcommand is not Subcommand.USE and not all(word.strip() for word in words):
        raise WrongUseError("The name of a file or folder is empty. If it comes from a variable, check that it is set.")


def named_config(argv: Sequence[str]) -> str | None:
    """The value of ``--config``, wherever it stands in a command line that needn't be right; None where it is missing.

    For what is said of a command line before it is understood: the settings know the person's language.
    """
    words, _ = _parted(argv)
    named: str | None = None
    for word, following in zip(words, [*words, None][1:], strict=True):
        given, equals, value = word.partition("=")
        if given in {"--config", "-config"}:
            named = value if equals else following
    return _path(named)


def _parted(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words before ``--``, and those after it: files, even if their names look like flags."""
    words = list(argv)
    end = words.index("--") if "--" in words else len(words)
    return words[:end], words[end + 1 :]


def _path(given: str | None) -> str | None:
    return given and this_system().expanded(given, wildcards=False)[0]


def _spelled(argv: Sequence[str], actions: Mapping[str, argparse.Action]) -> Iterator[str]:
    """The words as argparse wants them. Go programs take each flag with one dash or two, and ``-flag=true``."""
    words = iter(argv)
    for word in words:
        given, equals, value = word.partition("=")
        flag = _known(given, actions)
        if (flag is None and word in {"-", ""}) or not word.startswith("-"):
            yield word
        elif flag is None:
            yield from _together(word, words, actions)
        elif actions[flag].nargs == 0:
            if not equals or value in _TRUE:
                yield flag
            elif value not in _FALSE:
                raise WrongUseError("{flag} takes true or false, not “{value}”.", flag=flag, value=value)
        elif equals:
            yield f"{flag}={value}"
        else:
            yield from _with_value(flag, next(words, None), actions)


def _with_value(flag: str, value: str | None, actions: Mapping[str, argparse.Action]) -> Iterator[str]:
    if value is None or (value.startswith("-") and _known(value.partition("=")[0], actions)):
        # A value that is a flag's name is most likely the next flag, and no file of that name.
        raise WrongUseError("{flag} needs a value.", flag=flag)
    yield f"{flag}={value}"


def _together(word: str, rest: Iterator[str], actions: Mapping[str, argparse.Action]) -> Iterator[str]:
    """A word such as ``-fo`` or ``-oPATH``: several flags of one letter, the last of them with its value."""
    letters = word[1:]
    while letters:
        flag, letters = f"-{letters[0]}", letters[1:]
        if flag not in actions:
            raise WrongUseError("There is no option {flag}.", flag=word)
        if actions[flag].nargs == 0:
            yield flag
        elif letters:
            yield f"{flag}={letters.removeprefix('=')}"
            return
        else:
            yield from _with_value(flag, next(rest, None), actions)


def _known(given: str, actions: Mapping[str, argparse.Action]) -> str | None:
    """The flag with this name, given with one dash or two."""
    if not given.startswith("-"):
        return None
    name = given.removeprefix("-").removeprefix("-")
    return next((flag for flag in (f"--{name}", f"-{name}") if flag in actions and not name.startswith("-")), None)


def is_bare(arguments: Arguments) -> bool:
    """Whether no action is given, so that the help is printed as in the Go program. ``-f`` alone is no action."""
    acts = arguments.login or arguments.take or shares(arguments) or arguments.export is not None
    named = arguments.paths or arguments.subcommand is not None
    return not (acts or arguments.o is not None or named or works(arguments))


def shares(arguments: Arguments) -> bool:
    """Whether it is about the shared table."""
    return arguments.sync or acts_on_table(arguments)


def works(arguments: Arguments) -> bool:
    """Whether an action is given that works on each login, or a flag of one."""
    flags = bool(arguments.models) or arguments.all_models or arguments.output is not None
    return flags or _looks_or_renews(arguments)


def _looks_or_renews(arguments: Arguments) -> bool:
    return arguments.renew or arguments.status or arguments.apitest or arguments.format is not None


def make_parser(t: Translate) -> argparse.ArgumentParser:
    """The parser of all flags, its help in the language of ``t``."""
    parser = _Parser(
        prog="codex-probe",
        description=t(
            "Check the quotas of Codex logins and keep the logins renewed, in credential files or in the tray app."
        ),
        formatter_class=_UnmeasuredFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    add = parser.add_argument_group(t("files")).add_argument
    add("paths", nargs="*", metavar="FILE-OR-FOLDER", help=t("credential files, or folders of them"))
    parser.add_argument_group(t("commands"), subcommands_help(t))
    options = parser.add_argument_group(t("options"))
    _add_actions(options.add_argument, t)
    _add_others(options.add_argument, t)
    add_subcommand_options(parser, t)
    return parser


def _add_actions(add: Callable[..., argparse.Action], t: Translate) -> None:
    add("-h", "--help", action=_HelpAction, nargs=0, help=t("show this help"))
    add("--login", action="store_true", help=t("log in with your browser and save a credential file; needs -o"))
    add(
        "-o",
        metavar="PATH",
        help=t("file to save, or folder to save in (created if missing), with --login and --export"),
    )
    add("--device", action="store_true", help=t("with --login: use a code instead of a browser on this computer"))
    add(
        "--no-browser", action="store_true", help=t("with --login: print the address; then paste the one you end up on")
    )
    add(
        "--import", dest="take", action="store_true", help=t("import files, folders or - (standard input) into the app")
    )
    add(
        "--export",
        metavar="FORMAT",
        type=_export_format,
        choices=EXPORT_FORMATS,
        help=t("save logins in this format: %(choices)s"),
    )
    add("--no-refresh-tokens", action="store_true", help=t("with --export: leave out the refresh tokens"))
    add("--renew", action="store_true", help=t("renew logins in place if they have expired or soon will"))
    add("-f", dest="force", action="store_true", help=t("with --renew: renew even if not due; otherwise ignored"))
    add("--status", action="store_true", help=t("show the quota of each login: every limit that OpenAI reports"))
    add(
        "--apitest",
        "--test",
        action="store_true",
        help=t("test up to three models of each login (uses a little quota)"),
    )
    add("--models", metavar="A,B", type=_names, default=[], help=t("with --apitest: test only these models"))
    add("--all-models", action="store_true", help=t("with --apitest: test every model instead of three"))
    add("--sync", action="store_true", help=t("sync the logins in sync_dir with your other computers; no other action"))
    add_table_options(add, t)


def _add_others(add: Callable[..., argparse.Action], t: Translate) -> None:
    add("--yes", action="store_true", help=t("don't ask; with --sync: overwrite rows that can't be read"))
    add("--output", metavar="PATH", help=t("also save the result as a .csv or .json file"))
    add("--hide-names", action="store_true", help=t("mask email addresses, names and IDs in tables, CSV and JSON"))
    add("--config", metavar="PATH", help=t("configuration file (default: the tray app's)"))
    add("--proxy", metavar="URL", help=t('http, https, socks5 or socks5h proxy; "" = direct; not given = detect'))
    add("--json", action="store_true", help=t("print only the result, as JSON, to standard output"))
    add("--jobs", metavar="N", type=_jobs, default=8, help=t("work on up to N logins at once (default 8)"))
    add("--quiet", action="store_true", help=t("print only results and failures"))
    add("--version", action="version", version=f"codex-probe {__version__}", help=t("print the version"))


def _names(text: str) -> list[str]:
    if names := [name for part in text.split(",") if (name := part.strip())]:
        return names
    raise WrongUseError("--models takes names separated by commas, such as gpt-5.5,gpt-6-sol.")


def _export_format(text: str) -> str:
    if text.lower() in EXPORT_FORMATS:
        return text.lower()
    raise WrongUseError(
        "--export takes one of these formats: {formats}. “{given}” isn't one.",
        formats=", ".join(EXPORT_FORMATS),
        given=text,
    )


def _jobs(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST_JOBS:
        return int(text)
    raise WrongUseError(
        "--jobs takes a whole number from 1 to {most}, not “{given}”.", most=str(_MOST_JOBS), given=text
    )
