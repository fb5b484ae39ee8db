"""The pages of the listener: languages, looks, and what they claim."""

from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.adapters.callback.pages import (
    CallbackPage,
    PageLanguage,
    page_reply,
    preferred_language,
    redirect_reply,
)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (b"", PageLanguage.ENGLISH),
        (b"*", PageLanguage.ENGLISH),
        (b"de-DE,fr;q=0.9", PageLanguage.ENGLISH),
        (b"en-US,en;q=0.9", PageLanguage.ENGLISH),
        (b"zh", PageLanguage.CHINESE),
        (b"zh-CN,zh;q=0.9,en;q=0.8", PageLanguage.CHINESE),
        (b"ZH-hans", PageLanguage.CHINESE),
        (b"zh-TW", PageLanguage.CHINESE),
        (b"fr, zh;q=0.5, en;q=0.4", PageLanguage.CHINESE),
        (b"en;q=0.5, zh; q=0.7", PageLanguage.CHINESE),
        (b"zh;q=0.5, en", PageLanguage.ENGLISH),
        (b"zh;q=0", PageLanguage.ENGLISH),
        (b"zh;q=2", PageLanguage.ENGLISH),
        (b"zhuang", PageLanguage.ENGLISH),
        (b"\xff\xfe,zh", PageLanguage.CHINESE),
    ],
)
def test_the_language_is_the_one_the_browser_likes_best(asked: bytes, answered: PageLanguage) -> None:
    assert preferred_language(asked) is answered


@given(st.binary())
def test_any_header_gives_a_language(asked: bytes) -> None:
    assert preferred_language(asked) in PageLanguage


@pytest.mark.parametrize("language", PageLanguage)
@pytest.mark.parametrize("page", CallbackPage)
def test_every_page_exists_in_every_language_and_says_that_the_window_can_be_closed(
    page: CallbackPage, language: PageLanguage
) -> None:
    head, _, body = page_reply(HTTPStatus.OK, page, language).partition(b"\r\n\r\n")
    text = body.decode()
    assert f'<html lang="{language.value}">' in text
    assert ("lose this window" in text) or ("关闭此窗口" in text)
    assert "$" not in text
    assert f"Content-Length: {len(body)}".encode() in head


@pytest.mark.parametrize("page", CallbackPage)
def test_a_page_follows_the_light_or_dark_system_and_loads_nothing(page: CallbackPage) -> None:
    body = page_reply(HTTPStatus.OK, page, PageLanguage.ENGLISH).decode()
    assert "prefers-color-scheme:dark" in body
    for loading in ("src=", "href=", "url(", "@import", "<script", "http:"):
        assert loading not in body


def test_no_page_claims_that_the_login_is_finished() -> None:
    # The code is exchanged after the page is shown, and that can still fail.
    body = page_reply(HTTPStatus.OK, CallbackPage.SIGNED_IN, PageLanguage.ENGLISH).decode().lower()
    for claim in ("logged in", "signed in", "success", "login worked"):
        assert claim not in body


def test_a_wrong_method_is_told_the_right_one() -> None:
    assert b"\r\nAllow: GET\r\n" in page_reply(
        HTTPStatus.METHOD_NOT_ALLOWED, CallbackPage.NOTHING_HERE, PageLanguage.ENGLISH
    )


def test_a_redirect_has_no_body_and_no_query() -> None:
    reply = redirect_reply("/done")
    assert reply.startswith(b"HTTP/1.1 303 See Other\r\nLocation: /done\r\n")
    assert reply.endswith(b"\r\n\r\n")
    assert b"?" not in reply
