"""Which account the official client works with, and how it was given to it."""
