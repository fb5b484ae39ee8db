"""The bundle's program ``probe-tray``."""

from bundle_start import start


def main() -> None:
    """Run the tray app; its modules are imported once the bundle is known to be whole."""
    from probe_tray.app import main as run

    run()


if __name__ == "__main__":
    start(main)
