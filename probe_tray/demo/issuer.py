"""The issuer: consent, tokens, renewal, log-out and device codes."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from probe_tray.demo import pages, strict
from probe_tray.demo.claims import ACCESS_SECONDS, CLIENT_ID, SCOPE
from probe_tray.demo.device import Devices
from probe_tray.demo.directory import Directory, Seat
from probe_tray.demo.messages import JSON_TYPE, Reply, Request, Strange, as_json, refused
from probe_tray.demo.pending_grants import AUTHORIZE_FIELDS, PendingGrants, Ticket
from probe_tray.demo.texts import Texts, texts_for
from probe_tray.demo.token_families import DemoLogin, FamilyState, TokenFamilies

Route = tuple[str, str]

_PUBLIC_HOST = "auth.openai.com"
_CODE_FIELDS = ("grant_type", "client_id", "code", "redirect_uri", "code_verifier")
_RENEW_FIELDS = ("grant_type", "client_id", "refresh_token")
_ANSWERS = frozenset({"seat", "email", "decision"})


class Issuer:
    """Answers the issuer's routes. Not locked: its owner is."""

    def __init__(
        self,
        directory: Directory,
        logins: TokenFamilies,
        grants: PendingGrants,
        devices: Devices,
        now: Callable[[], float],
        *,
        device_login: bool = True,
    ) -> None:
        """Without ``device_login`` the service says that device codes are not enabled (404)."""
        self._directory = directory
        self._logins = logins
        self._grants = grants
        self._devices = devices
        self._now = now
        self._device_login = device_login

    def routes(self) -> Mapping[Route, Callable[[Request], Reply]]:
        """Every method and path that the specification knows."""
        return {
            ("GET", "/oauth/authorize"): self._authorize,
            ("POST", "/consent"): self._consent,
            ("POST", "/oauth/token"): self._token,
            ("POST", "/oauth/revoke"): self._revoke,
            ("POST", "/api/accounts/deviceauth/usercode"): self._usercode,
            ("POST", "/api/accounts/deviceauth/token"): self._device_token,
            ("GET", "/api/accounts/v1/user-auth-credential/whoami"): self._token_owner,
            ("GET", "/codex/device"): self._device_page,
            ("POST", "/codex/device"): self._device_answer,
        }

    def _authorize(self, request: Request) -> Reply:
        strict.no_body(request)
        ticket = self._grants.ask(strict.query(request, required=AUTHORIZE_FIELDS))
        return self._ask(_texts(request), ticket)

    def _ask(self, texts: Texts, ticket: str, wrong: str = "") -> Reply:
        seats = self._directory.seats()
        return pages.consent_page(texts, seats, action="/consent", hidden=("ticket", ticket), wrong=wrong)

    def _consent(self, request: Request) -> Reply:
        fields, texts = _answer(request, "ticket"), _texts(request)
        ticket = self._grants.pending(fields["ticket"])
        if ticket is None:
            return pages.notice_page(texts, texts.gone_title, texts.gone, status=410)
        if "decision" in fields:
            return _redirect(ticket, error="access_denied", error_description="The person denied the request.")
        seat = self._chosen(fields)
        if seat is None:
            return self._ask(texts, fields["ticket"], texts.bad_email)
        if not seat.workspace.codex_enabled:
            return _redirect(
                ticket,
                error="access_denied",
                error_description="missing_codex_entitlement: Codex is not enabled for this workspace.",
            )
        code = self._grants.allow(seat, redirect_uri=ticket.redirect_uri, challenge=ticket.challenge)
        return _redirect(ticket, code=code)

    def _chosen(self, fields: Mapping[str, str]) -> Seat | None:
        if "email" in fields:
            person = self._directory.sign_in(fields["email"], self._now())
            return self._directory.seat(person.user_id, person.workspaces[0].account_id) if person else None
        account_id, _, user_id = fields["seat"].partition("/")
        seat = self._directory.seat(user_id, account_id)
        if seat is None:
            msg = "seat is not one that the page offers"
            raise Strange(msg)
        return seat

    def _token(self, request: Request) -> Reply:
        if request.media_type == JSON_TYPE:
            fields = strict.json_strings(request, required=_RENEW_FIELDS)
        else:
            code = ("grant_type", "authorization_code") in strict.form_pairs(request)
            fields = strict.form(request, required=_CODE_FIELDS if code else _RENEW_FIELDS)
        _need_client(fields["client_id"])
        if "code" in fields:
            login = self._grants.exchange(
                fields["code"], redirect_uri=fields["redirect_uri"], verifier=fields["code_verifier"]
            )
            return _tokens(login, request.omit)
        if fields["grant_type"] != "refresh_token":
            msg = "grant_type is neither authorization_code nor refresh_token"
            raise Strange(msg, oauth="unsupported_grant_type")
        if request.nth:
            # Service fact: a refresh token works once, so its request must not be one that a stale connection may lose.
            msg = "a refresh on a connection that was used before"
            raise Strange(msg)
        login = self._logins.renew(fields["refresh_token"], keep="refresh_token" in request.omit)
        return _tokens(login, request.omit)

    def _revoke(self, request: Request) -> Reply:
        fields = strict.json_strings(request, required=("token", "token_type_hint", "client_id"))
        _need_client(fields["client_id"])
        if fields["token_type_hint"] != "refresh_token":
            msg = "token_type_hint is not refresh_token"
            raise Strange(msg)
        # RFC 7009, section 2.2: an unknown token is answered like a known one.
        if family := self._logins.family_of(fields["token"]):
            self._logins.end(family.id, FamilyState.REVOKED)
        return as_json({})

    def _usercode(self, request: Request) -> Reply:
        _need_client(strict.json_strings(request, required=("client_id",))["client_id"])
        if not self._device_login:
            raise refused(404, "device_auth_disabled", "Device codes are not enabled for this account.")
        return self._devices.begin()

    def _device_token(self, request: Request) -> Reply:
        fields = strict.json_strings(request, required=("device_auth_id", "user_code"))
        redirect_uri = f"{_base(request)}/deviceauth/callback"
        return self._devices.poll(fields["device_auth_id"], fields["user_code"], redirect_uri=redirect_uri)

    def _token_owner(self, request: Request) -> Reply:
        strict.no_body(request)
        strict.query(request)
        scheme, _, token = (request.header("authorization") or "").partition(" ")
        seat = self._logins.personal(token) if scheme == "Bearer" else None
        if seat is None:
            raise refused(401, "invalid_token", "This personal access token is unknown or was revoked.")
        return as_json(
            {
                "email": seat.person.email,
                "chatgpt_user_id": seat.person.user_id,
                "chatgpt_account_id": seat.workspace.account_id,
                "chatgpt_plan_type": seat.workspace.plan,
                "chatgpt_account_is_fedramp": seat.workspace.fedramp,
            }
        )

    def _device_page(self, request: Request) -> Reply:
        strict.no_body(request)
        strict.query(request)
        return pages.device_page(_texts(request))

    def _device_answer(self, request: Request) -> Reply:
        texts = _texts(request)
        first = [name for name, _ in strict.form_pairs(request)] == ["user_code"]
        fields = strict.form(request, required=("user_code",)) if first else _answer(request, "user_code")
        user_code = self._devices.waiting(fields["user_code"])
        if user_code is None:
            return pages.device_page(texts, wrong=texts.bad_code)
        if first:
            return self._device_ask(texts, user_code)
        seat = None if "decision" in fields else self._chosen(fields)
        if seat is None and "decision" not in fields:
            return self._device_ask(texts, user_code, texts.bad_email)
        self._devices.answer(user_code, seat)
        title, sentence = (texts.allowed_title, texts.allowed) if seat else (texts.denied_title, texts.denied)
        return pages.notice_page(texts, title, sentence)

    def _device_ask(self, texts: Texts, user_code: str, wrong: str = "") -> Reply:
        hidden = ("user_code", user_code)
        return pages.consent_page(texts, self._directory.seats(), action="/codex/device", hidden=hidden, wrong=wrong)


