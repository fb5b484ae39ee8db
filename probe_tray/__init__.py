"""Probe Tray: every Codex account's quota at a glance, and logins that stay alive."""

__version__ = "0.1.0"
