"""What sync needs to know before it can begin: an address, a publishable key, and the key of the logins."""

import enum
import re
from urllib.parse import urlsplit

import msgspec

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import (
    ConfigError,
    KeyringHalfKeptError,
    KeyringNoAnswerError,
    Phrase,
    ProbeError,
    Problem,
    SyncOffError,
)
from probe_tray.core.sync.rights import TableGrants
from probe_tray.core.sync.rows import LastSync, SyncReport
from probe_tray.core.sync.table_change import TableChange
from probe_tray.core.sync.table_key import KEY_SEPARATOR, keys_of

API_KEY, KEY, ADDRESS = "sync_api_key", "sync_aes_gcm_key", "sync_url"
"""The names of the three in the configuration file."""
KEY_BYTES = 32
ADDRESS_ALLOWED = Phrase("an https address, such as https://abcdefgh.supabase.co")
KEY_ALLOWED = Phrase("64 hexadecimal digits")
_KEYS_ALLOWED = Phrase("64 hexadecimal digits each, with a colon between")
API_KEY_ALLOWED = Phrase("one word, as the service shows it")
_KEY = re.compile(rf"[0-9A-Fa-f]{{64}}(?:{KEY_SEPARATOR}[0-9A-Fa-f]{{64}})?")
_API_KEY = re.compile(r"[!-~]{1,4096}")
"""It goes into a header, so it holds what a header may hold."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PATHS = ("/rest/v1/tokens", "/rest/v1")


class SecretPlace(enum.Enum):
    """Where a secret of sync is kept."""

    NOWHERE = "nowhere"
    FILE = "file"
    """The configuration file, where the person put it; it goes before the keyring."""
    KEYRING = "keyring"


class SyncTarget(msgspec.Struct, frozen=True, kw_only=True):
    """A table and how to get at it; all of it was checked."""

    url: str
    """Without the path of the table and without a slash at its end."""
    api_key: Secret
    key: Secret
    """64 hexadecimal digits: the key of the logins; while it is being changed the new one, a colon, and the old one."""


class SyncSecrets(msgspec.Struct, frozen=True, kw_only=True):
    """The two secrets as they are kept, unchecked."""

    api_key: Secret | None = None
    key: Secret | None = None
    api_key_place: SecretPlace = SecretPlace.NOWHERE
    key_place: SecretPlace = SecretPlace.NOWHERE


class SyncSetup(msgspec.Struct, frozen=True, kw_only=True):
    """Whether sync is set up, for the settings to show; without a secret."""

    url: str = ""
    api_key: SecretPlace = SecretPlace.NOWHERE
    key: SecretPlace = SecretPlace.NOWHERE
    problem: Problem | None = None
    """Why it cannot begin as it is set up: a value that is no good, or a keyring that does not open."""
    is_protected: bool = False
    """Whether this computer has seen the table protected."""
    is_key_changing: bool = False
    """Whether a new key and an old one are kept: a change of the key was begun, and is not at its end."""

    @property
    def begun(self) -> bool:
        """Whether anything of it was set up."""
        return bool(self.url) or self.api_key is not SecretPlace.NOWHERE or self.key is not SecretPlace.NOWHERE

    @property
    def ready(self) -> bool:
        """Whether a sync can begin."""
        there = self.api_key is not SecretPlace.NOWHERE and self.key is not SecretPlace.NOWHERE
        return bool(self.url) and there and self.problem is None


class SyncTestResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a test of the table showed; nothing of it stays there."""

    rows: int = 0
    opened: int = 0
    """How many of them the key opens."""
    rights: TableGrants | None = None
    """What the table grants; None where its SQL is missing or older, so that only reading was tried."""
    problem: Problem | None = None
    """Why it does not work; None when it does."""


class SetUpAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of keeping what a person typed."""

    number: int = 0
    """Each answer has a higher one; 0 before the first."""
    problem: Problem | None = None
    """Why it could not be kept; None where it was."""


class SyncState(msgspec.Struct, frozen=True, kw_only=True):
    """What the program knows of sync."""

    setup: SyncSetup = SyncSetup()
    running: bool = False
    done: int = 0
    """Accounts of the one that runs that are done."""
    total: int = 0
    """All of its accounts; 0 before the table was read."""
    report: SyncReport | None = None
    """The last one of this run of the program."""
    earlier: LastSync | None = None
    """The last one that came to its end, in whatever run of either program; None where nothing is remembered."""
    testing: bool = False
    test: SyncTestResult | None = None
    """The last look at the table; None before the first, and while one runs."""
    change: TableChange | None = None
    """What a person changes about the table as a whole; None before the first."""
    set_up: SetUpAnswer = SetUpAnswer()
    """The answer to the last setup. Nothing else says whether it was kept: syncs and tests change the state too."""


class SyncChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A sync began, went on or ended; it was set up, or its table was tried."""

    sync: SyncState


