"""What ``codex-probe`` exits with."""

import enum
import signal


class ExitStatus(enum.IntEnum):
    """The exit codes; ``resources/help/reference.md`` explains them to people."""

    SUCCESS = 0
    FAILURE = 1
    """Something failed for at least one login."""
    WRONG_USE = 2
    """A flag or the configuration can't be used."""
    NOT_KNOWN = 3
    """A question about the quota has no answer."""
    # Ended by a signal: 128 and its number, as shells report it.
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143

    @property
    def is_of_signal(self) -> bool:
        """Whether a signal ended the run."""
        return self >= ExitStatus.HUNG_UP

    @classmethod
    def of_signal(cls, number: int) -> "ExitStatus":
        """After SIGHUP, SIGINT, SIGTERM, or SIGBREAK, which is Windows' second way to interrupt."""
        return cls.INTERRUPTED if number == getattr(signal, "SIGBREAK", None) else cls(128 + number)
