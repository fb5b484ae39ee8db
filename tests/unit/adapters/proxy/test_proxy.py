import ipaddress
from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from probe_tray.adapters.proxy.proxy import ProxyChoice, detect_proxy, is_local, matches_no_proxy
from probe_tray.adapters.systems.operating_system import SystemProxies
from probe_tray.core.errors import ProxyAddressError

HOST = "chatgpt.com"
NOTHING = SystemProxies()


def found(
    override: str | None = None, system: SystemProxies = NOTHING, environment: Mapping[str, str] | None = None
) -> ProxyChoice:
    return detect_proxy(override, environment or {}, system=lambda: system, override_name="--proxy")


def address(choice: ProxyChoice, host: str = HOST) -> str | None:
    secret = choice.address_for(host)
    return secret.reveal() if secret else None


@pytest.mark.parametrize(
    ("environment", "expected", "name"),
    [
        (
            {"HTTPS_PROXY": "http://a:1", "HTTP_PROXY": "http://b:2", "ALL_PROXY": "http://c:3"},
            "http://a:1",
            "HTTPS_PROXY",
        ),
        ({"HTTP_PROXY": "http://b:2", "ALL_PROXY": "http://c:3"}, "http://b:2", "HTTP_PROXY"),
        ({"ALL_PROXY": "socks5h://c:3"}, "socks5h://c:3", "ALL_PROXY"),
        ({"https_proxy": "http://a:1"}, "http://a:1", "https_proxy"),
        ({"http_proxy": "http://b:2", "HTTPS_PROXY": ""}, "http://b:2", "http_proxy"),
        ({"all_proxy": "socks5://c:3"}, "socks5://c:3", "all_proxy"),
        ({"https_proxy": "a:1", "HTTP_PROXY": "http://b:2"}, "http://a:1", "https_proxy"),
    ],
)
def test_variables_in_their_order(environment: dict[str, str], expected: str, name: str) -> None:
    choice = found(environment=environment)
    assert (address(choice), choice.found_in) == (expected, name)


def test_what_was_asked_for_goes_first_and_holds_for_every_host() -> None:
    environment = {"HTTPS_PROXY": "http://a:1", "NO_PROXY": "*"}
    choice = found("socks5h://own:9", environment=environment)
    assert address(choice) == "socks5h://own:9"
    assert address(choice, "127.0.0.1") == "socks5h://own:9"
    assert choice.found_in == "--proxy"


def test_empty_is_direct_whatever_is_found() -> None:
    choice = found("", environment={"HTTPS_PROXY": "http://a:1"})
    assert (address(choice), choice.shown) == (None, "direct")


def test_nothing_found_is_direct() -> None:
    assert address(found()) is None


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"https": "http://a:1", "http": "http://b:2", "socks": "http://c:3"}, "http://a:1"),
        ({"http": "http://b:2", "socks": "http://c:3"}, "http://b:2"),
        ({"socks": "http://c:3"}, "socks5://c:3"),
        ({"socks": "socks4://c:3"}, "socks5://c:3"),
    ],
)
def test_settings_of_the_system(settings: dict[str, str], expected: str) -> None:
    system = SystemProxies("the settings", settings, lambda host: host == "inside.example")
    choice = found(system=system)
    assert (address(choice), choice.found_in) == (expected, "the settings")
    assert address(choice, "inside.example") is None
    assert address(found(system=system, environment={"NO_PROXY": "other.example"})) == expected


