"""The test of the way to the service: its steps, and which of them failed."""

import enum

import msgspec

from probe_tray.core.errors import Problem


class ConnectionStep(enum.Enum):
    """What has to work, in this order."""

    NAME = "name"
    """The name of the service, or of the proxy, is found."""
    CONNECTION = "connection"
    """The service is reached; only without a proxy."""
    PROXY = "proxy"
    """The proxy is reached, and connects on."""
    TLS = "tls"
    """The secure connection is made, and the certificate is trusted."""
    EDGE = "edge"
    """The network's edge lets the question through."""
    SERVICE = "service"
    """The service itself answers."""


class FoundProxy(msgspec.Struct, frozen=True, kw_only=True):
    """Which proxy requests to the service take, and why. Without user name and password."""

    place: str = ""
    """Where it was found, in English: a variable or the system's settings; empty = nowhere."""
    shown: str = ""
    """Its address; empty = the requests go directly."""
    excepted: bool = False
    """A proxy was found, and the service is among its exceptions."""
    problem: Problem | None = None
    """Why what was found cannot be used."""


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """How far one question came."""

    steps: tuple[ConnectionStep, ...]
    failed: ConnectionStep | None = None
    """None: the service answered."""
    problem: Problem | None = None


class ConnectionCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the way to the service, for the settings to show."""

    proxy: FoundProxy | None = None
    running: bool = False
    reached: Reached | None = None
    """The last test; None before the first and while one runs."""


class ProxyChecked(msgspec.Struct, frozen=True, kw_only=True):
    """It is known whether the proxy of the settings can be used."""

    problem: Problem | None
    """Why it cannot; None where it can, or where there is none."""


class ConnectionChanged(msgspec.Struct, frozen=True, kw_only=True):
    """The proxy was looked for, or a test began or ended."""

    check: ConnectionCheck
