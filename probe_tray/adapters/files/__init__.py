"""Small private files: configuration, arrangement, memories, imports and exports."""
