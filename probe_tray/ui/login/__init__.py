"""The window of a login."""
