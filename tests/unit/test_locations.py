"""Location expressions: which words they cover, and where they are."""

from __future__ import annotations

import re

import pytest
from shapely.geometry import Point

from geomap import expressions, footprints, geodesy, locations, nlp
from geomap.errors import PlaceNotFoundError
from geomap.gazetteer import Gazetteer
from geomap.model import Candidate, Document, Toponym
from geomap.settings import DEFAULTS, Settings

TYPES = {"L": "literal", "M": "metonym", "D": "demonym", "E": "embedded"}


@pytest.fixture(scope="module")
def gazetteer():
    return Gazetteer.open(DEFAULTS)


@pytest.fixture(scope="module")
def find(gazetteer):
    """Read a text whose toponyms are marked as {L:Gao} and return its locations."""

    def read(marked):
        text, toponyms = "", []
        for piece in re.split(r"(\{[LMDE]:[^}]+\})", marked):
            match = re.fullmatch(r"\{([LMDE]):([^}]+)\}", piece)
            if match is None:
                text += piece
                continue
            name = match.group(2)
            toponyms.append(
                Toponym(
                    start=len(text),
                    end=len(text) + len(name),
                    text=name,
                    type=TYPES[match.group(1)],
                    candidates=_candidates(name, gazetteer),
                )
            )
            text += name
        doc = nlp.read(Document(id="test", text=text))
        found = locations.find(doc, toponyms, gazetteer, DEFAULTS)
        assert all(nlp.plain(text)[location.start : location.end] == location.text for location in found)
        return found

    return read


def _candidates(name, gazetteer):
    people = gazetteer.demonym(name)
    places = [match.place for match in gazetteer.find(name)]
    if people is not None and not any(place.name == name for place in places):
        places = [people]
    order = ("PCL", "PPL", "ADM")
    places.sort(key=lambda place: (not place.feature_code.startswith(order[0]), place.feature_code[:3] != order[1]))
    return tuple(Candidate(place=place, score=0.9) for place in places)


def inside(location, lon, lat):
    return location.footprint.geometry.intersects(Point(lon, lat))


