"""Lets the real official client talk to the simulated service, which is strict with requests that are not ours."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import urlsplit

import httpx

from probe_tray.demo import DemoService

_KEPT: Final = ("authorization", "chatgpt-account-id")


@contextmanager
def client_gate(demo: DemoService) -> Generator[str]:
    """The address of a server that passes the client's renewals and questions on as this program would ask them."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path not in {"/backend-api/wham/usage", "/backend-api/wham/accounts/check"}:
                self._answer(404, b"{}")
                return
            headers = {name: self.headers[name] for name in _KEPT if self.headers[name]}
            self._pass("GET", path, headers, None)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"] or 0))
            if urlsplit(self.path).path != "/oauth/token":
                self._answer(404, b"{}")
                return
            given = json.loads(body)
            form = {name: given[name] for name in ("grant_type", "refresh_token", "client_id")}
            self._pass("POST", "/oauth/token", {}, form)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
            """Say nothing."""

        def _pass(self, method: str, path: str, headers: dict[str, str], form: dict[str, str] | None) -> None:
            there = demo.addresses.issuer if form else demo.addresses.backend
            origin = f"http://{urlsplit(there).netloc}"
            own = {"accept": "application/json", "user-agent": "probe-tray/1.0.0"}
            with httpx.Client(trust_env=False) as service:
                answer = service.request(method, origin + path, headers=headers | own, data=form)
            body = answer.content
            if path.endswith("/accounts/check") and answer.is_success:
                # Service fact: the client wants an origin with TLS for the workspace. It asks it nothing.
                origin = "https://chatgpt.com"
                accounts = [{"workspace_backend_origin": origin, **one} for one in answer.json()["accounts"]]
                body = json.dumps({"accounts": accounts}).encode()
            self._answer(answer.status_code, body)

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
