"""Logins as other programs take them: whole new files, in each of the formats that can be read here too."""

import enum
import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo

import msgspec

from probe_tray.core.account.age import age
from probe_tray.core.account.credential import Credential
from probe_tray.core.account.secret import Secret
from probe_tray.core.account.worth import Worth, best_of_each, lifeline
from probe_tray.core.errors import Phrase
from probe_tray.core.formats.login_fields import FEDRAMP, USER, local_text, utc_text
from probe_tray.core.formats.other_keys import CREDENTIALS, ENTRY, FLAT, OFFICIAL, TOKENS, other_keys
from probe_tray.core.formats.writer import file_name

_LIVE_ACCOUNT = "Anyone with this file can use this account. Keep it private and delete it when you are done."
_LIVE_ACCOUNTS = "Anyone with this file can use these accounts. Keep it private and delete it when you are done."
_LIVE_FILES = "Anyone with these files can use these accounts. Keep them private and delete them when you are done."
SHARED_WARNING = "Renew a login in one program only. If two programs renew it, OpenAI ends it."
_UNSAFE = re.compile(r'[/\\:<>"|?*\x00-\x1f\x7f]')
_NAME_LENGTH = 100
_PERSONAL_MODE = "personalAccessToken"
"""What sub2api calls a login that is nothing but such a token."""
_CONCURRENCY, _PRIORITY = 1, 1
"""How many requests at once and how early in turn. The format wants them, we know nothing of either, so: the least."""


def live_warning(*, accounts: int, files: int) -> str:
    """What to say of so many accounts in so many files."""
    if files > 1:
        return _LIVE_FILES
    return _LIVE_ACCOUNTS if accounts > 1 else _LIVE_ACCOUNT


class ExportFormat(enum.Enum):
    """What can be written."""

    PROBE = "codex-probe"
    """One file for each account."""
    PROXY_API = "cliproxyapi"
    """One file for each account, for CLIProxyAPI's folder."""
    OFFICIAL = "auth.json"
    """One file for each account; the official client reads one of them."""
    SUB2API = "sub2api"
    LINES = "jsonl"
    """A codex-probe object in each line."""

    @property
    def one_file(self) -> bool:
        """Whether all accounts go into one file."""
        return self in {ExportFormat.SUB2API, ExportFormat.LINES}


class NewFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file to be written."""

    name: str
    """What the program that it is for expects."""
    text: Secret


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A login that the format cannot hold."""

    who: str
    reason: str
    """Continues "… cannot be written as auth.json: "."""


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """All that came of it."""

    files: tuple[NewFile, ...]
    logins: int
    left_out: tuple[LeftOut, ...] = ()
    not_renewable: tuple[str, ...] = ()
    """Whose logins have no refresh token, where such were to be written. A personal access token never has one."""


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """How it is written."""

    format: ExportFormat
    refresh_tokens: bool = True
    now: datetime
    """Aware UTC."""
    zone: tzinfo
    """Of the times in the files that have local ones."""
    client_id: str
    """The public id of the client that the tokens were made for."""


def export(credentials: Iterable[Credential], style: Style, ended: Collection[str] = ()) -> Export:
    """The files that hold ``credentials``, of each owner the login that works longest where they go.

    ``ended`` has the lifelines of those that work no longer.

    Official client: the id_token must have the parts of a JWT, and a login without one is left out. ``last_refresh``
    must be there with a zone. Service fact: an empty refresh_token is accepted (0.171); such a copy can be used until
    its access token ends, and cannot end the login it was made of.
    """
    logins = best_of_each(credentials, lambda login: _rank(login, style, ended))
    if not style.refresh_tokens:
        # What other programs keep beside a login may be a secret that renews it, such as a cookie.
        logins = [msgspec.structs.replace(login, refresh_token=None, others=None) for login in logins]
    left_out: list[LeftOut] = []
    if style.format in {ExportFormat.OFFICIAL, ExportFormat.PROXY_API}:
        faults = [(login, _unfit(login, style.format)) for login in logins]
        left_out = [LeftOut(who=c.email or c.account_id, reason=fault) for c, fault in faults if fault]
        logins = [login for login, fault in faults if not fault]
    bare = [login for login in logins if not (login.renewable or login.is_personal)] if style.refresh_tokens else []
    return Export(
        files=tuple(_files(logins, style)),
        logins=len(logins),
        left_out=tuple(left_out),
        not_renewable=tuple(login.email or login.account_id for login in bare),
    )


