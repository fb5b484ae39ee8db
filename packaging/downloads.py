"""What the scripts here take from elsewhere: each file by its address and its SHA-256, and nothing that differs.

Each is published under a fixed version. When its maker replaces it all the same, the build stops; look at the new file,
then write its sum here.
"""

import hashlib
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from project import BUILD, stop

_SECONDS: Final = 60.0


class Download(NamedTuple):
    """A file of somebody else."""

    url: str
    """Begins with https:."""
    sha256: str


APPIMAGETOOL: Final = Download(
    "https://github.com/AppImage/appimagetool/releases/download/1.9.1/appimagetool-x86_64.AppImage",
    "ed4ce84f0d9caff66f50bcca6ff6f35aae54ce8135408b3fa33abfc3cb384eb0",
)
APPIMAGE_RUNTIME: Final = Download(
    "https://github.com/AppImage/type2-runtime/releases/download/20251108/runtime-x86_64",
    "2fca8b443c92510f1483a883f60061ad09b46b978b2631c807cd873a47ec260d",
)
"""The beginning of every AppImage; appimagetool would take the newest there is."""
FLATHUB: Final = Download(
    "https://dl.flathub.org/repo/flathub.flatpakrepo",
    "3371dd250e61d9e1633630073fefda153cd4426f72f4afa0c3373ae2e8fea03a",
)
"""Flathub's address and the key that signs all it has."""


def read_url(url: str) -> bytes:
    """Return what an https address answers; raise OSError where that fails."""
    # Download says that the address is https.
    with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310
        return answer.read()


def fetch(wanted: Download, *, folder: Path = BUILD / "downloads", read: Callable[[str], bytes] = read_url) -> Path:
    """Return the file, from ``folder`` where it is there already; end this script where it cannot be had or differs."""
    path = folder / wanted.url.rpartition("/")[2]
    if path.is_file() and _sha256(path.read_bytes()) == wanted.sha256:
        return path
    try:
        content = read(wanted.url)
    except OSError as error:
        stop(f"{wanted.url} could not be downloaded: {error}")
    if (found := _sha256(content)) != wanted.sha256:
        stop(
            f"{wanted.url} is not the file that packaging/downloads.py names, so it is not used.\n"
            f"Its SHA-256 is {found}; expected is {wanted.sha256}."
        )
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
