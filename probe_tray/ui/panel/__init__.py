"""The panel: the window with all accounts."""
