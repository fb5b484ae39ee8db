"""Write dist/probe-tray.cdx.json: every library that the packages hold, with its version and hashes.

uv run python packaging/sbom.py

It is a CycloneDX 1.6 document (https://cyclonedx.org/docs/1.6/json/), made from packaging/requirements.txt alone, so
that the same versions give the same bytes.
"""

import argparse
import json
import re
from pathlib import Path
from typing import Final

from project import DIST, HOMEPAGE, PACKAGING, SUMMARY, TRAY, VERSION

NAME: Final = "probe-tray.cdx.json"
_PIN: Final = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^\s;\\]+)(?P<rest>(?:.*\\\n)*.*)$", re.MULTILINE)
_MARKER: Final = re.compile(r";\s*([^\\\n]+)")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def components(requirements: str) -> list[dict[str, object]]:
    """A component for each pinned line of a requirements file."""
    found: list[dict[str, object]] = []
    for pin in _PIN.finditer(requirements):
        name, version = pin["name"].lower(), pin["version"]
        address = f"pkg:pypi/{name}@{version}"
        marker = _MARKER.search(pin["rest"].splitlines()[0] if pin["rest"] else "")
        component: dict[str, object] = {
            "type": "library",
            "bom-ref": address,
            "name": name,
            "version": version,
            "purl": address,
        }
        if marker is not None:
            component["properties"] = [{"name": "python:marker", "value": marker[1].strip()}]
        files = [{"alg": "SHA-256", "content": one} for one in _HASH.findall(pin["rest"])]
        component["externalReferences"] = [
            {"type": "distribution", "url": f"https://pypi.org/project/{name}/{version}/", "hashes": files}
        ]
        found.append(component)
    return found


def document(requirements: str) -> dict[str, object]:
    """The whole document."""
    program = f"pkg:pypi/{TRAY}@{VERSION}"
    libraries = components(requirements)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": program,
                "name": TRAY,
                "version": VERSION,
                "description": SUMMARY,
                "licenses": [{"license": {"id": "MIT"}}],
                "purl": program,
                "externalReferences": [{"type": "website", "url": HOMEPAGE}],
            }
        },
        "components": libraries,
        "dependencies": [{"ref": program, "dependsOn": [str(one["bom-ref"]) for one in libraries]}],
    }


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Write the list of all libraries in the packages.")
    parser.add_argument("folder", type=Path, nargs="?", default=DIST)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    made = document((PACKAGING / "requirements.txt").read_text(encoding="utf-8"))
    (folder / NAME).write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8", newline="\n")
    print(f"Wrote {folder / NAME}.")


if __name__ == "__main__":
    main()
