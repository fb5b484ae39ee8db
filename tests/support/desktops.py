"""A desktop that writes down what it is told."""

from collections.abc import Generator, MutableMapping
from contextlib import contextmanager


class FakeDesktop:
    """Implements ``SystemDesktop``."""

    def __init__(
        self,
        *,
        asks_before_ending: bool = False,
        kills_at_end: bool = False,
        has_menu_bar: bool = False,
        ends: bool = True,
        dark: bool | None = None,
        contrast: bool = False,
        hides: bool = False,
    ) -> None:
        self.click_opens_menu = has_menu_bar
        self.repeats_second_click = self.draws_icon = self.draws_menu = self.lacks_dark_controls = False
        self.tells_panel_changes = self.tells_end_to_windows = False
        self.hides = hides
        self.asks_before_ending = asks_before_ending
        self.kills_at_end = kills_at_end
        self.has_menu_bar = has_menu_bar
        self.ends = ends
        self.dark = dark
        self.contrast = contrast
        self.held_up: list[tuple[int, str]] = []
        self.in_dock: list[bool] = []
        self.popovers: list[int] = []
        self.forward: list[int] = []

    def hides_new_icons(self) -> bool:
        return self.hides

    def session_ends(self) -> bool:
        return self.ends

    @contextmanager
    def hold_up_session(self, window: int, reason: str) -> Generator[None]:
        self.held_up.append((window, reason))
        yield

    @contextmanager
    def keep_punctual(self, reason: str) -> Generator[None]:
        del reason
        yield

    def prepare_start(self, environment: MutableMapping[str, str]) -> None:
        del environment

    def show_in_dock(self, *, shown: bool) -> None:
        self.in_dock.append(shown)

    def place_popover(self, window: int) -> None:
        self.popovers.append(window)

    def bring_forward(self, window: int) -> None:
        self.forward.append(window)

    def panel_is_dark(self) -> bool | None:
        return self.dark

    def changes_panel(self, kind: bytes, message: int) -> bool:
        del kind, message
        return False

    def wants_contrast(self) -> bool:
        return self.contrast
