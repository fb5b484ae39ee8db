"""What windows, menu bar and session need of macOS beyond what Qt does, by messages to AppKit and Foundation."""

import contextlib
import ctypes
from collections.abc import Generator, MutableMapping
from importlib import import_module
from typing import Any, Final, cast, final

_ACTIVITY: Final = 0x00FF_FFFF & ~(1 << 20)
"""NSActivityUserInitiatedAllowingIdleSystemSleep (Foundation, NSProcessInfo.h)."""
_POPOVER: Final = 1 << 1 | 1 << 8
"""NSWindowCollectionBehaviorMoveToActiveSpace and FullScreenAuxiliary (AppKit, NSWindow.h)."""
_REGULAR, _ACCESSORY = 0, 1
"""NSApplicationActivationPolicy (AppKit, NSRunningApplication.h)."""
_WHY: Final = int.from_bytes(b"why?", "big")
"""kAEQuitReason (AE, AERegistry.h): what log-out, restart and shutdown add to the event that asks a program to quit."""


@final
class MacosDesktop:
    """Implements ``SystemDesktop``. A window is an NSView, as ``winId`` of Qt has it."""

    asks_before_ending = True
    kills_at_end = False  # Qt answers with a refusal and quits by itself (6.12, ``qcocoaapplicationdelegate.mm``).
    tells_end_to_windows = False
    has_menu_bar = True
    click_opens_menu = True
    repeats_second_click = False
    draws_icon = True
    draws_menu = True
    tells_panel_changes = False
    lacks_dark_controls = False

    def hides_new_icons(self) -> bool:
        """None are hidden."""
        return False

    def session_ends(self) -> bool:
        """Whether the event that Qt handles now has a reason; it is gone afterwards. Cmd-Q comes the same way."""
        event = _send(_shared("NSAppleEventManager", "sharedAppleEventManager"), "currentAppleEvent", returns=_id())
        keyword = ctypes.c_uint32(_WHY)
        return bool(
            _send(event, "attributeDescriptorForKeyword:", keyword, returns=_id())
            or _send(event, "paramDescriptorForKeyword:", keyword, returns=_id())
        )

    @contextlib.contextmanager
    def hold_up_session(self, window: int, reason: str) -> Generator[None]:
        """The session waits for 45 seconds, without a word."""
        del window, reason
        yield

    @contextlib.contextmanager
    def keep_punctual(self, reason: str) -> Generator[None]:
        """Keep App Nap from stretching the timers (NSProcessInfo, beginActivityWithOptions:reason:)."""
        process = _shared("NSProcessInfo", "processInfo")
        options, text = ctypes.c_uint64(_ACTIVITY), import_module("rubicon.objc").at(reason)
        activity = _send(process, "beginActivityWithOptions:reason:", options, text, returns=_id())
        _send(activity, "retain", returns=_id())
        try:
            yield
        finally:
            _send(process, "endActivity:", activity)
            _send(activity, "release")

    def prepare_start(self, environment: MutableMapping[str, str]) -> None:
        """Keep Qt from taking the keyboard, and a place in the Dock: a person who logs in is typing.

        Qt 6.11 (``qcocoaapplicationdelegate.mm``, ``qcocoaintegration.mm``) does both unless this variable is set.
        """
        environment.update(QT_MAC_DISABLE_FOREGROUND_APPLICATION_TRANSFORM="1")

    def show_in_dock(self, *, shown: bool) -> None:
        """Be a program of the Dock, or what LSUIElement makes of a bundle. Qt makes every other program one of it."""
        policy = ctypes.c_long(_REGULAR if shown else _ACCESSORY)
        _send(_shared("NSApplication", "sharedApplication"), "setActivationPolicy:", policy, returns=ctypes.c_bool)

    def place_popover(self, window: int) -> None:
        """Else opening it would switch to the Space where it was before."""
        _send(_window(window), "setCollectionBehavior:", ctypes.c_ulong(_POPOVER))

    def bring_forward(self, window: int) -> None:
        """Since macOS 14 a program becomes active only if the one before it agrees ("cooperative activation")."""
        _send(_window(window), "orderFrontRegardless")

    def panel_is_dark(self) -> bool | None:
        """The menu bar, as the wallpaper behind it decides: a status item's window has its effectiveAppearance."""
        windows = _send(_shared("NSApplication", "sharedApplication"), "windows", returns=_id())
        for index in range(cast("int", _send(windows, "count", returns=ctypes.c_ulong))):
            window = _send(windows, "objectAtIndex:", ctypes.c_ulong(index), returns=_id())
            if _text(_send(window, "className", returns=_id())) == "NSStatusBarWindow":
                view = _send(window, "contentView", returns=_id())
                return "Dark" in _text(_send(_send(view, "effectiveAppearance", returns=_id()), "name", returns=_id()))
        return None

    def changes_panel(self, kind: bytes, message: int) -> bool:
        """The system draws the icon in the ink that its panel needs."""
        del kind, message
        return False

    def wants_contrast(self) -> bool:
        """By "Increase contrast" in the settings for the display (NSWorkspace)."""
        workspace = _shared("NSWorkspace", "sharedWorkspace")
        return bool(_send(workspace, "accessibilityDisplayShouldIncreaseContrast", returns=ctypes.c_bool))


def _id() -> type[ctypes.c_void_p]:
    # rubicon-objc is there on macOS alone, so no type checker finds it on another system.
    return cast("type[ctypes.c_void_p]", import_module("rubicon.objc").objc_id)


def _shared(name: str, selector: str) -> object:
    return _send(import_module("rubicon.objc.runtime").get_class(name), selector, returns=_id())


def _window(view: int) -> object:
    return _send(_id()(view), "window", returns=_id())


def _text(string: object) -> str:
    return cast("bytes", _send(string, "UTF8String", returns=ctypes.c_char_p) or b"").decode()


def _send(receiver: object, selector: str, *values: object, returns: object = None) -> Any:  # noqa: ANN401 - whatever the message returns
    """Send a message; one to nobody does nothing and brings nothing, as in Objective-C.

    By name and with its types, not as an attribute: whether rubicon-objc takes that for a property or for a method
    depends on what others have declared.
    """
    plain = (ctypes.c_uint32, ctypes.c_uint64, ctypes.c_long, ctypes.c_ulong)
    types = [type(value) if isinstance(value, plain) else _id() for value in values]
    return import_module("rubicon.objc").send_message(receiver, selector, *values, restype=returns, argtypes=types)
