"""The check of id tokens, without the thread of its own in which it loads its library."""

from probe_tray.adapters.http.jwt_id_token_check import JwtIdTokenCheck


class LoadedIdTokenCheck(JwtIdTokenCheck):
    """Ready from the start, so that a test's event loop has nothing to wait for."""

    async def load(self) -> None:
        """Nothing is left to load."""
