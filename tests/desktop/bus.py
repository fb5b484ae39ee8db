"""Calls on a D-Bus, blocking, over jeepney; the only place that knows that library.

It is loaded when a connection is made, because it is installed on Linux only, and it has no types.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from itertools import islice
from typing import Any, Final, cast

from msgspec import Struct

from tests.desktop.waiting import BenchError
from tests.support.patience import PATIENCE

CALL_SECONDS: Final = PATIENCE
AT_ONCE: Final = 64
"""How many calls are on their way together: their answers wait in the socket until all of them are sent."""


class BusError(BenchError):
    """A call on the bus was answered with an error, or not at all."""


class Seen(Struct, frozen=True, kw_only=True):
    """One message that a monitor saw."""

    kind: str
    """`method_call`, `method_return`, `error` or `signal`."""
    serial: int
    """Its own number at its sender; in a reply the number of the call that it answers."""
    sender: str
    path: str
    destination: str
    member: str
    body: tuple[Any, ...]


class Call(Struct, frozen=True):
    """A method to call."""

    service: str
    path: str
    interface: str
    member: str
    signature: str = ""
    arguments: tuple[object, ...] = ()

    @classmethod
    def property(cls, service: str, path: str, interface: str, name: str) -> "Call":
        """Ask for one property; the answer holds (signature, value)."""
        return cls(service, path, "org.freedesktop.DBus.Properties", "Get", "ss", (interface, name))


class Bus:
    """A connection of the test's own."""

    def __init__(self, address: str) -> None:
        """Connect to a bus such as `unix:path=/run/bus`."""
        self.address = address
        self._jeepney: Any = import_module("jeepney")
        self._connection = _connect(address)

    def close(self) -> None:
        """Leave the bus."""
        self._connection.close()

    def call(
        self,
        service: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        *arguments: object,
    ) -> tuple[Any, ...]:
        """Call a method and return its results. Raises BusError."""
        message = self._message(Call(service, path, interface, member, signature, arguments))
        try:
            reply = self._connection.send_and_get_reply(message, timeout=CALL_SECONDS)
        except TimeoutError:
            msg = f"{service} did not answer {interface}.{member} within {CALL_SECONDS:g} s"
            raise BusError(msg) from None
        if reply.header.message_type is self._jeepney.MessageType.error:
            name = reply.header.fields.get(self._jeepney.HeaderFields.error_name)
            msg = f"{interface}.{member} on {service} {path}: {name}: {reply.body[:1]}"
            raise BusError(msg)
        return cast("tuple[Any, ...]", reply.body)

    def call_each(self, calls: Iterable[Call]) -> list[tuple[Any, ...] | None]:
        """Call methods without waiting for one another, and return their results in order; None for an error."""
        rule, waiting = import_module("jeepney.bus_messages").MatchRule, iter(calls)
        results = list[tuple[Any, ...] | None]()
        replies, fields = deque[Any](), self._jeepney.HeaderFields
        with (
            self._connection.filter(rule(type="method_return"), queue=replies),
            self._connection.filter(rule(type="error"), queue=replies),
        ):
            while some := list(islice(waiting, AT_ONCE)):
                numbers = [self._send(call) for call in some]
                answers = dict[int, Any]()
                while not answers.keys() >= set(numbers):
                    answer = self._next(replies)
                    answers[answer.header.fields[fields.reply_serial]] = answer
                results += [self._result(answers[number]) for number in numbers]
        return results

    def watch(self, interface: str, member: str) -> Callable[[], list[Seen]]:
        """Collect a signal of anybody from now on; the returned function hands out what came since its last call."""
        rule = import_module("jeepney.bus_messages").MatchRule(type="signal", interface=interface, member=member)
        self.ask_bus("AddMatch", "s", rule.serialise())
        messages = deque[Any]()
        self._connection.filter(rule, queue=messages)

        def came() -> list[Seen]:
            with suppress(TimeoutError):
                while True:
                    self._connection.recv_messages(timeout=0)
            found = [_seen(message) for message in messages]
            messages.clear()
            return found

        return came

    def ask_bus(self, member: str, signature: str = "", *arguments: object) -> tuple[Any, ...]:
        """Call the bus daemon itself."""
        return self.call(
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
            member,
            signature,
            *arguments,
        )

    def has_owner(self, name: str) -> bool:
        """Say whether a service of this name is there."""
        return bool(self.ask_bus("NameHasOwner", "s", name)[0])

    def pid_of(self, name: str) -> int:
        """Return the process id behind a name."""
        return int(self.ask_bus("GetConnectionUnixProcessID", "s", name)[0])

    def property(self, service: str, path: str, interface: str, name: str) -> tuple[str, Any]:
        """Return one property as (signature, value)."""
        get = "org.freedesktop.DBus.Properties"
        return cast("tuple[str, Any]", self.call(service, path, get, "Get", "ss", interface, name)[0])

    def properties(self, service: str, path: str, interface: str) -> dict[str, Any]:
        """Return all properties of an interface, without their signatures."""
        get = "org.freedesktop.DBus.Properties"
        return plain(self.call(service, path, get, "GetAll", "s", interface)[0])

    def set_property(
        self,
        service: str,
        path: str,
        interface: str,
        name: str,
        value: tuple[str, object],
    ) -> None:
        """Set one property to (signature, value)."""
        get = "org.freedesktop.DBus.Properties"
        self.call(service, path, get, "Set", "ssv", interface, name, value)

    def _message(self, call: Call) -> Any:  # noqa: ANN401 - jeepney has no types
        target = self._jeepney.DBusAddress(call.path, bus_name=call.service, interface=call.interface)
        return self._jeepney.new_method_call(target, call.member, call.signature or None, call.arguments)

    def _send(self, call: Call) -> int:
        """Send it off, and return its number."""
        number = next(self._connection.outgoing_serial)
        self._connection.send(self._message(call), serial=number)
        return int(number)

    def _next(self, replies: deque[Any]) -> Any:  # noqa: ANN401 - jeepney has no types
        try:
            return self._connection.recv_until_filtered(replies, timeout=CALL_SECONDS)
        except TimeoutError:
            msg = f"some of {AT_ONCE} calls were not answered within {CALL_SECONDS:g} s"
            raise BusError(msg) from None

    def _result(self, reply: Any) -> tuple[Any, ...] | None:  # noqa: ANN401 - jeepney has no types
        is_error = reply.header.message_type is self._jeepney.MessageType.error
        return None if is_error else cast("tuple[Any, ...]", reply.body)


