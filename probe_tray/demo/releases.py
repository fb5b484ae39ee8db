"""The page of this program's releases: one version, newer than the one that runs."""

from collections.abc import Callable, Mapping
from typing import Final

from probe_tray.core.service.service import RELEASES_PATH, REPOSITORY
from probe_tray.demo import strict
from probe_tray.demo.messages import Reply, Request, Strange, as_json

_NOTES: Final = """### The tray app

- **See when a newer version is out**, if you ask for it in Settings.
- Read the [guides](https://example.com/guides) in Chinese too, with every picture of
  the English ones.
"""


class SimulatedReleases:
    """Answers what the program asks about new versions. Not locked: its owner is."""

    def __init__(self) -> None:
        """Publish version 99.1.0."""
        self.tag = "v99.1.0"
        self.notes = _NOTES

    def routes(self) -> Mapping[tuple[str, str], Callable[[Request], Reply]]:
        """The one question."""
        return {("GET", RELEASES_PATH): self._latest}

    def _latest(self, request: Request) -> Reply:
        strict.no_body(request)
        strict.query(request)
        if request.header("authorization") is not None:
            msg = "a token was sent to a host that it is not for"
            raise Strange(msg)
        if request.header("accept") != "application/vnd.github+json":
            msg = "Accept is not application/vnd.github+json"
            raise Strange(msg)
        page = f"{REPOSITORY}/releases/tag/{self.tag}"
        return as_json(
            {"tag_name": self.tag, "html_url": page, "draft": False, "prerelease": False, "body": self.notes}
        )
