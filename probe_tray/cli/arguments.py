"""The flags of ``codex-probe``. Imports argparse alone, so that ``--version`` and ``--help`` cost nothing."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn, Protocol, cast

from probe_tray import __version__

_MOST_JOBS = 64
_DIAGNOSE = "diagnose"
# What Go's flag package reads as a truth value.
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})
EXPORT_FORMATS = ("codex-probe", "cliproxyapi", "auth.json", "sub2api", "jsonl")
"""What ``--export`` writes."""
_EPILOG = """\
examples:
  codex-probe --login -o ~/logins/                   sign in and keep the login in a folder
  codex-probe --status ~/logins                      the quotas of every credential file in a folder
  codex-probe --status a.json b.json --output x.csv  two files, and their table as CSV
  codex-probe --status --json ~/logins | jq .        for programs
  codex-probe --renew --status ~/logins              renew what is about to expire, then show the quotas
  codex-probe --renew -f a.json                      renew it whatever its expiry
  codex-probe --status --apitest --output r.csv a/   r_status.csv and r_apitest.csv
  codex-probe --import auth.json old-logins/         show what they hold, and take it into the tray app
  pbpaste | codex-probe --import --yes -             the same of standard input, without a question
  codex-probe --export sub2api -o all.json           every login of the tray app in one file
  codex-probe --export auth.json -o ~/.codex/ a.json a login for the official client
  codex-probe --sync                                 share the logins of sync_dir with your other machines
  codex-probe diagnose                               what works here, what does not, and what to do about it

exit status: 0 all well; 1 something failed for at least one login; 2 wrong use or unusable configuration;
130 interrupted (what was done is kept and reported)."""


class WrongUseError(Exception):
    """A command line that is not understood; its text is a sentence for the person."""


class Arguments(Protocol):
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
    paths: list[str]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise WrongUseError(message)


def parse(argv: Sequence[str]) -> Arguments:
    """Read the command line. Raises WrongUseError; ``--help`` and ``--version`` print and raise SystemExit."""
    parser = _make_parser()
    actions = {option: action for action in parser._actions for option in action.option_strings}  # noqa: SLF001 - no public list
    flags, files = list(argv), list[str]()
    if "--" in flags:
        # What follows are files, whatever they are called.
        flags, files = flags[: flags.index("--")], flags[flags.index("--") + 1 :]
    arguments = cast("Arguments", parser.parse_intermixed_args(list(_spelled(flags, actions))))
    arguments.paths = [*arguments.paths, *files]
    return arguments


def _spelled(argv: Sequence[str], actions: Mapping[str, argparse.Action]) -> Iterator[str]:
    """The words as argparse wants them; Go's programs take every flag with one dash or two, and ``-flag=true``."""
    words = iter(argv)
    for word in words:
        given, equals, value = word.partition("=")
        flag = _known(given, actions)
        if flag is None:
            yield word
        elif actions[flag].nargs == 0:
            if not equals or value in _TRUE:
                yield flag
            elif value not in _FALSE:
                raise WrongUseError(f"{flag} takes true or false, not {value!r}")
        elif equals:
            yield f"{flag}={value}"
        else:
            yield from _with_value(flag, next(words, None), actions)


def _with_value(flag: str, value: str | None, actions: Mapping[str, argparse.Action]) -> Iterator[str]:
    if value is None:
        yield flag
    elif value.startswith("-") and _known(value.partition("=")[0], actions):
        # Somebody forgot the value, which argparse says better than a file of that name would.
        yield from (flag, value)
    else:
        yield f"{flag}={value}"


def _known(given: str, actions: Mapping[str, argparse.Action]) -> str | None:
    """The flag of this name, however many dashes it was given with."""
    if not given.startswith("-"):
        return None
    name = given.removeprefix("-").removeprefix("-")
    return next((flag for flag in (f"--{name}", f"-{name}") if flag in actions and not name.startswith("-")), None)


def is_bare(arguments: Arguments) -> bool:
    """Whether nothing is asked for: then the help is printed, as the Go program does. ``-f`` alone asks for nothing."""
    acts = arguments.login or arguments.take or arguments.sync or arguments.export is not None
    return not (acts or arguments.o is not None or arguments.paths or _works(arguments))


def misused(arguments: Arguments) -> str:
    """Why these flags do not go together, as a sentence; empty where they do."""
    if arguments.login:
        return _misused_login(arguments)
    if arguments.device or arguments.no_browser:
        return "--device and --no-browser go with --login."
    if arguments.export is not None:
        return _misused_export(arguments)
    if arguments.o is not None:
        return "-o goes with --login and --export."
    if arguments.no_refresh_tokens:
        return "--no-refresh-tokens goes with --export."
    if arguments.sync or arguments.take:
        return _misused_sync(arguments) if arguments.sync else _misused_import(arguments)
    if arguments.hide_names and not _works(arguments):
        return "--hide-names goes with --status, --apitest and --renew."
    if (arguments.models or arguments.all_models) and not arguments.apitest:
        return "--models and --all-models go with --apitest."
    if arguments.models and arguments.all_models:
        return "--models names some and --all-models means all: choose one of them."
    if not (arguments.renew or arguments.status or arguments.apitest or wants_diagnosis(arguments)):
        what = (
            "--status shows the quotas, --apitest tests models, --renew renews logins, --login signs in, "
            "--import takes logins, --export writes them, --sync shares them, diagnose looks for what is wrong"
        )
        return f"say what to do: {what}."
    return ""


