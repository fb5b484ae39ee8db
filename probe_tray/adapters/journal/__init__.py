"""The journal of renewals, and what is remembered of used tokens."""
