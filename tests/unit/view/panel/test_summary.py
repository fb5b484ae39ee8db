"""What the foot of the panel says of the service."""

from datetime import UTC

import pytest
from msgspec.structs import replace

from probe_tray.core.service.incident import Incident
from probe_tray.resources import resource
from probe_tray.view.presenter import present
from probe_tray.view.text.translate import Translator, parse_po
from tests.unit.ui import samples


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Partial System Outage", "OpenAI 报告：部分系统中断"),
        ("Elevated errors", "OpenAI 报告：Elevated errors"),
    ],
)
def test_what_every_status_page_says_is_translated_and_what_a_person_wrote_is_not(written: str, said: str) -> None:
    chinese = Translator(parse_po(resource("locale/zh_CN.po").read_text("utf-8")))
    state = replace(samples.four(), incident=Incident(written))
    assert present(state, samples.NOW, UTC, chinese).panel.status == said
