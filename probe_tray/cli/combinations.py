"""Which flags can't be combined. Imports only what the command line needs."""

from probe_tray.cli.arguments import Arguments, shares, works
from probe_tray.cli.subcommand import LOOKS, Subcommand, misused_subcommand
from probe_tray.cli.table_options import misused_table_options
from probe_tray.cli.wrong_use import Translate


def misused(arguments: Arguments, t: Translate) -> str:
    """Why these flags can't be combined, as a sentence; empty if they can."""
    if wrong := misused_subcommand(arguments, t) or _misused_action(arguments, t):
        return wrong
    if arguments.hide_names and not (works(arguments) or arguments.subcommand in LOOKS):
        return t("--hide-names can't be combined with this action.")
    if arguments.json and not _prints_json(arguments):
        return t("--json can't be combined with this action.")
    return ""


def _prints_json(arguments: Arguments) -> bool:
    """Whether what is asked for has a result that programs read."""
    speaks_to_people = arguments.enter_code or arguments.show_sql or arguments.change_key or arguments.end_old_key
    is_spoken = speaks_to_people or arguments.stop_sharing is not None or arguments.subcommand is Subcommand.USE
    return not is_spoken


def _misused_action(arguments: Arguments, t: Translate) -> str:
    if arguments.login:
        return _misused_login(arguments, t)
    if arguments.device or arguments.no_browser:
        return t("--device and --no-browser work only with --login.")
    if arguments.export is not None:
        return _misused_export(arguments, t)
    if arguments.o is not None:
        return t("-o works only with --login and --export.")
    if arguments.no_refresh_tokens:
        return t("--no-refresh-tokens works only with --export.")
    if shares(arguments) or arguments.take:
        return _misused_sync(arguments, t) if shares(arguments) else _misused_import(arguments, t)
    if arguments.subcommand is None:
        return _misused_work(arguments, t)
    if arguments.models or arguments.all_models:
        return t("--models and --all-models work only with --apitest.")
    return t("--output works only with --status and --apitest.") if arguments.output is not None else ""


def _misused_work(arguments: Arguments, t: Translate) -> str:
    if (arguments.models or arguments.all_models) and not arguments.apitest:
        return t("--models and --all-models work only with --apitest.")
    if arguments.models and arguments.all_models:
        return t("--models and --all-models can't be combined. Choose one.")
    if not (arguments.renew or arguments.status or arguments.apitest or arguments.format is not None):
        return t(
            "Choose what to do: --status shows quotas, --apitest tests models, --renew renews logins, --login logs in, "
            "--import imports logins, --export exports them, --sync syncs them, use hands one to Codex, "
            "diagnose finds problems."
        )
    return ""


def _misused_login(arguments: Arguments, t: Translate) -> str:
    if works(arguments) or arguments.take or arguments.export is not None or shares(arguments):
        return t("--login can't be combined with other actions.")
    if arguments.paths:
        return t("--login takes no files. Use -o to choose where to save the login.")
    if not arguments.o:
        return t("--login needs -o PATH: the file or folder to save the login in.")
    if arguments.o == "-":
        return t("--login can't print the login. Use -o to choose a file or folder to save it in.")
    return ""


def _misused_import(arguments: Arguments, t: Translate) -> str:
    if works(arguments):
        return t("--import can't be combined with other actions.")
    if not arguments.paths:
        return t("--import needs something to read: files, folders, or - for standard input.")
    return ""


def _misused_export(arguments: Arguments, t: Translate) -> str:
    if works(arguments) or arguments.take or shares(arguments):
        return t("--export can't be combined with other actions.")
    if arguments.json and arguments.o == "-":
        return t("--json and -o - both print to standard output. Choose one.")
    return ""


def _misused_sync(arguments: Arguments, t: Translate) -> str:
    if not arguments.sync:
        return t("--show-code, --enter-code and the other flags for the table work only with --sync.")
    if works(arguments) or arguments.take:
        return t("--sync can't be combined with other actions.")
    if wrong := misused_table_options(arguments, t):
        return wrong
    if arguments.paths:
        return t("--sync takes no files. It uses the folder sync_dir from the configuration.")
    return ""
