"""The session's browser: a script that notes the address, and a real Chromium to go there."""

import base64
import json
import re
import shutil
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final, cast

from tests.desktop.processes import Program
from tests.desktop.waiting import BenchError, scrub, wait_for
from tests.support.patience import PATIENCE

_ELEMENT: Final = "element-6066-11e4-a52e-4f735466cecf"
_FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    # The shared memory of a container is too small for it.
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--window-size=900,900",
)
_REPLY_SECONDS: Final = PATIENCE


class BrowserScript:
    """Stands in for the browser that a program opens: it only notes the address."""

    def __init__(self, folder: Path) -> None:
        """Write the script, also under the name `xdg-open`, into a folder for PATH."""
        self.bin = folder / "bin"
        self.bin.mkdir()
        self._urls = folder / "urls"
        self.program = self.bin / "xdg-open"
        self.program.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$1\" >> {self._urls}\n", "utf-8")
        self.program.chmod(0o700)

    def urls(self) -> list[str]:
        """Return the addresses that programs opened, oldest first. They hold secrets: don't print."""
        return self._urls.read_text("utf-8").splitlines() if self._urls.exists() else []

    def wait_url(self, *, after: int = 0, seconds: float = PATIENCE) -> str:
        """Wait until more than `after` addresses were opened and return the newest."""
        found = wait_for(
            f"address number {after + 1} in the browser",
            lambda: urls if len(urls := self.urls()) > after else None,
            seconds=seconds,
            instead=lambda: f"{len(self.urls())} were opened",
        )
        return found[-1]

    def forget(self) -> None:
        """Begin a new list."""
        self._urls.unlink(missing_ok=True)


class Chromium:
    """A headless Chromium with a fresh profile, driven over the W3C WebDriver protocol."""

    def __init__(
        self,
        env: Mapping[str, str],
        logs: Path,
        profile: Path,
        shots: Path,
        *,
        proxy: str | None = None,
        language: str = "en",
    ) -> None:
        """Start it; with `proxy` (http://host:port) it also trusts any certificate."""
        self._shots = shots
        self._driver = Program(
            f"chromedriver-{profile.name}",
            [shutil.which("chromedriver") or "chromedriver", "--port=0"],
            env,
            logs,
        )
        self._port = 0
        self._session = ""
        try:
            self._open(profile, proxy, language)
        except BaseException:
            self._driver.stop()
            raise

    def _open(self, profile: Path, proxy: str | None, language: str) -> None:
        ready = wait_for(
            "chromedriver",
            lambda: re.search(r"started successfully on port (\d+)", self._driver.output()),
            seconds=_REPLY_SECONDS,
            instead=self._driver.describe,
        )
        self._port = int(ready[1])
        options: dict[str, object] = {
            "binary": shutil.which("chromium"),
            "args": [
                *_FLAGS,
                f"--user-data-dir={profile}",
                f"--lang={language}",
                *([f"--proxy-server={proxy}"] if proxy else ()),
            ],
            "prefs": {"intl.accept_languages": language},
        }
        wanted = {"acceptInsecureCerts": proxy is not None, "goog:chromeOptions": options}
        answer = self._send("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = str(cast("dict[str, Any]", answer)["sessionId"])

    @property
    def url(self) -> str:
        """The address it shows. It may hold a code: don't print."""
        return str(self._ask("GET", "/url"))

    @property
    def title(self) -> str:
        """The page's title."""
        return str(self._ask("GET", "/title"))

    def go(self, url: str) -> None:
        """Open an address and wait until the page is loaded."""
        self._ask("POST", "/url", {"url": url})

    def text(self) -> str:
        """Return the words that a person sees on the page."""
        return str(self.script("return document.body ? document.body.innerText : ''"))

    def click(self, css: str) -> None:
        """Click the element that the CSS selector finds, once it is there."""
        self._ask("POST", f"/element/{self._find('css selector', css)}/click", {})

    def click_text(self, words: str) -> None:
        """Click the button or link on which a person reads `words` (a part is enough)."""
        quoted = json.dumps(words)
        clickable = f"//*[self::button or self::a][contains(normalize-space(.), {quoted})]"
        pressable = f"//input[@type='submit'][contains(@value, {quoted})]"
        element = self._find("xpath", f"{clickable} | {pressable}")
        self._ask("POST", f"/element/{element}/click", {})

    def type(self, css: str, text: str) -> None:
        """Type into the field that the CSS selector finds, in place of what it holds."""
        element = self._find("css selector", css)
        self._ask("POST", f"/element/{element}/clear", {})
        self._ask("POST", f"/element/{element}/value", {"text": text})

    def wait_text(self, pattern: str, *, seconds: float = PATIENCE) -> str:
        """Wait until the page's words match the regular expression and return them."""
        return wait_for(
            f"{pattern!r} on the page",
            lambda: words if re.search(pattern, words := self.text()) else None,
            seconds=seconds,
            instead=lambda: f"page {self.title!r}:\n{self.text()}",
        )

    def script(self, source: str, *arguments: object) -> object:
        """Run JavaScript on the page and return its result."""
        return self._ask("POST", "/execute/sync", {"script": source, "args": list(arguments)})

    def screenshot(self, name: str) -> Path:
        """Save a picture of the page among the screenshots and return its path."""
        self._shots.mkdir(parents=True, exist_ok=True)
        path = self._shots / f"{name}.png"
        path.write_bytes(base64.b64decode(str(self._ask("GET", "/screenshot"))))
        return path

    def close(self) -> None:
        """End it."""
        try:
            if self._session and self._driver.running:
                self._send("DELETE", f"/session/{self._session}")
        finally:
            self._driver.stop()

    def _find(self, using: str, value: str) -> str:
        # An element that is not there yet is an answer (404) which is asked for again.
        def look() -> str | None:
            found = cast(
                "list[dict[str, str]]",
                self._ask("POST", "/elements", {"using": using, "value": value}),
            )
            return found[0][_ELEMENT] if found else None

        return wait_for(
            f"{value} on the page",
            look,
            instead=lambda: f"page {self.title!r}:\n{self.text()}",
        )

    def _ask(self, method: str, path: str, body: object = None) -> object:
        return self._send(method, f"/session/{self._session}{path}", body)

    def _send(self, method: str, path: str, body: object = None) -> object:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=_REPLY_SECONDS)
        try:
            sent = None if body is None else json.dumps(body).encode()
            connection.request(method, path, sent, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            value = json.loads(reply.read())["value"]
        finally:
            connection.close()
        if reply.status != 200:
            problem = cast("dict[str, str]", value)
            msg = scrub(f"chromium: {problem.get('error')}: {problem.get('message', '')[:400]}")
            raise BenchError(msg)
        return value
