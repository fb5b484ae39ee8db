"""The logins that the demo begins with."""

from collections.abc import Iterator

from probe_tray.core.account.credential import Credential, make_credential
from probe_tray.core.account.secret import Secret
from probe_tray.demo.people import sample_people
from probe_tray.demo.service import DemoService
from probe_tray.ports.time import Clock

_OTHERS_LIVE, _LAST_LIVES = 10 * 86_400, 2 * 86_400
"""Seconds of the sample logins' access tokens."""


def sample_logins(service: DemoService, clock: Clock) -> Iterator[Credential]:
    """A login of each sample person; the last cannot be renewed and ends soon, so that its warning can be seen."""
    known = {person.user_id for person in sample_people()}
    people = [person for person in service.people if person.user_id in known]
    for person in people:
        last = person is people[-1]
        login = service.issue_login(person.email, lifetime=_LAST_LIVES if last else _OTHERS_LIVE)
        made = make_credential(
            access_token=Secret(login.access_token),
            refresh_token=None if last else Secret(login.refresh_token),
            id_token=Secret(login.id_token),
            last_refresh=clock.now(),
            expired=login.expires_at,
            made_here=True,
        )
        if made is not None:
            yield made
