"""A program of the person's own that runs when something happens to an account."""
