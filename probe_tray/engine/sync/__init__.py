"""Syncing logins with the shared table."""
