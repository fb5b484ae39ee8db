"""What a person sees, and that nothing of a request is markup there."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.demo import DemoService, people
from probe_tray.demo.directory import Directory, Enrolled
from probe_tray.demo.pages import consent_page
from probe_tray.demo.people import person, personal
from probe_tray.demo.shapes import plus
from probe_tray.demo.texts import CHINESE, ENGLISH, Texts, texts_for
from tests.unit.demo.client import AUTHORIZE, Client


@pytest.mark.parametrize(
    ("accept", "texts"),
    [
        (None, ENGLISH),
        ("", ENGLISH),
        ("zh-CN,zh;q=0.9,en;q=0.8", CHINESE),
        ("en-GB, zh;q=0.5", ENGLISH),
        ("en;q=0.2, zh-Hans;q=0.7", CHINESE),
        ("de", ENGLISH),
        ("zh;q=oops, en", ENGLISH),
    ],
)
def test_the_browsers_language_decides(accept: str | None, texts: Texts) -> None:
    assert texts_for(accept) is texts


@given(st.text())
def test_any_language_header_gives_a_page(accept: str) -> None:
    assert texts_for(accept) in {ENGLISH, CHINESE}


def test_both_languages_say_everything() -> None:
    untranslated = [
        name
        for name in ENGLISH.__struct_fields__
        if not getattr(CHINESE, name) or getattr(CHINESE, name) == getattr(ENGLISH, name)
    ]
    assert untranslated == ["email_hint"]


def test_the_page_speaks_chinese(client: Client) -> None:
    page = client.http.get(f"{client.issuer}/oauth/authorize", params=AUTHORIZE, headers={"accept-language": "zh-CN"})
    assert 'lang="zh-Hans"' in page.text
    assert "登录 Codex" in page.text


def test_the_page_needs_nothing_from_elsewhere(client: Client) -> None:
    page = client.authorize()
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' http://localhost:1455" in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "<script" not in page.text
    assert "http" not in re.sub(r"<style>.*</style>", "", page.text, flags=re.DOTALL)


def test_every_field_has_a_label(client: Client) -> None:
    page = client.authorize().text
    fields = re.findall(r'<(?:input|select) [^>]*?id="([^"]+)"', page)
    assert fields
    assert [field for field in fields if f'<label for="{field}">' not in page] == []


def test_many_people_are_in_a_list(client: Client, service: DemoService) -> None:
    for one in people(40):
        service.add_person(one)
    page = client.authorize().text
    assert page.count('class="person"') == 5
    assert "user037@example.com" in page


@given(st.text(min_size=1, max_size=40), st.text(max_size=40))
def test_whatever_is_shown_is_escaped(email: str, hidden: str) -> None:
    evil = f"{email}<script>\"'&"
    seats = Directory([Enrolled(person(evil, personal(evil, "plus", plus())), 0.0)]).seats()
    page = consent_page(ENGLISH, seats, action="/consent", hidden=("ticket", hidden + '"><script>'))
    text = page.body.decode("utf-8", "surrogatepass")
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"seat": "a/b", "email": "ana@example.com"},
        {"seat": "a/b"},
        {"seat": "nonsense"},
        {"decision": "allow"},
        {"email": "ana@example.com", "extra": "1"},
    ],
)
def test_an_answer_that_the_page_does_not_offer_is_a_violation(
    client: Client, service: DemoService, fields: dict[str, str]
) -> None:
    assert client.answer(client.authorize(), **fields).status_code == 400
    assert len(service.violations) == 1


def test_an_unknown_ticket_gets_a_friendly_page(client: Client, service: DemoService) -> None:
    answer = client.form("/consent", ticket="unknown", decision="deny")
    assert answer.status_code == 410
    assert "too old" in answer.text
    assert service.violations == ()


def test_a_browsers_own_requests_and_cookies_are_no_violation(client: Client, service: DemoService) -> None:
    assert client.get(f"{client.issuer}/favicon.ico").status_code == 404
    assert client.get(f"{client.issuer}/codex/device", cookie="other=1").status_code == 200
    assert service.violations == ()
