"""Logging in, from the click to the account in the list."""
