"""The terminal: streams, width, colour, language, signals."""
