"""What goes into the bundle, how its programs start, and what its environment must not do to others."""

import ast
import os
import plistlib
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import build_bundle
import bundle_contents as contents
import bundle_start
import project
import slim_icu

INNER = Path("/opt/probe-tray/_internal")


class TestContents:
    @pytest.mark.parametrize(
        "name",
        [
            "PySide6/Qt/plugins/platforms/libqxcb.so",
            "PySide6/Qt/plugins/platforminputcontexts/libibusplatforminputcontextplugin.so",
            "PySide6/Qt/translations/qtbase_zh_CN.qm",
            "PySide6/Qt/lib/libQt6Widgets.so.6",
            "PySide6/QtWidgets.abi3.so",
            "PySide6/libpyside6.abi3.so.6.11",
            "libpython3.13.so.1.0",
            "libxcb-cursor.so.0",
            "probe_tray/resources/locale/zh_CN.po",
            "cryptography/hazmat/bindings/_rust.abi3.so",
        ],
    )
    def test_what_the_program_uses_goes_in(self, name: str) -> None:
        assert contents.is_wanted(name, "linux")

    @pytest.mark.parametrize(
        "name",
        [
            "PySide6/Qt/plugins/platforms/libqeglfs.so",
            "PySide6/Qt/plugins/imageformats/libqtiff.so",
            "PySide6/Qt/plugins/sqldrivers/libqsqlite.so",
            "PySide6/Qt/translations/qtbase_de.qm",
            "PySide6/Qt/translations/qt_help_zh_CN.qm",
            "PySide6/Qt/lib/libQt6Quick.so.6",
            "libgtk-3.so.0",
            "libstdc++.so.6",
            "libX11.so.6",
        ],
    )
    def test_what_it_does_not_use_or_the_system_has_stays_out(self, name: str) -> None:
        assert not contents.is_wanted(name, "linux")

    @pytest.mark.parametrize(
        ("system", "name", "goes_in"),
        [
            ("win32", "PySide6\\plugins\\platforms\\qwindows.dll", True),
            ("win32", "PySide6\\plugins\\platforms\\qdirect2d.dll", False),
            ("win32", "PySide6\\Qt6Core.dll", True),
            ("win32", "PySide6\\Qt6Pdf.dll", False),
            ("win32", "PySide6\\translations\\qtbase_zh_CN.qm", True),
            ("darwin", "PySide6/Qt/plugins/platforms/libqcocoa.dylib", True),
            ("darwin", "PySide6/Qt/plugins/permissions/libqdarwincamerapermission.dylib", False),
        ],
    )
    def test_windows_and_macos_lay_them_out_otherwise(self, system: str, name: str, *, goes_in: bool) -> None:
        assert contents.is_wanted(name, system) == goes_in

    def test_every_plugin_that_is_named_is_in_this_systems_qt(self) -> None:
        pyside = pytest.importorskip("PySide6")
        folder = Path(pyside.__file__).parent
        plugins = next(path for path in (folder / "Qt" / "plugins", folder / "plugins") if path.is_dir())
        here = {(path.parent.name, path.name.partition(".")[0].removeprefix("lib")) for path in plugins.rglob("*.*")}
        named = {(kind, one) for kind, ones in contents.PLUGINS[contents.system()].items() for one in ones}
        assert named - here == set()
        translations = next(path for path in (folder / "Qt", folder) if (path / "translations").is_dir())
        assert all((translations / "translations" / name).is_file() for name in contents.TRANSLATIONS)

    def test_the_app_for_macos_stays_in_the_menu_bar(self) -> None:
        told = plistlib.loads(plistlib.dumps(contents.info_plist()))
        assert told["LSUIElement"] is True
        assert told["CFBundleShortVersionString"] == project.VERSION
        assert told["CFBundleIdentifier"] == project.APP_ID

    @pytest.mark.parametrize("program", [project.TRAY, project.COMMAND])
    def test_the_programs_for_windows_tell_their_version(self, program: str) -> None:
        tree = ast.parse(contents.version_resource(program), mode="eval")
        texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        assert texts.count(project.VERSION) == 2
        assert f"{program}.exe" in texts

    def test_every_file_that_the_spec_names_is_there(self) -> None:
        tree = ast.parse((project.PACKAGING / "probe_tray.spec").read_text(encoding="utf-8"))
        texts = [
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        scripts = [text for text in texts if text.endswith(".py")]
        assert sorted(scripts) == ["bundle_command.py", "bundle_tray.py"]
        assert all((project.PACKAGING / script).is_file() for script in scripts)
        icons = project.RESOURCES / "icons"
        assert all((icons / text).is_file() for text in texts if text.endswith((".icns", ".ico")))
        assert (project.PACKAGING / "macos" / "entitlements.plist").is_file()


class TestStart:
    def test_a_whole_bundle_has_nothing_damaged(self, tmp_path: Path) -> None:
        self.bundle(tmp_path)
        assert bundle_start.first_damaged(tmp_path) is None

    def test_a_missing_file_and_a_cut_one_are_named(self, tmp_path: Path) -> None:
        self.bundle(tmp_path)
        (tmp_path / "PySide6" / "QtCore.so").write_bytes(b"cu")
        assert bundle_start.first_damaged(tmp_path) == "PySide6/QtCore.so"
        (tmp_path / "PySide6" / "QtCore.so").unlink()
        assert bundle_start.first_damaged(tmp_path) == "PySide6/QtCore.so"

    def test_a_bundle_without_its_list_is_not_whole(self, tmp_path: Path) -> None:
        assert bundle_start.first_damaged(tmp_path) == bundle_start.FILES

    @staticmethod
    def bundle(folder: Path) -> None:
        (folder / "PySide6").mkdir()
        (folder / "PySide6" / "QtCore.so").write_bytes(b"whole")
        (folder / "a name.po").write_bytes(b"")
        (folder / bundle_start.FILES).write_text(bundle_start.file_list(folder))

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ({"LD_LIBRARY_PATH": f"{INNER}", "LD_LIBRARY_PATH_ORIG": "/mine"}, {"LD_LIBRARY_PATH": "/mine"}),
            ({"LD_LIBRARY_PATH": f"{INNER}"}, {}),
            ({"LD_LIBRARY_PATH": "/mine"}, {"LD_LIBRARY_PATH": "/mine"}),
            ({"QT_PLUGIN_PATH": f"{INNER}/PySide6/Qt/plugins"}, {}),
            ({"PATH": os.pathsep.join((f"{INNER}", "/usr/bin"))}, {"PATH": "/usr/bin"}),
            ({"_PYI_APPLICATION_HOME_DIR": "/x", "_MEIPASS2": "/x", "HOME": "/home/me"}, {"HOME": "/home/me"}),
            ({"EMPTY": "", "LIST": f"a{os.pathsep}"}, {"EMPTY": "", "LIST": f"a{os.pathsep}"}),
        ],
    )
    def test_other_programs_get_the_environment_that_the_person_has(
        self, before: dict[str, str], after: dict[str, str]
    ) -> None:
        changed = {**before, **bundle_start.outside(before, INNER)}
        assert {name: value for name, value in changed.items() if value is not None} == after

    @pytest.mark.parametrize(
        ("environ", "chinese"),
        [({"LANG": "zh_CN.UTF-8"}, True), ({"LANG": "zh_CN", "LC_ALL": "C"}, False), ({}, False)],
    )
    def test_it_speaks_the_persons_language(self, environ: dict[str, str], *, chinese: bool) -> None:
        assert bundle_start.is_chinese(environ) == chinese