def wants_diagnosis(arguments: Arguments) -> bool:
    """Whether this is ``codex-probe diagnose``, and not a file of that name."""
    others = arguments.login or arguments.take or arguments.sync or arguments.export is not None or _works(arguments)
    return arguments.paths == [_DIAGNOSE] and not others


def _misused_login(arguments: Arguments) -> str:
    if _works(arguments) or arguments.take or arguments.export is not None or arguments.sync:
        return "--login stands alone: renew or ask for quotas in another run."
    if arguments.paths:
        return "--login takes no files: -o names the one that it writes."
    if not arguments.o:
        return "--login needs -o PATH: the file or folder that takes the login."
    return ""


def _misused_import(arguments: Arguments) -> str:
    if _works(arguments):
        return "--import stands alone: renew or ask for quotas in another run."
    if not arguments.paths:
        return "--import needs something to read: files, folders, or - for standard input."
    return ""


def _misused_export(arguments: Arguments) -> str:
    if _works(arguments) or arguments.take or arguments.sync:
        return "--export stands alone: renew, import or ask for quotas in another run."
    if arguments.json and arguments.o == "-":
        return "--json and -o - both print to standard output: choose one of them."
    return ""


def _misused_sync(arguments: Arguments) -> str:
    if _works(arguments) or arguments.take:
        return "--sync stands alone: renew, import or ask for quotas in another run."
    if arguments.paths:
        return "--sync takes no files: sync_dir in the configuration names its folder."
    if arguments.hide_names:
        return "--hide-names goes with --status, --apitest and --renew."
    return ""


def _works(arguments: Arguments) -> bool:
    """Whether something is asked for that is done for each login."""
    asked = arguments.renew or arguments.status or arguments.apitest
    return asked or bool(arguments.models) or arguments.all_models or arguments.output is not None


def _make_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="codex-probe",
        description="Quotas and renewals of Codex logins, in credential files or those of the tray app.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("paths", nargs="*", metavar="FILE-OR-FOLDER", help='credential files, or folders of them; or "diagnose"')
    add("--login", action="store_true", help="sign in in the browser and write a credential file; needs -o")
    add("-o", metavar="PATH", help="file or folder for --login and --export; a missing folder is made, the name chosen")
    add("--device", action="store_true", help="with --login: use a code instead of a browser on this computer")
    add("--no-browser", action="store_true", help="with --login: print the address, and accept a pasted one")
    add("--import", dest="take", action="store_true", help="take the logins of files, folders or - into the tray app")
    formats = ", ".join(EXPORT_FORMATS)
    add("--export", metavar="FORMAT", type=str.lower, choices=EXPORT_FORMATS, help=f"write logins as {formats}")
    add("--no-refresh-tokens", action="store_true", help="with --export: leave them out, so that nobody can renew")
    add("--renew", action="store_true", help="renew logins that have expired or soon will, in place")
    add("-f", dest="force", action="store_true", help="with --renew: whatever the expiry; without it, ignored")
    add("--status", action="store_true", help="show the quota of each login: every window that the service tells")
    add("--apitest", "--test", action="store_true", help="ask some models of each login for one word (uses quota)")
    add("--models", metavar="A,B", type=_names, default=[], help="with --apitest: exactly these models")
    add("--all-models", action="store_true", help="with --apitest: every model offered, instead of three of them")
    add("--sync", action="store_true", help="share the logins of sync_dir with your other machines; stands alone")
    add("--yes", action="store_true", help="ask nothing; with --sync: overwrite rows that cannot be read")
    add("--output", metavar="PATH", help="also write the result to a .csv or .json file")
    add("--hide-names", action="store_true", help="no whole e-mail address, name or id in tables, CSV and JSON")
    add("--config", metavar="PATH", help="configuration file (default: the one of the tray app)")
    add("--proxy", metavar="URL", help='http, https, socks5 or socks5h proxy; "" = direct; left out = detect')
    add("--json", action="store_true", help="print the result as JSON, and nothing else, to standard output")
    add("--jobs", metavar="N", type=_jobs, default=8, help="work on so many logins at once (default 8)")
    add("--quiet", action="store_true", help="print no notes, only results and failures")
    add("--version", action="version", version=f"codex-probe {__version__}", help="print the version")
    return parser


def _names(text: str) -> list[str]:
    if names := [name for part in text.split(",") if (name := part.strip())]:
        return names
    raise argparse.ArgumentTypeError("takes names with commas between them, such as gpt-5.5,gpt-6-sol")


def _jobs(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST_JOBS:
        return int(text)
    raise argparse.ArgumentTypeError(f"takes a whole number from 1 to {_MOST_JOBS}")
