"""Somebody who signs in at the simulated service, as a browser would."""

import html
import re
from urllib.parse import urlsplit

import httpx

from probe_tray.demo import DemoService

_HIDDEN = re.compile(r'name="ticket" value="([^"]+)"')


def sign_in(demo: DemoService, address: str, email: str = "", *, deny: bool = False) -> str:
    """Open the sign-in page at ``address`` and agree as ``email``; the address that the browser is sent to."""
    parts = urlsplit(address)
    answer = {"decision": "deny"} if deny else {"email": email or demo.people[0].email}
    with httpx.Client(base_url=demo.addresses.issuer, trust_env=False) as browser:
        page = browser.get(f"{parts.path}?{parts.query}")
        found = _HIDDEN.search(page.text)
        assert found is not None, page.text
        return browser.post("/consent", data={"ticket": html.unescape(found[1])} | answer).headers["location"]


def visit(address: str) -> httpx.Response:
    """Follow the way back to the program that waits on this machine."""
    with httpx.Client(trust_env=False, follow_redirects=True) as browser:
        return browser.get(address)
