"""Write the pinned lists beside this file from pyproject.toml.

``python requirements/lock.py`` keeps the versions that still fit, ``... lock.py NAME...`` upgrades those packages,
``... lock.py --all`` upgrades everything. One list holds for every Python and system that geomap supports: packages
that some of them lack stand with a marker. Needs uv; installing from the lists needs only pip.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LISTS = {
    "runtime": ("--group", "build"),
    # The lists overlap; a package has the same version in both.
    "development": ("--group", "build", "--group", "development", "--constraints", str(HERE / "runtime.txt")),
}


def main(arguments: list[str]) -> None:
    """Resolve each list."""
    upgrades = ["--upgrade"] if arguments == ["--all"] else [f"--upgrade-package={name}" for name in arguments]
    for name, options in LISTS.items():
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
        command += ["--no-emit-index-url", "--no-emit-find-links", "--python-version", "3.11"]
        command += ["--custom-compile-command", "make lock", *upgrades, *options]
        command += ["pyproject.toml", "--output-file", f"requirements/{name}.txt"]
        subprocess.run(command, check=True, cwd=HERE.parent)


if __name__ == "__main__":
    main(sys.argv[1:])