def is_undone(error: BaseException) -> bool:
    """Whether secrets are what they were, though they had begun to be saved when this came.

    Who breaks it off can't know that, and a keyring that does not answer may do later what it was asked.
    """
    return isinstance(error, ProbeError) and not isinstance(error, KeyringHalfKeptError | KeyringNoAnswerError)


def base_address(text: str) -> str | None:
    """The service's address in its plain form; None where it cannot be used.

    https alone, except on this computer: the key and the encrypted logins are not for whoever listens.
    """
    text = text.strip()
    if not (text.isascii() and text.isprintable()) or " " in text:
        return None
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return None
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    if not (secure and host) or parts.username is not None or parts.query or parts.fragment:
        return None
    path = parts.path.rstrip("/")
    for known in _PATHS:
        path = path.removesuffix(known)
    return f"{parts.scheme}://{parts.netloc}{path}"


def target(url: str, held: SyncSecrets, place: str) -> SyncTarget:
    """All that a sync needs. ``place`` is the configuration file in sentences.

    Raises SyncOffError where something is missing and ConfigError for a value that cannot be used, which names the key
    and what is allowed and shows no secret.
    """
    missing = [n for n, v in ((ADDRESS, url), (API_KEY, held.api_key), (KEY, held.key)) if not v]
    if missing or held.api_key is None or held.key is None:
        raise SyncOffError(missing=", ".join(missing))
    address = base_address(url)
    if address is None:
        raise ConfigError(path=place, key=ADDRESS, found=_address_found(url), allowed=ADDRESS_ALLOWED)
    if not is_api_key(held.api_key.reveal()):
        raise ConfigError(path=place, key=API_KEY, found=Phrase("text that isn't a key"), allowed=API_KEY_ALLOWED)
    if not is_key(held.key.reveal()):
        found, allowed = _key_found(held.key.reveal())
        raise ConfigError(path=place, key=KEY, found=found, allowed=allowed)
    return SyncTarget(url=address, api_key=held.api_key, key=Secret(held.key.reveal().strip()))


def kept_key(held: Secret | None, given: Secret, *, same_table: bool) -> Secret:
    """What is kept once ``given`` is saved where ``held`` was.

    Of two keys that are kept for one table, one alone never takes the place of both: a page that showed it, or the code
    of a computer that hasn't heard of the change, must not cost the other one.
    """
    if held is not None and same_table and {*keys_of(given)} <= {*keys_of(held)}:
        return held
    return given


def is_lost(held: Secret, kept: Secret) -> bool:
    """Whether a key of those that were ``held`` is not among those that are ``kept`` instead."""
    return not {*keys_of(held)} <= {*keys_of(kept)}


def is_key(text: str) -> bool:
    """Whether it is a key, or a new and an old one, as the configuration writes them."""
    return _KEY.fullmatch(text.strip()) is not None


def key_lengths(text: str) -> tuple[int, ...]:
    """How many characters each key in it has: of one, or of the new one and the old one."""
    return tuple(len(part.strip()) for part in text.split(KEY_SEPARATOR))


def is_api_key(text: str) -> bool:
    """Whether it can be a publishable key."""
    return _API_KEY.fullmatch(text) is not None


def _key_found(text: str) -> tuple[str, str]:
    """What stands there instead of a key, without any of it, and what may."""
    count, *more = key_lengths(text)
    if more:
        counts = ", ".join(map(str, (count, *more)))
        return Phrase("{n} keys of {counts} characters", n=str(1 + len(more)), counts=counts), _KEYS_ALLOWED
    if count == KEY_BYTES * 2:
        return Phrase("64 characters that are not all digits from 0 to f"), KEY_ALLOWED
    return Phrase("text of {n} characters", n=str(count)), KEY_ALLOWED


def _address_found(url: str) -> str:
    if url.startswith("http:"):
        return Phrase("an http address, which isn't encrypted")
    return Phrase("no address")
