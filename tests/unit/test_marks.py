"""What is drawn for each kind of claim, and what is never drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest
import samples
from shapely.geometry import LineString, MultiLineString, Point, box

from geomap import geodesy, marks
from geomap.gazetteer import Gazetteer
from geomap.marks import Mark
from geomap.model import Candidate, Claim, Document, Footprint, Location, Movement, Role, Toponym


@pytest.fixture(scope="module")
def gazetteer():
    return Gazetteer.open()


@pytest.fixture(scope="module")
def sudan():
    return samples.build_sudan()


@pytest.fixture(scope="module")
def drawn(sudan, gazetteer):
    return marks.draw(sudan, gazetteer)


def of(drawn, claim):
    return {mark.kind: mark for mark in drawn if claim in mark.claims}


def points(geom):
    return [Point(xy) for part in getattr(geom, "geoms", [geom]) for xy in part.coords]


def test_located_ends_give_a_geodesic_arrow(drawn, gazetteer):
    found = of(drawn, "c1")
    assert set(found) == {"arrow", "point"}
    line = points(found["arrow"].geometry)
    obeid, khartoum = (gazetteer.find(name)[0].place for name in ("El Obeid", "Khartoum"))
    assert geodesy.distance(line[0].x, line[0].y, obeid.lon, obeid.lat) < 1_000
    assert geodesy.distance(line[-1].x, line[-1].y, khartoum.lon, khartoum.lat) < 1_000
    length = geodesy.length(found["arrow"].geometry)
    assert length == pytest.approx(geodesy.distance(obeid.lon, obeid.lat, khartoum.lon, khartoum.lat), rel=1e-6)
    assert "not the route" in found["arrow"].remarks


def test_points_carry_their_uncertainty(drawn, sudan):
    circle = next(mark for mark in drawn if mark.kind == "point" and mark.label == "El Obeid")
    footprint = sudan.located[0].footprint
    centre = footprint.geometry
    for corner in points(circle.geometry.exterior)[:5]:
        away = geodesy.distance(centre.x, centre.y, corner.x, corner.y)
        assert away == pytest.approx(footprint.uncertainty_m, rel=0.01)


def test_unlocated_goal_gives_an_open_end(drawn):
    found = of(drawn, "c7")
    assert set(found) == {"open-end", "point"}
    assert found["open-end"].label == "an undisclosed camp"
    assert "mean nothing" in found["open-end"].remarks


def test_source_alone_gives_short_arrows_away_from_the_other_side(drawn, gazetteer):
    found = of(drawn, "c4")
    assert set(found) == {"zone", "short-arrow"}
    sudan = gazetteer.geometry(gazetteer.country("SD"))
    for stub in found["short-arrow"].geometry.geoms:
        start, end = points(stub)
        assert end.distance(sudan) > start.distance(sudan)


def test_border_strip_stays_on_its_side(drawn, gazetteer):
    strip = of(drawn, "c4")["zone"].geometry
    sudan, ethiopia = (gazetteer.geometry(gazetteer.country(code)) for code in ("SD", "ET"))
    assert strip.intersection(sudan).area < 0.01 * strip.area
    assert strip.intersection(ethiopia).area > 0.98 * strip.area
    assert "assumed" in of(drawn, "c4")["zone"].remarks


def test_length_of_a_journey_bounds_its_end(drawn, gazetteer):
    found = of(drawn, "c5")
    assert set(found) == {"limit", "arc", "point"}
    kassala = gazetteer.find("Kassala")[0].place
    home = gazetteer.geometry(gazetteer.country("SD"))
    away = [geodesy.distance(kassala.lon, kassala.lat, p.x, p.y) for p in points(found["arc"].geometry)]
    assert min(away) == pytest.approx(300_000, rel=0.01)
    assert max(away) == pytest.approx(300_000, rel=0.01)
    assert found["limit"].geometry.difference(home.buffer(0.05)).area < 0.01
    assert found["limit"].label == "300 km"


def test_buildup_in_a_town_gives_plus_and_ticks(drawn):
    found = of(drawn, "c3")
    assert set(found) == {"point", "ticks"}
    assert found["point"].fill == "plus"
    assert "inferred" in found["point"].remarks


def test_country_is_an_outline_never_a_point(drawn, gazetteer):
    found = of(drawn, "c6")
    assert set(found) == {"outline", "ticks"}
    chad = gazetteer.geometry(gazetteer.country("TD"))
    assert found["outline"].geometry.symmetric_difference(chad).area < 0.01 * chad.area
    assert found["outline"].certainty == "denied"


def test_stances_and_placeless_claims_are_not_drawn(drawn):
    assert of(drawn, "c2") == {}
    assert of(drawn, "c8") == {}


def test_mentions_are_neutral_and_only_of_literal_places(drawn):
    mentions = [mark for mark in drawn if mark.kind == "mention"]
    assert [mark.label for mark in mentions] == ["Nairobi"]
    assert mentions[0].group is None
    assert mentions[0].claims == ()


def test_nothing_stands_where_only_a_government_is_named(drawn, gazetteer):
    cairo = gazetteer.find("Cairo")[0].place
    assert all(mark.geometry.distance(Point(cairo.lon, cairo.lat)) > 1 for mark in drawn)


def test_a_capital_that_speaks_is_no_mention(gazetteer):
    cairo = gazetteer.find("Cairo")[0].place
    text = "Cairo said so. He flew to Cairo."
    best = (Candidate(place=cairo, score=1.0),)
    named = (
        Toponym(start=0, end=5, text="Cairo", type="metonym", candidates=best),
        Toponym(start=26, end=31, text="Cairo", type="literal", candidates=best),
    )
    footprint = Footprint(kind="point", geometry=Point(cairo.lon, cairo.lat), uncertainty_m=1, remarks="")
    place = Location(start=26, end=31, text="Cairo", kind="city", toponyms=(1,), footprint=footprint)
    sample = samples.Sample(Document(id="x", text=text), named, (place,))
    assert marks.draw(sample, gazetteer) == []
    literal = replace(sample, toponyms=(replace(named[0], type="literal"), named[1]))
    assert [mark.kind for mark in marks.draw(literal, gazetteer)] == ["mention"]


def test_areas_come_before_lines_before_points(drawn):
    kinds = [mark.kind for mark in drawn]
    assert kinds.index("outline") < kinds.index("zone") < kinds.index("arrow") < kinds.index("point")


def test_same_marks_of_several_claims_become_one(sudan, gazetteer):
    twin = replace(sudan.claimed[0], id="c9")
    drawn = marks.draw(replace(sudan, claimed=(*sudan.claimed, twin)), gazetteer)
    arrows = [mark for mark in drawn if mark.kind == "arrow"]
    assert [mark.claims for mark in arrows] == [("c1", "c9")]


def simple_claim(source=None, goal=None, direction="transfer", force=None, **more):
    movement = Movement(
        kind="movement", direction=direction, trigger=(0, 1), evidence=(0, 1), rule="r", force=force,
        source=Role(start=0, end=1, text="a", footprint=source) if source else None,
        goal=Role(start=0, end=1, text="b", footprint=goal) if goal else None,
    )  # fmt: skip
    return Claim(id="x", movement=movement, certainty="asserted", rule="r", **more)


def at(lon, lat):
    return Footprint(kind="point", geometry=Point(lon, lat), remarks="")


def area(*bounds):
    return Footprint(kind="area", geometry=box(*bounds), remarks="")


def draw_one(gazetteer, **more):
    sample = samples.Sample(Document(id="x", text="ab"), claimed=(simple_claim(**more),))
    return of(marks.draw(sample, gazetteer), "x")


def test_arrow_over_the_antimeridian_is_cut(gazetteer):
    arrow = draw_one(gazetteer, source=at(170, 52), goal=at(-170, 60))["arrow"].geometry
    assert isinstance(arrow, MultiLineString)
    assert arrow.bounds[0] >= -180
    assert arrow.bounds[2] <= 180
    assert all(part.bounds[2] - part.bounds[0] < 20 for part in arrow.geoms)
    assert geodesy.length(arrow) == pytest.approx(geodesy.distance(170, 52, -170, 60), rel=1e-3)


def test_arrow_between_areas_does_not_start_in_their_middle(gazetteer):
    arrow = draw_one(gazetteer, source=area(0, 0, 4, 4), goal=area(10, 0, 14, 4))["arrow"].geometry
    assert isinstance(arrow, LineString)
    first, last = points(arrow)[0], points(arrow)[-1]
    assert 2.5 < first.x < 4.5
    assert 9.5 < last.x < 11.5


def test_same_source_and_goal_give_no_arrow(gazetteer):
    assert "arrow" not in draw_one(gazetteer, source=at(1, 1), goal=at(1, 1))


@pytest.mark.parametrize("force", ["TR", None])
def test_leaving_a_place_points_all_round_and_nowhere(gazetteer, force):
    found = draw_one(gazetteer, source=at(36.3, 33.5), direction="withdrawal", force=force)
    assert set(found) == {"point", "leaving"}
    teeth = found["leaving"].geometry
    assert len(teeth.geoms) == 6
    assert all(tooth.coords[0] == (36.3, 33.5) for tooth in teeth.geoms)
    ways = [(points(tooth)[1].x - 36.3, points(tooth)[1].y - 33.5) for tooth in teeth.geoms]
    assert sum(x for x, _ in ways) == pytest.approx(0, abs=1e-4)
    assert sum(y for _, y in ways) == pytest.approx(0, abs=1e-4)
    assert "where to is not said" in found["leaving"].remarks


def test_teeth_of_an_area_leave_it_outwards_and_enter_it_inwards(gazetteer):
    square = box(30, 10, 34, 14)
    for kind, more in (("leaving", {"source": area(30, 10, 34, 14)}), ("ticks", {"goal": area(30, 10, 34, 14)})):
        teeth = draw_one(gazetteer, direction="transfer", **more)[kind].geometry
        for tooth in teeth.geoms:
            foot, off = points(tooth)[:: 1 if kind == "leaving" else -1]
            assert square.boundary.distance(foot) < 1e-9
            assert not square.contains(off)


def test_arriving_at_a_border_comes_from_the_own_side_only(gazetteer):
    sample = samples.build_sudan()
    leaving = next(claim for claim in sample.claimed if claim.id == "c4")
    role = leaving.movement.source
    claim = replace(leaving, movement=replace(leaving.movement, source=None, goal=role, direction="deployment"))
    ticks = of(marks.draw(replace(sample, claimed=(claim,)), gazetteer), "c4")["ticks"].geometry
    sudan = gazetteer.geometry(gazetteer.country("SD"))
    for tooth in ticks.geoms:
        start, end = points(tooth)
        assert end.distance(sudan) < start.distance(sudan)
        assert start.distance(sudan) > 0.2


def test_a_way_home_does_not_cross_another_country(gazetteer):
    crimea = gazetteer.geometry(gazetteer.find("Crimea")[0].place)
    russia = gazetteer.geometry(gazetteer.country("RU"))
    start, bearing = marks._way_home(crimea, russia)
    assert 45 < bearing < 120, "over the strait of Kerch, not over the mainland of Ukraine"
    assert crimea.distance(start) < 0.1


def test_an_arrow_to_a_country_ends_on_its_near_side(gazetteer):
    russia = Footprint(kind="area", geometry=gazetteer.geometry(gazetteer.country("RU")), remarks="")
    site = marks._Site(Role(start=0, end=1, text="Russia", footprint=russia), russia, None)
    whole = Location(start=0, end=1, text="Russia", kind="country", toponyms=(), footprint=russia)
    goal = replace(site, location=whole)
    source = marks._Site(Role(start=0, end=1, text="a", footprint=at(34.1, 44.9)), at(34.1, 44.9), None)
    end = marks._ends(source, goal)[1]
    assert geodesy.distance(34.1, 44.9, end.x, end.y) < 900_000


ORGANS = [
    ("Khartoum told another story. The defence ministry said so.", "The defence ministry", "own"),
    ("Nobody told a story. The defence ministry said so.", "The defence ministry", "others"),
    ("Khartoum told a story. " + "It was long and it was sad. " * 8 + "The army said so.", "The army", "others"),
]


@pytest.mark.parametrize(("text", "words", "group"), ORGANS)
def test_an_organ_of_a_state_belongs_to_the_one_named_just_before(gazetteer, text, words, group):
    best = (Candidate(place=gazetteer.find("Khartoum")[0].place, score=1.0),)
    named = (
        (Toponym(start=0, end=8, text="Khartoum", type="metonym", candidates=best),)
        if text.startswith("Khartoum")
        else ()
    )
    start = text.index(words)
    claim = simple_claim(force="SD", claimant=Role(start=start, end=start + len(words), text=words))
    sample = samples.Sample(Document(id="x", text=text), named, claimed=(claim,))
    assert marks.find_groups(sample) == {"x": group}


def test_a_town_taken_up_again_has_the_name_it_had_before(gazetteer):
    goma = gazetteer.find("Goma")[0].place
    named = (Toponym(start=0, end=4, text="Goma", type="literal", candidates=(Candidate(place=goma, score=1.0),)),)
    footprint = Footprint(kind="point", geometry=Point(goma.lon, goma.lat), uncertainty_m=1, remarks="")
    town = Location(
        start=20, end=28, text="the town", kind="city", toponyms=(), footprint=footprint, inferred_from=(0, 4)
    )
    assert marks._name(town, named) == "Goma"
    assert marks._name(replace(town, inferred_from=None), named) == "the town"


def test_presence_is_a_hatch_without_arrows(gazetteer):
    role = Role(start=0, end=1, text="a", footprint=area(0, 0, 1, 1))
    claim = simple_claim(direction="presence")
    claim = replace(claim, movement=replace(claim.movement, kind="posture", area=role))
    drawn = of(marks.draw(samples.Sample(Document(id="x", text="ab"), claimed=(claim,)), gazetteer), "x")
    assert {(mark.kind, mark.fill) for mark in drawn.values()} == {("zone", "hatch")}


SPEAKERS = [
    ("Sudan's army", "SD", "own"),
    ("Sudan's army", "EG", "governments"),
    ("NATO", "SD", "governments"),
    ("Residents of Kosti", "SD", "others"),
    ("Reuters", "SD", "report"),
    ("the Kremlin", "RU", "own"),
    ("the Pentagon", "RU", "governments"),
    ("a driver", "SD", "others"),
    (None, "SD", "report"),
]


@pytest.mark.parametrize(("words", "force", "group"), SPEAKERS)
def test_groups_of_claimants(gazetteer, words, force, group):
    text = f"{words or 'Columns'} told of columns."
    country = gazetteer.country("SD")
    toponyms = (
        (Toponym(start=0, end=5, text="Sudan", type="embedded", candidates=(Candidate(place=country, score=1.0),)),)
        if text.startswith("Sudan")
        else ()
    )
    claimant = Role(start=0, end=len(words), text=words) if words else None
    sample = samples.Sample(
        Document(id="x", text=text), toponyms, claimed=(simple_claim(force=force, claimant=claimant),)
    )
    assert marks.find_groups(sample) == {"x": group}


def test_pronoun_takes_the_nearest_speaker_outside_quotations(gazetteer):
    text = "Sudan's army told of losses. “Egypt has sent columns to Sudan,” he said."
    sudan, egypt = (Candidate(place=gazetteer.country(code), score=1.0) for code in ("SD", "EG"))
    toponyms = (
        Toponym(start=0, end=5, text="Sudan", type="embedded", candidates=(sudan,)),
        Toponym(start=30, end=35, text="Egypt", type="metonym", candidates=(egypt,)),
    )
    he = text.index(" he ") + 1
    claim = simple_claim(force="EG", claimant=Role(start=he, end=he + 2, text="he"))
    assert text[30:35] == "Egypt"
    sample = samples.Sample(Document(id="x", text=text), toponyms, claimed=(claim,))
    assert marks.find_groups(sample) == {"x": "governments"}


def test_surname_repeats_the_speaker_named_before():
    first, second = (Role(start=n, end=n + 1, text=words) for n, words in ((0, "NATO chief Ann Berg"), (50, "Berg")))
    one = simple_claim(force="SD", claimant=first)
    two = replace(simple_claim(force="SD", claimant=second), id="y")
    two = replace(two, movement=replace(two.movement, evidence=(50, 60)))
    sample = samples.Sample(Document(id="x", text="x" * 80), claimed=(one, two))
    assert marks.find_groups(sample) == {"x": "governments", "y": "governments"}


@pytest.mark.parametrize(("start", "end"), [((-155.0, 20.0), (139.0, 36.0)), ((145.0, 13.0), (-150.0, 65.0))])
def test_an_arrow_across_the_antimeridian_keeps_its_direction(start, end):
    line = marks._join(Point(start), Point(end))
    first, last = line.coords[0], line.coords[-1]
    assert (first[0] - start[0]) % 360 == pytest.approx(0, abs=1e-6)
    assert (last[0] - end[0]) % 360 == pytest.approx(0, abs=1e-6)
    assert abs(last[0] - first[0]) < 180


def test_marks_of_several_reports_are_united():
    point, elsewhere = Point(30, 15), Point(40, 15)
    told = Mark(kind="point", geometry=point.buffer(0.1), claims=("1-c1",), group="own", certainty="asserted")
    mentions = [
        Mark(kind="mention", geometry=place, label=name, reports=(report,))
        for place, name, report in ((point, "Here", 1), (elsewhere, "There", 0), (elsewhere, "There", 2))
    ]
    again, denied = replace(told, claims=("2-c7", "1-c1")), replace(told, claims=("2-c8",), certainty="denied")
    united = marks.unite([told, *mentions, again, denied])
    assert [(mark.kind, mark.label, mark.claims, mark.reports) for mark in united] == [
        ("mention", "There", (), (0, 2)),
        ("point", None, ("1-c1", "2-c7"), ()),
        ("point", None, ("2-c8",), ()),
    ]
