"""The rows of accounts in the tray's menu."""

from PySide6.QtWidgets import QApplication, QMenu

from probe_tray.core.account.identity import AccountKey
from probe_tray.ui.tray.account_rows import AccountRows
from probe_tray.ui.tray.icon import ON_EITHER, IconPainter
from probe_tray.view.tray.icon_look import IconLook
from probe_tray.view.view_models import MenuRow


def test_a_row_has_its_picture_in_the_sizes_of_a_menu_and_no_larger_ones(qapp: QApplication) -> None:
    menu = QMenu()
    rows = AccountRows(menu, menu.addAction("All"), IconPainter(), lambda _key: None, checked=False)
    rows.show_model((MenuRow(key=AccountKey("a"), look=IconLook(weekly=20), text="a — 20%"),), ON_EITHER)
    picture = menu.actions()[0].icon()
    for scale in (1, 1.25, 1.5, 2, 3):
        # The pixels are there as they are drawn, and made from no other size.
        assert any(size.width() == 16 * scale for size in picture.availableSizes())
    assert max(size.width() for size in picture.availableSizes()) == 48
