"""Import and export, as a person asked for them."""
