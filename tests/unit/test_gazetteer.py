"""Look-ups in the embedded gazetteer, on real geography."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from geomap import archives
from geomap import gazetteer as module
from geomap.archives import pack, unpack
from geomap.errors import DataError
from geomap.gazetteer import Gazetteer
from geomap.settings import Settings
from geomap.spellings import fold, fold_all, is_usable, skeleton, skeleton_all

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.open()


def length_km(geom: BaseGeometry | None) -> float:
    total = 0.0
    for line in shapely.get_parts(geom):
        xy = shapely.get_coordinates(line)
        for (x0, y0), (x1, y1) in itertools.pairwise(xy):
            total += Geodesic.WGS84.Inverse(y0, x0, y1, x1)["s12"] / 1000
    return total


def first_id(gazetteer: Gazetteer, name: str) -> str | None:
    matches = gazetteer.find(name)
    return matches[0].place.id if matches else None


@pytest.mark.parametrize(
    ("name", "place_id"),
    [
        ("Ukraine", "geonames:690791"),
        ("the United States", "geonames:6252001"),
        ("U.S.", "geonames:6252001"),
        ("UK", "geonames:2635167"),
        ("DRC", "geonames:203312"),
        ("Burma", "geonames:1327865"),
        ("Kyiv", "geonames:703448"),
        ("Kiev", "geonames:703448"),
        ("Киев", "geonames:703448"),
        ("Deir ez-Zor", "geonames:170794"),
        ("Calif.", "geonames:5332921"),
        ("Fairfax County", "geonames:4758041"),
        ("Donbas", "geomap:donbas"),
        ("the Black Sea", "geomap:black-sea"),
        ("Ramstein Air Base", "geomap:ramstein-air-base"),
        ("Ft. Hood", "geomap:fort-hood"),
        ("Scotland", "geonames:2638360"),
        ("Europe", "geonames:6255148"),
    ],
)
def test_finds_names_reports_use(gazetteer: Gazetteer, name: str, place_id: str) -> None:
    assert first_id(gazetteer, name) == place_id


def test_older_transliterations_are_stored_names(gazetteer: Gazetteer) -> None:
    # The province and its seat share the name; choosing between them is the work of places.py.
    found = {match.place.id: match.kind for match in gazetteer.find("Dayr az Zawr")}
    # A name that both bear is the seat's before the province's.
    assert found["geonames:170794"] == "main"
    assert found["geonames:170792"] == "alternate"


def test_ranks_countries_and_large_places_first(gazetteer: Gazetteer) -> None:
    assert [match.place.country for match in gazetteer.find("Georgia")][:2] == ["GE", "US"]
    paris = gazetteer.find("Paris")
    assert paris[0].place.country == "FR"
    assert len(paris) > 10
    assert len({match.place.id for match in paris}) == len(paris)


def test_abbreviations_keep_their_case(gazetteer: Gazetteer) -> None:
    assert any(match.kind == "abbreviation" for match in gazetteer.find("US"))
    assert not any(match.place.feature_code == "PCLI" for match in gazetteer.find("us"))
    assert not any(match.kind == "abbreviation" for match in gazetteer.find("in"))


@pytest.mark.parametrize(
    ("spelled", "place_id"),
    [("Kharkow", "geonames:706483"), ("Mariopul", "geonames:701822"), ("Zaporizhziya", "geonames:687700")],
)
def test_fuzzy_finds_other_transliterations(gazetteer: Gazetteer, spelled: str, place_id: str) -> None:
    matches = gazetteer.find(spelled, fuzzy=True)
    assert place_id in {match.place.id for match in matches[:3]}
    assert gazetteer.find("Zzyzxqwv", fuzzy=True) == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "\0",
        "'",
        '"; DROP TABLE names; --',
        "🙂",
        "ي",
        "%",
        "_",
        "a" * 1_000_000,
        "\ud800",
        "١٢٣",
        "\u202e",
        "-" * 50,
    ],
)
def test_hostile_names_find_nothing_and_do_not_fail(gazetteer: Gazetteer, name: str) -> None:
    assert gazetteer.find(name, fuzzy=True) == []
    assert gazetteer.demonym(name) is None
    assert gazetteer.get(name) is None


@given(st.text(max_size=40))
def test_folding_settles_at_once(name: str) -> None:
    key = fold(name)
    assert fold(key) == key or key.startswith(("the ", "st", "ft ", "mt "))
    assert "  " not in key
    assert isinstance(skeleton(key), str)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Saint-Étienne", "St. Etienne"),
        ("Al-Ḩasakah", "al hasakah"),
        ("Bar’am", "Baram"),
        ("The Hague", "hague"),
        ("Ft. Bragg", "Fort Bragg"),
        ("Łódź", "Lodz"),
    ],
)
def test_folding_joins_spellings(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_demonyms_name_every_country(gazetteer: Gazetteer) -> None:
    for word, country in [
        ("Russian", "RU"),
        ("Syrians", "SY"),
        ("Britons", "GB"),
        ("Poles", "PL"),
        ("Spaniards", "ES"),
    ]:
        place = gazetteer.demonym(word)
        assert place is not None
        assert place.country == country
    georgian = gazetteer.demonym("Georgian")
    assert georgian is not None
    assert georgian.country == "GE"
    assert gazetteer.demonym("Kurdish") is None
    assert gazetteer.demonym("russian") is None
    assert gazetteer.demonym("Texan") == gazetteer.admin1("US", "TX")


def test_countries_have_points_polygons_and_capitals(gazetteer: Gazetteer) -> None:
    countries = gazetteer.countries()
    assert len(countries) == 250
    for place in countries:
        assert gazetteer.geometry(place) is not None, place.name
        assert place.country is not None
        assert gazetteer.country(place.country) == place
    capitals = {iso: gazetteer.capital(iso) for iso in ("UA", "RU", "US", "BE", "ML", "SS", "KZ")}
    assert [place.name for place in capitals.values() if place] == [
        "Kyiv", "Moscow", "Washington", "Brussels", "Bamako", "Juba", "Astana",
    ]  # fmt: skip
    assert gazetteer.capital("AQ") is None
    assert gazetteer.country("??") is None


def test_polygons_hold_their_cities(gazetteer: Gazetteer) -> None:
    ukraine, kharkiv = gazetteer.country("UA"), gazetteer.admin1("UA", "07")
    assert ukraine is not None
    assert kharkiv is not None
    for place, inside, outside in [
        (ukraine, (30.52, 50.45), (37.62, 55.75)),
        (kharkiv, (36.25, 49.98), (30.52, 50.45)),
    ]:
        geom = gazetteer.geometry(place)
        assert geom is not None
        assert geom.is_valid
        assert geom.contains(Point(inside))
        assert not geom.contains(Point(outside))


def test_disputed_territory_follows_the_viewpoint(gazetteer: Gazetteer) -> None:
    simferopol, quneitra_heights, laayoune = Point(34.1, 44.95), Point(35.75, 33.0), Point(-13.2, 27.0)
    for iso, point, holds in [
        ("UA", simferopol, {"un": True, "de-facto": False}),
        ("RU", simferopol, {"un": False, "de-facto": True}),
        ("SY", quneitra_heights, {"un": True, "de-facto": False}),
        ("IL", quneitra_heights, {"un": False, "de-facto": True}),
        ("EH", laayoune, {"un": True, "de-facto": False}),
        ("MA", laayoune, {"un": False, "de-facto": True}),
    ]:
        place = gazetteer.country(iso)
        assert place is not None
        for viewpoint, expected in holds.items():
            geom = gazetteer.geometry(place, viewpoint)
            assert geom is not None
            assert geom.contains(point) is expected, (iso, viewpoint)
    areas = {area.name: area for area in gazetteer.disputed("un")}
    assert len(areas) >= 20
    assert areas["Crimea"].geometry.contains(simferopol)


@pytest.mark.parametrize(
    ("a", "b", "published_km"),
    [
        ("UA", "BY", 1_084),
        ("UA", "RU", 1_974),
        ("US", "MX", 3_145),
        ("FR", "ES", 623),
        ("TR", "SY", 909),
        ("PL", "LT", 104),
    ],
)
def test_borders_have_about_their_published_length(gazetteer: Gazetteer, a: str, b: str, published_km: float) -> None:
    line = gazetteer.land_border(a, b)
    # A map at 1:10 million leaves out the bends of rivers: it is shorter than a survey, by up to a quarter.
    assert 0.75 * published_km < length_km(line) < 1.02 * published_km
    assert line == gazetteer.land_border(b.lower(), a)


@pytest.mark.parametrize(("a", "b", "source_km"), [("UA", "BY", 861.5), ("UA", "RU", 1_523.6)])
def test_simplifying_keeps_the_length_of_borders(gazetteer: Gazetteer, a: str, b: str, source_km: float) -> None:
    # The lengths in Natural Earth 10 m itself; simplified one by one, the first would be 592 km.
    assert 0.99 * source_km < length_km(gazetteer.land_border(a, b)) <= source_km


def test_borders_coincide_with_both_outlines(gazetteer: Gazetteer) -> None:
    line = gazetteer.land_border("UA", "BY")
    assert line is not None
    for iso in ("UA", "BY"):
        place = gazetteer.country(iso)
        assert place is not None
        geom = gazetteer.geometry(place)
        assert geom is not None
        assert line.difference(geom.boundary.buffer(1e-9)).length < 1e-6


def test_border_of_one_country_and_none(gazetteer: Gazetteer) -> None:
    assert length_km(gazetteer.land_border("UA")) > 4_000
    assert gazetteer.land_border("JP") is None
    assert gazetteer.land_border("UA", "CN") is None
    # Kerch and the isthmus are a border only where Crimea counts as Russia.
    assert length_km(gazetteer.land_border("UA", "RU", "de-facto")) > length_km(gazetteer.land_border("UA", "RU")) + 50


def test_neighbours(gazetteer: Gazetteer) -> None:
    assert gazetteer.neighbours("ML") == ("BF", "CI", "DZ", "GN", "MR", "NE", "SN")
    assert gazetteer.neighbours("UA") == ("BY", "HU", "MD", "PL", "RO", "RU", "SK")
    assert gazetteer.neighbours("IS") == ()


def test_outlines_are_small_and_cut(gazetteer: Gazetteer) -> None:
    box = (22.0, 44.0, 41.0, 53.0)
    countries, provinces = gazetteer.outlines("country", box), gazetteer.outlines("province", box)
    assert {"geonames:690791", "geonames:630336"} <= {outline.id for outline in countries}
    assert len(provinces) > len(countries)
    frame = shapely.box(*box).buffer(1e-6)
    assert all(frame.contains(outline.geometry) for outline in (*countries, *provinces))
    assert all(outline.geometry.is_valid for outline in (*countries, *provinces))
    assert shapely.get_num_coordinates([outline.geometry for outline in countries]).sum() < 20_000
    assert len(gazetteer.outlines("country")) > 200


def test_regions_and_features_have_geometry(gazetteer: Gazetteer) -> None:
    for name, point in [
        ("Donbas", (38.0, 48.3)),
        ("Sahel", (0.0, 14.5)),
        ("Baltic states", (24.7, 58.0)),
        ("Kurdistan Region of Iraq", (44.0, 36.4)),
        ("Black Sea", (34.0, 43.5)),
        ("Taiwan Strait", (119.5, 24.5)),
        ("New England", (-71.5, 43.5)),
    ]:
        place = gazetteer.find(name)[0].place
        geom = gazetteer.geometry(place)
        assert geom is not None
        assert geom.contains(Point(point)), name
    west = gazetteer.find("the West")[0].place
    assert west.id == "geomap:the-west"
    assert gazetteer.geometry(west) is None
    river = gazetteer.geometry(gazetteer.find("Dnipro River")[0].place)
    assert river is not None
    assert river.geom_type == "LineString"


def test_every_row_of_the_tables_is_there(gazetteer: Gazetteer) -> None:
    rows = gazetteer.info()["rows"]
    assert rows["places"] > 280_000
    assert gazetteer.info()["sources"]
    for name, country in [("Bagram", "AF"), ("Al-Tanf", "SY"), ("Medyka", "PL"), ("Yelnya", "RU")]:
        assert any(m.place.id.startswith("geomap:") and m.place.country == country for m in gazetteer.find(name))


def test_get_knows_both_kinds_of_id(gazetteer: Gazetteer) -> None:
    kyiv = gazetteer.get("geonames:703448")
    assert kyiv is not None
    assert kyiv.feature_code == "PPLC"
    donbas = gazetteer.get("geomap:donbas")
    assert donbas is not None
    assert donbas.country == "UA"
    assert gazetteer.get("geonames:99999999999999999999") is None
    assert gazetteer.get("geonames:-1") is None


def test_packing_keeps_shapes() -> None:
    ring = [(0, 0), (10.12345, 0), (10, 10), (0, 10), (0, 0)]
    hole = [(1, 1), (2, 1), (2, 2), (1, 2), (1, 1)]
    shapes = [
        shapely.Polygon(ring, [hole]),
        shapely.MultiPolygon([shapely.Polygon(ring, [hole]), shapely.box(170, -50, 180, -40)]),
        LineString([(0, 0), (1, 1), (150, -20)]),
        shapely.MultiLineString([[(0, 0), (1, 1)], [(5, 5), (6, 6), (7, 5)]]),
    ]
    for shape in shapes:
        back = unpack(pack(shape))
        assert back.geom_type == shape.geom_type
        assert back.is_valid
        assert np.allclose(
            shapely.get_coordinates(back), shapely.get_coordinates(shape), atol=0.5 / archives.SHAPE_SCALE
        )


def test_threads_share_one_gazetteer(gazetteer: Gazetteer) -> None:
    found: list[str | None] = []
    threads = [threading.Thread(target=lambda: found.append(first_id(gazetteer, "Kherson"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["geonames:706448"] * 8


def run_lookup(cache: Path, home: Path) -> subprocess.Popen[bytes]:
    code = "from geomap.gazetteer import Gazetteer; g = Gazetteer.open(); print(g.path, g.find('Kyiv')[0].place.id)"
    environment = {**os.environ, "GEOMAP_CACHE": str(cache), "HOME": str(home), "TMPDIR": str(home)}
    environment.pop("XDG_CACHE_HOME", None)
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE)


def test_two_processes_may_expand_at_once(tmp_path: Path) -> None:
    processes = [run_lookup(tmp_path / "cache", tmp_path) for _ in range(2)]
    outputs = [process.communicate(timeout=120)[0].decode() for process in processes]
    assert all("geonames:703448" in output for output in outputs)
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".sqlite"]


def test_a_file_cut_short_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archive: bytes) -> None:
    packed = tmp_path / "gazetteer.xz"
    packed.write_bytes(archive)
    asset = module._Asset(path=packed, sha256=hashlib.sha256(archive).hexdigest())
    monkeypatch.setattr(module, "_asset", lambda: asset)
    monkeypatch.setenv("GEOMAP_CACHE", str(tmp_path / "cache"))
    path = module.expand()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert module.expand() == path
    assert path.stat().st_size == len(whole)


def test_a_cache_that_cannot_be_written_is_passed_over(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    output = run_lookup(blocked / "cache", tmp_path).communicate(timeout=120)[0].decode()
    assert "geonames:703448" in output
    assert str(blocked) not in output


def test_damaged_or_missing_files_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="no gazetteer file"):
        Gazetteer.open(Settings(gazetteer=tmp_path / "none.sqlite"))
    other = tmp_path / "other.sqlite"
    other.write_bytes(b"this is not a database" * 100)
    with pytest.raises(DataError, match=r"other\.sqlite"):
        Gazetteer.open(Settings(gazetteer=other))
    packed = tmp_path / "gazetteer.xz"
    broken = b"\xfd7zXZ\x00 broken"
    packed.write_bytes(broken)
    monkeypatch.setenv("GEOMAP_CACHE", str(tmp_path / "cache"))
    for digest in ("0" * 64, hashlib.sha256(broken).hexdigest()):
        asset = module._Asset(path=packed, sha256=digest)
        monkeypatch.setattr(module, "_asset", lambda asset=asset: asset)
        with pytest.raises(DataError, match="damaged"):
            module.expand()
    assert list((tmp_path / "cache").iterdir()) == []


def test_facts_of_the_asset_are_those_of_its_file() -> None:
    folder = Path(module.__file__).parent / "assets"
    facts = json.loads((folder / "gazetteer.json").read_text("utf-8"))
    packed = (folder / "gazetteer.xz").read_bytes()
    assert facts == {"sha256": hashlib.sha256(packed).hexdigest()}
    assert len(packed) < 13_500_000


TOWNS: list[tuple[Any, ...]] = [
    (5, "Saint-Loup", "PPL", "FR", "11", 650_000, 4_310_000, 20_000, 2_414, "GeoNames"),
    (9, "Ойл", "PPLX", "RU", None, 3_700_000, 5_500_000, 90, 1_095, "GeoNames"),
    (12, "Sea of Loup", "SEA", None, None, -17_999_999, -8_000_000, 0, 70_000, "geomap"),
]


@pytest.fixture(scope="module")
def archive() -> bytes:
    shape = pack(shapely.box(10, 10, 11, 11.5))
    tables: archives.Tables = {
        "places": TOWNS,
        "names": [(5, 1, "Loup"), (5, 1, "San Lupo"), (9, 3, "Oylers"), (12, 2, "S.L.")],
        "slugs": [(-1, "geomap:somewhere")],
        "countries": [("FR", 5, None, "EU")],
        "shapes": [
            (12, 0, 2, 0, "Sea", 10.0, 10.0, 11.0, 11.5, shape),
            (5, 0, 2, 0, "", -170.0, 1.0, 170.0, 2.0, pack(shapely.box(-170, 1, 170, 2))),
        ],
        "borders": [("FR", "RU", 1, pack(LineString([(0, 0), (1, 1)])))],
        "disputed": [("a", 0, "A", "Both.", shape)],
    }
    return archives.write_archive(tables, {"schema": "1"})


def test_archives_give_back_what_was_written(archive: bytes, tmp_path: Path) -> None:
    shares: list[float] = []
    archives.expand_archive(archive, tmp_path / "small.sqlite", shares.append)
    assert sum(shares) == pytest.approx(1.0)
    small = Gazetteer(tmp_path / "small.sqlite")
    assert small._rows("SELECT * FROM places ORDER BY id") == TOWNS
    assert small._rows("SELECT key, place, kind, name FROM names ORDER BY place, kind, key") == [
        ("st loup", 5, 0, None), ("loup", 5, 1, ""), ("san lupo", 5, 1, ""), ("оил", 9, 0, None), ("oylers", 9, 3, ""),
        ("sea of loup", 12, 0, None), ("sl", 12, 2, "S.L."),
    ]  # fmt: skip
    # Of the small town and of the demonym no fuzzy match is wanted.
    assert {key for (key,) in small._rows("SELECT key FROM skeletons")} == {
        "st loup",
        "loup",
        "san lupo",
        "sea of loup",
    }
    assert [row[1:-1] for row in small._rows("SELECT * FROM shapes ORDER BY rowid")] == [
        (12, 0, 2, 0, "Sea", 10.0, 10.0, 11.0, 11.5),
        (5, 0, 2, 0, "", -170.0, 1.0, 170.0, 2.0),
    ]
    assert [unpack(blob).bounds for (blob,) in small._rows("SELECT shape FROM shapes ORDER BY rowid")] == [
        (10.0, 10.0, 11.0, 11.5),
        (-170.0, 1.0, 170.0, 2.0),
    ]
    assert small._rows("SELECT * FROM countries") == [("FR", 5, None, "EU")]
    assert [area.note for area in small.disputed()] == ["Both."]
    assert small.info()["schema"] == 1


def test_archives_refuse_what_they_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(archives.ArchiveError):
        archives.expand_archive(b"not one", tmp_path / "none.sqlite")
    empty: archives.Tables = {table: [] for table in ("names", *archives.COLUMNS)}
    for name in ("Two\tnames", "Two\nnames"):
        with pytest.raises(ValueError, match="holds a"):
            archives.write_archive({**empty, "places": [(1, name, *TOWNS[0][2:])]}, {})


@given(st.lists(st.text(max_size=20).map(lambda name: name.replace("\n", " ")), min_size=1, max_size=5))
def test_folding_many_is_folding_each(names: list[str]) -> None:
    keys = fold_all(names)
    assert keys == [fold(name) for name in names]
    assert skeleton_all(keys) == [skeleton(key) for key in keys]


def test_oceans_reach_over_the_antimeridian(gazetteer: Gazetteer) -> None:
    for name in ("Pacific Ocean", "North Pacific"):
        place = next(match.place for match in gazetteer.find(name) if match.place.feature_code == "OCN")
        geom = gazetteer.geometry(place)
        assert geom is not None
        assert geom.contains(Point(170, 20))
        assert geom.contains(Point(-150, 20))
        assert not geom.contains(Point(0, 20))
        assert geom.contains(Point(place.lon, place.lat))
        assert 3_000_000 < place.uncertainty_m < 20_004_000
    palau = gazetteer.capital("PW")
    assert palau is not None
    assert palau.name == "Ngerulmud"


def test_provinces_of_the_whole_world_can_be_outlined(gazetteer: Gazetteer) -> None:
    outlines = gazetteer.outlines("province")
    assert len(outlines) > 3_000
    assert all(outline.geometry.is_valid for outline in outlines)


@pytest.mark.parametrize("name", ["Ouagadougou", "al-Qāmishlī", "Ладога", "Ulm"])
def test_alternate_names_that_a_report_may_write(name: str) -> None:
    assert is_usable(name)


@pytest.mark.parametrize("name", ["Yé", "KZN-2", "القامشلي", "12345678", "ulm", "Ulm" * 21])
def test_alternate_names_that_no_report_writes(name: str) -> None:
    assert not is_usable(name)
