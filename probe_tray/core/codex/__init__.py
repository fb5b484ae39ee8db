"""Use in Codex: which account the official client works with, and who renews its login meanwhile."""
