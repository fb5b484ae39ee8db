"""The shipped SQL and what uses it, on a real PostgreSQL."""
