"""Import and export: what would be taken, what would be written."""
