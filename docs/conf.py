"""How Sphinx builds the site: ``make docs`` writes it to ``out/site``, from the files of this folder alone."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

project = "geomap"
author = "geomap contributors"
project_copyright = "geomap contributors"
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc"]
root_doc = "index"
exclude_patterns = ["images/README.md"]

# Anchors of headings, as GitHub makes them, so that links work in both.
myst_heading_anchors = 4

autodoc_typehints = "signature"
autodoc_class_signature = "mixed"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
numpydoc_show_class_members = False
numpydoc_validation_checks: set[str] = set()

html_theme = "furo"
html_title = "geomap"
html_copy_source = False
# No mark-up of ours needs the network; the theme brings its own script and style sheet, and fonts are the system's.
html_theme_options: dict[str, object] = {"top_of_page_buttons": []}
