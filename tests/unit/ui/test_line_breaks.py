from hypothesis import given
from hypothesis import strategies as st

from probe_tray.ui.line_breaks import breakable

BREAK = "\u200b"


def shown(text: str) -> str:
    """The broken text: ~ where a space ends no line, | where no line ends between two letters."""
    return breakable(text).replace("\u00a0", "~").replace("\u2060", "|")


def test_a_long_address_breaks_behind_its_punctuation() -> None:
    broken = breakable("Remove someone.with.a.long.name@department.example.org?")
    assert broken.split(BREAK)[:2] == ["Remove someone.", "with."]
    assert "name@" in broken.split(BREAK)


def test_the_address_of_a_server_stays_whole() -> None:
    assert BREAK not in breakable("Can't connect: the proxy http://proxy.example:8080 refused the connection.")
    assert BREAK in breakable("See https://status.openai.com/incidents/of/this/week for more.")


def test_a_long_word_without_any_breaks_anywhere() -> None:
    assert [len(piece) for piece in breakable("x" * 50).split(BREAK)] == [20, 20, 10]


def test_short_texts_stay_as_they_are() -> None:
    for text in ("Renews automatically", "Log in again", "重试", "Find an account\nHelp"):
        assert breakable(text) == text


def test_a_name_with_a_number_does_not_break_at_its_hyphens() -> None:
    assert shown("gpt-6-sol is missing") == "gpt-|6-|sol is missing"
    assert shown("It is read-only.") == "It is read-only."


def test_no_short_word_is_left_alone_on_the_last_line() -> None:
    assert breakable("No capacity until Friday 18:20: the weekly quota is used up.").endswith(
        "quota is\u00a0used\u00a0up."
    )
    several = breakable("This deletes its login from the vault on this computer.\nYou can log in again at any time.")
    assert [line.rpartition(" ")[2] for line in several.splitlines()] == [
        "this\u00a0computer.",
        "at\u00a0any\u00a0time.",
    ]
    assert breakable("The address is someone@department.example.org").count("\u00a0") == 0


def test_the_last_line_takes_no_long_words_from_a_narrow_column() -> None:
    assert shown("Less often on battery and while the screen is locked.").endswith("the screen is~locked.")


def test_a_short_last_sentence_stays_on_one_line() -> None:
    assert shown("The quota of this account is used up. It resets now.").endswith("used up. It~resets~now.")
    assert shown("Quit it, then try again. Nothing was changed.").endswith("again. Nothing~was~changed.")


def test_no_single_chinese_letter_is_left_alone_on_the_last_line() -> None:
    assert shown("如果您在这台电脑上使用 Codex，它的登录会自动显示在这里。").endswith("它的登录会自动显|示|在|这|里|。")
    # Nor a short word in other letters, torn from the verb before it.
    assert shown("如果 Probe Tray 在本机不能至少每三天运行一次，请选择 Codex。").endswith("，请|选|择~Codex|。")


def test_a_number_stays_with_what_it_counts() -> None:
    assert "after 15~minutes. If" in shown("Probe Tray tries once more after 15 minutes. If that fails too, wait.")
    assert "还有 3~小|时。请" in shown("Probe Tray 会再次尝试，距离下次重置还有 3 小时。请稍后再来看一看。").replace(
        "有~3", "有 3"
    )


def test_a_short_part_between_dots_stays_on_one_line_and_no_line_begins_with_a_dot() -> None:
    told = breakable("Best now: ana@example.com, 58% of the 5 hours free · 1 needs you")
    assert told == "Best now: ana@example.com, 58% of the 5\u00a0hours free\u00a0· 1\u00a0needs\u00a0you"


def test_a_short_part_between_dots_stays_on_one_line_in_chinese() -> None:
    told = breakable("现在首选：ana@example.com，5 小时额度还剩 58% · 1 个需要处理")
    assert told.rpartition("· ")[2].replace("\u2060", "|") == "1\u00a0个|需|要|处|理"


def test_groups_of_a_code_are_no_numbers() -> None:
    assert "~" not in shown("PTSYNC1 ACKZH PDIOR 2HA4Z 2F4XW CYTD7 RSWM8 3IFZZ XK4DB MJQXGZJOMNX5SL3")


def test_a_short_remark_in_chinese_parentheses_stays_whole() -> None:
    told = shown("OpenAI 目前出现故障（状态 503）。Probe Tray 会再次尝试，请稍候再看一看。")
    assert "障（|状|态~503|）。P" in told


@given(st.text())
def test_nothing_but_breaks_is_added(text: str) -> None:
    def plain(words: str) -> str:
        return words.replace(BREAK, "").replace("\u2060", "").replace("\u00a0", " ")

    assert plain(breakable(text)) == plain(text)
    assert not breakable(text.replace(BREAK, "")).endswith(BREAK)
