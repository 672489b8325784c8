"""Gazetteers of GeoNames' dump: small extracts in the published formats, damaged ones, and interrupted builds."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from geomap import gazetteer as embedded
from geomap import geonames, meanings
from geomap.errors import DataError
from geomap.gazetteer import Gazetteer
from geomap.settings import Settings

KYIV, UKRAINE = 703448, 690791
VILLAGE, HOTEL, STREAM, TOWN, ADRIFT, DISTRICT, HAMLET = range(20_000_001, 20_000_008)
CREEKS = range(20_001_000, 20_001_000 + geonames.MOST_NAMESAKES + 20)
TABLES = ("allCountries", "alternateNamesV2", "admin1CodesASCII", "admin2Codes", "hierarchy")


def place(
    number, name, kind, code, lat, lon, *, ascii_name=None, country="UA", admin1="13", people=0, day="2024-03-05"
):
    """Return a row of allCountries."""
    return (
        f"{number}\t{name}\t{ascii_name or name}\t\t{lat}\t{lon}\t{kind}\t{code}\t{country}\t\t{admin1}\t\t\t\t{people}"
        f"\t\t120\tEurope/Kyiv\t{day}\n"
    )


def other(number, language, name, marks="\t\t\t\t\t"):
    """Return a row of alternateNamesV2."""
    return f"{number + 7}\t{number}\t{language}\t{name}\t{marks}\n"


PLACES = [
    place(UKRAINE, "Ukraine (dump)", "A", "PCLI", 49, 32, admin1="00", people=44_000_000),
    place(KYIV, "Kyiv", "P", "PPLC", 50.4501, 30.5234, admin1="12", people=2_797_553, day="2024-05-01"),
    place(VILLAGE, "Dzvínkove", "P", "PPL", 50.2581, 30.2461, ascii_name="Dzvinkove", people=1_200),
    place(HOTEL, "Kyiv", "S", "HTL", 46.9700, 31.9900, admin1="16"),
    place(STREAM, "Hnylopiatka", "H", "STM", 49.9100, 28.6300, admin1="27"),
    place(TOWN, "Novokharytonivsk", "P", "PPLA2", 48.1000, 37.2000, admin1="05", people=52_000),
    place(ADRIFT, "Pushcha Verba", "P", "PPL", 50.5000, 30.3000, admin1="00"),
    place(DISTRICT, "Zvinkivska Hromada", "A", "ADM3", 50.2600, 30.2500),
    place(HAMLET, "Bear Creek", "P", "PPL", 40.1, -100.2, country="US", admin1="NE", people=35),
    place(20_000_020, "Kozak Realm", "A", "PCLH", 48, 35, admin1=""),
    place(20_000_021, "x" * 200, "S", "SCH", 48, 35),
    *(place(number, "Bear Creek", "H", "STM", 40, -100, country="US", admin1="NE") for number in CREEKS),
]
OTHERS = [
    other(VILLAGE, "ru", "Звонковое"),
    other(VILLAGE, "", "Zvonkovoe", "\t\t\t1\t\t"),
    other(VILLAGE, "ar", "دزفينكوفه"),
    other(VILLAGE, "link", "https://uk.wikipedia.org/wiki/Dzvinkove"),
    other(VILLAGE, "", "Pine Paradise", "\t\t1\t\t\t"),
    other(TOWN, "abbr", "NKhK"),
    other(KYIV, "en", "Mother of Towns"),
    other(99, "en", "Place Unheard Of"),
]
HIERARCHY = [f"703447\t{KYIV}\tADM\n", f"6295630\t{ADRIFT}\n", f"{KYIV}\t{ADRIFT}\tADM\n"]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The embedded gazetteer with Ukraine and a few hundred places more, so that builds take no time."""
    path = tmp_path_factory.mktemp("embedded") / "embedded.sqlite"
    shutil.copyfile(embedded.expand(), path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM places WHERE id > 0 AND country <> 'UA' AND feature_code NOT LIKE 'PCL%'")
        connection.execute("DELETE FROM names WHERE place NOT IN (SELECT id FROM places)")
        connection.execute("DELETE FROM skeletons WHERE key NOT IN (SELECT key FROM names)")
        connection.commit()
        connection.execute("VACUUM")
    return path


@pytest.fixture(autouse=True)
def base(small, monkeypatch):
    monkeypatch.setattr(embedded, "expand", lambda: small)


@pytest.fixture
def dump(tmp_path):
    """A folder with the five tables."""
    folder = tmp_path / "dump"
    folder.mkdir()
    rows = {
        "allCountries": PLACES,
        "alternateNamesV2": OTHERS,
        "admin1CodesASCII": ["UA.12\tKyiv City\tKyiv City\t703447\n"],
        "admin2Codes": [f"UA.13.1\tZvinkiv Community\tZvinkiv Community\t{DISTRICT}\n"],
        "hierarchy": HIERARCHY,
    }
    for name, lines in rows.items():
        (folder / f"{name}.txt").write_text("".join(lines), encoding="utf-8")
    return folder


@pytest.fixture
def built(dump, tmp_path):
    target = tmp_path / "full.sqlite"
    geonames.build(dump, target)
    return Gazetteer(target)


def ids(matches):
    return [match.place.id for match in matches]


@pytest.mark.parametrize("name", ["Dzvínkove", "Dzvinkove", "Звонковое", "ZVONKOVOE"])
def test_a_village_is_found_by_each_name_that_a_report_may_write(built, name):
    assert ids(built.find(name)) == [f"geonames:{VILLAGE}"]
    found = built.get(f"geonames:{VILLAGE}")
    assert (found.name, found.country, found.admin1, found.population) == ("Dzvínkove", "UA", "13", 1_200)
    assert (found.lon, found.lat, found.source) == (30.2461, 50.2581, "GeoNames")
    assert found.uncertainty_m == pytest.approx(1_346, abs=1)


@pytest.mark.parametrize(
    "name", ["دزفينكوفه", "https://uk.wikipedia.org/wiki/Dzvinkove", "Pine Paradise", "Place Unheard Of"]
)
def test_links_nicknames_and_other_scripts_are_no_names(built, name):
    assert built.find(name) == []


def test_a_town_is_found_by_another_spelling_and_a_village_is_not(built):
    assert ids(built.find("Novokharitonovsk", fuzzy=True)) == [f"geonames:{TOWN}"]
    assert f"geonames:{VILLAGE}" not in ids(built.find("Dzvynkovi", fuzzy=True))


def test_abbreviations_keep_their_case(built):
    assert ids(built.find("NKhK")) == [f"geonames:{TOWN}"]
    assert built.find("nkhk") == []


def test_embedded_places_keep_their_names_and_towns_get_new_numbers(built):
    kyiv = built.find("Kyiv")[0].place
    assert (kyiv.id, kyiv.feature_code, kyiv.population) == (f"geonames:{KYIV}", "PPLC", 2_797_553)
    assert built.find("Mother of Towns")[0].place == kyiv
    ukraine = built.country("UA")
    assert (ukraine.name, ukraine.population) == ("Ukraine", Gazetteer(embedded.expand()).country("UA").population)
    assert built.find("Ukraine (dump)")[0].place == ukraine


def test_borders_outlines_and_own_tables_are_the_embedded_ones(built):
    old = Gazetteer(embedded.expand())
    assert built.land_border("UA", "PL").equals(old.land_border("UA", "PL"))
    assert built.geometry(built.country("UA")).equals(old.geometry(old.country("UA")))
    assert ids(built.find("Donbas")) == ids(old.find("Donbas"))
    assert built.info()["rows"]["shapes"] == old.info()["rows"]["shapes"]


def test_a_hotel_is_not_meant_where_a_city_has_the_name(built):
    assert f"geonames:{HOTEL}" in ids(built.find("Kyiv"))
    assert f"geonames:{HOTEL}" not in {option.place.id for option in meanings.options("Kyiv", built)}
    assert [option.place.id for option in meanings.options("Hnylopiatka", built)] == [f"geonames:{STREAM}"]


def test_divisions_get_the_names_of_their_table(built):
    assert ids(built.find("Zvinkiv Community")) == [f"geonames:{DISTRICT}"]


def test_a_place_without_division_takes_that_of_what_holds_it(built):
    assert built.get(f"geonames:{ADRIFT}").admin1 == "12"


def test_of_many_namesakes_the_chief_ones_stay(built):
    found = ids(built.find("Bear Creek"))
    assert len(found) == geonames.MOST_NAMESAKES
    assert f"geonames:{HAMLET}" in found
    assert built.get(f"geonames:{CREEKS[-1]}").name == "Bear Creek"


def test_what_is_left_out_is_counted(dump, tmp_path):
    rows = (dump / "allCountries.txt").read_text(encoding="utf-8")
    (dump / "allCountries.txt").write_text(rows + PLACES[2], encoding="utf-8")
    count = geonames.build(dump, tmp_path / "full.sqlite")
    assert (count.places, count.renewed) == (len(PLACES) - 4, 1)
    assert dict(count.left_out) == {"former division": 1, "name": 1, "twice in the table": 1}


def test_the_file_names_its_sources(built):
    assert built.info()["sources"][-1]["version"] == "2024-05-01"
    assert "CC BY" in built.info()["sources"][-1]["licence"]


def test_archives_give_the_same_file(dump, built, tmp_path):
    for name in TABLES:
        with zipfile.ZipFile(dump / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(dump / f"{name}.txt", f"{name}.txt")
        (dump / f"{name}.txt").unlink()
    geonames.build(dump, tmp_path / "of-archives.sqlite")
    assert (tmp_path / "of-archives.sqlite").read_bytes() == built.path.read_bytes()


def test_progress_reaches_the_end(dump, tmp_path):
    told = []
    geonames.build(dump, tmp_path / "full.sqlite", lambda words, share: told.append((words, share)))
    assert sum(share for _, share in told) == pytest.approx(1.0)
    assert {"reading allCountries", "sorting the names"} <= {words for words, _ in told}


# --- damage -----------------------------------------------------------------------------------------------------------


def cut_archive(path):
    whole = path.with_suffix(".zip")
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, path.name)
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    path.unlink()


def damaged_archive(path):
    whole = path.with_suffix(".zip")
    with zipfile.ZipFile(whole, "w") as archive:
        archive.write(path, path.name)
    content = bytearray(whole.read_bytes())
    content[200] ^= 0xFF
    whole.write_bytes(content)
    path.unlink()


def foreign_archive(path):
    with zipfile.ZipFile(path.with_suffix(".zip"), "w") as archive:
        archive.writestr("readme.txt", "nothing")
    path.unlink()


def replace_in(old, new):
    def change(path):
        content = path.read_bytes()
        assert old in content
        path.write_bytes(content.replace(old, new, 1))

    return change


@pytest.mark.parametrize(
    ("table", "change", "says"),
    [
        ("hierarchy", Path.unlink, "has no hierarchy.txt or hierarchy.zip"),
        ("allCountries", lambda path: path.write_bytes(b""), "allCountries.txt is empty"),
        ("allCountries", replace_in(b"PPLA2\t", b"PPLA2"), "line 6: 18 columns instead of 19"),
        ("alternateNamesV2", replace_in(b"\t\n", b"\n"), "line 1: 9 columns instead of 10"),
        ("allCountries", replace_in("í".encode(), b"\xed"), "line 3: it is not UTF-8"),
        ("allCountries", replace_in(b"50.2581", b"50,2581"), "'20000001': could not convert string to float"),
        ("allCountries", replace_in(b"50.2581", b"95.2581"), "'20000001': a point lies outside the world"),
        ("allCountries", replace_in(b"50.2581", b"nan"), "'20000001': a point lies outside the world"),
        ("allCountries", replace_in(b"20000001\t", b"-1\t"), "'-1': -1 is no id of GeoNames"),
        ("allCountries", replace_in(b"\t1200\t", b"\tmany\t"), "'20000001': invalid literal"),
        ("alternateNamesV2", replace_in(b"\t20000001\t", b"\tthree\t"), "invalid literal"),
        ("admin2Codes", replace_in(b"\t20000006", b"\tsix"), "the row of 'UA.13.1'"),
        ("hierarchy", replace_in(b"703447", b"Kyiv"), "invalid literal"),
        ("allCountries", cut_archive, "allCountries.zip cannot be read"),
        ("allCountries", damaged_archive, "allCountries.zip cannot be read"),
        ("allCountries", foreign_archive, "allCountries.zip holds no allCountries.txt"),
    ],
)
def test_damage_is_named_in_one_line_and_the_old_file_stays(dump, tmp_path, table, change, says):
    target = tmp_path / "full.sqlite"
    target.write_bytes(b"the old one")
    change(dump / f"{table}.txt")
    with pytest.raises(DataError) as caught:
        geonames.build(dump, target)
    message = str(caught.value)
    assert says in message
    assert str(dump) in message
    assert "\n" not in message
    assert target.read_bytes() == b"the old one"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["full.sqlite"]


def test_a_folder_that_is_missing_is_named(dump, tmp_path):
    with pytest.raises(DataError, match=r"full\.sqlite cannot be written: No such file"):
        geonames.build(dump, tmp_path / "nowhere" / "full.sqlite")
    with pytest.raises(DataError, match="allCountries"):
        geonames.build(tmp_path / "nothing", tmp_path / "full.sqlite")


# --- the command line, and interruptions --------------------------------------------------------------------------------


def test_the_command_line_builds_and_uses_it(run, dump, tmp_path):
    target = tmp_path / "full.sqlite"
    done = run("gazetteer", "build", "--geonames", dump, "-o", target)
    assert (done.code, done.out) == (0, "")
    assert f"{len(PLACES) - 4} places added, 1 renewed, 2 left out" in done.err
    assert f"geonames:{VILLAGE}\t" in run("gazetteer", "search", "Dzvinkove", "--gazetteer", target).out
    assert run("gazetteer", "search", "Dzvinkove").code == 1
    assert '"GeoNames dump"' in run("gazetteer", "info", "--gazetteer", target).out
    assert "30.2461" in run("geocode", "Dzvinkove", "--gazetteer", target).out


def test_the_command_line_tells_damage_in_one_line(run, dump, tmp_path):
    (dump / "admin2Codes.txt").unlink()
    done = run("gazetteer", "build", "--geonames", dump, "-o", tmp_path / "full.sqlite")
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "admin2Codes" in done.err


@contextlib.contextmanager
def half_built(dump, target):
    """Start a build in a process of its own and hold it in the middle of its first table."""
    table = dump / "allCountries.txt"
    rows = table.read_bytes()
    table.unlink()
    os.mkfifo(table)
    code = "from geomap import cli; cli.main()"
    command = [sys.executable, "-c", code, "gazetteer", "build", "--geonames", str(dump), "-o", str(target)]
    with (
        # A shell's background jobs ignore the interrupt, and their children with them.
        subprocess.Popen(command, stderr=subprocess.PIPE, preexec_fn=interruptible) as process,  # noqa: PLW1509
        os.fdopen(open_pipe(table, process), "wb") as pipe,
    ):
        pipe.write(rows)
        pipe.flush()
        assert leftovers(target)
        yield process, pipe
    table.unlink()
    table.write_bytes(rows)


def interruptible() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def open_pipe(path, process):
    """Open a pipe for writing as soon as a process reads from it."""
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.05)
    process.kill()
    pytest.fail("the build never came to read its first table")


