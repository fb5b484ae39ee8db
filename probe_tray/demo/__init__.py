"""The simulated service: issuer, backend and shared table on loopback, for ``--demo`` and for the tests.

An independent reading of the specification, so that it catches the program's mistakes: this package imports nothing of
the program that builds or reads requests, and refuses whatever the specification does not know. It may use the clock,
randomness, sockets and files; never httpx, never Qt. PyJWT and cryptography are loaded when the first token is made.
"""

from probe_tray.demo.fault_plan import Fault, Gate
from probe_tray.demo.ledger import LedgerRecord, Violation, fingerprint
from probe_tray.demo.people import DemoPerson, Workspace, people, sample_people, special_people
from probe_tray.demo.service import DemoAddresses, DemoService
from probe_tray.demo.table import Rights, SimulatedTable
from probe_tray.demo.token_families import DemoLogin, FamilyState, TokenReuse

__all__ = [
    "DemoAddresses",
    "DemoLogin",
    "DemoPerson",
    "DemoService",
    "FamilyState",
    "Fault",
    "Gate",
    "LedgerRecord",
    "Rights",
    "SimulatedTable",
    "TokenReuse",
    "Violation",
    "Workspace",
    "fingerprint",
    "people",
    "sample_people",
    "special_people",
]
