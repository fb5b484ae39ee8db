"""What testing an account's models has brought so far: data, without any token."""

import enum
from datetime import datetime

import msgspec

from probe_tray.core.account.identity import AccountKey
from probe_tray.core.errors import Problem


class ListedBy(enum.Enum):
    """Who says which models there are."""

    SERVICE = "service"
    SETTINGS = "settings"
    """The service did not tell, so the list of the settings was taken."""
    PERSON = "person"
    """They were named for this run."""


class ModelResult(msgspec.Struct, frozen=True, kw_only=True):
    """One model that was tried once."""

    model: str
    problem: Problem | None = None
    """Why it is not available; None when it is."""
    latency: float | None = None
    """Seconds from the question to the first event, the connection included; None where no answer came."""
    upstream_status: int = 0
    """HTTP status of the answer, 0 when there was none."""
    resets_at: datetime | None = None
    """When a quota that is used up comes back, aware UTC."""

    @property
    def available(self) -> bool:
        """Whether the model answered."""
        return self.problem is None


class ModelTest(msgspec.Struct, frozen=True, kw_only=True):
    """The test of one account."""

    started_at: datetime
    """Aware UTC."""
    models: tuple[str, ...]
    """Those that are tried, in the order in which they are offered."""
    listed_by: ListedBy
    results: tuple[ModelResult, ...] = ()
    """Those that are done, in the order of ``models``."""
    problem: Problem | None = None
    """Why none could be tried at all."""

    @property
    def complete(self) -> bool:
        """Whether every model has been tried."""
        return len(self.results) == len(self.models)

    @property
    def available(self) -> bool:
        """Whether at least one model answered."""
        return any(result.available for result in self.results)

    def with_result(self, result: ModelResult) -> "ModelTest":
        """This test with one more model done."""
        done = {r.model: r for r in (*self.results, result)}
        return msgspec.structs.replace(self, results=tuple(done[m] for m in self.models if m in done))


class ModelRun(msgspec.Struct, frozen=True, kw_only=True):
    """The tests that a person asked for together, running or done."""

    started_at: datetime
    accounts: tuple[AccountKey, ...]
    running: bool = True


class ModelTestStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A person has asked for the models of these accounts to be tested."""

    accounts: tuple[AccountKey, ...]
    at: datetime


class ModelTestProgress(msgspec.Struct, frozen=True, kw_only=True):
    """An account's models are known, or one more has been tried."""

    key: AccountKey
    test: ModelTest


class ModelTestEnded(msgspec.Struct, frozen=True, kw_only=True):
    """Every account was tested, or the person stopped it; what was done is kept."""