@pytest.mark.parametrize(
    ("exceptions", "expected"),
    [
        ("*", True),
        ("chatgpt.com", True),
        (".chatgpt.com", True),
        ("*.chatgpt.com", True),
        ("com", True),
        ("CHATGPT.COM:443", True),
        ("a.example, chatgpt.com", True),
        ("a.example chatgpt.com", True),
        ("gpt.com", False),
        ("", False),
        (" , ,", False),
        (".", False),
        ("10.0.0.0/8", False),
    ],
)
def test_no_proxy(exceptions: str, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    assert matches_no_proxy(HOST, exceptions) is expected
    choice = found(environment={"HTTPS_PROXY": "http://a:1", "no_proxy": exceptions})
    assert (address(choice) is None) is expected


@pytest.mark.parametrize(
    ("host", "entry"),
    [("10.1.2.3", "10.0.0.0/8"), ("10.1.2.3", "10.1.2.3"), ("::1", "[::1]"), ("fe80::1", "fe80::/10")],
)
def test_no_proxy_knows_addresses_and_networks(host: str, entry: str) -> None:
    assert matches_no_proxy(host, entry)
    assert not matches_no_proxy("192.0.2.1", entry)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_this_computer_is_never_reached_through_a_found_proxy(host: str) -> None:
    assert is_local(host)
    assert address(found(environment={"HTTPS_PROXY": "http://a:1"}), host) is None


def test_user_and_password_are_sent_but_never_shown() -> None:
    choice = found(environment={"HTTPS_PROXY": "http://ana:s3cret@proxy.example:8080/"})
    assert address(choice) == "http://ana:s3cret@proxy.example:8080/"
    assert choice.shown == "http://proxy.example:8080"
    assert "s3cret" not in repr(choice)
    assert "ana" not in repr(choice)


def test_an_address_of_the_sixth_version_keeps_its_brackets() -> None:
    assert found("http://[::1]:8080").shown == "http://[::1]:8080"


@pytest.mark.parametrize(
    "bad",
    [
        "ftp://a:1",
        "socks4://a:1",
        "http://",
        "http://:80",
        "http://a:port",
        "http://a:99999",
        "http://ana:s3cret@",
        "http://s3cret\n.example:1",
        "http://s3cret host:1",
        "http://[::1",
        "://s3cret",
        "http://ana:s3#cret@a:1",
        "?",
    ],
)
def test_a_bad_address_gets_a_sentence_without_it(bad: str) -> None:
    for error in (_error(bad, {}), _error(None, {"HTTPS_PROXY": bad})):
        assert "proxy address" in str(error)
        assert "s3cret" not in str(error)
    assert "HTTPS_PROXY" in str(_error(None, {"HTTPS_PROXY": bad}))


@pytest.mark.parametrize("address", ["socks://127.0.0.1:7897/", "SOCKS://127.0.0.1:7897", "socks5h://127.0.0.1:7897"])
def test_socks_without_a_number_is_the_kind_that_looks_names_up_itself(address: str) -> None:
    choice = found(None, environment={"ALL_PROXY": address})
    assert choice.shown == "socks5h://127.0.0.1:7897"
    assert choice.address is not None
    assert choice.address.reveal().startswith("socks5h://")


@pytest.mark.parametrize("mark", ["#", "/", "?"])
def test_a_password_that_ends_the_address_is_told_how_to_write_it(mark: str) -> None:
    error = _error(None, {"HTTPS_PROXY": f"http://ana:s3{mark}cret@proxy.example:8080"})
    assert "has to be written as %23, %2F or %3F" in str(error)
    assert "cret" not in str(error)


def _error(override: str | None, environment: dict[str, str]) -> ProxyAddressError:
    with pytest.raises(ProxyAddressError) as caught:
        found(override, environment=environment)
    return caught.value


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@given(st.one_of(st.text(), st.from_regex(r"127(\.[0-2]?[0-9]{1,2}){3}\Z"), st.ip_addresses().map(str)))
@example("127.0.0.01")
@example("127.0.0.256")
@example("128.0.0.1")
@example("127.1")
@example("::1")
@example("127.0.0.1\n")
@example("\u0661\u0662\u0667.0.0.1")
def test_a_number_is_this_computer_s_where_the_library_says_so(host: str) -> None:
    assert is_local(host) is (is_loopback(host) or host.lower() == "localhost")


@given(st.ip_addresses(v=4).map(str), st.integers(0, 32))
def test_a_number_is_excepted_with_its_network(host: str, bits: int) -> None:
    assert matches_no_proxy(host, f"{host}/{bits}")
