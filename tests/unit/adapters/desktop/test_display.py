import pytest

from probe_tray.adapters.desktop.display import blends_windows


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_some_systems_always_blend_windows(platform: str) -> None:
    assert blends_windows(platform)


def test_without_a_display_nothing_is_blended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert not blends_windows("linux")
