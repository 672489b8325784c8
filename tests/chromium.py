"""Finds a browser for the browser tests, and provides one where there is none.

An installed Chromium or Chrome is used as it is; else the build that Playwright downloads; else, where that cannot be
had and this process may install packages, Debian's ``chromium``. ``python tests/chromium.py`` provides one and says
which.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPLICATIONS = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)
# Without these a fresh profile asks the maker's hosts for updates, which a test without network must not wait for.
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
)


def find() -> Path | None:
    """Return the executable of the browser to test with: that of GEOMAP_CHROMIUM, an installed one, or Playwright's."""
    if given := os.environ.get("GEOMAP_CHROMIUM"):
        return Path(given)
    installed = [Path(path) for name in NAMES if (path := shutil.which(name))]
    return next((path for path in (*installed, *APPLICATIONS, *_playwright()) if path.is_file()), None)


def arguments() -> list[str]:
    """Return the command-line arguments to start it with; as root it cannot sandbox itself."""
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*ARGUMENTS, *(["--no-sandbox"] if as_root else [])]


def provide() -> Path | None:
    """Find a browser, or install one."""
    for install in (None, _install_playwright, _install_debian):
        if install is not None:
            install()
        if (found := find()) is not None:
            return found
    return None


def _playwright() -> list[Path]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return [Path(playwright.chromium.executable_path)]


def _install_playwright() -> None:
    print("no Chromium or Chrome is installed; asking Playwright for its own", file=sys.stderr)
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    try:
        subprocess.run(command, check=False, timeout=300, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        print("Playwright's download took too long", file=sys.stderr)


def _install_debian() -> None:
    if not (shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0):
        return
    print("installing Debian's chromium", file=sys.stderr)
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
    subprocess.run(["apt-get", "install", "-qq", "--no-install-recommends", "chromium"], check=False, **quiet)


if __name__ == "__main__":
    browser = provide()
    if browser is None:
        sys.exit("no browser for the browser tests: install Chromium or Chrome, or set GEOMAP_CHROMIUM to one")
    print(f"browser tests use {browser}")
