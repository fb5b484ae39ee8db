"""What the simulated page of releases says, and to whom."""

import httpx

from probe_tray.core.service.incident import Incident, parse_incident
from probe_tray.core.service.service import RELEASES_PATH, STATUS_PATH
from probe_tray.core.update.release import is_newer, parse_release
from probe_tray.demo import DemoService

ACCEPT = {"accept": "application/vnd.github+json"}


def test_it_names_a_version_that_is_newer_than_this_one(service: DemoService, http: httpx.Client) -> None:
    answer = http.get(service.addresses.releases + RELEASES_PATH, headers=ACCEPT)
    found = parse_release(answer.content)
    assert found is not None
    assert is_newer(found.version, "0.1.0")
    assert len(found.changes) == 2
    assert service.violations == ()


def test_the_status_page_names_an_incident_and_takes_no_token(service: DemoService, http: httpx.Client) -> None:
    page, accept = service.addresses.releases + STATUS_PATH, {"accept": "application/json"}
    assert parse_incident(http.get(page, headers=accept).content) == Incident("Partial System Outage")
    assert service.violations == ()
    http.get(page, headers=accept | {"authorization": "Bearer x"})
    assert len(service.violations) == 1


def test_a_token_or_another_question_is_a_violation(service: DemoService, http: httpx.Client) -> None:
    where = service.addresses.releases
    http.get(where + RELEASES_PATH, headers=ACCEPT | {"authorization": "Bearer x"})
    http.get(where + RELEASES_PATH)
    http.get(where + RELEASES_PATH + "?per_page=1", headers=ACCEPT)
    http.get(where + "/repos/someone/else/releases/latest", headers=ACCEPT)
    assert len(service.violations) == 4
