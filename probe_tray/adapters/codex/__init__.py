"""The place of the official client's login: where it is, what was put there, and what is kept of what was there."""
