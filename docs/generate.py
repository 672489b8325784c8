"""Write the generated pages of the documentation: the command line's reference and the columns of the outputs.

``python docs/generate.py`` writes them; a test fails when they are not what it would write.
"""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from geomap import cli, frames

HERE = Path(__file__).resolve().parent
COMMANDS = ((), ("map",), ("extract",), ("geocode",), ("gazetteer",), ("gazetteer", "info"), ("gazetteer", "search"))
DATA_AND_EXIT_CODES = """
Data go to standard output, messages and progress to standard error. The exit code is 0 when the work was done, also
when a report makes no claim; 1 when an input, output or data set cannot be used (one line says which, and what to do);
2 when the command cannot be understood. `python -m geomap` is the same.
""".strip()
RECORDS_AND_LAYERS = """
`geomap extract` writes records: one JSON object a report, one report a line. GeoDataFrames, GeoJSON, CSV, GeoPackage
and GeoParquet show the same records as three layers of rows. GeoJSON and GeoPackage hold all layers, CSV and GeoParquet
the one that `--layer` names. Coordinates are EPSG:4326, longitude first; dates are ISO 8601; what a report does not say
is empty.
""".strip()
NOTE = "<!-- Written by docs/generate.py (make docs). -->"


def command_line() -> str:
    """Return the reference of the command line, from its own help."""
    parts = [
        "# Command line",
        NOTE,
        DATA_AND_EXIT_CODES,
    ]
    for words in COMMANDS:
        result = CliRunner().invoke(cli.app, [*words, "--help"], prog_name="geomap", env={"COLUMNS": "100"})
        parts += [f"## {' '.join(('geomap', *words))}", f"```text\n{result.output.rstrip()}\n```"]
    return "\n\n".join(parts) + "\n"


def outputs() -> str:
    """Return the tables of the columns that frames and files have."""
    parts = [
        "# Outputs",
        NOTE,
        RECORDS_AND_LAYERS,
        "A cell of a CSV that a spreadsheet could take for a formula begins with an apostrophe.",
    ]
    for layer, columns in frames.COLUMNS.items():
        rows = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in columns.items())
        parts += [f"## {layer}", f"| Column | What it holds |\n|---|---|\n{rows}"]
    return "\n\n".join(parts) + "\n"


PAGES = {"cli.md": command_line, "outputs.md": outputs}


def main() -> None:
    """Write the pages."""
    for name, write in PAGES.items():
        (HERE / name).write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main()
