"""What the demo can begin with."""

from enum import StrEnum


class DemoScene(StrEnum):
    """One beginning of the demo. Its value is what a person types after ``--demo=``."""

    THREE = "three"
    """Three accounts: one is fine, one close to its limit, one has used up its week. The only one that is continued at
    the next start."""
    FIRST = "first"
    """No account yet."""
    STATES = "states"
    """An account for each state that an account can be in."""
    MANY = "many"
    """A hundred accounts."""
    CLIENT = "client"
    """Only the official client's login."""
    CODEX = "codex"
    """Three accounts; the official client works with one that is used up."""
    API_KEY = "api-key"
    """Only an official client that is logged in with an API key."""
    ACCESS_TOKEN = "access-token"
    """Only an official client that is logged in with a personal access token."""
    OFFLINE = "offline"
    """No network, and numbers of three hours ago."""
    INCIDENT = "incident"
    """Checks fail at the service, and its status page says why."""
    LOCKED = "locked"
    """Saved logins whose key is in a keyring that is locked."""
    TABLE = "table"
    """A shared table that does not answer while a login has to be renewed."""
    RENEWING = "renewing"
    """A login that is being renewed, for half a minute."""
    UPDATE = "update"
    """A newer version of the program is out."""
