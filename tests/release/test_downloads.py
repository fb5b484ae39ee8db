"""What a build takes from elsewhere is exactly the file that was named, or the build stops with a sentence."""

import hashlib
import re
from pathlib import Path

import pytest

import downloads

CONTENT = b"a tool"
WANTED = downloads.Download("https://example.org/1.0/tool", hashlib.sha256(CONTENT).hexdigest())


@pytest.mark.parametrize("wanted", [downloads.APPIMAGETOOL, downloads.APPIMAGE_RUNTIME, downloads.FLATHUB])
def test_each_is_named_by_a_safe_address_and_a_sum(wanted: downloads.Download) -> None:
    assert wanted.url.startswith("https://")
    assert "/continuous/" not in wanted.url
    assert re.fullmatch(r"[0-9a-f]{64}", wanted.sha256)


def test_the_file_is_taken_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def read(url: str) -> bytes:
        asked.append(url)
        return CONTENT

    for _ in range(2):
        assert downloads.fetch(WANTED, folder=tmp_path / "new", read=read).read_bytes() == CONTENT
    assert asked == [WANTED.url]


def test_another_file_is_refused_and_not_kept(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"is not the file that packaging/downloads\.py names"):
        downloads.fetch(WANTED, folder=tmp_path, read=lambda _: b"something else")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_taken_again(tmp_path: Path) -> None:
    (tmp_path / "tool").write_bytes(b"half")
    assert downloads.fetch(WANTED, folder=tmp_path, read=lambda _: CONTENT).read_bytes() == CONTENT


def test_without_a_network_it_says_so(tmp_path: Path) -> None:
    def read(_: str) -> bytes:
        raise OSError("no route")

    with pytest.raises(SystemExit, match=r"https://example\.org/1\.0/tool could not be downloaded: no route"):
        downloads.fetch(WANTED, folder=tmp_path, read=read)
