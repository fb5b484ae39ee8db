"""Device codes: a short code typed into a page on another machine (RFC 8628 in spirit)."""

import secrets
from collections.abc import Callable
from enum import Enum, auto

import msgspec

from probe_tray.demo.directory import Seat
from probe_tray.demo.messages import Reply, as_json, refused
from probe_tray.demo.pending_grants import PendingGrants, challenge_of

INTERVAL = 5
_LIFETIME = 900
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


class Stage(Enum):
    """Where a device login stands."""

    WAITING = auto()
    ALLOWED = auto()
    DENIED = auto()
    SPENT = auto()


class _PendingDevice(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    begun: float
    stage: Stage = Stage.WAITING
    seat: Seat | None = None


class Devices:
    """Device logins by their user code; they die with the service. Not locked: its owner is."""

    def __init__(self, grants: PendingGrants, now: Callable[[], float]) -> None:
        """Turn approvals into codes of ``grants``; ``now`` gives unix seconds."""
        self._grants = grants
        self._now = now
        self._devices: dict[str, _PendingDevice] = {}

    def begin(self) -> Reply:
        """A new pair of codes; the interval is a string, as the real service writes it."""
        user_code = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(2))
        device = _PendingDevice(id=f"deviceauth_{secrets.token_hex(16)}", begun=self._now())
        self._devices[user_code] = device
        return as_json({"device_auth_id": device.id, "user_code": user_code, "interval": str(INTERVAL)})

    def waiting(self, typed: str) -> str | None:
        """The user code that somebody typed, in any case, with or without its dash; None when it is not waiting."""
        letters = "".join(letter for letter in typed.upper() if letter.isalnum())
        user_code = f"{letters[:4]}-{letters[4:]}"
        device = self._devices.get(user_code)
        return user_code if device and device.stage is Stage.WAITING and self._fresh(device) else None

    def answer(self, user_code: str, seat: Seat | None) -> None:
        """A person's answer to a waiting code: in as ``seat``, or no."""
        stage = Stage.ALLOWED if seat else Stage.DENIED
        self._devices[user_code] = msgspec.structs.replace(self._devices[user_code], stage=stage, seat=seat)

    def poll(self, device_auth_id: str, user_code: str, *, redirect_uri: str) -> Reply:
        """The authorization code and its verifier, once. Raises Refusal: 403 while waiting, 400 when it is over."""
        device = self._devices.get(user_code)
        if device is None or not secrets.compare_digest(device.id, device_auth_id):
            raise refused(400, "invalid_device_code", "This device code is unknown.")
        if not self._fresh(device) or device.stage is Stage.SPENT:
            raise refused(400, "expired_token", "This device code has expired.")
        if device.seat is None:
            if device.stage is Stage.DENIED:
                raise refused(400, "access_denied", "The person said no.")
            raise refused(403, "authorization_pending", "Nobody has typed the code yet.")
        verifier = secrets.token_urlsafe(64)
        challenge = challenge_of(verifier)
        code = self._grants.allow(device.seat, redirect_uri=redirect_uri, challenge=challenge)
        self._devices[user_code] = msgspec.structs.replace(device, stage=Stage.SPENT)
        return as_json({"authorization_code": code, "code_challenge": challenge, "code_verifier": verifier})

    def _fresh(self, device: _PendingDevice) -> bool:
        return self._now() - device.begun <= _LIFETIME
