"""Rows of the page's data as columns, so that a corpus fits into one page.

A hundred thousand rows that each repeat their keys and half of their values would be three times as large and slow to
read. Here a column holds one key's values, and one with few distinct values holds each once, with an index for each
row. ``unpack`` in the page's script undoes it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORTH = 0.6
"""Share of distinct values up to which naming each once is shorter; the indices cost the rest."""


def pack(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Turn rows with the same keys into columns.

    Parameters
    ----------
    rows
        Values must be fit for JSON.

    Returns
    -------
    dict
        ``n``, the number of rows, and ``columns``: for each key the list of its values; or ``{"of": values, "at":
        indices}`` where values repeat; or ``{"of": [value]}`` where all are the same.
    """
    keys = rows[0] if rows else ()
    return {"n": len(rows), "columns": {key: _pack_column([row[key] for row in rows]) for key in keys}}


def _pack_column(values: Sequence[Any]) -> Any:  # noqa: ANN401 - a list, or a dict of lists
    # 1, 1.0 and True are one key of a dict but three values in JSON; lists and dicts are none.
    known: dict[object, int] = {}
    distinct: list[Any] = []
    indices = []
    for value in values:
        key = value if isinstance(value, str) else (type(value), value if _is_plain(value) else json.dumps(value))
        if key not in known:
            known[key] = len(distinct)
            distinct.append(value)
        indices.append(known[key])
    if len(distinct) == 1:
        return {"of": distinct}
    return {"of": distinct, "at": indices} if len(distinct) <= _WORTH * len(values) else list(values)


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, (int, float))