def leftovers(target):
    return list(target.parent.glob(f".{target.name}.*"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_build_leaves_the_old_file(dump, tmp_path, stop):
    target = tmp_path / "full.sqlite"
    target.write_bytes(b"the old one")
    with half_built(dump, target) as (process, pipe):
        process.send_signal(stop)
        # A signal just before the reading of the pipe is seen only when that returns.
        time.sleep(0.2)
        pipe.close()
        assert process.wait(timeout=60) != 0
    assert target.read_bytes() == b"the old one"
    # Who is killed cannot tidy up; the next build does.
    assert bool(leftovers(target)) == (stop == signal.SIGKILL)
    geonames.build(dump, target)
    assert leftovers(target) == []
    assert ids(Gazetteer(target).find("Dzvinkove")) == [f"geonames:{VILLAGE}"]


def test_a_build_that_still_runs_is_left_alone(dump, tmp_path):
    target = tmp_path / "full.sqlite"
    running = tmp_path / ".full.sqlite.running.sqlite"
    with contextlib.closing(sqlite3.connect(running, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("CREATE TABLE half (done)")
        geonames.build(dump, target)
        assert running.exists()


def test_a_full_gazetteer_reads_reports(built):
    from geomap import documents, extract

    document = documents.from_text("Ukrainian soldiers left Dzvinkove for Kyiv on Friday.", id="full")
    report = extract(document, settings=Settings(gazetteer=built.path))
    assert {toponym.place.id for toponym in report.toponyms if toponym.text == "Dzvinkove"} == {f"geonames:{VILLAGE}"}