def _rank(login: Credential, style: Style, ended: Collection[str]) -> Worth:
    # Without its refresh token a login works until its access token ends.
    lasts = login.renewable if style.refresh_tokens else login.expiry is None or login.expiry > style.now
    return Worth(lives=lifeline(login) not in ended, lasts=lasts, made=age(login))


def _files(logins: Sequence[Credential], style: Style) -> list[NewFile]:
    if not logins:
        return []
    match style.format:
        case ExportFormat.SUB2API:
            return [NewFile(name="sub2api.json", text=Secret(_sub2api(logins, style)))]
        case ExportFormat.LINES:
            lines = [_line(_with_others(_flat(login, style.zone), login)) for login in logins]
            return [NewFile(name="logins.jsonl", text=Secret("".join(lines)))]
        case ExportFormat.PROBE:
            return _each(
                logins, _probe_name(style), lambda login: _pretty(_with_others(_flat(login, style.zone), login))
            )
        case ExportFormat.PROXY_API:
            return _each(logins, _proxy_name, lambda login: _line(_with_others(_whole(login, style.zone), login)))
        case ExportFormat.OFFICIAL:
            alone = len(logins) == 1
            return _each(logins, _official_name(alone=alone), lambda login: official_text(login, style.now))


def _each(
    logins: Iterable[Credential], name: Callable[[Credential, str], str], text: Callable[[Credential], str]
) -> list[NewFile]:
    """One file for each, no two of the same name even where capitals count for nothing."""
    files: list[NewFile] = []
    names: set[str] = set()
    for login in logins:
        chosen = name(login, "")
        if chosen.casefold() in names:
            chosen = name(login, login.key.slug[:8])
        names.add(chosen.casefold())
        files.append(NewFile(name=chosen, text=Secret(text(login))))
    return files


def _probe_name(style: Style) -> Callable[[Credential, str], str]:
    def name(login: Credential, more: str) -> str:
        return file_name(login, (login.last_refresh or style.now).astimezone(style.zone).date(), taken=bool(more))

    return name


def _proxy_name(login: Credential, more: str) -> str:
    account = hashlib.sha256(login.account_id.encode("utf-8", "replace")).hexdigest()[:8]
    parts = [account, login.email, login.claims.plan, more]
    return f"codex-{'-'.join(_safe(part) for part in parts if part)}.json"


def _official_name(*, alone: bool) -> Callable[[Credential, str], str]:
    def name(login: Credential, more: str) -> str:
        if alone:
            return "auth.json"
        return f"auth_{'_'.join(filter(None, (_safe(login.email or login.account_id), more)))}.json"

    return name


def _safe(part: str) -> str:
    return _UNSAFE.sub("_", part)[:_NAME_LENGTH]


def _whole(login: Credential, zone: tzinfo) -> dict[str, str]:
    """The eight keys of a codex-probe file in its order, absent values empty."""
    return {
        "id_token": _reveal(login.id_token),
        "access_token": login.access_token.reveal(),
        "refresh_token": _reveal(login.refresh_token),
        "account_id": login.account_id,
        "last_refresh": local_text(login.last_refresh, zone) if login.last_refresh else "",
        "email": login.email,
        "type": "codex",
        "expired": local_text(login.expiry, zone) if login.expiry else "",
    }