class Monitor:
    """Sees every message of one interface, also those addressed to others."""

    def __init__(self, address: str, interface: str, path: str) -> None:
        """Begin to watch; messages wait on the bus until they are asked for."""
        messages = import_module("jeepney.bus_messages")
        # A reply names no interface: replies are let through and matched by their number.
        rules = [
            messages.MatchRule(interface=interface, path=path).serialise(),
            messages.MatchRule(type="method_return").serialise(),
        ]
        self._connection = _connect(address)
        self._connection.send_and_get_reply(messages.Monitoring().BecomeMonitor(rules), timeout=CALL_SECONDS)

    def close(self) -> None:
        """Leave the bus."""
        self._connection.close()

    def new(self) -> Iterator[Seen]:
        """Yield what was seen since the last time, without waiting."""
        while True:
            try:
                message = self._connection.receive(timeout=0)
            except TimeoutError:
                return
            yield _seen(message)


def plain(variants: object) -> dict[str, Any]:
    """Turn the a{sv} of D-Bus into names and bare values."""
    pairs = cast("dict[str, tuple[str, Any]]", variants)
    return {name: value for name, (_signature, value) in pairs.items()}


def _connect(address: str) -> Any:  # noqa: ANN401 - jeepney has no types
    return import_module("jeepney.io.blocking").open_dbus_connection(address, auth_timeout=CALL_SECONDS)


def _seen(message: Any) -> Seen:  # noqa: ANN401 - jeepney has no types
    names = import_module("jeepney").HeaderFields
    kind = message.header.message_type.name
    fields: dict[object, Any] = message.header.fields
    return Seen(
        kind=str(kind),
        serial=int(fields.get(names.reply_serial, message.header.serial)),
        sender=str(fields.get(names.sender, "")),
        path=str(fields.get(names.path, "")),
        destination=str(fields.get(names.destination, "")),
        member=str(fields.get(names.member, "")),
        body=cast("tuple[Any, ...]", message.body),
    )
