"""The loopback listener for the OAuth callback (RFC 8252)."""
