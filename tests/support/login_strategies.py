"""Logins for property tests."""

from datetime import timedelta
from typing import Final

from hypothesis import strategies as st
from msgspec.structs import replace

from probe_tray.core.account.credential import Credential
from tests.support.tokens import START, credential

_DAY: Final = timedelta(days=1)
_MOMENTS: Final = st.none() | st.integers(0, 3).map(lambda days: START + days * _DAY)


@st.composite
def logins(draw: st.DrawFn) -> Credential:
    """Logins of one account that often tie in one part of their age and differ in another."""
    made = credential(number=draw(st.integers(1, 2)), at=START + draw(st.integers(0, 2)) * _DAY)
    if not draw(st.booleans()):
        made = replace(made, refresh_token=None)
    if draw(st.booleans()):
        made = replace(made, claims=replace(made.claims, issued_at=draw(_MOMENTS)))
    return replace(made, last_refresh=draw(_MOMENTS))
