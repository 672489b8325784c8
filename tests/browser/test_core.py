"""Runs the tests of the page's pure functions under Node, where there is one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from geomap import maps

HERE = Path(__file__).parent


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js; the browser tests run the same code")
def test_pure_functions_under_node():
    result = subprocess.run(
        ["node", "--test", str(HERE / "core.test.mjs")], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stdout[-3000:]


def test_our_scripts_and_styles_stay_small():
    files = [
        path for path in Path(maps.__file__).parent.joinpath("assets").glob("page*") if path.suffix in {".js", ".css"}
    ]
    assert len(files) >= 3
    assert sum(path.stat().st_size for path in files) <= 60 * 1024


def test_no_inline_handlers_or_markup_from_strings():
    for name in ("page.html", "page.js", "page-core.js", "review.html", "review.js"):
        text = Path(maps.__file__).parent.joinpath("assets", name).read_text(encoding="utf-8")
        for forbidden in (
            " onclick=",
            " onload=",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ):
            assert forbidden not in text, f"{forbidden} in {name}"
