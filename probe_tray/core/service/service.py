"""Where the service is, and who we are to it: the only place with these constants."""

from typing import Final

import msgspec

from probe_tray import __version__

REPOSITORY: Final = "https://github.com/probe-tray/probe-tray"
"""The project's page, as in ``[project.urls]`` of pyproject.toml."""
RELEASES_PATH: Final = f"/repos/{REPOSITORY.removeprefix('https://github.com/')}/releases/latest"
"""Where GitHub's API names the newest release."""

STATUS_PATH: Final = "/api/v2/status.json"
"""Where the status page says whether an incident is known, in Statuspage's format."""


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses of one service; the simulated one replaces them here."""

    issuer: str = "https://auth.openai.com"
    token_issuer: str = "https://auth.openai.com"
    """The name of the issuer in id tokens (``iss``), at whatever address it is reached."""
    backend: str = "https://chatgpt.com/backend-api"
    releases: str = "https://api.github.com"
    """Asked only where the person wants to know of new versions."""
    status_page: str = "https://status.openai.com"
    """Asked once where checks fail at the service itself, unless the person does not want it."""
    client_id: str = "app_EMoamEEZ73f0CkXaXp7hrann"
    """Public; every Codex client uses it."""
    redirect_host: str = "localhost"
    """Host of the callback address: ``localhost`` or ``127.0.0.1``."""
    ports: tuple[int, ...] = (1455, 1457)
    """The callback ports registered for the client; no other works at the issuer."""


OFFICIAL = Service()
USER_AGENT = f"probe-tray/{__version__}"
ORIGINATOR = "codex_cli_rs"
SCOPE = "openid profile email offline_access"
CLIENT_VERSION = "0.150.0"
"""What the model list is asked for: it leaves out models that an older official client could not use."""
