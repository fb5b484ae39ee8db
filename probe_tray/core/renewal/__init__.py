"""When a login is renewed, what the token endpoint answers, and what is remembered of it."""
