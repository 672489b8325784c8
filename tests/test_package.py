"""The built package works by itself: installed alone, from another folder, where nothing may be written at home."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-t", "sdist", "-d", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """Return the folder of an environment that holds the wheel and sees the packages that it needs, but not this tree."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(folder, with_pip=False, symlinks=True)
    paths = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", "venv", vars=paths))
    # A path file adds this one folder; the path files in it, the editable install's among them, are not read.
    (packages / "needed.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    (wheel,) = built.glob("*.whl")
    python = sysconfig.get_path("scripts", "venv", vars=paths) + "/python"
    pip = [sys.executable, "-m", "pip", "--python", python, "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--ignore-installed", str(wheel)], check=True)
    return Path(python).parent


def test_wheel_says_what_it_is(built):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        (name,) = [name for name in packed.namelist() if name.endswith("/METADATA")]
        metadata = packed.read(name).decode()
        assert "geomap/py.typed" in packed.namelist()
    assert f"Version: {PROJECT['version']}\n" in metadata
    for extra in PROJECT["optional-dependencies"]:
        assert f"Provides-Extra: {extra}\n" in metadata


def test_sdist_holds_what_builds_and_tests_it(built, tmp_path):
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "geomap/py.typed", "tests/conftest.py"):
        assert (source / name).is_file(), name
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "again")]
    subprocess.run(command, check=True, cwd=source, capture_output=True)
    names = [
        {
            entry.filename: entry.CRC
            for entry in zipfile.ZipFile(wheel).infolist()
            if entry.filename.startswith("geomap/")
        }
        for folder in (built, tmp_path / "again")
        for wheel in folder.glob("*.whl")
    ]
    assert names[0] == names[1]


def test_it_works_alone_where_home_cannot_be_written(installed, sample, tmp_path):
    # Nothing can be made below a file, not even by root.
    home = tmp_path / "home"
    home.write_text("", encoding="utf-8")
    elsewhere, temporary = tmp_path / "elsewhere", tmp_path / "temporary"
    elsewhere.mkdir()
    temporary.mkdir()
    shutil.copy(sample, elsewhere / "report.txt")
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "SYSTEMROOT"}}
    environment = {**kept, "HOME": str(home), "TMPDIR": str(temporary)}
    for command in (
        ["python", "-c", "import geomap, pathlib; print(pathlib.Path(geomap.__file__).parent)"],
        ["geomap", "map", "report.txt", "-o", "map.html"],
    ):
        arguments = [str(installed / command[0]), *command[1:]]
        done = subprocess.run(arguments, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        if command[0] == "python":
            assert not Path(done.stdout.strip()).is_relative_to(ROOT)
    assert int(re.search(r"(\d+) claims", done.stderr)[1]) >= 5
    assert (elsewhere / "map.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert {path.name for path in elsewhere.iterdir()} == {"report.txt", "map.html"}
    (cache,) = temporary.glob("geomap-*")
    assert list(cache.glob("gazetteer-*.sqlite"))
