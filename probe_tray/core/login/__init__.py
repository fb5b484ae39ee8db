"""One login: PKCE, the callback, the device code."""
