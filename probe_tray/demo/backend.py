"""The backend: usage, reset credits, models and responses, for whoever's bearer token it is."""

import re
from collections.abc import Callable, Mapping

from probe_tray.demo import models, strict
from probe_tray.demo.directory import Directory, Seat
from probe_tray.demo.messages import JSON_TYPE, Reply, Request, Strange, as_json, refused
from probe_tray.demo.token_families import TokenFamilies
from probe_tray.demo.usage import Moment

PREFIX = "/backend-api"

_AGENT = re.compile(r"probe-tray/\d+(\.\w+)*( .*)?")
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_NO_CONSTRAINT = "NO_CONSTRAINT"
_CONDITIONAL = frozenset({"if-none-match", "if-modified-since", "if-range"})
_ASKED = {
    "instructions": "Reply with one word.",
    "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "ping"}]}],
    "tools": [],
    "tool_choice": "auto",
    "parallel_tool_calls": False,
    "store": False,
    "stream": True,
    "include": [],
}


class SimulatedBackend:
    """Answers the backend's routes. Not locked: its owner is."""

    def __init__(self, directory: Directory, logins: TokenFamilies, moment: Callable[[], Moment]) -> None:
        """Read quotas at ``moment``."""
        self._directory = directory
        self._logins = logins
        self._moment = moment

    def routes(self) -> Mapping[tuple[str, str], Callable[[Request], Reply]]:
        """Every method and path that the specification knows."""
        return {
            ("GET", f"{PREFIX}/wham/usage"): self._usage,
            ("GET", f"{PREFIX}/wham/rate-limit-reset-credits"): self._reset_credits,
            ("GET", f"{PREFIX}/codex/models"): self._models,
            ("GET", f"{PREFIX}/wham/accounts/check"): self._accounts,
            ("POST", f"{PREFIX}/codex/responses"): self._responses,
        }

    def _usage(self, request: Request) -> Reply:
        _need_nothing_else(request)
        _need_header(request, "accept", JSON_TYPE)
        return as_json(self._directory.usage(self._seat(request), self._moment()))

    def _reset_credits(self, request: Request) -> Reply:
        _need_nothing_else(request)
        return as_json(self._directory.reset_credits(self._seat(request)))

    def _models(self, request: Request) -> Reply:
        strict.no_body(request)
        version = strict.query(request, required=("client_version",))["client_version"]
        if not _VERSION.fullmatch(version):
            msg = "client_version is not x.y.z"
            raise Strange(msg)
        self._seat(request)
        return as_json(models.models_body())

    def _accounts(self, request: Request) -> Reply:
        _need_nothing_else(request)
        workspace = self._seat(request).workspace
        entry: dict[str, object] = {"id": workspace.account_id, "account_routing_override": workspace.routing_override}
        return as_json({"accounts": [entry]})

    def _responses(self, request: Request) -> Reply:
        _need_header(request, "accept", "text/event-stream")
        _need_header(request, "originator", "codex_cli_rs")
        asked = strict.json_object(request, required=("model", *_ASKED))
        for name, wanted in _ASKED.items():
            if asked[name] != wanted:
                msg = f"JSON member {name} is not the specified one"
                raise Strange(msg)
        model = asked["model"]
        if not isinstance(model, str) or not model:
            msg = "JSON member model is not a name"
            raise Strange(msg)
        seat = self._seat(request)
        override = request.header("x-openai-account-routing-override") or _NO_CONSTRAINT
        if override != seat.workspace.routing_override:
            raise refused(403, "workspace_region", "This workspace is served elsewhere.")
        return models.answer(model, seat.workspace.plan, self._directory.exhausted_until(seat, self._moment()))

    def _seat(self, request: Request) -> Seat:
        """Who asks. Raises Strange for headers the specification does not know, Refusal (401) for a dead token."""
        if not _AGENT.fullmatch(request.header("user-agent") or ""):
            msg = "User-Agent is not probe-tray/<version>"
            raise Strange(msg)
        account_id = request.header("chatgpt-account-id")
        if account_id is None and request.header("authorization") is None:
            # Whoever tests the way to the service asks without a login.
            raise refused(401, "unauthorized", "Unauthorized")
        if account_id is None:
            msg = "missing ChatGPT-Account-Id"
            raise Strange(msg)
        if any(request.header(name) is not None for name in _CONDITIONAL):
            msg = "a conditional request: answers are never cached"
            raise Strange(msg)
        scheme, _, token = (request.header("authorization") or "").partition(" ")
        if scheme != "Bearer" or not token:
            msg = "missing Authorization: Bearer"
            raise Strange(msg, status=401)
        holder = self._logins.bearer(token)
        seat = self._directory.seat(holder.person.user_id, account_id)
        if seat is None:
            msg = "ChatGPT-Account-Id names a workspace that this token has nothing to do with"
            raise Strange(msg, status=403)
        fedramp = request.header("x-openai-fedramp")
        if fedramp != ("true" if seat.workspace.fedramp else None):
            msg = "X-OpenAI-Fedramp does not fit the account"
            raise Strange(msg)
        return seat


def _need_nothing_else(request: Request) -> None:
    strict.no_body(request)
    strict.query(request)


def _need_header(request: Request, name: str, wanted: str) -> None:
    if request.header(name) != wanted:
        msg = f"{name} is not {wanted}"
        raise Strange(msg)
