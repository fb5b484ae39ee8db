"""What ``codex-probe`` exits with."""

import enum


class ExitStatus(enum.IntEnum):
    """The exit codes; ``resources/help/reference.md`` explains them to people."""

    SUCCESS = 0
    FAILURE = 1
    """Something failed for at least one login."""
    WRONG_USE = 2
    """A flag or the configuration can't be used."""
    # Ended by a signal: 128 and its number, as shells report it.
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143

    @classmethod
    def of_signal(cls, number: int) -> "ExitStatus":
        """After SIGHUP, SIGINT or SIGTERM."""
        return cls(128 + number)
