"""What the program knows of the official client's homes, and the hand-over that runs or ran last."""

import enum

import msgspec

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import Problem


class HandOver(enum.Enum):
    """How an account's login is put where the official client looks for one."""

    LENT = "lent"
    """Without its refresh token. Probe Tray goes on renewing it, and puts each fresh access token there."""
    WHOLE = "whole"
    """With its refresh token. The client renews it, and Probe Tray takes over what the client has."""


class CodexKeeper(enum.Enum):
    """Where the client of a home keeps its login, as its ``config.toml`` says."""

    FILE = "file"
    """In ``auth.json``."""
    KEYRING = "keyring"
    """In an entry of the OS keyring, while there is no file."""


class CodexHome(msgspec.Struct, frozen=True, kw_only=True):
    """One home of the official client: the folder that ``CODEX_HOME`` names, or one of the setting ``codex_homes``."""

    path: str
    """As a person would write it; where names are hidden, as much of it as may be shown."""
    hidden: str = ""
    """The whole path, where ``path`` may not show it."""
    is_default: bool
    """Whether a client that is started without further ado uses it."""
    keeper: CodexKeeper = CodexKeeper.FILE
    account: AccountKey | None = None
    """Whose login is in place, whoever put it there; None where there is none, or none that names an account."""
    way: HandOver | None = None
    """How this program put that login there; None where the client has a login of its own."""
    problem: Problem | None = None
    """Why the place lacks the newest access token of the account that is lent to it; it is tried again."""
    has_kept: bool = False
    """Whether what was in place before the first hand-over is kept, and can be put back."""

    @property
    def key(self) -> str:
        """The whole path, by which commands name the home; not for showing."""
        return self.hidden or self.path


class ClientProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A program of the official client that runs: it goes on with the login that it read at its start."""

    name: str
    number: int
    """Its process id."""


class CodexUsePhase(enum.Enum):
    """How far a hand-over has come."""

    RUNNING = "running"
    ASKING = "asking"
    """Nothing was done: a person has to say first whether the login in place is to be kept."""
    DONE = "done"
    FAILED = "failed"


class CodexUse(msgspec.Struct, frozen=True, kw_only=True):
    """The hand-over that runs or that ended last, and what came of it."""

    account: AccountKey | None
    """The one to use; None where what was in place before is put back."""
    home: str
    """As in :attr:`CodexHome.key`; empty for the default one."""
    way: HandOver = HandOver.LENT
    phase: CodexUsePhase = CodexUsePhase.RUNNING
    found: str = ""
    """While asking: the address, or else the account id, of the login in place that no store of ours holds."""
    asks_about: AccountKey | None = None
    """While asking: whose login that is."""
    problem: Problem | None = None
    """Why it failed."""
    before: AccountKey | None = None
    """Whose login was in place before, as far as that is known."""
    taken_back: AccountKey | None = None
    """The account whose newer login was found in place and went into our stores first."""
    kept: bool = False
    """Whether what was in place is no login of an account (an API key…), was kept, and can be put back."""
    running: tuple[ClientProcess, ...] = ()
    """Done: the programs that keep the old account until they are restarted. Failed: those to quit first."""


class CodexState(msgspec.Struct, frozen=True, kw_only=True):
    """Use in Codex, as the views see it."""

    homes: tuple[CodexHome, ...] = ()
    """The default one first; empty until they were looked at."""
    use: CodexUse | None = None
    """None before the first hand-over of this run, and once the last one was put away."""
    logged_out: frozenset[AccountKey] = frozenset()
    """The accounts whose login was in place until somebody logged out, or logged in anew, in the client itself.

    The client ends a login at the service then. Whether it did is what the next check of the account finds.
    """

    @property
    def default(self) -> str:
        """The key of the default home; empty until the homes were looked at."""
        return self.homes[0].key if self.homes else ""

    def home_of(self, key: AccountKey) -> CodexHome | None:
        """The home that this program handed the account's login to, the default one first."""
        return next((home for home in self.homes if home.account == key and home.way is not None), None)

    def renews(self, key: AccountKey) -> bool:
        """Whether the client renews the account, so that this program must not."""
        return any(home.account == key and home.way is HandOver.WHOLE for home in self.homes)


class CodexHomesRead(msgspec.Struct, frozen=True, kw_only=True):
    """The homes of the client were looked at, or what was put there changed."""

    homes: tuple[CodexHome, ...]
    logged_out: frozenset[AccountKey] = frozenset()


class CodexUseChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A hand-over began, went on or ended; None puts the last one away."""

    use: CodexUse | None
