"""The guides and the window About."""