def _texts(request: Request) -> Texts:
    return texts_for(request.header("accept-language"))


def _answer(request: Request, carrier: str) -> dict[str, str]:
    given = {name for name, _ in strict.form_pairs(request)} & _ANSWERS
    if len(given) != 1:
        msg = "not exactly one of seat, email, decision"
        raise Strange(msg)
    fields = strict.form(request, required=(carrier, *given))
    if fields.get("decision", "deny") != "deny":
        msg = "decision is not deny"
        raise Strange(msg)
    return fields


def _need_client(client_id: str) -> None:
    if client_id != CLIENT_ID:
        msg = "client_id is not the registered one"
        raise Strange(msg, oauth="invalid_client")


def _base(request: Request) -> str:
    host = request.header("host") or ""
    name = host.partition(":")[0]
    return f"https://{name}" if name == _PUBLIC_HOST else f"http://{host}"


def _redirect(ticket: Ticket, **answer: str) -> Reply:
    query = urlencode(answer | {"state": ticket.state})
    headers = (("location", f"{ticket.redirect_uri}?{query}"), ("cache-control", "no-store"))
    return Reply(status=303, headers=headers)


def _tokens(login: DemoLogin, omit: frozenset[str]) -> Reply:
    body = {
        "access_token": login.access_token,
        "expires_in": ACCESS_SECONDS,
        "id_token": login.id_token,
        "refresh_token": login.refresh_token,
        "scope": SCOPE,
        "token_type": "Bearer",
    }
    return as_json({name: value for name, value in body.items() if name not in omit})
