"""The page of this program's releases, with one version that is newer than the one that runs; and the status page."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from probe_tray.core.service.service import RELEASES_PATH, REPOSITORY, STATUS_PATH
from probe_tray.core.update.release import Release, parse_release
from probe_tray.demo import strict
from probe_tray.demo.messages import JSON_TYPE, Reply, Request, Strange, as_json

_NOTES: Final = """### The tray app

- **See when a newer version is out**, if you ask for it in Settings.
- Read the [guides](https://example.com/guides) in Chinese too, with every picture of
  the English ones.
"""


class SimulatedReleases:
    """Answers what the program asks about new versions and incidents. Not locked: its owner is."""

    def __init__(self) -> None:
        """Publish version 99.1.0."""
        self.tag = "v99.1.0"
        self.notes = _NOTES
        self.indicator, self.incident = "minor", "Partial System Outage"

    @property
    def newest(self) -> Release | None:
        """What the page names."""
        return parse_release(msgspec.json.encode(self._page()))

    def routes(self) -> Mapping[tuple[str, str], Callable[[Request], Reply]]:
        """The two questions."""
        return {("GET", RELEASES_PATH): self._latest, ("GET", STATUS_PATH): self._status}

    def _status(self, request: Request) -> Reply:
        _need_no_token(request, JSON_TYPE)
        return as_json(
            {"page": {"name": "OpenAI"}, "status": {"indicator": self.indicator, "description": self.incident}}
        )

    def _latest(self, request: Request) -> Reply:
        _need_no_token(request, "application/vnd.github+json")
        return as_json(self._page())

    def _page(self) -> Mapping[str, object]:
        page = f"{REPOSITORY}/releases/tag/{self.tag}"
        return {"tag_name": self.tag, "html_url": page, "draft": False, "prerelease": False, "body": self.notes}


def _need_no_token(request: Request, accept: str) -> None:
    strict.no_body(request)
    strict.query(request)
    if request.header("authorization") is not None:
        msg = "a token was sent to a host that it is not for"
        raise Strange(msg)
    if request.header("accept") != accept:
        msg = f"Accept is not {accept}"
        raise Strange(msg)