def _with_others(held: Mapping[str, object], login: Credential) -> dict[str, object]:
    """A flat file with what other programs keep in theirs; of a bundle's entry the priority has the same name."""
    entry = other_keys(login.others, ENTRY)
    more = {"priority": entry["priority"]} if "priority" in entry else {}
    return {**held, **more, **other_keys(login.others, FLAT)}


def _flat(login: Credential, zone: tzinfo) -> dict[str, object]:
    return {key: value for key, value in {**_whole(login, zone), **_owner(login)}.items() if value}


def _owner(login: Credential) -> dict[str, object]:
    """What a personal access token doesn't say of its owner, as other tokens do."""
    return {USER: login.claims.user_id, FEDRAMP: login.claims.fedramp} if login.is_personal else {}


def _unfit(login: Credential, target: ExportFormat) -> str:
    if target is ExportFormat.PROXY_API:
        no_place = Phrase("it is a personal access token, which CLIProxyAPI's files have no place for")
        return no_place if login.is_personal else ""
    if login.is_personal:
        return ""
    parts = _reveal(login.id_token).split(".")
    if len(parts) != 3 or not all(parts):  # RFC 7519: header, payload, signature
        return Phrase("it has no usable id_token, which the Codex client requires")
    return ""


def official_text(login: Credential, now: datetime) -> str:
    """The whole ``auth.json`` of ``login``; ``now`` (aware) is when it was made, where nothing says better."""
    if login.is_personal:
        return _pretty({"OPENAI_API_KEY": None, "personal_access_token": login.access_token.reveal()})
    held = {
        "auth_mode": "chatgpt",
        "OPENAI_API_KEY": None,
        "tokens": {
            "id_token": _reveal(login.id_token),
            "access_token": login.access_token.reveal(),
            "refresh_token": _reveal(login.refresh_token),
            "account_id": login.account_id,
            **other_keys(login.others, TOKENS),
        },
        "last_refresh": utc_text(login.last_refresh or login.claims.issued_at or now),
        **other_keys(login.others, OFFICIAL),
    }
    return _pretty(held)


def _sub2api(logins: Iterable[Credential], style: Style) -> str:
    accounts: list[dict[str, object]] = [
        {
            "name": login.email or login.account_id,
            "platform": "openai",
            "type": "oauth",
            "credentials": {
                **{key: value for key, value in _exported(login, style).items() if value},
                **other_keys(login.others, CREDENTIALS),
            },
            "extra": {},
            "concurrency": _CONCURRENCY,
            "priority": other_keys(login.others, FLAT).get("priority", _PRIORITY),
            **other_keys(login.others, ENTRY),
        }
        for login in logins
    ]
    return _pretty(
        {
            "type": "sub2api-data",
            "version": 1,
            "exported_at": local_text(style.now, UTC),
            "proxies": [],
            "accounts": accounts,
        }
    )


def _exported(login: Credential, style: Style) -> dict[str, object]:
    return {
        "access_token": login.access_token.reveal(),
        "refresh_token": _reveal(login.refresh_token),
        "id_token": _reveal(login.id_token),
        "email": login.email,
        "chatgpt_account_id": login.account_id,
        USER: login.claims.user_id,
        **_owner(login),
        "organization_id": login.claims.organization_id,
        "plan_type": login.claims.plan,
        "client_id": "" if login.is_personal else style.client_id,
        "auth_mode": _PERSONAL_MODE if login.is_personal else "",
        "expires_at": local_text(login.expiry, UTC) if login.expiry else "",
    }


def _reveal(secret: Secret | None) -> str:
    return secret.reveal() if secret else ""


def _line(held: Mapping[str, object]) -> str:
    return json.dumps(held, ensure_ascii=False, separators=(",", ":")) + "\n"


def _pretty(held: Mapping[str, object]) -> str:
    return json.dumps(held, ensure_ascii=False, indent=2) + "\n"
