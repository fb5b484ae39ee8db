from hypothesis import given
from hypothesis import strategies as st

from probe_tray.ui.line_breaks import breakable

BREAK = "\u200b"


def test_a_long_address_breaks_behind_its_punctuation() -> None:
    broken = breakable("Remove someone.with.a.long.name@department.example.org?")
    assert broken.split(BREAK)[:2] == ["Remove someone.", "with."]
    assert "name@" in broken.split(BREAK)


def test_a_long_word_without_any_breaks_anywhere() -> None:
    assert [len(piece) for piece in breakable("x" * 50).split(BREAK)] == [20, 20, 10]


def test_usual_words_and_chinese_stay_as_they_are() -> None:
    for text in (
        "Renews automatically in 4 days · ends 29 Nov",
        "续期时连接中断，不知道是否成功。登录在令牌到期前仍然可用。请重新登录。",
    ):
        assert breakable(text) == text


@given(st.text())
def test_nothing_but_breaks_is_added(text: str) -> None:
    assert breakable(text).replace(BREAK, "") == text.replace(BREAK, "")
    assert not breakable(text.replace(BREAK, "")).endswith(BREAK)
