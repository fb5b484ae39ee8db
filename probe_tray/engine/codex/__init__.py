"""Use in Codex: hand-overs, and who renews what was handed over."""
