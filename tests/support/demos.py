"""The simulated service, watched."""

from collections.abc import Generator
from contextlib import contextmanager

from probe_tray.demo import DemoService


@contextmanager
def faultless_demo() -> Generator[DemoService]:
    """A service that fails the test at its end where a program asked it for something in a wrong way."""
    with DemoService() as service:
        yield service
    assert service.violations == ()
