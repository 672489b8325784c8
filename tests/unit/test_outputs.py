"""Output files: whole or not at all, wherever they are to go."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import gao
import pytest

from geomap import exports, maps, outputs
from geomap.errors import DataError

FORMATS = ["json", "geojson", "csv", "kml", "gpkg", "parquet"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_every_beginning_of_a_formula_is_disarmed_and_comes_back(start):
    assert outputs.disarm(f"{start}1") == f"'{start}1"
    assert outputs.rearm(f"'{start}1") == f"{start}1"


@pytest.mark.parametrize("cell", ["", "1", "'quoted'", "a=1"])
def test_other_cells_stay(cell):
    assert outputs.disarm(cell) == outputs.rearm(cell) == cell


@pytest.mark.parametrize("name", ["nul\0byte", "x" * 256, "a" * 300 + "/b"])
@pytest.mark.parametrize("write", [exports.write, maps.write])
def test_names_that_no_file_can_have(tmp_path, name, write):
    what = gao.make_report() if write is exports.write else "<!doctype html>"
    with pytest.raises(DataError, match="cannot be written"):
        write(what, f"{tmp_path}/{name}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["x" * 250 + ".csv", "-o", "~", "$HOME", "a b;rm -rf .csv", "..csv", "é\u202e.csv", "%2e%2e"]
)
def test_names_are_taken_as_they_are(tmp_path, name):
    exports.write(gao.make_report(), tmp_path / name, "csv")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_link_keeps_leading_where_it_leads(tmp_path):
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "out.csv", tmp_path / "out.csv"
    target.write_text("old")
    link.symlink_to(target)
    exports.write(gao.make_report(), link, "csv")
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8").startswith("document,")


def test_a_dangling_link_and_a_loop(tmp_path):
    (tmp_path / "new.csv").symlink_to(tmp_path / "made.csv")
    exports.write(gao.make_report(), tmp_path / "new.csv", "csv")
    assert (tmp_path / "made.csv").exists()
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    exports.write(gao.make_report(), tmp_path / "loop.csv", "csv")
    assert (tmp_path / "loop.csv").is_file()


def test_a_page_gets_the_permissions_of_other_files(tmp_path):
    maps.write("<!doctype html>", tmp_path / "page.html")
    (tmp_path / "plain").touch()
    assert stat.S_IMODE((tmp_path / "page.html").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
def test_a_full_disk_leaves_the_old_files_whole(tmp_path):
    for name in (*FORMATS, "html"):
        (tmp_path / f"out.{name}").write_text("old")
    code = f"""
        import resource, signal, sys
        sys.path.insert(0, {str(Path(gao.__file__).parent)!r})
        import gao
        from geomap import exports, maps
        from geomap.errors import DataError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        reports = [gao.make_report(id=str(number)) for number in range(40)]
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
        for name in sys.argv[1:]:
            try:
                if name == "html":
                    maps.write("<!doctype html>" * 999, f"{tmp_path}/out.html")
                else:
                    exports.write(reports, f"{tmp_path}/out.{{name}}", name)
            except DataError as error:
                print(name, "refused:", error)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), *FORMATS, "html"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    refusals = done.stdout.splitlines()
    assert [line.split()[0] for line in refusals] == [*FORMATS, "html"]
    assert all("cannot be written" in line for line in refusals)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        f"out.{name}": "old" for name in (*FORMATS, "html")
    }


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("format", ["json", "csv", "geojson", "kml"])
def test_a_full_device_is_a_clear_error(format):
    with pytest.raises(DataError, match="No space left"):
        exports.write(gao.make_report(), "/dev/full", format)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(DataError, match="Permission denied"):
            exports.write(gao.make_report(), tmp_path / "out.csv", "csv")
    finally:
        tmp_path.chmod(0o700)
