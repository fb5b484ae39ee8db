"""The flags as scripts for the Go program spell them."""

import pytest

from probe_tray.cli.arguments import WrongUseError, misused, parse


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
        ("--status=maybe", "--status takes true or false, not 'maybe'"),
        ("--output --status", "--output: expected one argument"),
        ("--status --output", "--output: expected one argument"),
        ("---status", "unrecognized arguments: ---status"),
        ("--stat", "unrecognized arguments: --stat"),
        ("--jobs -3", "takes a whole number from 1 to 64"),
    ],
)
def test_what_is_not_understood_is_named(words: str, said: str) -> None:
    with pytest.raises(WrongUseError, match=said):
        parse(words.split())


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
    ],
)
def test_sync_cannot_be_combined_with_another_action(words: str) -> None:
    assert misused(parse(words.split()), str)


@pytest.mark.parametrize("words", ["--sync", "-sync --yes --quiet", "--sync --json --config x --proxy http://p:1"])
def test_sync_goes_with_what_concerns_every_run(words: str) -> None:
    assert misused(parse(words.split()), str) == ""
