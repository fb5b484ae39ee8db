"""Use in Codex: what is asked before an account is used there."""
