"""One account in full, and its chart."""
