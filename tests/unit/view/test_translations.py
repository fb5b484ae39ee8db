"""The Chinese catalogue is complete, has nothing left over, and keeps every fact of a sentence."""

import re
from functools import cache

import pytest

from probe_tray.resources import resource
from probe_tray.view.catalogue import Catalogue, parse_po
from tests.unit.view.texts import needed, spoken

_FACT = re.compile(r"\{\w+\}")


@cache
def chinese() -> Catalogue:
    return parse_po(resource("locale/zh_CN.po").read_text("utf-8"))


def test_every_text_is_translated() -> None:
    missing = sorted(text for text in needed() if text not in chinese().texts)
    assert not missing, "add these to resources/locale/zh_CN.po"


def test_no_translation_is_left_over() -> None:
    left = sorted(set(chinese().texts) - spoken())
    assert not left, "the program no longer says these; remove them from resources/locale/zh_CN.po"


def test_every_translation_has_the_facts_of_its_text() -> None:
    wrong = [
        text
        for text, forms in chinese().texts.items()
        for form in forms
        if set(_FACT.findall(form)) != set(_FACT.findall(text))
    ]
    assert not wrong


def test_a_row_of_the_menu_keeps_a_key_for_the_keyboard() -> None:
    with_key = {text for text in chinese().texts if re.search(r"&\w", text)}
    assert {text for text in with_key if "&" in chinese().texts[text][0]} == with_key


def test_the_texts_are_found_in_the_source() -> None:
    found = needed()
    assert found["{n} day"] == "{n} days"
    assert "Refresh now" in found


def test_the_catalogue_is_chinese_without_plurals() -> None:
    assert (chinese().language, chinese().forms) == ("zh_CN", 1)


def test_a_file_that_did_not_ship_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        resource("locale/nothing.po")
