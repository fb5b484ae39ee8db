"""Finds the files that ship with the program: in a checkout, in an installed wheel, in a PyInstaller bundle."""

from pathlib import Path


def resource(name: str) -> Path:
    """The path of a shipped file, ``name`` being relative to the folder of resources, such as ``locale/zh_CN.po``.

    Raises FileNotFoundError when the program was packed without it.
    """
    here = Path(__file__).resolve().parent
    # The wheel and the bundle carry the folder inside the package; the checkout has it beside the package.
    for folder in (here / "resources", here.parent / "resources"):
        found = folder / name
        if found.is_file():
            return found
    raise FileNotFoundError(name)
