"""``python -m probe_tray``: the tray app."""

from probe_tray.app import main

main()
