import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.errors import NotSentError, Phrase
from probe_tray.view.text.translate import Catalogue, Translator, parse_po

HEADER = 'msgid ""\nmsgstr ""\n"Language: xx\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'


def test_reads_texts_that_go_over_several_lines_and_escapes() -> None:
    found = parse_po(HEADER + '# a comment\nmsgid "one "\n"two"\nmsgstr "eins\\n"\n"\\"zwei\\""\n')
    assert found.language == "xx"
    assert found.texts == {"one two": ('eins\n"zwei"',)}


def test_reads_plural_forms() -> None:
    found = parse_po(HEADER + 'msgid "{n} day"\nmsgid_plural "{n} days"\nmsgstr[0] "{n} Tag"\nmsgstr[1] "{n} Tage"\n')
    t = Translator(found)
    assert [t.plural("{n} day", "{n} days", n) for n in (0, 1, 2)] == ["0 Tage", "1 Tag", "2 Tage"]


def test_a_language_without_plurals_uses_its_one_form() -> None:
    t = Translator(Catalogue(language="zh", forms=1, texts={"{n} day": ("{n} 天",)}))
    assert [t.plural("{n} day", "{n} days", n) for n in (1, 2)] == ["1 天", "2 天"]


def test_a_text_without_translation_stays_english() -> None:
    assert parse_po('msgid "a"\nmsgstr ""\n').texts == {}
    assert Translator().plural("{n} day", "{n} days", 1) == "1 day"
    assert Translator()("in {span}", span="5 min") == "in 5 min"


@pytest.mark.parametrize(
    "source", ["msgid a", 'msgid "a', 'msgctxt "x"', '"a"', "nonsense", '"Plural-Forms: nplurals=3;"\n']
)
def test_what_is_no_catalogue_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        parse_po(source)


def test_plural_rules_that_are_not_known_are_refused() -> None:
    with pytest.raises(ValueError, match="3 forms"):
        parse_po('msgid ""\nmsgstr "Plural-Forms: nplurals=3;\\n"\n')


def test_a_failure_is_said_with_its_facts_and_a_reason_that_is_a_phrase_is_translated() -> None:
    texts = {"{party} can't be reached: {reason}.": ("没有网络：{reason}。",), "no route": ("没有路由",)}
    t = Translator(Catalogue(texts=texts))
    assert t.title(NotSentError(reason=Phrase("no route")).problem) == "没有网络：没有路由。"


def test_a_missing_fact_is_shown_as_missing() -> None:
    assert Translator()("It is {what}.") == "It is –."


@given(st.text(), st.text())
def test_facts_are_never_read_as_templates(reason: str, other: str) -> None:
    assert Translator()("{a}|{b}", a=reason, b=other) == f"{reason}|{other}"


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("OpenAI", "现在 OpenAI 很忙"),
        ("python3", "现在 python3 很忙"),
        ("您的同步表", "现在您的同步表很忙"),
        ("11", "现在11很忙"),
        ("", "现在很忙"),
    ],
)
def test_a_latin_word_in_a_chinese_sentence_has_its_spaces(fact: str, said: str) -> None:
    t = Translator(Catalogue(language="zh", forms=1, texts={"now {who} is busy": ("现在{who}很忙",)}))
    assert t("now {who} is busy", who=fact) == said
