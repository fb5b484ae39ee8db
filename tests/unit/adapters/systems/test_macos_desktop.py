"""What macOS needs beyond Qt, on a double of rubicon-objc 0.5.7 (``send_message``, ``get_class``, ``at``).

Selectors and numbers are those of the headers: NSApplication.h, NSRunningApplication.h, NSWindow.h, NSProcessInfo.h,
NSAppleEventManager.h, AERegistry.h.
"""

import ctypes
import sys
from types import ModuleType

import pytest

from probe_tray.adapters.systems.current import this_desktop
from probe_tray.adapters.systems.macos_desktop import MacosDesktop


class ObjcId(ctypes.c_void_p):
    """An object; a type of its own, as rubicon-objc has it."""


class Runtime:
    """Answers messages from a table, and writes down what they were."""

    def __init__(self) -> None:
        self.answers: dict[tuple[int | str, str], object] = {}
        self.said: list[tuple[object, ...]] = []
        self._classes: dict[int, str] = {}

    def get_class(self, name: str) -> ObjcId:
        number = 1000 + len(self._classes)
        self._classes[number] = name
        return ObjcId(number)

    def at(self, text: str) -> ObjcId:
        self.answers[7, "UTF8String"] = text.encode()
        return ObjcId(7)

    def send_message(
        self, receiver: object, selector: str, *values: object, restype: type | None, argtypes: list[type]
    ) -> object:
        assert isinstance(receiver, ObjcId)
        assert selector.count(":") == len(values) == len(argtypes)
        plain = [
            value.value
            if isinstance(value, ctypes.c_void_p | ctypes.c_ulong | ctypes.c_long | ctypes.c_uint32 | ctypes.c_uint64)
            else value
            for value in values
        ]
        who = self._classes.get(receiver.value or 0, receiver.value)
        if who is None:
            # A message to nil brings nothing.
            return ObjcId(None) if restype is ObjcId else 0
        self.said.append((who, selector, *plain))
        answer = self.answers.get((who, selector))
        return ObjcId(answer if isinstance(answer, int) else None) if restype is ObjcId else answer


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Runtime:
    runtime = Runtime()
    runtime.answers |= {
        ("NSApplication", "sharedApplication"): 1,
        ("NSProcessInfo", "processInfo"): 2,
        ("NSAppleEventManager", "sharedAppleEventManager"): 3,
        (50, "window"): 51,
    }
    library, module = ModuleType("rubicon.objc"), ModuleType("rubicon.objc.runtime")
    vars(library).update(objc_id=ObjcId, send_message=runtime.send_message, at=runtime.at)
    vars(module).update(get_class=runtime.get_class)
    monkeypatch.setitem(sys.modules, "rubicon.objc", library)
    monkeypatch.setitem(sys.modules, "rubicon.objc.runtime", module)
    return runtime


@pytest.mark.parametrize(("shown", "policy"), [(True, 0), (False, 1)])
def test_it_is_a_program_of_the_dock_or_of_the_menu_bar_alone(runtime: Runtime, policy: int, *, shown: bool) -> None:
    MacosDesktop().show_in_dock(shown=shown)
    assert runtime.said[-1] == (1, "setActivationPolicy:", policy)


def test_a_window_comes_to_the_front_of_other_programs(runtime: Runtime) -> None:
    MacosDesktop().bring_forward(50)
    assert runtime.said[-1] == (51, "orderFrontRegardless")


def test_the_panel_opens_beside_a_program_in_full_screen(runtime: Runtime) -> None:
    MacosDesktop().place_popover(50)
    assert runtime.said[-1] == (51, "setCollectionBehavior:", 0b1_0000_0010)


def test_timers_stay_punctual_and_the_mac_may_sleep(runtime: Runtime) -> None:
    runtime.answers[2, "beginActivityWithOptions:reason:"] = 9
    with MacosDesktop().keep_punctual("checks"):
        begun = runtime.said[-2:]
    assert begun == [(2, "beginActivityWithOptions:reason:", 0x00EF_FFFF, 7), (9, "retain")]
    assert runtime.said[-2:] == [(2, "endActivity:", 9), (9, "release")]


@pytest.mark.parametrize(("event", "reason", "ends"), [(None, None, False), (4, None, False), (4, 5, True)])
def test_a_log_out_gives_its_reason_and_a_key_gives_none(
    runtime: Runtime, event: int | None, reason: int | None, *, ends: bool
) -> None:
    runtime.answers[3, "currentAppleEvent"] = event
    runtime.answers[4, "attributeDescriptorForKeyword:"] = reason
    assert MacosDesktop().session_ends() is ends
    if event:
        assert (4, "attributeDescriptorForKeyword:", int.from_bytes(b"why?", "big")) in runtime.said


@pytest.mark.parametrize(
    ("name", "appearance", "dark"),
    [
        ("NSStatusBarWindow", "NSAppearanceNameVibrantDark", True),
        ("NSStatusBarWindow", "NSAppearanceNameAqua", False),
        ("NSWindow", "NSAppearanceNameDarkAqua", None),
    ],
)
def test_the_menu_bar_has_an_appearance_of_its_own(
    runtime: Runtime, name: str, appearance: str, *, dark: bool | None
) -> None:
    runtime.answers |= {
        (1, "windows"): 10,
        (10, "count"): 1,
        (10, "objectAtIndex:"): 11,
        (11, "className"): 12,
        (12, "UTF8String"): name.encode(),
        (11, "contentView"): 13,
        (13, "effectiveAppearance"): 14,
        (14, "name"): 15,
        (15, "UTF8String"): appearance.encode(),
    }
    assert MacosDesktop().panel_is_dark() is dark


@pytest.mark.parametrize("wanted", [False, True])
def test_strong_contrasts_are_asked_for_in_the_settings(runtime: Runtime, *, wanted: bool) -> None:
    runtime.answers |= {
        ("NSWorkspace", "sharedWorkspace"): 60,
        (60, "accessibilityDisplayShouldIncreaseContrast"): wanted,
    }
    assert MacosDesktop().wants_contrast() is wanted


@pytest.mark.parametrize(
    ("platform", "kind"), [("darwin", "MacosDesktop"), ("win32", "WindowsDesktop"), ("linux", "PlainDesktop")]
)
def test_each_system_has_its_own(platform: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert type(this_desktop()).__name__ == kind
