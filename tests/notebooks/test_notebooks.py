"""The notebooks run from top to bottom, show maps or plots, and are kept without outputs."""

from __future__ import annotations

from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_kept_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path):
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}})
    client.execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    data = [output.get("data", {}) for output in shown]
    assert any("<iframe" in each.get("text/html", "") or "image/png" in each for each in data), "nothing was drawn"
    assert not any(output.get("name") == "stderr" for output in shown), "a cell warned"


def test_every_notebook_is_described():
    page = (ROOT / "docs" / "guides" / "notebooks.md").read_text(encoding="utf-8")
    assert all(f"`{path.name}`" in page for path in NOTEBOOKS)
