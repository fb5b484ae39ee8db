"""Logins for property tests."""

from datetime import timedelta
from typing import Final

from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.credential import Credential, make_credential
from probe_tray.core.account.owner import Owner
from probe_tray.core.account.secret import Secret
from tests.support.tokens import START, credential, jwt

_DAY: Final = timedelta(days=1)
_MOMENTS: Final = st.none() | st.integers(0, 3).map(lambda days: START + days * _DAY)


OWNERS: Final = st.builds(
    Owner,
    st.sampled_from(["team", "home"]),
    st.sampled_from(["", "u-ana", "u-ben"]),
    st.sampled_from(["", "ana@example.com", "ANA@example.com", "ben@example.com"]),
)
"""Two workspaces, whose logins name their user, an address, both or neither."""


def login_of(owner: Owner, number: int = 1) -> Credential:
    """A login that says this of its owner; one with a higher number is newer."""
    auth = {"chatgpt_account_id": owner.account_id, "chatgpt_user_id": owner.user_id}
    claims = {"jti": str(number), "iat": int(START.timestamp()) + number, "https://api.openai.com/auth": auth}
    made = make_credential(
        access_token=Secret(jwt(**claims)), refresh_token=Secret(f"rt_{number}"), id_token=None, email=owner.email
    )
    assert made is not None
    return made


@st.composite
def logins(draw: st.DrawFn) -> Credential:
    """Logins of one account that often tie in one part of their age and differ in another."""
    made = credential(number=draw(st.integers(1, 2)), at=START + draw(st.integers(0, 2)) * _DAY)
    if not draw(st.booleans()):
        made = replace(made, refresh_token=None)
    if draw(st.booleans()):
        made = replace(made, claims=replace(made.claims, issued_at=draw(_MOMENTS)))
    return replace(made, last_refresh=draw(_MOMENTS))
