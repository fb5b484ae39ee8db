"""Import and export in words."""
