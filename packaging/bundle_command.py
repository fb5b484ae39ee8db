"""The bundle's program ``codex-probe``."""

from bundle_start import start


def main() -> int:
    """Run the command; its modules are imported once the bundle is known to be whole."""
    from probe_tray.cli.main import main as run

    return run()


if __name__ == "__main__":
    start(main)
