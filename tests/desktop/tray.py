"""The panel's tray, read and used over D-Bus: no pixel is involved."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, cast

from msgspec import Struct

from tests.desktop.bus import Bus, BusError, plain
from tests.desktop.waiting import BenchError, wait_for
from tests.support.patience import PATIENCE

WATCHER: Final = "org.kde.StatusNotifierWatcher"
ITEM: Final = "org.kde.StatusNotifierItem"
MENU: Final = "com.canonical.dbusmenu"


class MenuEntry(Struct, frozen=True, kw_only=True):
    """One line of a menu, with the lines of its submenu."""

    id: int
    label: str
    """As a person reads it: without the mark of the mnemonic."""
    enabled: bool
    visible: bool
    kind: str
    """`standard` or `separator`."""
    checked: bool | None
    """None where the entry cannot be checked."""
    has_icon: bool
    children: tuple["MenuEntry", ...]

    def walk(self) -> Iterator["MenuEntry"]:
        """Yield this entry and everything below it, from top to bottom."""
        yield self
        for child in self.children:
            yield from child.walk()

    def labels(self) -> list[str]:
        """Return the visible labels directly below, separators left out."""
        return [c.label for c in self.children if c.visible and c.kind != "separator"]

    def all_labels(self) -> list[str]:
        """Return the visible labels at every depth."""
        return [e.label for e in self.walk() if e.visible and e.label]

    def find(self, *labels: str) -> "MenuEntry | None":
        """Return the visible entry reached through these labels; a label may be a part of the line.

        A line which is exactly the label wins over one which contains it.
        """
        entry = self
        for label in labels:
            seen = [c for c in entry.children if c.visible]
            exact = [c for c in seen if c.label == label]
            partly = [c for c in seen if label in c.label]
            if not (exact or partly):
                return None
            entry = (exact or partly)[0]
        return entry

    def tree(self, indent: str = "  ") -> str:
        """Draw the menu for a failure text."""
        lines: list[str] = []
        for child in self.children:
            marks = "".join(
                mark
                for mark, on in (
                    (" (disabled)", not child.enabled),
                    (" (hidden)", not child.visible),
                    (" (checked)", bool(child.checked)),
                )
                if on
            )
            lines.append(f"{indent}{child.label or '---'}{marks}")
            if child.children:
                lines.append(child.tree(indent + "  "))
        return "\n".join(lines)


class TrayItem:
    """One icon in the tray."""

    def __init__(self, bus: Bus, service: str, path: str) -> None:
        """Speak to the item at `path` of `service`."""
        self._bus = bus
        self.service, self.path = service, path
        self.pid = bus.pid_of(service)

    @property
    def title(self) -> str:
        """The item's title: the name of the program."""
        return str(self._properties()["Title"])

    @property
    def tooltip(self) -> str:
        """The text that the mouse brings up: title and text of it, joined by a line break."""
        _icon, _pixmaps, title, text = cast("tuple[Any, Any, str, str]", self._properties()["ToolTip"])
        return "\n".join(part for part in (title, text) if part)

    @property
    def icon_sizes(self) -> list[int]:
        """The widths, in pixels, of the pictures that the icon comes with."""
        pixmaps = cast("list[tuple[int, int, bytes]]", self._properties()["IconPixmap"])
        return [width for width, _height, _argb in pixmaps]

    @property
    def icon_pixels(self) -> bytes:
        """The largest picture of the icon (ARGB), to see whether it has changed."""
        pixmaps = cast("list[tuple[int, int, bytes]]", self._properties()["IconPixmap"])
        return max(pixmaps, default=(0, 0, b""))[2]

    @property
    def status(self) -> str:
        """`Active`, `Passive` or `NeedsAttention`."""
        return str(self._properties()["Status"])

    def menu(self) -> MenuEntry:
        """Open the menu as the panel does and return what is in it, submenus included."""
        self._about_to_show(0)
        _revision, layout = self._call_menu("GetLayout", "iias", 0, -1, [])
        return _entry(layout)

    def wait_menu(self, *labels: str, seconds: float = PATIENCE) -> MenuEntry:
        """Wait until the menu has the entry reached through `labels`, and return that entry."""
        return wait_for(
            f"the menu entry {' > '.join(labels)}",
            lambda: self.menu().find(*labels),
            seconds=seconds,
            instead=lambda: f"menu:\n{self.menu().tree()}",
        )

    def click_menu(self, *labels: str, seconds: float = PATIENCE) -> None:
        """Choose an entry, through its submenus: `click_menu("Accounts", "Refresh now")`."""
        for depth in range(1, len(labels)):
            self._about_to_show(self.wait_menu(*labels[:depth], seconds=seconds).id)
        entry = self.wait_menu(*labels, seconds=seconds)
        if not entry.enabled:
            msg = f"the menu entry {entry.label!r} is disabled; menu:\n{self.menu().tree()}"
            raise BenchError(msg)
        self._call_menu("Event", "isvu", entry.id, "clicked", ("s", ""), 0)

    def activate(self) -> None:
        """Click the icon with the left button."""
        self._bus.call(self.service, self.path, ITEM, "Activate", "ii", 0, 0)

    def wait_tooltip(self, pattern: str, *, seconds: float = PATIENCE) -> str:
        """Wait until the tooltip matches the regular expression somewhere, and return it."""
        return wait_for(
            f"a tooltip with {pattern!r}",
            lambda: tip if re.search(pattern, tip := self.tooltip) else None,
            seconds=seconds,
            instead=lambda: f"tooltip: {self.tooltip!r}",
        )

    def describe(self) -> str:
        """Say in one line which item this is."""
        return f"{self.title!r} (pid {self.pid}, {self.status})"

    def _properties(self) -> dict[str, Any]:
        return self._bus.properties(self.service, self.path, ITEM)

    def _call_menu(self, member: str, signature: str, *arguments: object) -> tuple[Any, ...]:
        path = str(self._properties()["Menu"])
        return self._bus.call(self.service, path, MENU, member, signature, *arguments)

    def _about_to_show(self, entry: int) -> None:
        self._call_menu("AboutToShow", "i", entry)


