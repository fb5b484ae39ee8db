"""The wire itself: what is not HTTP, what is too much, and the service run alone."""

import os
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from probe_tray.demo import DemoService
from tests.support.patience import PATIENCE
from tests.unit.demo.client import Client, problems


def _raw(client: Client, data: bytes, *, half_close: bool = False) -> bytes:
    address = urlsplit(client.issuer)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=PATIENCE) as wire:
        wire.sendall(data)
        if half_close:
            wire.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while part := wire.recv(65_536):
                answer += part
        except ConnectionResetError:
            pass
    return answer


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12",
    ],
)
def test_what_is_not_http_is_a_violation(client: Client, service: DemoService, data: bytes) -> None:
    assert _raw(client, data).startswith(b"HTTP/1.1 400 ")
    assert problems(service) == ["not a well-formed HTTP request"]


@pytest.mark.parametrize(
    "data",
    [
        b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n" + b"a" * 300_000,
    ],
)
def test_what_has_no_end_is_cut_off(client: Client, service: DemoService, data: bytes) -> None:
    _raw(client, data)
    assert problems(service) == ["not a well-formed HTTP request"]


@pytest.mark.parametrize(
    "data", [b"", b"GET / HT", b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1"]
)
def test_a_client_that_dies_is_no_violation(client: Client, service: DemoService, data: bytes) -> None:
    assert _raw(client, data, half_close=True) == b""
    assert service.violations == ()


def test_it_runs_alone_until_interrupted() -> None:
    command = [sys.executable, "-m", "probe_tray.demo", "--accounts", "5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as alone:
        assert alone.stdout
        assert alone.stdout.readline().startswith("issuer http://127.0.0.1:")
        backend = alone.stdout.readline()
        assert backend.startswith("backend http://127.0.0.1:")
        assert backend.endswith("/backend-api\n")
        assert alone.stdout.readline().startswith("table http://127.0.0.1:")
        assert alone.stdout.readline().startswith("releases http://127.0.0.1:")
        alone.send_signal(signal.SIGINT)
        assert alone.wait(PATIENCE) == 0
        assert alone.stderr
        assert alone.stderr.read() == ""


def test_alone_on_a_taken_port_it_says_so() -> None:
    with DemoService() as service:
        port = service.addresses.issuer.rpartition(":")[2]
        command = [sys.executable, "-m", "probe_tray.demo", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 2
    assert "Choose another --port" in done.stderr


def test_it_is_light_to_import() -> None:
    heavy = "{'httpx', 'PySide6', 'jwt', 'cryptography', 'qasync', 'keyring'}"
    code = f"import sys, probe_tray.demo; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stdout == "[]\n"
