"""README as the page on PyPI shows it: hatchling runs this when it builds the wheel or the source archive.

PyPI has none of the files that README shows and leads to, so their addresses become those of the project's repository,
at the tag of this version: the page of an old version goes on showing what that version was.
"""

import re
from pathlib import Path
from typing import Any, Final, cast

from hatchling.metadata.plugin.interface import MetadataHookInterface

_TARGET: Final = re.compile(r"(?P<picture>!?)(?P<text>\[[^\]]*\])\((?!\w+:|#)(?P<path>[^)\s]+)\)")


def with_addresses(text: str, homepage: str, version: str) -> str:
    """Replace the relative targets of Markdown links and pictures; ``homepage`` is the repository on GitHub."""
    raw = homepage.replace("https://github.com/", "https://raw.githubusercontent.com/", 1)

    def absolute(found: re.Match[str]) -> str:
        place = f"{raw}/v{version}" if found["picture"] else f"{homepage}/blob/v{version}"
        return f"{found['picture']}{found['text']}({place}/{found['path']})"

    return _TARGET.sub(absolute, text)


class ReadmeHook(MetadataHookInterface):
    """Fills in the field ``readme``, which pyproject.toml leaves to it."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the field to the project's metadata."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        homepage = cast("dict[str, str]", metadata["urls"])["Homepage"]
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": with_addresses(text, homepage, cast("str", metadata["version"])),
        }
