"""The terminal: streams, width, color, signals."""
