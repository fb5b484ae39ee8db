"""What goes into the PyInstaller bundle and what stays out, for each of the three systems."""

import sys
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any, Final

from project import APP_ID, SUMMARY, TITLE, TRAY, VERSION

BUDGET_MB: Final = 120
"""The largest an unpacked bundle may be; megabytes of 1,000,000 bytes."""

HIDDEN: Final = {
    # Found by name while the program runs, which no reader of imports sees.
    "darwin": ("rubicon.objc", "keyring.backends.macOS", "desktop_notifier.backends.macos"),
    "linux": ("keyring.backends.SecretService", "keyring.backends.kwallet"),
    "win32": ("keyring.backends.Windows", "desktop_notifier.backends.winrt"),
}
# desktop-notifier reads a file of this package as soon as it is imported.
WITH_FILES: Final = "desktop_notifier.resources"
EXCLUDED: Final = (
    # The command lines of libraries, and what builds programs.
    *("click", "pygments", "pip", "setuptools", "pkg_resources", "wheel"),
    # What the standard library has for others.
    *("tkinter", "turtle", "unittest", "doctest", "pydoc", "pdb", "lib2to3", "ensurepip", "idlelib", "readline"),
    # Parts of Qt that the program doesn't use.
    *(f"PySide6.Qt{name}" for name in ("Qml", "Quick", "QuickControls2", "QuickWidgets", "OpenGL", "OpenGLWidgets")),
    *(f"PySide6.Qt{name}" for name in ("Designer", "Help", "PrintSupport", "Sql", "Test", "UiTools", "Xml")),
)
PLUGINS: Final = {
    # Qt's plugin folder -> those that are taken, without the ending and the "lib" of POSIX.
    "darwin": {
        "iconengines": ("qsvgicon",),
        "imageformats": ("qsvg",),
        "networkinformation": ("qscnetworkreachability",),
        "platforms": ("qcocoa", "qoffscreen"),
        "styles": ("qmacstyle",),
    },
    "linux": {
        "iconengines": ("qsvgicon",),
        "imageformats": ("qsvg",),
        "networkinformation": ("qnetworkmanager",),
        # Chinese is typed with an input method.
        "platforminputcontexts": ("composeplatforminputcontextplugin", "ibusplatforminputcontextplugin"),
        "platforms": ("qoffscreen", "qwayland", "qxcb"),
        "platformthemes": ("qgtk3", "qxdgdesktopportal"),
        "wayland-decoration-client": ("adwaita", "bradient"),
        "wayland-shell-integration": ("xdg-shell",),
    },
    "win32": {
        "iconengines": ("qsvgicon",),
        "imageformats": ("qico", "qsvg"),
        "networkinformation": ("qnetworklistmanager",),
        "platforms": ("qoffscreen", "qwindows"),
        "styles": ("qmodernwindowsstyle", "qwindowsvistastyle"),
    },
}
TRANSLATIONS: Final = ("qtbase_zh_CN.qm",)
QT_LIBRARIES: Final = {
    "Qt6Core": "everything",
    "Qt6DBus": "everything on Linux",
    "Qt6Gui": "everything",
    "Qt6Network": "which network is metered, the system's proxy",
    "Qt6Svg": "the icons",
    "Qt6WaylandClient": "Wayland",
    "Qt6Widgets": "everything",
    "Qt6XcbQpa": "X11",
}
"""Qt's libraries by what needs them."""
X11_LIBRARIES: Final = (
    # What Qt's plugin for X11 needs; libxcb-cursor is the one that most desktops lack.
    *("libxcb-cursor", "libxcb-icccm", "libxcb-image", "libxcb-keysyms", "libxcb-render-util", "libxcb-util"),
    # These two belong together.
    *("libxkbcommon", "libxkbcommon-x11", "libxcb-xkb"),
)
"""What every Linux bundle must have: without it the tray app opens no window on many desktops."""
LINUX_LIBRARIES: Final = (
    # What Python and Qt were built against and a distribution may have in another version, or not at all.
    *("libpython3", "libcrypto", "libssl", "libffi", "libsqlite3", "libbz2", "liblzma", "libexpat", "libuuid"),
    *("libicudata", "libicui18n", "libicuuc", "libpyside6", "libshiboken6"),
    *X11_LIBRARIES,
)
"""The only libraries besides Qt's that the Linux bundle carries, without ending. Any other is the system's own: an
old one (C++, X11, GLib, GTK, OpenGL) in the same process as drivers and themes of a newer system ends the program."""


