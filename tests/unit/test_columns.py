"""Rows as columns: what goes in comes back, and a collection takes little room."""

from __future__ import annotations

import json

import pytest

from geomap import columns

HOSTILE = ["</script>", "${x}", "__proto__", "{label}", "\u202eevil", "\ud83d\ude00", "", "a\nb", '"', "constructor"]


def unpack(table):
    """Undo columns.pack, as the page's script does."""
    return [
        {
            key: (column["of"][column["at"][row] if "at" in column else 0] if isinstance(column, dict) else column[row])
            for key, column in table["columns"].items()
        }
        for row in range(table["n"])
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"a": 1}],
        [{"a": None, "b": []}] * 5,
        [{"a": value, "b": [value], "c": {"of": [value]}} for value in HOSTILE * 3],
        [{"a": value} for value in (1, 1.0, True, "1", None, 0, False, "", [1], [True]) * 4],
        [{"a": {"of": [1], "at": [0]}}, {"a": {"of": [2], "at": [0]}}],
    ],
    ids=["none", "one", "constant", "hostile", "alike", "like-a-column"],
)
def test_rows_come_back_as_they_went(rows):
    packed = json.loads(json.dumps(columns.pack(rows)))
    back = unpack(packed)
    assert json.dumps(back) == json.dumps(rows)


def test_what_repeats_is_named_once():
    packed = columns.pack([{"kind": "mention", "who": f"speaker {n % 3}", "id": n} for n in range(9)])
    assert packed["columns"]["kind"] == {"of": ["mention"]}
    assert packed["columns"]["who"] == {"of": ["speaker 0", "speaker 1", "speaker 2"], "at": [0, 1, 2] * 3}
    assert packed["columns"]["id"] == list(range(9))
