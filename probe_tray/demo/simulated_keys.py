"""Who may use the simulated table: what the shipped SQL does with the keys of computers."""

import hashlib
import threading
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from probe_tray.demo.messages import JSON_TYPE, Reply, Request, as_json
from probe_tray.demo.table_query import error

HEADER: Final = "x-probe-tray-key"
_CALL: Final = "/rest/v1/rpc/probe_tray_"
_DIGEST: Final = 64
_WRONG, _FORBIDDEN, _ABSENT = 400, 403, 404


class _NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    new_digest: str


class _KeptKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kept_digest: str


_Called = TypeVar("_Called")
_NEW: Final = msgspec.json.Decoder(_NewKey)
_KEPT: Final = msgspec.json.Decoder(_KeptKey)


class SimulatedKeys:
    """The digests of keys, and the three functions over HTTP."""

    def __init__(
        self,
        lock: threading.RLock,
        digests: Mapping[str, bool],
        admit: Callable[[Request], None],
        changed: Callable[[], None],
    ) -> None:
        """Begin with ``digests``; ``admit`` refuses who may not use the table, ``changed`` hears of every write."""
        self._lock, self._admit, self._changed = lock, admit, changed
        self.exists = True
        """Whether this part of the SQL has been run."""
        self.digests = dict(digests)
        """Each with whether it is let in; none at all: the table is open to everybody with the publishable key."""

    def lets_in(self, request: Request) -> bool:
        """Whether a request shows one of them, or the table is open."""
        shown = (hashlib.sha256(one.encode()).hexdigest() for one in (request.header(HEADER) or "").split(" "))
        return not self.digests or any(self.digests.get(digest) for digest in shown)

    def check(self, request: Request) -> None:
        """Refuse a call of a function that may not use the table."""
        if not self.lets_in(request):
            raise error(_FORBIDDEN, "PT403", "this table is only for computers that know its encryption key")

    def routes(self) -> Mapping[tuple[str, str], Callable[[Request], Reply]]:
        """Every method and path that a request about keys may have."""
        return {
            ("POST", f"{_CALL}status"): self._status,
            ("POST", f"{_CALL}add_key"): self._add,
            ("POST", f"{_CALL}end_other_keys"): self._end_others,
        }

    def _status(self, request: Request) -> Reply:
        self._called(request)
        known = [digest for digest, is_let_in in self.digests.items() if is_let_in]
        return as_json({"protected": bool(self.digests), "digests": known})

    def _add(self, request: Request) -> Reply:
        self._called(request)
        digest = _decoded(_NEW, request).new_digest
        if not self.digests or len(digest) != _DIGEST:
            raise error(_WRONG, "22023", "not a key")
        with self._lock:
            is_let_in = self.digests.setdefault(digest, True)
            self._changed()
        return as_json(is_let_in)

    def _end_others(self, request: Request) -> Reply:
        self._called(request)
        kept = _decoded(_KEPT, request).kept_digest
        with self._lock:
            is_let_in = self.digests.get(kept, False)
            if is_let_in:
                self.digests = {digest: digest == kept for digest in self.digests}
                self._changed()
        return as_json(is_let_in)

    def _called(self, request: Request) -> None:
        self._admit(request)
        self.check(request)
        if not self.exists:
            name = request.path.rpartition("/")[2]
            raise error(_ABSENT, "PGRST202", f"Could not find the function public.{name} in the schema cache")


def _decoded(decoder: "msgspec.json.Decoder[_Called]", request: Request) -> _Called:
    if request.media_type == JSON_TYPE:
        try:
            return decoder.decode(request.body)
        except msgspec.DecodeError:
            pass
    raise error(_WRONG, "PGRST102", "Empty or invalid json")
