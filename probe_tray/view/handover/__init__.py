"""Words about the account that the official client works with."""