def system() -> str:
    """Which of the three systems this is, as ``sys.platform`` names it."""
    return "linux" if sys.platform.startswith("linux") else sys.platform


def is_wanted(name: str, on: str) -> bool:
    """Whether a file that PyInstaller would take belongs into the bundle; ``name`` is its place there."""
    parts = PurePath(name.replace("\\", "/")).parts
    if "PySide6" in parts and "plugins" in parts:
        return _stem(parts[-1]) in PLUGINS[on].get(parts[-2], ())
    if "PySide6" in parts and "translations" in parts:
        return parts[-1] in TRANSLATIONS
    if _stem(parts[-1]).startswith("Qt6"):
        return _stem(parts[-1]).partition(".")[0] in QT_LIBRARIES
    if on == "linux" and ".so" in parts[-1] and parts[-1].startswith("lib"):
        return _is_carried(parts[-1])
    return True


def _stem(name: str) -> str:
    return name.partition(".")[0].removeprefix("lib")


def _is_carried(library: str) -> bool:
    name = library.partition(".so")[0]
    return any(name == one or (one == "libpython3" and name.startswith(one)) for one in LINUX_LIBRARIES) or (
        name.partition(".abi3")[0] in {"libpyside6", "libshiboken6"}
    )


Entry = tuple[str, str, str]
"""A file as PyInstaller lists it: its place in the bundle, where it is now, of what kind it is."""


def wanted(entries: Iterable[Entry]) -> list[Entry]:
    """Those of PyInstaller's files that belong into the bundle of this system."""
    return [entry for entry in entries if is_wanted(entry[0], system())]


def info_plist() -> dict[str, Any]:
    """The property list of the app for macOS: a program of the menu bar, without an icon in the Dock."""
    return {
        "CFBundleDisplayName": TITLE,
        "CFBundleIdentifier": APP_ID,
        "CFBundleName": TITLE,
        "CFBundleShortVersionString": VERSION,
        "CFBundleVersion": VERSION,
        "CFBundleDevelopmentRegion": "en",
        "CFBundleLocalizations": ["en", "zh_CN"],
        "LSApplicationCategoryType": "public.app-category.developer-tools",
        "LSMinimumSystemVersion": "13.0",
        "LSUIElement": True,
        "NSHighResolutionCapable": True,
        "NSHumanReadableCopyright": "MIT License",
    }


def version_resource(program: str) -> str:
    """The version resource of a program for Windows, as PyInstaller reads it from a file."""
    numbers = (*(int(part) for part in VERSION.split(".")[:3]), 0)
    description = TITLE if program == TRAY else SUMMARY
    strings = {
        "CompanyName": f"{TITLE} contributors",
        "FileDescription": description,
        "FileVersion": VERSION,
        "InternalName": program,
        "LegalCopyright": "MIT License",
        "OriginalFilename": f"{program}.exe",
        "ProductName": TITLE,
        "ProductVersion": VERSION,
    }
    pairs = ",\n".join(f"StringStruct({name!r}, {value!r})" for name, value in strings.items())
    # 040904B0: English, in Unicode.
    return (
        f"VSVersionInfo(\nffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3f, flags=0, OS=0x40004,"
        " fileType=1, subtype=0, date=(0, 0)),\n"
        f"kids=[StringFileInfo([StringTable('040904B0', [\n{pairs}])]),\n"
        "VarFileInfo([VarStruct('Translation', [1033, 1200])])])\n"
    )
