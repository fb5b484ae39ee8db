"""A login that runs or failed, in words."""
