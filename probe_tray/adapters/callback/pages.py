"""The few static pages a browser is shown at the end of a login, and the replies that carry them.

Nothing of a request is ever echoed: a page depends on which of four it is and on the visitor's language.
"""

import enum
import re
from http import HTTPStatus
from string import Template
from typing import Final

import h11
import msgspec


class PageLanguage(enum.Enum):
    """The languages of the pages, by their tag in HTML (RFC 5646)."""

    ENGLISH = "en"
    CHINESE = "zh-Hans"


class CallbackPage(enum.Enum):
    """What a page says. No page claims a finished login: when it is shown, the code may not be exchanged yet."""

    SIGNED_IN = "signed in"
    REFUSED = "refused"
    OTHER_LOGIN = "other login"
    NOTHING_HERE = "nothing here"


class _PageWords(msgspec.Struct, frozen=True):
    title: str
    text: str


class _PageMark(msgspec.Struct, frozen=True):
    tone: str
    drawing: str


_WORDS: Final = {
    (CallbackPage.SIGNED_IN, PageLanguage.ENGLISH): _PageWords(
        "Login received",
        "Probe Tray finishes the login by itself now and shows the result. You can close this window.",
    ),
    (CallbackPage.SIGNED_IN, PageLanguage.CHINESE): _PageWords(
        "已收到登录信息",
        "Probe Tray 正在自动完成登录，并会显示结果。您可以关闭此窗口。",
    ),
    (CallbackPage.REFUSED, PageLanguage.ENGLISH): _PageWords(
        "The login was refused",
        "Nothing was changed. You can close this window; Probe Tray says why and lets you log in again.",
    ),
    (CallbackPage.REFUSED, PageLanguage.CHINESE): _PageWords(
        "登录被拒绝",
        "没有任何更改。您可以关闭此窗口；Probe Tray 会说明原因，并可重新登录。",
    ),
    (CallbackPage.OTHER_LOGIN, PageLanguage.ENGLISH): _PageWords(
        "This page belongs to another login",
        "Probe Tray took nothing from it. Close this window and finish the login in the window that was opened last.",
    ),
    (CallbackPage.OTHER_LOGIN, PageLanguage.CHINESE): _PageWords(
        "此页面属于另一次登录",
        "Probe Tray 没有采用其中的任何内容。请关闭此窗口，在最后打开的窗口中完成登录。",
    ),
    (CallbackPage.NOTHING_HERE, PageLanguage.ENGLISH): _PageWords(
        "There is nothing to see here",
        "Probe Tray listens at this address only until a login has ended. You can close this window.",
    ),
    (CallbackPage.NOTHING_HERE, PageLanguage.CHINESE): _PageWords(
        "这里没有内容",
        "Probe Tray 只在登录结束之前使用此地址。您可以关闭此窗口。",
    ),
}

_TICK: Final = _PageMark("good", '<path d="m15 24.5 6.2 6.2L33.5 18.3"/>')
_CROSS: Final = _PageMark("critical", '<path d="m17 17 14 14m0-14L17 31"/>')
_DASH: Final = _PageMark("quiet", '<path d="M16 24h16"/>')
_MARKS: Final = {
    CallbackPage.SIGNED_IN: _TICK,
    CallbackPage.REFUSED: _CROSS,
    CallbackPage.OTHER_LOGIN: _DASH,
    CallbackPage.NOTHING_HERE: _DASH,
}

_HTML: Final = Template("""<!doctype html>
<html lang="$language">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>$title · Probe Tray</title>
<style>
:root{--window:#f6f7f9;--card:#fff;--line:#e4e7ec;--text:#171a1f;--second:#5c6470;
  --good:#1d7a46;--critical:#c2281d;--quiet:#5c6470}
@media(prefers-color-scheme:dark){:root{--window:#1d2025;--card:#25292f;--line:#343a42;--text:#eceef1;--second:#a9b1bc;
  --good:#6fcf97;--critical:#ff8a80;--quiet:#a9b1bc}}
*{box-sizing:border-box;margin:0}
body{min-height:100vh;display:grid;place-items:center;padding:24px;
  background:var(--window);color:var(--text);font:15px/1.55 system-ui,sans-serif}
main{width:100%;max-width:400px;padding:36px 32px 32px;
  border:1px solid var(--line);border-radius:14px;background:var(--card);text-align:center}
svg{width:56px;height:56px;fill:none;stroke:currentColor;stroke-width:3.5;stroke-linecap:round;stroke-linejoin:round}
.good{color:var(--good)}.critical{color:var(--critical)}.quiet{color:var(--quiet)}
circle{opacity:.22}
h1{margin:16px 0 8px;font-size:20px;font-weight:600;line-height:1.3}
p{color:var(--second);text-wrap:balance}
footer{margin-top:28px;font-size:12px;color:var(--second)}
</style>
<main>
<svg class="$tone" viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22"/>$drawing</svg>
<h1>$title</h1>
<p>$text</p>
<footer>Probe Tray</footer>
</main>
</html>
""")

_HEADERS: Final = (
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("Vary", "Accept-Language"),
    ("Connection", "close"),
)
_LANGUAGE_RANGE: Final = re.compile(r"\s*(\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?")


def preferred_language(accept_language: bytes) -> PageLanguage:
    """The language a browser asks for (RFC 9110 section 12.5.4); English when it asks for neither of ours."""
    best, best_weight = PageLanguage.ENGLISH, 0.0
    for part in accept_language[:512].decode("latin-1").lower().split(","):
        found = _LANGUAGE_RANGE.fullmatch(part)
        if found is None:
            continue
        language = {"zh": PageLanguage.CHINESE, "en": PageLanguage.ENGLISH}.get(found[1].partition("-")[0])
        weight = float(found[2] or 1)
        if language is not None and weight > best_weight:
            best, best_weight = language, weight
    return best


def page_reply(status: HTTPStatus, page: CallbackPage, language: PageLanguage, *, to_head: bool = False) -> bytes:
    """The whole answer with a page; for a HEAD request (``to_head``) without the page itself."""
    words, look = _WORDS[page, language], _MARKS[page]
    body = _HTML.substitute(
        language=language.value,
        title=words.title,
        text=words.text,
        tone=look.tone,
        drawing=look.drawing,
    ).encode()
    extra = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Language", language.value),
    ]
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        extra.append(("Allow", "GET"))
    return _reply(status, extra, body, to_head=to_head)


def redirect_reply(path: str) -> bytes:
    """Send the browser on to ``path``, so that no code stays in its history."""
    return _reply(HTTPStatus.SEE_OTHER, [("Location", path)], b"", to_head=False)


def _reply(status: HTTPStatus, extra: list[tuple[str, str]], body: bytes, *, to_head: bool) -> bytes:
    headers = [*extra, *_HEADERS, ("Content-Length", str(len(body)))]
    writer = h11.Connection(h11.SERVER)
    response = h11.Response(status_code=status, headers=headers, reason=status.phrase)
    head = writer.send(response) or b""
    return head if to_head else head + body