# Which words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rebels took {L:Gao} on Monday.", ["Gao"]),
        ("{M:Bamako} said that {D:Malian} troops had left.", []),
        ("The {E:Mali} Football Federation met.", []),
        ("Troops massed at the {D:Malian} border.", ["the Malian border"]),
        ("Troops stand on {D:Algerian} borders.", ["Algerian borders"]),
        ("They crossed {L:Algeria}'s border with {L:Mali}.", ["Algeria's border with Mali"]),
        ("He spoke of the {L:Algeria} border with {D:US} and {D:Malian} envoys.", ["the Algeria border"]),
        ("Herders left the regions bordering {L:Chad}.", ["the regions bordering Chad"]),
        (
            "A cutter patrolled waters near {L:Cyprus} and waters around {L:Malta}.",
            ["waters near Cyprus", "waters around Malta"],
        ),
        ("Convoys were sent to border areas.", ["border areas"]),
        ("A post on the {L:Mali}-{L:Niger} border fell.", ["A post", "the Mali-Niger border"]),
        ("Posts along the {D:Malian}-{D:Nigerien} frontier fell.", ["the Malian-Nigerien frontier"]),
        ("The border between {L:Mali} and {L:Niger} is long.", ["The border between Mali and Niger"]),
        ("Clinics rise near the border with {L:Mali} in {L:Niger}.", ["the border with Mali in Niger"]),
        (
            "Patrols cover the borders with {L:Mali}, {L:Niger} and {L:Libya}.",
            ["the borders with Mali, Niger and Libya"],
        ),
        ("They hold both sides of the {D:Malian} border.", ["both sides of the Malian border"]),
        ("Fighters regrouped in northern {L:Mali}.", ["northern Mali"]),
        ("Fighters regrouped in the north-east of {L:Mali}.", ["the north-east of Mali"]),
        ("They withdrew from the western part of {L:Mali}.", ["the western part of Mali"]),
        ("Columns entered the {L:Kidal} region.", ["the Kidal region"]),
        ("Columns entered {L:Mali}'s {L:Kidal} region.", ["Mali's Kidal region"]),
        ("Shells fell in {L:Kidal} and {L:Gao} regions.", ["Kidal", "Gao"]),
        ("They seized the town of {L:Ansongo}.", ["the town of Ansongo"]),
        ("They seized the dusty northern town of {L:Ansongo}.", ["the dusty northern town of Ansongo"]),
        ("They seized the village of Nonamedplace.", ["the village of Nonamedplace"]),
        ("They flew to the capital {L:Bamako}.", ["the capital Bamako"]),
        ("They flew to the capital, {L:Bamako}.", ["the capital, Bamako"]),
        ("The convoy is 50 kilometers (31 miles) north of {L:Gao}.", ["50 kilometers (31 miles) north of Gao"]),
        ("The convoy is some 20-30 km from {L:Gao}.", ["some 20-30 km from Gao"]),
        ("Nothing moves within 100 miles of {L:Gao}.", ["within 100 miles of Gao"]),
        ("They met halfway between {L:Gao} and {L:Kidal}.", ["halfway between Gao and Kidal"]),
        ("They burnt villages between {L:Gao} and {L:Kidal}.", ["villages between Gao and Kidal"]),
        ("Mines lie along the {L:Gao}-{L:Kidal} road.", ["the Gao-Kidal road"]),
        ("Mines lie on the road between {L:Gao} and {L:Kidal}.", ["the road between Gao and Kidal"]),
        ("Ships gathered in waters off {L:Libya}.", ["waters off Libya"]),
        ("Ships gathered in waters east of {L:Taiwan}.", ["waters east of Taiwan"]),
        ("Ships gathered off the coast of {L:Libya}.", ["the coast of Libya"]),
        ("Fighting near {L:Gao} and outside {L:Kidal} went on.", ["Gao", "Kidal"]),
        ("They camped on the outskirts of {L:Gao}.", ["the outskirts of Gao"]),
        ("Shells hit areas around {L:Gao}.", ["areas around Gao"]),
        ("The army shelled {L:Gao}, a town that it had left.", ["Gao"]),
        ("The unit went back to its base in {L:Niger}.", ["its base", "Niger"]),
        ("Drones left {D:Malian} airspace.", ["Malian airspace"]),
        ("They stayed on {D:Malian} soil.", ["Malian soil"]),
        ("The {D:Malian} capital was calm.", ["The Malian capital"]),
        ("The border guards and the city council met.", []),
        ("Tourists like the {L:Mali}-based band.", ["Mali"]),
        ("The Department of Trade answered.", []),
    ],
)
def test_spans(find, text, expected):
    assert [location.text for location in find(text)] == expected


def test_typographic_quotes_do_not_matter(find):
    assert [location.text for location in find("They crossed {L:Algeria}’s border with {L:Mali}.")] == [
        "Algeria's border with Mali"
    ]


# Where


def test_the_side_that_the_words_name(find):
    (strip,) = find("Clinics rise near the border with {L:Mali} in {L:Niger}.")
    assert strip.kind == "border"
    assert strip.footprint.border.side == "NE"
    assert strip.footprint.border.width_m == DEFAULTS.near_m
    assert inside(strip, 2.6, 15.3)
    assert not inside(strip, 2.3, 15.5)


def test_the_partner_is_the_neighbour_spoken_of(find):
    *_, strip = find("{M:Algeria} moved tanks, {M:Algeria} said. They stand at the {D:Malian} border.")
    assert strip.footprint.border.countries == ("ML", "DZ")
    assert strip.footprint.border.partner_assumed
    assert "not said" in strip.footprint.remarks


def test_without_any_neighbour_the_whole_border_is_meant(find):
    (strip,) = find("Tanks stand at the {D:Malian} border.")
    assert strip.footprint.border.countries == ("ML",)


def test_the_border_takes_up_the_one_named_before(find):
    first, second = find("Tanks left {L:Niger}'s border with {L:Mali}. Others stayed near the border.")
    assert second.text == "the border"
    assert second.inferred_from == first.span
    assert second.footprint.border.countries == first.footprint.border.countries


def test_their_bases_have_no_place(find):
    *_, bases = find("{M:Niger} said that the troops were going back to their bases.")
    assert bases.text == "their bases"
    assert bases.footprint.kind == "unlocated"
    assert bases.footprint.geometry is None


