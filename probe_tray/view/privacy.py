"""Names as they are shown where others may look on: enough to tell one's own accounts, too little for anybody else."""

import re

from probe_tray.core.state import AccountState

_HIDDEN = "•••"
_EMAIL = re.compile(r'([^\s@<>"(),;:]+)@([^\s@<>"(),;:]*[^\s@<>"(),;:.])')
_ID = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?:user|org|acct|account)-[0-9A-Za-z_-]{4,}", re.IGNORECASE
)


def mask(text: str) -> str:
    """``text`` with ``ana@example.com`` as ``a•••@e•••``, and with account ids left out."""
    return _ID.sub(_HIDDEN, _EMAIL.sub(lambda found: f"{_first(found[1])}@{_first(found[2])}", text))


def masked_name(account: AccountState) -> str:
    """What an account is called where its name is to be hidden: first letters, or the start of its slug."""
    if account.email:
        before, _, after = account.email.rpartition("@")
        return f"{_first(before)}@{_first(after)}" if before else _first(after)
    return _first(account.workspace) if account.workspace else f"#{account.key.slug[:4]}"


def _first(text: str) -> str:
    return f"{text[:1]}{_HIDDEN}"
