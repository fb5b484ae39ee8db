"""The icon, its tooltip and its menu."""
