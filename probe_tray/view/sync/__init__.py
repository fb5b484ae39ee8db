"""Sync in words."""
