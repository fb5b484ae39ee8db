"""The Chinese catalogue is complete, has nothing left over, and keeps every fact of a sentence."""

import re
from datetime import timedelta
from functools import cache

import pytest

from probe_tray.adapters.http.exchange import to_service_error
from probe_tray.core.errors import (
    SYNC_TABLE,
    ClockError,
    NotSentError,
    Phrase,
    ProbeError,
    RateLimitedError,
    ReadError,
    RenewalUnsharedError,
    UnavailableError,
)
from probe_tray.resources import resource
from probe_tray.view.text.translate import Catalogue, Translator, parse_po
from tests.unit.view.texts import needed, plain_facts, spoken

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


def test_a_row_that_asks_for_more_ends_with_its_dots() -> None:
    """In Chinese the key stands in brackets before them."""
    assert not [form for forms in chinese().texts.values() for form in forms if re.search(r"…\(&\w\)", form)]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("保险库", "保管库"),
        ("密钥环", "钥匙串"),
        ("你", "您"),
        ("阻挡", "拦截"),
        ("帐户", "账户"),
        ("官方 Codex 客户端", "Codex 客户端"),
        ("官方客户端", "Codex 客户端"),
        ("重置点数", "重置机会"),
        ("登录已结束", "登录已失效"),
        ("电子邮件地址", "邮箱地址"),
        ("并非所有位置都已保存", "未能保存到所有位置"),
    ],
)
def test_one_word_means_one_thing_in_the_app_and_its_guides(word: str, meant: str) -> None:
    pages = resource("help/zh_CN/index.md").parent.glob("*.md")
    texts = [form for forms in chinese().texts.values() for form in forms] + [p.read_text("utf-8") for p in pages]
    assert not [text for text in texts if word in text]
    assert [text for text in texts if meant in text]


_HAN = "[\u4e00-\u9fff]"


def test_chinese_has_its_own_punctuation_and_a_space_beside_latin_words() -> None:
    # An address in a text keeps its own.
    texts = [re.sub(r"https?://\S+", "", form) for forms in chinese().texts.values() for form in forms]
    assert not [text for text in texts if re.search(rf"{_HAN}[,;:!?]|{_HAN}\.(?!\w)", text)]
    # A value between braces brings its own language.
    assert not [text for text in texts if re.search(rf"{_HAN}[A-Za-z]|[A-Za-z]{_HAN}", re.sub(r"\{{\w+\}}", "", text))]


@pytest.mark.parametrize(
    ("reason", "english", "said"),
    [
        (Phrase("it is larger than {n} KiB", n="256"), "it is larger than 256 KiB", "它大于 256 KiB"),
        (Phrase("not valid JSON (line {n})", n="3"), "not valid JSON (line 3)", "不是有效的 JSON（第 3 行）"),
        (
            Phrase("entry {n}: {reason}", n="12", reason=Phrase("not valid JSON (line {n})", n="40")),
            "entry 12: not valid JSON (line 40)",
            "第 12 项：不是有效的 JSON（第 40 行）",
        ),
        ("it is empty", "it is empty", "it is empty"),
        ("the {n} of another", "the {n} of another", "the {n} of another"),
    ],
    ids=["a number", "a line", "a reason in another", "text from elsewhere", "text like a template"],
)
def test_a_reason_is_rendered_from_its_template_and_values(reason: str, english: str, said: str) -> None:
    problem = ReadError(path="a.json", reason=reason).problem
    assert str(reason) == english
    assert Translator(chinese()).title(problem) == f"a.json 无法读取：{said}。"
    assert Translator().title(problem) == f"a.json can't be read: {english}."


def test_what_happened_is_the_reason_of_what_follows_without_its_full_stop() -> None:
    problem = RenewalUnsharedError(reason=RateLimitedError(party=SYNC_TABLE).cause).problem
    assert "doesn't have it yet (Your sync table is limiting requests)." in Translator().title(problem)
    assert "（您的同步表正在限制请求频率）。" in Translator(chinese()).title(problem)


@pytest.mark.parametrize("error", [RateLimitedError, UnavailableError, NotSentError])
def test_a_failure_names_who_it_is_about(error: type[ProbeError]) -> None:
    reason = Phrase("the connection was lost")
    ours = error(status="503", reason=reason).problem
    table = error(party=SYNC_TABLE, status="503", reason=reason).problem
    assert Translator().title(ours).startswith("OpenAI ")
    assert Translator().title(table).startswith("Your sync table ")
    assert "您的同步表" in Translator(chinese()).title(table)
    assert "同步表" not in Translator(chinese()).title(ours)


def test_why_a_request_was_not_sent_is_said_in_the_persons_language() -> None:
    error = to_service_error(ConnectionRefusedError(), host="chatgpt.com", proxy=None, sent=False)
    assert Translator(chinese()).title(error.problem) == "无法连接 OpenAI：chatgpt.com 拒绝了连接。"
    assert Translator().title(error.problem) == "OpenAI can't be reached: chatgpt.com refused the connection."


def test_the_words_of_a_failure_can_be_translated() -> None:
    assert plain_facts() == [], "make it a Phrase"


def test_what_is_hidden_in_a_phrase_is_its_values_alone() -> None:
    reason = Phrase("the proxy {proxy}", proxy="ana@example.com")
    hidden = NotSentError(reason=reason).problem.with_facts(lambda text: text.replace("ana", "•••"))
    assert dict(hidden.facts)["reason"] == "the proxy •••@example.com"
    assert "代理 •••@example.com" in Translator(chinese()).title(hidden)


@pytest.mark.parametrize(
    ("away", "english", "said"),
    [
        (timedelta(minutes=3), "3 minutes", "3 分钟"),
        (timedelta(minutes=-119), "119 minutes", "119 分钟"),
        (timedelta(hours=3), "3 hours", "3 小时"),
        (timedelta(hours=-47), "47 hours", "47 小时"),
        (timedelta(days=30), "30 days", "30 天"),
        (timedelta(minutes=525600), "1 year", "1 年"),
        (timedelta(days=-730), "2 years", "2 年"),
    ],
)
def test_a_clock_is_off_by_a_length_in_one_unit(away: timedelta, english: str, said: str) -> None:
    problem = ClockError.off_by(away).problem
    assert Translator().title(problem) == f"This computer's clock is off by {english}."
    assert Translator(chinese()).title(problem) == f"本机时钟相差 {said}。"


def test_sentences_follow_each_other_as_the_script_wants_it() -> None:
    problem = ReadError(path="a.json", reason=Phrase("it is empty")).problem
    assert "。 " not in Translator(chinese()).told(problem)
    assert Translator().joined(("One.", "", "Two.")) == "One. Two."
    assert Translator().joined(()) == ""


def test_the_texts_are_found_in_the_source() -> None:
    found = needed()
    assert found["{n} day"] == "{n} days"
    assert "Refresh now" in found


def test_the_catalogue_is_chinese_without_plurals() -> None:
    assert (chinese().language, chinese().forms) == ("zh_CN", 1)


def test_a_file_that_did_not_ship_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        resource("locale/nothing.po")
