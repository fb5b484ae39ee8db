import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.formats.json_text import (
    Array,
    JsonTextError,
    Node,
    Number,
    Object,
    Scalar,
    parse,
    quote,
    set_member,
)

PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN, inner, max_size=4),
    max_leaves=12,
)


def plain(node: Node) -> object:
    match node:
        case Scalar(value=Number(text=text)):
            return json.loads(text)
        case Scalar(value=value):
            return value
        case Array(items=items):
            return [plain(item) for item in items]
        case Object(members=members):
            return {m.key: plain(m.value) for m in members}


@given(VALUES, st.sampled_from([None, 2, "\t"]), st.booleans())
def test_reads_what_a_library_writes(value: object, indent: int | str | None, ascii_only: bool) -> None:  # noqa: FBT001 - drawn
    assert plain(parse(json.dumps(value, indent=indent, ensure_ascii=ascii_only))) == value


@given(st.dictionaries(PLAIN, VALUES, min_size=1, max_size=6), st.data(), st.sampled_from([None, 2, "\t"]))
def test_a_change_reaches_one_key_and_no_other(
    held: dict[str, object], data: st.DataObject, indent: int | str | None
) -> None:
    text = json.dumps(held, indent=indent)
    key = data.draw(st.sampled_from(sorted(held)) | PLAIN)
    changed = set_member(text, (key,), quote("new"), after=tuple(held))
    assert json.loads(changed) == held | {key: "new"}
    assert list(json.loads(changed)) == list(held | {key: "new"})
    expected = {k: v for k, v in held.items() if k != key}
    assert json.loads(set_member(text, (key,), None)) == expected


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ('{"a":1,"c":3}', '{"a":1,"b":2,"c":3}'),
        ('{"a": 1, "c": 3}', '{"a": 1, "b": 2, "c": 3}'),
        ('{\n  "a": 1,\n  "c": 3\n}\n', '{\n  "a": 1,\n  "b": 2,\n  "c": 3\n}\n'),
        ('{\n\t"a": 1\n}', '{\n\t"a": 1,\n\t"b": 2\n}'),
        ('{\r\n    "c": 3\r\n}', '{\r\n    "b": 2,\r\n    "c": 3\r\n}'),
        ("{}", '{"b":2}'),
    ],
)
def test_a_new_key_takes_the_style_of_its_neighbours(text: str, changed: str) -> None:
    assert set_member(text, ("b",), "2", after=("a",)) == changed


def test_what_is_not_changed_keeps_its_bytes() -> None:
    text = (
        '{ "big" : 123456789012345678901234567890, "f":1.10,"huge":1e400,'
        ' "go":"\\u003ca\\u003e\\/" ,"x":{"y": [1 ,2]}, "t":0 }'
    )
    assert set_member(text, ("t",), "1") == text.replace('"t":0', '"t":1')


def test_a_repeated_key_means_its_last_value() -> None:
    text = set_member('{"a":1,"b":2,"a":3}', ("a",), "4")
    assert text == '{"a":1,"b":2,"a":4}'


def test_a_way_through_no_object_is_an_error() -> None:
    with pytest.raises(KeyError):
        set_member('{"a":[]}', ("a", "b"), "1")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("  \n", "it is empty"),
        ('{"a":1', "cut off"),
        ('{"a":1,}', "not valid JSON (line 1)"),
        ("[1,]", "not valid JSON (line 1)"),
        ('{"a":1}\n\nx', "not valid JSON (line 3)"),
        ("{'a':1}", "not valid JSON"),
        ("01", "not valid JSON"),
        ('{"a":NaN}', "NaN"),
        ('{"a":-Infinity}', "NaN or Infinity"),
        ('{"a":' + "9" * 5000 + "}", "more than 400 digits"),
        ("[" * 100_000, "levels deep"),
        ('{"a":' * 5000, "levels deep"),
        ('"\\ud800"', "lone surrogate"),
        ('{"\\udc00":1}', "lone surrogate"),
        ('"\\u0000"', "NUL"),
        ('"a\nb"', "unterminated"),
        ('"\\x"', "broken string"),
        ('"' + "a" * 200_000, "unterminated"),
        ("\\" * 200_000, "not valid JSON"),
    ],
    ids=range(20),
)
def test_hostile_text_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(JsonTextError) as caught:
        parse(text)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 100


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert plain(parse('"\\ud83d\\ude00"')) == "😀"


def test_a_number_is_kept_as_written() -> None:
    assert parse("1e400") == Scalar(0, 5, Number("1e400"))
    assert math.isinf(float("1e400"))


def test_no_repr_shows_a_value() -> None:
    assert "hunter2" not in repr(parse('{"hunter2key": ["hunter2"], "k": {"a": "hunter2"}}'))
