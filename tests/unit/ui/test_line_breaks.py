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
        "Renews automatically in 4 days, and ends 29 Nov",
        "续期时连接中断，不知道是否成功。登录在令牌到期前仍然可用。请重新登录。",
    ):
        assert breakable(text) == text


def test_a_short_part_between_dots_stays_on_one_line_and_no_line_begins_with_a_dot() -> None:
    told = breakable("Best now: ana@example.com, 58% of the 5 hours free · 1 needs you")
    assert told == "Best now: ana@example.com, 58% of the 5 hours free\u00a0· 1\u00a0needs\u00a0you"


def test_a_short_part_between_dots_stays_on_one_line_in_chinese() -> None:
    told = breakable("现在首选：ana@example.com，5 小时额度还剩 58% · 1 个需要处理")
    assert told.rpartition("· ")[2].replace("\u2060", "|") == "1\u00a0个|需|要|处|理"


@given(st.text())
def test_nothing_but_breaks_is_added(text: str) -> None:
    def plain(words: str) -> str:
        return words.replace(BREAK, "").replace("\u2060", "").replace("\u00a0", " ")

    assert plain(breakable(text)) == plain(text)
    assert not breakable(text.replace(BREAK, "")).endswith(BREAK)
