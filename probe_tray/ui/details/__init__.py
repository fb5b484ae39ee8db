"""The window with one account's details."""
