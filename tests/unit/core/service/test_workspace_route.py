"""Where the model requests of a workspace go."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe_tray.core.service.workspace_route import WorkspaceRoute, read_route

EU = "https://eu.chatgpt.com"
TOLD = {"workspace_backend_origin": EU, "account_routing_override": "EU"}


@pytest.mark.parametrize(
    ("answer", "route"),
    [
        ({"accounts": [{"id": "other"}, {"id": "mine", **TOLD}]}, WorkspaceRoute(EU, "EU")),
        ({"accounts": {"mine": {"account": {"account_id": "mine", **TOLD}}}}, WorkspaceRoute(EU, "EU")),
        ({"accounts": {"mine": TOLD}}, WorkspaceRoute(EU, "EU")),
        (TOLD, WorkspaceRoute(EU, "EU")),
        ({"accounts": [{"id": "other", **TOLD}]}, WorkspaceRoute()),
        (TOLD | {"account_routing_override": "NO_CONSTRAINT"}, WorkspaceRoute(EU, "")),
        (TOLD | {"workspace_backend_origin": f"{EU}/"}, WorkspaceRoute(EU, "EU")),
        (TOLD | {"workspace_backend_origin": None}, WorkspaceRoute("", "EU")),
        ({}, WorkspaceRoute()),
        ({"accounts": "none"}, WorkspaceRoute()),
    ],
)
def test_the_accounts_own_entry_says_it(answer: object, route: WorkspaceRoute) -> None:
    assert read_route(json.dumps(answer).encode(), "mine") == route


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://chatgpt.com.evil.example",
        "https://notchatgpt.com",
        "http://eu.chatgpt.com",
        "https://eu.chatgpt.com:8443",
        "https://me@eu.chatgpt.com",
        "https://eu.chatgpt.com/other",
        "https://[::1",
        "eu.chatgpt.com",
    ],
)
def test_a_token_goes_to_no_host_but_the_services_own(origin: str) -> None:
    told = json.dumps({"workspace_backend_origin": origin}).encode()
    assert read_route(told, "mine") == WorkspaceRoute()


KEYS = st.sampled_from(["accounts", "mine", "account", "id", *TOLD])
ANSWERS = st.recursive(
    st.none() | st.text(max_size=5),
    lambda value: st.dictionaries(KEYS, value | st.lists(value, max_size=2), max_size=3),
)


@given(st.binary(max_size=200) | ANSWERS.map(lambda value: json.dumps(value).encode()))
def test_no_answer_breaks_it(body: bytes) -> None:
    assert read_route(body, "mine").origin in {"", EU}
