"""The flags of the tray app, ``probe-tray``. They are read at every start, so this imports little."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from probe_tray.adapters.desktop.instance_socket import StartRequest
from probe_tray.cli.wrong_use import Translate, WrongUseError
from probe_tray.core.demo_scene import DemoScene

if TYPE_CHECKING:
    from argparse import ArgumentParser

_DEMO: Final = "--demo"


class TrayArguments:
    """What the person asked for."""

    demo: DemoScene | None = None
    background = False
    help = False
    version = False
    request: StartRequest | None = None
    """What the running app is to do, or this one once it runs."""

    def __init__(self, argv: Sequence[str]) -> None:
        """Read the command line. Raises WrongUseError."""
        requests = {f"--{one.value}": one for one in StartRequest if one is not StartRequest.NOTHING}
        chosen = ""
        for word in argv:
            flag, equals, value = word.partition("=")
            known = flag in requests or flag in {"-h", "--help", _DEMO, "--background", "--version"}
            if not word.startswith("-"):
                raise WrongUseError("Probe Tray takes no files here. Import logins from its window.")
            if not known:
                raise WrongUseError("There is no option {flag}.", flag=word)
            if equals and flag != _DEMO:
                raise WrongUseError("{flag} takes no value.", flag=flag)
            if flag == _DEMO:
                self.demo = _scene(value) if equals else DemoScene.THREE
            if flag in requests or flag == "--background":
                if chosen not in {"", flag}:
                    raise WrongUseError("{one} and {other} can't be combined. Choose one.", one=chosen, other=flag)
                chosen = flag
        self.request = requests.get(chosen)
        self.background, self.version = "--background" in argv, "--version" in argv
        self.help = "--help" in argv or "-h" in argv


def _scene(value: str) -> DemoScene:
    try:
        return DemoScene(value)
    except ValueError:
        raise WrongUseError("{flag} takes one of: {choices}.", flag=_DEMO, choices=_scenes()) from None


def _scenes(*without: DemoScene) -> str:
    return ", ".join(scene.value for scene in DemoScene if scene not in without)


def tray_parser(t: Translate) -> "ArgumentParser":
    """What the help is made from, in the language of ``t``."""
    # A tray at rest has no use for the library.
    from argparse import ArgumentParser

    parser = ArgumentParser(
        prog="probe-tray",
        add_help=False,
        description=t("Shows the quota of every Codex account in the system tray."),
        epilog=t("If Probe Tray is already running, the running app does what you ask, or opens its window."),
    )
    options = parser.add_argument_group(t("options"))
    options.add_argument("-h", "--help", action="store_true", help=t("show this help"))
    options.add_argument(_DEMO, action="store_true", help=t("run with a simulated service and three sample accounts"))
    options.add_argument(
        f"{_DEMO}=SCENE",
        action="store_true",
        help=f"{t('the same with other accounts:')} {_scenes(DemoScene.THREE)}",
    )
    choices = options.add_mutually_exclusive_group()
    for request, text in (
        (StartRequest.SHOW, t("open the window")),
        (StartRequest.LOG_IN, t("log in to Codex")),
        (StartRequest.REFRESH, t("check quotas now")),
        (StartRequest.QUIT, t("quit the running app")),
    ):
        choices.add_argument(f"--{request.value}", action="store_true", help=text)
    choices.add_argument("--background", action="store_true", help=t("start quietly in the tray, without a window"))
    options.add_argument("--version", action="store_true", help=t("print the version"))
    return parser
