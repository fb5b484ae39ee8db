"""The flags as scripts for the Go program spell them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.cli.arguments import HelpWantedError, named_config, parse
from probe_tray.cli.combinations import misused
from probe_tray.cli.main import main
from probe_tray.cli.session.exit_status import ExitStatus
from probe_tray.cli.subcommand import Subcommand
from probe_tray.cli.wrong_use import WrongUseError


def read(*words: str) -> dict[str, object]:
    """What was asked for, without what was left as it is."""
    unset = vars(parse([]))
    return {name: value for name, value in vars(parse(words)).items() if value != unset[name]}


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("-status a.json", {"status": True, "paths": ["a.json"]}),
        ("--status -renew -f a b", {"status": True, "renew": True, "force": True, "paths": ["a", "b"]}),
        ("-status=true --renew=1 -test=T", {"status": True, "renew": True, "apitest": True}),
        ("-status=false --renew=0 -f=F", {}),
        ("-output x.csv -status", {"status": True, "output": "x.csv"}),
        ("--output=x=y.csv", {"output": "x=y.csv"}),
        ("-login -o=dir/", {"login": True, "o": "dir/"}),
        ("--login --o -odd", {"login": True, "o": "-odd"}),
        ("-proxy socks5h://127.0.0.1:1 -quiet=0", {"proxy": "socks5h://127.0.0.1:1"}),
        ("a --status b", {"status": True, "paths": ["a", "b"]}),
        ("--status f o h", {"status": True, "paths": ["f", "o", "h"]}),
        ("--status -- -f --renew --", {"status": True, "paths": ["-f", "--renew", "--"]}),
        ("--login -fo dir/", {"login": True, "force": True, "o": "dir/"}),
        ("--login -odir/ -", {"login": True, "o": "dir/", "paths": ["-"]}),
        ("--export jsonl -o -", {"export": "jsonl", "o": "-"}),
    ],
)
def test_flags_mean_what_they_mean_to_the_go_program(words: str, meaning: dict[str, object]) -> None:
    assert read(*words.split()) == meaning


def test_an_empty_proxy_forces_a_direct_connection_and_none_leaves_it_open() -> None:
    assert [parse(words).proxy for words in (["--proxy", ""], ["-proxy="], ["--status"])] == ["", "", None]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--status=maybe", "--status takes true or false, not “maybe”"),
        ("--output --status", "--output needs a value"),
        ("--status --output", "--output needs a value"),
        ("--login -fo", "-o needs a value"),
        ("---status", "no option ---status"),
        ("--stat", "no option --stat"),
        ("-status -fx", "no option -fx"),
        ("-5", "no option -5"),
        ("--jobs -3", "takes a whole number from 1 to 64, not “-3”"),
        ("--jobs=9\x1b[2J", "not “9\N{REPLACEMENT CHARACTER}"),
        ("--export yaml", "one of these formats: codex-probe, .* “yaml” isn't one"),
        ("--apitest --models ,", "takes names separated by commas"),
    ],
)
def test_what_is_not_understood_is_named(words: str, said: str) -> None:
    with pytest.raises(WrongUseError, match=said):
        parse(words.split())


@pytest.mark.parametrize("empty", ["", " "])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--renew -f EMPTY", "name of a file or folder is empty"),
        ("--status a.json EMPTY", "name of a file or folder is empty"),
        ("--status -- EMPTY", "name of a file or folder is empty"),
        ("--import --yes EMPTY", "name of a file or folder is empty"),
        ("--export jsonl EMPTY", "name of a file or folder is empty"),
        ("next EMPTY", "name of a file or folder is empty"),
        ("EMPTY next", "name of a file or folder is empty"),
        ("EMPTY", "name of a file or folder is empty"),
        ("--login -o EMPTY", "-o needs a value"),
        ("--export jsonl -o EMPTY", "-o needs a value"),
        ("--status --output EMPTY", "--output needs a value"),
        ("--status --config EMPTY", "--config needs a value"),
        ("use ana@example.com --home EMPTY", "--home needs a value"),
    ],
)
def test_a_name_that_is_empty_is_not_the_current_folder(words: str, said: str, empty: str) -> None:
    with pytest.raises(WrongUseError, match=said):
        parse([empty if word == "EMPTY" else word for word in words.split()])


@given(st.lists(st.text(st.sampled_from("-=fohsx1 "), max_size=4) | st.sampled_from(["--help", "--config", "--jobs"])))
def test_argparse_has_nothing_left_to_complain_of(words: list[str]) -> None:
    said = ""
    try:
        parse(words)
    except HelpWantedError:
        pass
    except WrongUseError as error:
        said = error.template
    assert said != "These options can't be read: {reason}."


@pytest.mark.parametrize(
    ("words", "config"),
    [
        ("--help --config a.json", "a.json"),
        ("-config=a.json --nope", "a.json"),
        ("--config a.json --config b.json", "b.json"),
        ("--status -- --config a.json", None),
        ("--config", None),
    ],
)
def test_the_configuration_is_known_before_the_rest_is_understood(words: str, config: str | None) -> None:
    assert named_config(words.split()) == config


@pytest.mark.parametrize(
    "words",
    [
        "--sync --renew",
        "--sync --status",
        "--sync --apitest",
        "--sync --import a.json",
        "--sync --login -o x",
        "--sync --export jsonl",
        "--sync --output x.csv",
        "--sync a.json",
        "--sync diagnose",
        "--sync --hide-names",
        "--sync -o x",
        "--show-code",
        "--enter-code a.json",
        "--import --enter-code a.json",
        "--sync --show-code --enter-code",
    ],
)
def test_sync_cannot_be_combined_with_another_action(words: str) -> None:
    assert misused(parse(words.split()), str)


@pytest.mark.parametrize("words", ["--sync", "-sync --yes --quiet", "--sync --json --config x --proxy http://p:1"])
def test_sync_goes_with_what_concerns_every_run(words: str) -> None:
    assert misused(parse(words.split()), str) == ""


def test_an_interruption_before_the_action_is_told_in_the_language_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(words: object) -> None:
        del words
        raise KeyboardInterrupt

    config = tmp_path / "config.json"
    config.write_text('{"language": "zh_CN"}')
    monkeypatch.setattr("probe_tray.cli.main.parse", interrupted)
    assert main(["--status", "--config", str(config)]) == ExitStatus.INTERRUPTED
    assert capsys.readouterr().err == "codex-probe: 已中断。\n"


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("next", {"subcommand": Subcommand.NEXT}),
        ("next --json a.json", {"subcommand": Subcommand.NEXT, "json": True, "paths": ["a.json"]}),
        ("--config x next", {"subcommand": Subcommand.NEXT, "config": "x"}),
        ("./next", {"paths": ["./next"]}),
        ("-- next", {"paths": ["next"]}),
        ("a next", {"paths": ["a", "next"]}),
        ("--status next", {"status": True, "paths": ["next"]}),
        ("next --output x.csv", {"subcommand": Subcommand.NEXT, "output": "x.csv"}),
        ("next --renew", {"renew": True, "paths": ["next"]}),
        ("--import next", {"take": True, "paths": ["next"]}),
        ("--sync diagnose", {"sync": True, "paths": ["diagnose"]}),
        ("Next", {"paths": ["Next"]}),
    ],
)
def test_a_first_word_says_what_to_do_and_a_file_of_that_name_can_be_reached(
    words: str, meaning: dict[str, object]
) -> None:
    assert read(*words.split()) == meaning


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--login -o x --hide-names", "--hide-names can't be combined with this action."),
        ("--import a.json --hide-names", "--hide-names can't be combined with this action."),
        ("--export jsonl --hide-names", "--hide-names can't be combined with this action."),
        ("use ana --hide-names", "--hide-names can't be combined with this action."),
        ("use ana --json", "--json can't be combined with this action."),
        ("use --json", "--json can't be combined with this action."),
        ("--sync --enter-code --json", "--json can't be combined with this action."),
        ("--sync --show-sql --json", "--json can't be combined with this action."),
        ("--sync --change-key --json", "--json can't be combined with this action."),
        ("--sync --end-old-key --json", "--json can't be combined with this action."),
        ("--sync --stop-sharing ana --json", "--json can't be combined with this action."),
        ("--login -o -", "--login can't print the login. Use -o to choose a file or folder to save it in."),
        ("use ana --output x.csv", "--output works only with --status and --apitest."),
        ("next --output x.csv", "--output works only with --status and --apitest."),
        ("guard --models a", "--models and --all-models work only with --apitest."),
        ("watch --all-models", "--models and --all-models work only with --apitest."),
    ],
)
def test_a_flag_that_an_action_would_ignore_is_refused(words: str, said: str) -> None:
    assert misused(parse(words.split()), str) == said


@pytest.mark.parametrize(
    "words",
    [
        "--login -o x --json",
        "--import a.json --json",
        "--export jsonl --json",
        "--status --renew --apitest --json --hide-names",
        "--sync --json --show-code",
        "--sync --json --allow-unprotected",
        "diagnose --json",
        "next --json --hide-names",
        "guard --json --hide-names",
        "watch --json --hide-names",
        "--format line --hide-names",
    ],
)
def test_what_programs_read_comes_as_json_and_names_can_be_hidden_where_they_are_shown(words: str) -> None:
    assert misused(parse(words.split()), str) == ""


@pytest.mark.parametrize(
    ("words", "is_refused"),
    [
        ("next --format json", True),
        ("--format line guard", True),
        ("watch --status --format line", True),
        ("--format line ./next", False),
        ("--format line a.json next", False),
    ],
)
def test_a_line_is_not_asked_for_beside_a_subcommand(words: str, *, is_refused: bool) -> None:
    said = misused(parse(words.split()), str)
    assert said.startswith("--format can't be combined with next, guard or watch.") is is_refused


@pytest.mark.parametrize("words", ["diagnose a.json", "diagnose --hide-names", "next --device", "next -o x", "next -f"])
def test_what_a_subcommand_does_not_take_is_said(words: str) -> None:
    assert bool(misused(parse(words.split()), str)) is (words != "next -f")
