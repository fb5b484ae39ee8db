"""Names of hosts, as ``ssl`` and ``socket`` are told them."""

import ssl
from typing import Final

from hypothesis import example, given
from hypothesis import strategies as st

from probe_tray.adapters.http.wire.byte_stream import plain_name

CONTEXT: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def verified(name: str | bytes) -> str | type[Exception]:
    """The name that a certificate must be for."""
    try:
        made = CONTEXT.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=name)
    except (ValueError, TypeError, ssl.SSLError) as error:
        return type(error)
    assert made.server_hostname is not None
    return made.server_hostname


@given(st.one_of(st.text(max_size=10), st.lists(st.integers(0, 66).map("a".__mul__), max_size=4).map(".".join)))
@example("service.example")
@example("Service.Example.")
@example("bücher.example")
@example("127.0.0.1")
@example("::1")
@example("a" * 63 + ".example")
@example("a" * 64 + ".example")
@example("service." + "a" * 64)
@example("service..example")
@example(".example")
@example("")
@example("a\0b")
def test_a_certificate_is_for_the_same_name_whichever_way_it_is_told(name: str) -> None:
    assert verified(plain_name(name)) == verified(name)


def test_a_usual_name_needs_no_tables() -> None:
    for name in ("chatgpt.com", "127.0.0.1", "::1", "localhost"):
        assert plain_name(name) == name.encode()