class TestIcuData:
    @pytest.mark.parametrize("name", ["icudt73l/zh_Hans_CN.res", "icudt73l/coll/root.res", "icudt73l/curr/pool.res"])
    def test_what_the_two_languages_need_stays(self, name: str) -> None:
        assert slim_icu.is_needed(name)

    @pytest.mark.parametrize(
        "name", ["icudt73l/curr/de_AT.res", "icudt73l/ibm-964_P110.cnv", "icudt73l/brkitr/th.dict"]
    )
    def test_other_languages_and_mainframes_go(self, name: str) -> None:
        assert not slim_icu.is_needed(name)

    @given(
        st.dictionaries(
            st.binary(min_size=1).filter(lambda name: b"\0" not in name), st.binary(max_size=40), min_size=1
        )
    )
    def test_a_package_that_is_put_together_again_holds_the_same(self, files: dict[bytes, bytes]) -> None:
        header = struct.pack("<H2s28x", 32, b"\xda\x27")
        # An item ends where the next begins, on a multiple of 16.
        padded = [(name, data + bytes(-len(data) % 16)) for name, data in sorted(files.items())]
        assert slim_icu.items(slim_icu.package(header, padded)) == (header, padded)


def test_a_linux_bundle_without_a_library_of_the_x11_plugin_is_no_bundle(tmp_path: Path) -> None:
    for name in contents.X11_LIBRARIES:
        (tmp_path / f"{name}.so.0").touch()
    assert build_bundle.missing_libraries(tmp_path) == []
    (tmp_path / "libxcb-cursor.so.0").unlink()
    assert build_bundle.missing_libraries(tmp_path) == ["libxcb-cursor"]