def test_a_base_is_bounded_by_the_country_named(find):
    base, _ = find("Jets landed at an air base in {L:Niger}.")
    assert base.footprint.kind == "unlocated"
    assert base.within == "NE"


def test_the_city_is_the_last_one_named(find):
    gao, city = find("Troops entered {L:Gao} at dawn. Residents fled the city.")
    assert city.text == "the city"
    assert city.inferred_from == gao.span
    assert city.footprint.point == gao.footprint.point


def test_the_capital_is_that_of_the_country_named_last(find):
    *_, capital = find("Fighting in {L:Mali} went on. Shots rang out in the capital.")
    assert geodesy.distance(*capital.footprint.point, -8.0, 12.65) < 15_000


def test_nothing_is_taken_up_by_another_city(find):
    *_, city = find("Troops entered {L:Gao}. Others went to another city.")
    assert city.footprint.kind == "unlocated"


def test_the_division_is_meant_when_its_class_stands_beside(find):
    (region,) = find("Columns entered the {L:Kidal} region.")
    assert region.kind == "admin"
    assert region.footprint.kind == "area"


def test_distances_and_directions(find):
    (place,) = find("The convoy is 50 kilometers (31 miles) north of {L:Gao}.")
    assert geodesy.distance(-0.04, 16.27, *place.footprint.point) == pytest.approx(50_000, rel=0.1)
    assert place.footprint.point[1] > 16.6
    assert place.kind == "relative"


def test_near_makes_the_surroundings(find):
    (near,) = find("Fighting near {L:Gao} went on.")
    (plain,) = find("Fighting in {L:Gao} went on.")
    assert plain.footprint.kind == "point"
    assert near.footprint.kind == "area"
    assert near.footprint.uncertainty_m > plain.footprint.uncertainty_m


def test_to_the_north_of_a_country_is_outside_it(find):
    _, north = find("They drilled in {L:Belarus}, to {L:Ukraine}'s north.")
    assert not inside(north, 31.2, 49.0)
    (part,) = find("They drilled in {L:Ukraine}'s north.")
    assert inside(part, 31.3, 51.5)


def test_the_line_of_control_is_known(find):
    (line,) = find("Guns fell silent along the Line of Control.")
    assert line.footprint.kind == "band"
    assert set(line.footprint.border.countries) == {"IN", "PK"}


def test_a_front_line_is_not(find):
    *_, line = find("Guns fell silent in {L:Mali} along the front line.")
    assert line.text == "the front line"
    assert line.footprint.kind == "unlocated"


def test_names_that_the_gazetteer_lacks_are_kept_without_a_place(find):
    (place,) = find("Columns entered {L:Nonamedplace}.")
    assert place.footprint.kind == "unlocated"
    assert "not in the gazetteer" in place.footprint.remarks


def test_a_country_pair_that_recognition_missed(find):
    (strip,) = find("Trade stopped at the Chad-Sudan border.")
    assert set(strip.footprint.border.countries) == {"TD", "SD"}
    assert strip.toponyms == ()


def test_every_located_footprint_has_a_point_and_an_uncertainty(find):
    text = (
        "Troops left {L:Gao} for the {D:Malian} border, 50 km north of {L:Kidal}, crossed northern {L:Mali} and the "
        "villages between {L:Gao} and {L:Kidal}, and camped in waters off {L:Libya} near {L:Algeria}."
    )
    found = find(text)
    assert len(found) == 7
    for location in found:
        assert location.footprint.point is not None
        assert location.footprint.uncertainty_m > 0
        assert location.footprint.geometry.is_valid


@pytest.mark.parametrize("text", ["a" * 200_000, "the " * 20_000, "north of " * 5_000, "50 km " * 5_000, "(" * 50_000])
def test_hostile_text_does_not_hang(text, gazetteer):
    reading = expressions.read(text, [], gazetteer, DEFAULTS, None)  # without spaCy, which has limits of its own
    assert not any(item.letter == "P" for item in reading.items)


# Queries


def test_geocode_a_border():
    (answer,) = locations.geocode("Ukrainian border")
    assert inside(answer.location, 36.6, 50.4)
    assert inside(answer.location, 24.0, 50.4)
    assert "Ukraine" in answer.location.footprint.remarks


