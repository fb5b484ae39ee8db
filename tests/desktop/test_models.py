"""A person tests which models answer, on a real desktop."""

import json

import pytest

from tests.desktop.bench import Desktop
from tests.desktop.walking import App, config_file

pytestmark = [pytest.mark.desktop]

WINDOW = "^Test models"
QUESTION = "Test models?"


def test_models_are_tested_from_the_menu_after_one_question(desktop: Desktop) -> None:
    app = App(desktop, "--demo")
    app.wait_account("ana@example.com")
    app.item.click_menu("More", "Test models…")
    app.read("uses a little quota")
    app.press("Test")
    desktop.screen.wait_window(WINDOW)
    # The third sample account has used up its quota.
    app.read("2 of 3 accounts have a working model")
    app.read("3 of 3 available|2 of 3 available|1 of 3 available")
    app.read("The quota of this account is used up. It resets in ")
    desktop.screenshot("model-test")
    assert json.loads(config_file(desktop).read_bytes())["model_test_confirmed"] is True
    app.press("Close")
    desktop.screen.wait_no_window(WINDOW)
    app.item.click_menu("More", "Test models…")
    app.read("2 of 3 accounts have a working model")
    assert QUESTION not in desktop.reader.texts(pid=app.pid)
    app.quit()
