"""Linguistic and geographic knowledge as data: one documented CSV table per kind.

Lines that start with ``#`` are comments: each table says in them what its columns mean and where its rows come from.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files


@cache
def rows(table: str) -> tuple[dict[str, str], ...]:
    """Read a table of this package.

    Parameters
    ----------
    table
        Name without the ending ``.csv``.

    Returns
    -------
    tuple
        One mapping a row, from column name to text; absent values are empty strings.
    """
    text = (files(__name__) / f"{table}.csv").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(csv.DictReader(lines))


@cache
def words(kind: str) -> frozenset[str]:
    """Return the context words of one kind, from ``contexts.csv``."""
    return frozenset(row["word"] for row in rows("contexts") if row["kind"] == kind)
