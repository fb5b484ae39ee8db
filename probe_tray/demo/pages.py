"""The pages a person sees: consent, device code, and how it ended. Static HTML; everything shown is escaped."""

from collections.abc import Sequence
from html import escape

from probe_tray.demo.directory import Seat
from probe_tray.demo.messages import HTML_TYPE, Reply
from probe_tray.demo.texts import Texts

STYLE = """
:root { color-scheme: light dark;
  --window: #f6f7f9; --card: #ffffff; --line: #e4e7ec; --text: #171a1f; --second: #5c6470;
  --accent: #1f7a8c; --on-accent: #ffffff; --tint: #e6f1f3; --critical: #c2281d; --note: #fdf3e1; --note-text: #7a4404;
  --shade: 0 1px 2px rgb(23 26 31 / 6%), 0 12px 32px rgb(23 26 31 / 8%); }
@media (prefers-color-scheme: dark) { :root {
  --window: #1d2025; --card: #25292f; --line: #343a42; --text: #eceef1; --second: #a9b1bc;
  --accent: #58b3c4; --on-accent: #10262b; --tint: #24383d; --critical: #ff8a80; --note: #38301f; --note-text: #f0ad4e;
  --shade: 0 1px 2px rgb(0 0 0 / 30%), 0 12px 32px rgb(0 0 0 / 30%); } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; align-items: center;
  justify-content: center;
  padding: 32px 16px; background: var(--window); color: var(--text);
  font: 14px/1.5 system-ui, "Inter", "Segoe UI", "Noto Sans", "Noto Sans CJK SC", sans-serif; }
main { width: 100%; max-width: 420px; background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  box-shadow: var(--shade); overflow: hidden; }
.badge { padding: 10px 24px; background: var(--note); color: var(--note-text);
  font-size: 12px; }
.badge b { margin-right: 6px; }
.inside { padding: 28px 24px 24px; }
header { display: flex; align-items: center; gap: 14px; margin-bottom: 18px; }
h1 { margin: 0; font-size: 20px; line-height: 1.3; font-weight: 650; letter-spacing: -0.01em; }
h2 { margin: 22px 0 8px; font-size: 12px; font-weight: 600; color: var(--second); }
p { margin: 0 0 8px; color: var(--second); }
ul { margin: 4px 0 8px; padding: 0; list-style: none; }
li { padding-left: 22px; position: relative; }
li::before { content: ""; position: absolute; left: 4px; top: 6px; width: 9px; height: 5px; transform: rotate(-45deg);
  border-left: 2px solid var(--accent); border-bottom: 2px solid var(--accent); }
form { margin: 0; }
label { display: block; margin-bottom: 6px; font-size: 12px; font-weight: 600; color: var(--second); }
button, input, select { font: inherit; color: inherit; min-height: 40px; border-radius: 9px;
  border: 1px solid var(--line);
  background: var(--card); }
input, select { flex: 1; min-width: 0; padding: 0 12px; }
input::placeholder { color: var(--second); opacity: 1; }
button { padding: 0 16px; font-weight: 600; cursor: pointer; white-space: nowrap; }
button:hover { border-color: var(--accent); background: var(--tint); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.primary:hover { background: var(--accent); filter: brightness(1.08); }
.people { display: grid; grid-template-columns: minmax(0, 1fr); gap: 8px; }
.person { display: flex; align-items: center; gap: 12px; width: 100%; min-height: 56px; padding: 8px 12px;
  text-align: left;
  font-weight: 400; border-radius: 10px; }
.face { flex: none; width: 36px; height: 36px; border-radius: 50%; display: grid; place-items: center;
  background: var(--tint);
  color: var(--accent); font-weight: 650; }
.who { flex: 1; min-width: 0; line-height: 1.35; }
.who small { display: block; color: var(--second); font-size: 12px; }
.who b { display: block; overflow: hidden; text-overflow: ellipsis; font-weight: 600; }
.chip { flex: 0 1 auto; max-width: 36%; overflow: hidden; text-overflow: ellipsis;
  padding: 1px 8px; border: 1px solid var(--line); border-radius: 6px; font-size: 12px;
  color: var(--second); }
.row { display: flex; gap: 8px; }
.wrong { margin: 8px 0 0; color: var(--critical); }
.end { margin-top: 22px; padding-top: 16px; border-top: 1px solid var(--line); display: flex;
  justify-content: space-between;
  align-items: center; gap: 12px; font-size: 12px; }
.end p { margin: 0; }
.code::placeholder { opacity: 0.45; font-weight: 400; }
.code { font: 600 20px/1 ui-monospace, "DejaVu Sans Mono", monospace; letter-spacing: 0.12em;
  text-transform: uppercase; }
"""

RING = """<svg width="40" height="40" viewBox="0 0 40 40" aria-hidden="true" focusable="false">
<circle cx="20" cy="20" r="16" fill="none" stroke="var(--tint)" stroke-width="5"/>
<path d="M20 4a16 16 0 1 1-15.2 20.9" fill="none" stroke="var(--accent)" stroke-width="5" stroke-linecap="round"/>
<circle cx="20" cy="20" r="8" fill="var(--tint)"/>
<path d="M20 20V12a8 8 0 0 1 6.5 12.7z" fill="var(--accent)"/></svg>"""


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
