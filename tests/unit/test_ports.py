"""Which ports the tests take for themselves."""

import socket

from tests.support.ports import free_port, free_ports


def test_ports_in_a_row_are_free_and_given_once() -> None:
    first, second = free_ports(4), free_ports(4)
    assert [list(row) for row in (first, second)] == [list(range(row[0], row[0] + 4)) for row in (first, second)]
    assert not set(first) & set(second)


def test_no_port_is_one_that_the_system_gives_to_connections() -> None:
    assert all(20_000 <= port < 32_768 for port in free_ports(50))


def test_a_port_in_use_is_passed_over() -> None:
    taken = free_port() + 1
    with socket.socket() as other:
        other.bind(("127.0.0.1", taken))
        assert taken not in free_ports(3)
