"""README's addresses as they are on PyPI's page."""

import pytest

from readme_hook import with_addresses

HOME = "https://github.com/a/b"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("![P](x/p.png)", "![P](https://raw.githubusercontent.com/a/b/v1.0/x/p.png)"),
        ("See [the guide](help/a.md#part).", "See [the guide](https://github.com/a/b/blob/v1.0/help/a.md#part)."),
        (
            "[a](A.md), [b](B.md)",
            "[a](https://github.com/a/b/blob/v1.0/A.md), [b](https://github.com/a/b/blob/v1.0/B.md)",
        ),
        ("[site](https://example.org)", "[site](https://example.org)"),
        ("[mail](mailto:a@example.org)", "[mail](mailto:a@example.org)"),
        ("[below](#part)", "[below](#part)"),
        ("call(x)[0] (no link)", "call(x)[0] (no link)"),
    ],
)
def test_what_is_relative_becomes_absolute_and_the_rest_stays(written: str, shown: str) -> None:
    assert with_addresses(written, HOME, "1.0") == shown