@pytest.mark.parametrize(
    "query", ["the border between Belarus and Ukraine", "Belarus-Ukraine border", "Ukraine's border with Belarus"]
)
def test_geocode_a_border_between_two(query):
    (answer,) = locations.geocode(query)
    assert inside(answer.location, 30.6, 51.5)
    assert not inside(answer.location, 36.6, 50.4)


def test_geocode_turkeys_border_with_syria():
    (answer,) = locations.geocode("Turkey's border with Syria")
    assert inside(answer.location, 38.0, 36.85)
    assert not inside(answer.location, 32.85, 39.92)


def test_geocode_a_distance():
    (answer,) = locations.geocode("50 km north of Kyiv")
    lon, lat = answer.location.footprint.point
    assert geodesy.distance(30.52, 50.45, lon, lat) == pytest.approx(50_000, rel=0.1)
    assert geodesy.bearing(30.52, 50.45, lon, lat) == pytest.approx(0, abs=5) or geodesy.bearing(
        30.52, 50.45, lon, lat
    ) == pytest.approx(360, abs=5)


def test_geocode_a_part():
    (answer,) = locations.geocode("northern Syria")
    assert inside(answer.location, 37.16, 36.2)
    assert not inside(answer.location, 36.3, 33.5)


def test_geocode_in_lower_case():
    (answer,) = locations.geocode("the border between belarus and ukraine")
    assert inside(answer.location, 30.6, 51.5)


def test_geocode_an_ambiguous_name():
    answers = locations.geocode("Springfield")
    assert len(answers) > 3
    assert len({answer.place.id for answer in answers}) == len(answers)
    scores = [answer.score for answer in answers]
    assert scores == sorted(scores, reverse=True)
    assert all(answer.location.footprint.geometry is not None for answer in answers)


def test_geocode_a_name_with_its_state():
    answers = locations.geocode("Springfield, Illinois")
    assert geodesy.distance(-89.65, 39.8, *answers[0].location.footprint.point) < 20_000


@pytest.mark.parametrize(
    "query", ["Nowhereville-xyz", "the border of Nowhereville", "50 km north of Nowhereville", "", "   ", "x" * 600]
)
def test_geocode_what_is_not_there(query):
    with pytest.raises(PlaceNotFoundError):
        locations.geocode(query)


def test_the_border_of_two_neighbours_is_the_one_that_they_share(find):
    (shared,) = find("Mines lie on the border of {L:Chad} and {L:Sudan}.")
    assert set(shared.footprint.border.countries) == {"TD", "SD"}


def test_regions_bordering_a_state_lie_in_the_state_that_is_named(find):
    (regions,) = find("Herders left the {D:Sudanese} regions bordering {L:Chad}.")
    assert regions.footprint.border.side == "SD"


def test_the_airport_of_a_town_is_in_or_near_the_town(find):
    (airport,) = find("Planes stood at {L:Lomé}'s international airport.")
    assert airport.text == "Lomé's international airport"
    assert airport.footprint.point == pytest.approx((1.22, 6.13), abs=0.05)


def test_a_line_in_a_strait_is_somewhere_in_it(find):
    (line,) = find("Jets flew over the median line of the {L:Taiwan Strait}.")
    assert line.footprint.kind == "area"


def test_the_error_names_the_words_and_helps():
    with pytest.raises(PlaceNotFoundError, match="Nowhereville"):
        locations.geocode("50 km north of Nowhereville")
    with pytest.raises(PlaceNotFoundError, match="where"):
        locations.geocode("their bases")


def test_border_lines():
    line = locations.border("Mali", "Niger")
    assert line.equals(locations.border("ML", "NE"))
    assert 750_000 < geodesy.length(line) < 950_000  # 821 km by the atlases, on simplified outlines
    assert geodesy.length(locations.border("ML")) > 4_000_000
    with pytest.raises(PlaceNotFoundError, match="share no land border"):
        locations.border("Mali", "Japan")
    with pytest.raises(PlaceNotFoundError, match="Atlantis"):
        locations.border("Atlantis")


