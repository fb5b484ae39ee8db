"""A careful client of the simulated service, written for its tests; each verb makes one request."""

import base64
import hashlib
import re
from typing import cast
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt

from probe_tray.demo import DemoLogin, DemoService

CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann"
REDIRECT = "http://localhost:1455/auth/callback"
VERIFIER = "v" * 86
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
STATE = "s" * 43
AUTHORIZE = {
    "response_type": "code",
    "client_id": CLIENT_ID,
    "redirect_uri": REDIRECT,
    "scope": "openid profile email offline_access",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
    "state": STATE,
    "id_token_add_organizations": "true",
    "codex_cli_simplified_flow": "true",
    "originator": "codex_cli_rs",
}
AGENT = "probe-tray/0.1.0"
PING = {
    "model": "gpt-6-sol",
    "instructions": "Reply with one word.",
    "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "ping"}]}],
    "tools": [],
    "tool_choice": "auto",
    "parallel_tool_calls": False,
    "store": False,
    "stream": True,
    "include": [],
}


class Client:
    """Every request on a fresh connection, with the ``http`` that all tests share."""

    def __init__(self, service: DemoService, http: httpx.Client) -> None:
        self.http = http
        self.service = service
        self.issuer = service.addresses.issuer
        self.backend = service.addresses.backend

    def get(self, url: str, **headers: str) -> httpx.Response:
        return self.http.get(url, headers=_named(headers))

    def authorize(self, **changes: str | None) -> httpx.Response:
        fields = {name: value for name, value in (AUTHORIZE | changes).items() if value is not None}
        return self.http.get(f"{self.issuer}/oauth/authorize", params=fields)

    def answer(self, page: httpx.Response, **fields: str) -> httpx.Response:
        return self.form("/consent", ticket=hidden(page, "ticket"), **fields)

    def code(self, email: str = "ana@example.com") -> str:
        return callback(self.answer(self.authorize(), email=email))["code"]

    def form(self, path: str, **fields: str) -> httpx.Response:
        return self.http.post(f"{self.issuer}{path}", data=fields)

    def json(self, path: str, body: object, **headers: str) -> httpx.Response:
        return self.http.post(f"{self.issuer}{path}", json=body, headers=_named(headers))

    def exchange(self, code: str, /, **changes: str) -> httpx.Response:
        fields = {
            "grant_type": "authorization_code",
            "client_id": CLIENT_ID,
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER,
        }
        return self.form("/oauth/token", **(fields | changes))

    def renew(self, token: str) -> httpx.Response:
        return self.form("/oauth/token", grant_type="refresh_token", client_id=CLIENT_ID, refresh_token=token)

    def usage(self, login: DemoLogin, **changes: str | None) -> httpx.Response:
        return self.http.get(f"{self.backend}/wham/usage", headers=bearer(login, **changes))

    def ask_model(self, login: DemoLogin, model: object = "gpt-6-sol", /, **changes: object) -> httpx.Response:
        headers = bearer(login, accept="text/event-stream", originator="codex_cli_rs")
        body = {**PING, "model": model, **changes}
        return self.http.post(f"{self.backend}/codex/responses", json=body, headers=headers)


def bearer(login: DemoLogin, **changes: str | None) -> dict[str, str]:
    headers = {
        "authorization": f"Bearer {login.access_token}",
        "chatgpt-account-id": login.account_id,
        "accept": "application/json",
        "user-agent": AGENT,
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in headers.items() if value is not None}


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page.text)
    assert found
    return found[1]


def callback(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 303
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def claims(token: str) -> dict[str, object]:
    return jwt.decode(token, options={"verify_signature": False})


def part(body: object, *path: str) -> object:
    """Return what stands at ``path`` in nested JSON objects."""
    for name in path:
        body = cast("dict[str, object]", body)[name]
    return body


def error_code(answer: httpx.Response) -> object:
    error = part(answer.json(), "error")
    return error if isinstance(error, str) else part(error, "code")


def problems(service: DemoService) -> list[str]:
    return [violation.problem for violation in service.violations]


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
