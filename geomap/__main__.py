"""``python -m geomap`` is the command line."""

from __future__ import annotations

from geomap.cli import main

if __name__ == "__main__":
    main()
