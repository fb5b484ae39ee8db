"""The pages a person sees: consent, device code, and how it ended. Static HTML; everything shown is escaped."""

from collections.abc import Sequence
from html import escape

from probe_tray.demo.directory import Seat
from probe_tray.demo.messages import HTML_TYPE, Reply
from probe_tray.demo.style import RING, STYLE
from probe_tray.demo.texts import Texts

_BUTTONS = 5
# The login page's answer redirects to the program's listener, which form-action has to allow too.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self' http://localhost:1455 http://localhost:1457 http://127.0.0.1:1455 http://127.0.0.1:1457"
)


def seat_value(seat: Seat) -> str:
    """How a form names a seat."""
    return "/".join(seat.key)


def consent_page(
    texts: Texts, seats: Sequence[Seat], *, action: str, hidden: tuple[str, str], wrong: str = ""
) -> Reply:
    """Choose who logs in, or say no. Each form posts the ``hidden`` pair and one of seat, email, decision."""
    name, value = (escape(part) for part in hidden)
    start = f'<form method="post" action="{escape(action)}"><input type="hidden" name="{name}" value="{value}">'
    body = (
        f"<p>{escape(texts.wants)}</p><ul><li>{escape(texts.wants_read)}</li><li>{escape(texts.wants_keep)}</li></ul>"
        f"<h2>{escape(texts.choose)}</h2>"
        f'{start}<div class="people">{"".join(_person(texts, seat) for seat in seats[:_BUTTONS])}</div></form>'
        f"{_others(texts, seats[_BUTTONS:], start)}{_address(texts, start, wrong)}"
        f'<div class="end"><p>{escape(texts.wants_never)}</p>'
        f'{start}<button id="deny" name="decision" value="deny">{escape(texts.deny)}</button></form></div>'
    )
    return _page(texts, texts.title, body, status=422 if wrong else 200)


def device_page(texts: Texts, *, wrong: str = "") -> Reply:
    """Type the code that the other machine shows."""
    body = (
        f"<p>{escape(texts.device_lead)}</p>"
        f'<form method="post" action="/codex/device">'
        f'<h2><label for="user_code">{escape(texts.device_code)}</label></h2>'
        '<div class="row"><input class="code" id="user_code" name="user_code" autocomplete="off" '
        'autocapitalize="characters" '
        f'spellcheck="false" maxlength="12" placeholder="XXXX-XXXX" required autofocus{_described(wrong)}>'
        f'<button class="primary">{escape(texts.device_next)}</button></div>{_wrong(wrong)}</form>'
    )
    return _page(texts, texts.device_title, body, status=422 if wrong else 200)


def notice_page(texts: Texts, title: str, sentence: str, *, status: int = 200) -> Reply:
    """One sentence, nothing to do."""
    return _page(texts, title, f"<p>{escape(sentence)}</p>", status=status)


def _person(texts: Texts, seat: Seat) -> str:
    email, label = escape(seat.person.email), escape(seat.workspace.label)
    return (
        f'<button class="person" name="seat" value="{escape(seat_value(seat))}" '
        f'aria-label="{escape(texts.continue_as)} {email} · {label}">'
        f'<span class="face" aria-hidden="true">{escape(seat.person.email[:1].upper())}</span>'
        f'<span class="who"><small>{escape(texts.continue_as)}</small><b>{email}</b></span>'
        f'<span class="chip">{label}</span></button>'
    )


def _others(texts: Texts, seats: Sequence[Seat], start: str) -> str:
    if not seats:
        return ""
    options = "".join(
        f'<option value="{escape(seat_value(seat))}">{escape(seat.person.email)} · '
        f"{escape(seat.workspace.label)}</option>"
        for seat in seats
    )
    return (
        f'{start}<h2><label for="seat">{escape(texts.more_people)}</label></h2><div class="row">'
        f'<select id="seat" name="seat">{options}</select><button>{escape(texts.go_on)}</button></div></form>'
    )


def _address(texts: Texts, start: str, wrong: str) -> str:
    return (
        f'{start}<h2><label for="email">{escape(texts.other)}</label></h2><div class="row">'
        f'<input id="email" name="email" type="email" autocomplete="email" required maxlength="254" '
        f'placeholder="{escape(texts.email_hint)}"{_described(wrong)}>'
        f'<button class="primary" id="sign-in">{escape(texts.sign_in)}</button></div>{_wrong(wrong)}</form>'
    )


def _described(wrong: str) -> str:
    return ' aria-invalid="true" aria-describedby="wrong"' if wrong else ""


def _wrong(wrong: str) -> str:
    return f'<p class="wrong" id="wrong" role="alert">{escape(wrong)}</p>' if wrong else ""


def _page(texts: Texts, title: str, body: str, *, status: int) -> Reply:
    page = (
        f'<!doctype html><html lang="{texts.code}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<style>{STYLE}</style></head><body><main>"
        f'<div class="badge" role="note"><b>{escape(texts.simulated)}</b>'
        f"<span>{escape(texts.simulated_why)}</span></div>"
        f'<div class="inside"><header>{RING}<h1>{escape(title)}</h1></header>{body}</div></main></body></html>'
    )
    headers = (
        ("content-type", HTML_TYPE),
        ("content-security-policy", _POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("vary", "Accept-Language"),
    )
    return Reply(status=status, body=page.encode(), headers=headers)
