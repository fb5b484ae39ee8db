import pytest

from probe_tray.core.account.secret import Secret
from probe_tray.core.errors import ConfigError, SyncOffError
from probe_tray.core.sync.setup import (
    SecretPlace,
    SyncSecrets,
    SyncSetup,
    base_address,
    is_lost,
    kept_key,
    target,
)

URL = "https://abcdefgh.supabase.co"
HELD = SyncSecrets(api_key=Secret("sb_publishable_x"), key=Secret("5A" * 32))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (URL, URL),
        (f" {URL}/ ", URL),
        (f"{URL}/rest/v1", URL),
        (f"{URL}/rest/v1/tokens/", URL),
        ("https://db.example:8443/base/", "https://db.example:8443/base"),
        ("http://127.0.0.1:54321", "http://127.0.0.1:54321"),
        ("http://localhost:54321/rest/v1/", "http://localhost:54321"),
        ("http://[::1]:54321", "http://[::1]:54321"),
    ],
)
def test_addresses_that_can_be_used(given: str, expected: str) -> None:
    assert base_address(given) == expected


@pytest.mark.parametrize(
    "given",
    [
        "",
        "abcdefgh.supabase.co",
        "http://abcdefgh.supabase.co",
        "http://127.0.0.1.example.com",
        "ftp://abcdefgh.supabase.co",
        "https://",
        "https://user:password@abcdefgh.supabase.co",
        f"{URL}?apikey=x",
        f"{URL}#x",
        "https://abc\ndef.supabase.co",
        "https://host:99999",
        "https://[broken",
        "https://höst.example",
        "https://a b.example",
    ],
)
def test_addresses_that_cannot(given: str) -> None:
    assert base_address(given) is None


def test_all_that_is_needed_is_checked_and_put_together() -> None:
    goal = target(f"{URL}/", HELD, "config.json")
    assert (goal.url, goal.api_key, goal.key) == (URL, HELD.api_key, HELD.key)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(SyncOffError) as caught:
        target("", SyncSecrets(api_key=HELD.api_key), "config.json")
    assert caught.value.facts == {"missing": "sync_url, sync_aes_gcm_key"}


@pytest.mark.parametrize(
    ("url", "held", "key", "found"),
    [
        ("http://h.example", HELD, "sync_url", "an http address, which isn't encrypted"),
        ("nonsense", HELD, "sync_url", "no address"),
        (URL, SyncSecrets(api_key=Secret("two words"), key=HELD.key), "sync_api_key", "text that isn't a key"),
        (URL, SyncSecrets(api_key=HELD.api_key, key=Secret("canary")), "sync_aes_gcm_key", "text of 6 characters"),
        (
            URL,
            SyncSecrets(api_key=HELD.api_key, key=Secret("canary" + "5" * 58)),
            "sync_aes_gcm_key",
            "64 characters that are not all digits from 0 to f",
        ),
        (
            URL,
            SyncSecrets(api_key=HELD.api_key, key=Secret(f"{'5e' * 32}:canary")),
            "sync_aes_gcm_key",
            "2 keys of 64, 6 characters",
        ),
    ],
)
def test_a_value_that_is_no_good_is_named_and_no_secret_shown(
    url: str, held: SyncSecrets, key: str, found: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        target(url, held, "config.json")
    assert (caught.value.facts["key"], caught.value.facts["found"]) == (key, found)
    assert "canary" not in str(caught.value)
    assert "two words" not in str(caught.value)


def test_whether_it_is_set_up() -> None:
    assert not SyncSetup().begun
    half = SyncSetup(url=URL, key=SecretPlace.KEYRING)
    assert (half.begun, half.ready) == (True, False)
    assert SyncSetup(url=URL, key=SecretPlace.FILE, api_key=SecretPlace.KEYRING).ready


NEW, OLD = "c3" * 32, "5a" * 32
BOTH = f"{NEW}:{OLD}"


@pytest.mark.parametrize(
    ("held", "given", "same_table", "kept", "lost"),
    [
        (OLD, OLD, True, OLD, False),
        (OLD, OLD.upper(), True, OLD, False),
        (OLD, NEW, True, NEW, True),
        (OLD, BOTH, True, BOTH, False),
        (BOTH, NEW, True, BOTH, False),
        (BOTH, OLD.upper(), True, BOTH, False),
        (BOTH, f"{OLD}:{NEW}", True, BOTH, False),
        (BOTH, "07" * 32, True, "07" * 32, True),
        (BOTH, OLD, False, OLD, True),
        (BOTH, BOTH, False, BOTH, False),
    ],
)
def test_of_two_keys_for_a_table_one_alone_never_takes_the_place_of_both(
    held: str, given: str, *, same_table: bool, kept: str, lost: bool
) -> None:
    found = kept_key(Secret(held), Secret(given), same_table=same_table)
    assert (found.reveal(), is_lost(Secret(held), found)) == (kept, lost)


def test_where_no_key_is_kept_the_given_one_is() -> None:
    assert kept_key(None, Secret(OLD), same_table=True) == Secret(OLD)