class Tray:
    """All icons in the panel's tray."""

    def __init__(self, bus: Bus, describe: Callable[[], str]) -> None:
        """Ask the panel over `bus`; `describe` says in failures which programs run."""
        self._bus = bus
        self._describe = describe

    def items(self) -> list[TrayItem]:
        """Return the icons that the panel knows."""
        try:
            _signature, names = self._bus.property(
                WATCHER, "/StatusNotifierWatcher", WATCHER, "RegisteredStatusNotifierItems"
            )
            return [self._item(name) for name in cast("list[str]", names)]
        except BusError:
            # The tray, or a program, has just gone away.
            return []

    def wait_item(self, *, pid: int | None = None, seconds: float = PATIENCE) -> TrayItem:
        """Wait for an icon (of one program) that has a picture."""

        def look() -> TrayItem | None:
            try:
                mine = (i for i in self.items() if pid in (None, i.pid) and i.icon_sizes)
                return next(mine, None)
            except BusError:
                return None

        return wait_for("an icon in the tray", look, seconds=seconds, instead=self.describe)

    def wait_empty(self, *, seconds: float = PATIENCE) -> None:
        """Wait until no icon is left."""
        wait_for("an empty tray", lambda: not self.items(), seconds=seconds, instead=self.describe)

    def describe(self) -> str:
        """List the icons and the running programs for a failure text."""
        icons = "\n".join(f"  {item.describe()}" for item in self.items()) or "  none"
        return f"icons in the tray:\n{icons}\n{self._describe()}"

    def _item(self, name: str) -> TrayItem:
        service, slash, path = name.partition("/")
        return TrayItem(self._bus, service, slash + path if path else "/StatusNotifierItem")


def _entry(layout: object) -> MenuEntry:
    number, variants, children = cast("tuple[int, Any, list[tuple[str, Any]]]", layout)
    properties = plain(variants)
    state = int(properties.get("toggle-state", -1))
    return MenuEntry(
        id=number,
        label=_without_mnemonic(str(properties.get("label", ""))),
        enabled=bool(properties.get("enabled", True)),
        visible=bool(properties.get("visible", True)),
        kind=str(properties.get("type", "standard")),
        checked=state == 1 if properties.get("toggle-type") else None,
        has_icon=bool(properties.get("icon-data") or properties.get("icon-name")),
        children=tuple(_entry(child) for _signature, child in children),
    )


def _without_mnemonic(label: str) -> str:
    return re.sub(r"_(.)", r"\1", label)
