"""Which language the command speaks."""

import pytest

from probe_tray.cli.session.language import spoken
from probe_tray.core.settings import Language


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh-Hans"}, "zh_CN"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh_CN"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh_CN"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en:zh_CN"}, "en"),
        ({"LANG": "C", "LANGUAGE": "zh_CN"}, "en"),
    ],
)
def test_it_is_that_of_the_environment_in_gettexts_order(environment: dict[str, str], language: str) -> None:
    assert spoken(Language.AUTO, environment).language == language


@pytest.mark.parametrize(("chosen", "language"), [(Language.CHINESE, "zh_CN"), (Language.ENGLISH, "en")])
def test_the_settings_come_first(chosen: Language, language: str) -> None:
    environment = {"LANG": "en_US.UTF-8" if chosen is Language.CHINESE else "zh_CN.UTF-8"}
    assert spoken(chosen, environment).language == language