def test_the_viewpoint_is_named():
    (answer,) = locations.geocode("Ukrainian border", settings=Settings(viewpoint="un"))
    assert answer.location.footprint.viewpoint == "un"
    assert "(boundaries: un)" in answer.location.footprint.remarks


def test_footprints_of_forces_from_a_document(find, gazetteer):
    *_, strip = find("{M:Algeria} moved tanks. They stand at the {D:Malian} border.")
    algerian = footprints.for_force(strip, "DZ", gazetteer)
    assert algerian.border.side == "DZ"
    assert "Algeria" in algerian.remarks


# Names that are not known, fronts, and the side of a border


@pytest.mark.parametrize("name", ["Zorvaku", "{L:Zorvaku}"])
@pytest.mark.parametrize("phrase", ["the dusty mining town of", "the fishing village of", "the town called"])
def test_a_class_phrase_with_an_unknown_name_takes_no_other_town(find, phrase, name):
    gao, *rest = find(f"Soldiers left {{L:Gao}}. Rebels overran {phrase} {name} at noon.")
    assert gao.text == "Gao"
    assert [location.footprint.kind for location in rest] == ["unlocated"] * len(rest)
    assert all(location.inferred_from is None for location in rest)
    assert "Zorvaku" in rest[-1].text


def test_the_town_alone_still_takes_up_the_last_one(find):
    gao, town = find("Soldiers left {L:Gao}. Rebels overran the mining town at noon.")
    assert town.inferred_from == (gao.start, gao.end)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Fighters massed on the {L:Aleppo} front.", "the Aleppo front"),
        ("Shells hit the northern {L:Aleppo} front line.", "the northern Aleppo front line"),
    ],
)
def test_a_front_named_for_a_town_is_an_area_round_it(find, text, words):
    (front,) = find(text)
    assert front.text == words
    assert front.footprint.kind == "area"
    assert inside(front, 37.16, 36.2)
    assert front.footprint.uncertainty_m >= 10_000


def test_the_front_of_a_country_is_not_placed(find):
    (front,) = find("Envoys discussed the {L:Syria} front.")
    assert (front.text, front.footprint.kind, front.within) == ("the Syria front", "unlocated", "SY")


def test_a_front_that_is_an_organisation_is_no_place(find):
    assert [location.text for location in find("The {L:Aleppo} Front claimed it.")] == ["Aleppo"]


@pytest.mark.parametrize("kind", ["L", "D"])
@pytest.mark.parametrize("noun", ["border", "frontier", "border with {L:Mali}"])
def test_the_border_of_an_unknown_people_is_one_expression(find, kind, noun):
    found = find(f"They crossed the border of {{L:Niger}}. Convoys reached the {{{kind}:Zorvakian}} {noun} at dawn.")
    last = found[-1]
    assert last.text.startswith("the Zorvakian ")
    assert last.kind == "border"
    assert len(found) == 2
    if "Mali" not in noun:
        assert last.footprint.kind == "unlocated"


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("The brigade stands in {L:Chad}, close to the frontier with {L:Libya}.", "TD"),
        ("The brigade stands in northern {L:Chad} along the {D:Libyan} border.", "TD"),
        ("The brigade stands in {L:Chad}. It is far from the {D:Libyan} border.", None),
        ("The brigade stands in {L:Norway}, near the border with {L:Libya}.", None),
    ],
)
def test_the_country_before_a_border_says_on_which_side(find, text, side):
    strip = find(text)[-1].footprint
    assert strip.border.side == side
    if side:
        assert set(strip.border.countries) == {"TD", "LY"}
        assert not strip.geometry.intersects(Point(18.0, 25.0))


def test_the_border_of_a_force_that_is_no_party_to_the_last_one(find, gazetteer):
    *_, strip = find(
        "They closed the border between {L:Ethiopia} and {L:Eritrea}. In {L:Somalia} they held the border."
    )
    assert strip.inferred_from is not None
    kenyan = footprints.for_force(strip, "KE", gazetteer, named="SO")
    assert (kenyan.border.countries, kenyan.border.side) == (("KE", "SO"), "KE")
    for force, named in (("KE", "FR"), ("KE", None), ("KE", "ET"), ("US", "SO")):
        assert footprints.for_force(strip, force, gazetteer, named=named) is strip.footprint
