"""Resolving names of places: candidates, evidence, scores, corrections."""

from __future__ import annotations

import subprocess
import sys

import pytest

from geomap import meanings, places
from geomap.errors import DataError
from geomap.gazetteer import Gazetteer
from geomap.model import Document, Toponym
from geomap.settings import Settings


@pytest.fixture(scope="module")
def gazetteer():
    return Gazetteer.open()


def toponyms_in(text, *names, kind="literal"):
    found, position = [], 0
    for name in names:
        start = text.index(name, position)
        position = start + len(name)
        found.append(Toponym(start=start, end=position, text=name, type=kind))
    return found


def resolve(gazetteer, text, *names, settings=None, **document):
    given = Document(id="t", text=text, **document)
    return places.resolve(toponyms_in(text, *names), given, gazetteer, settings or Settings())


@pytest.mark.parametrize(("state", "code"), [("Texas", "TX"), ("Tennessee", "TN"), ("Kentucky", "KY")])
def test_the_state_that_follows_decides(gazetteer, state, code):
    town, _ = resolve(gazetteer, f"A fire broke out in Paris, {state}, overnight.", "Paris", state)
    assert (town.place.country, town.place.admin1) == ("US", code)


def test_without_other_evidence_the_prominent_place_is_meant(gazetteer):
    (town,) = resolve(gazetteer, "The talks in Paris ended.", "Paris")
    assert town.place.country == "FR"


def test_one_sense_a_document(gazetteer):
    text = "Crowds met in London, Ontario, at noon. By night London was quiet."
    first, _, later = resolve(gazetteer, text, "London", "Ontario", "London")
    assert first.place.id == later.place.id
    assert first.place.country == "CA"


def test_the_publishers_home_counts(gazetteer):
    text = "The council of Springfield meets on Monday."
    (near,) = resolve(gazetteer, text, "Springfield", home="Dayton, Ohio")
    assert near.place.country == "US"
    assert near.place.admin1 == "OH"


def test_demonyms_mean_their_country(gazetteer):
    text = "Syrian troops left."
    (found,) = places.resolve(toponyms_in(text, "Syrian", kind="demonym"), Document(id="t", text=text), gazetteer)
    assert found.place.country == "SY"
    assert found.place.feature_code.startswith("PCL")


def test_transliterations_are_found(gazetteer):
    for name in ("Kharkov", "Kharkiv"):
        (found,) = resolve(gazetteer, f"Shells fell on {name} in Ukraine.", name)
        assert found.place.country == "UA"


def test_the_arabic_article_may_be_missing(gazetteer):
    (found,) = resolve(gazetteer, "Convoys left Qamishli for Syria's east.", "Qamishli")
    assert found.place.country == "SY"


def test_unknown_names_have_no_place(gazetteer):
    (found,) = resolve(gazetteer, "Nobody has heard of Xqzvburgh yet.", "Xqzvburgh")
    assert found.place is None
    assert found.candidates == ()


@pytest.mark.parametrize(
    ("name", "country", "lat", "lon"),
    [
        ("Ramstein", "DE", 49.4, 7.6),
        ("Incirlik", "TR", 37.0, 35.4),
        ("Khmeimim", "SY", 35.4, 35.9),
        ("Tartus", "SY", 34.9, 35.9),
        ("Bagram", "AF", 34.9, 69.3),
        ("Al-Tanf", "SY", 33.5, 38.6),
        ("Camp Lemonnier", "DJ", 11.5, 43.1),
        ("Fort Hood", "US", 31.1, -97.8),
        ("Andersen Air Force Base", "GU", 13.6, 144.9),
        ("Naval Base Guam", "GU", 13.4, 144.7),
        ("Camp Blaz", "GU", 13.6, 144.9),
        ("Yelnya", "RU", 54.6, 33.2),
        ("Zaporizhzhia nuclear power plant", "UA", 47.5, 34.6),
        ("Kerch Bridge", "UA", 45.3, 36.5),
        ("Rafah", "PS", 31.3, 34.2),
        ("Rafah crossing", "PS", 31.2, 34.3),
        ("Medyka", "PL", 49.8, 22.9),
        ("Kharkov", "UA", 50.0, 36.2),
        ("Kharkiv", "UA", 50.0, 36.2),
        ("Kiev", "UA", 50.4, 30.5),
        ("Kyiv", "UA", 50.4, 30.5),
        ("Mosul", "IQ", 36.3, 43.1),
        ("Deir ez-Zor", "SY", 35.3, 40.1),
        ("Deir al-Zor", "SY", 35.3, 40.1),
        ("Dayr az Zawr", "SY", 35.3, 40.1),
        ("Gomel", "BY", 52.4, 31.0),
        ("Hodeidah", "YE", 14.8, 43.0),
        ("CFB Bagotville", "CA", 48.3, -71.0),
        ("Pearson International Airport", "CA", 43.7, -79.6),
        ("Middle Shabelle", "SO", 2.9, 45.9),
    ],
)
def test_names_of_reports_lead_to_their_places(gazetteer, name, country, lat, lon):
    best = places.rank(name, gazetteer)[0].place
    assert best.country == country
    assert meanings.kilometres(best.lon, best.lat, lon, lat) < 40


def test_the_country_beside_it_tells_a_base_from_its_namesake(gazetteer):
    (rota, _) = resolve(gazetteer, "Destroyers based at Rota, Spain, sailed east.", "Rota", "Spain")
    assert rota.place.country == "ES"


@pytest.mark.parametrize(
    ("text", "name", "whole"),
    [
        ("The army retook the mining town of Brakhovitsa in Ukraine on Monday.", "Brakhovitsa", "Ukraine"),
        ("Troops moved into Qarzabun, a town in Somalia, at dawn.", "Qarzabun", "Somalia"),
        ("Residents fled the hamlet of Springfield in Burkina Faso.", "Springfield", "Burkina Faso"),
        ("Militia left San Lorento, a village in Colombia.", "San Lorento", "Colombia"),
    ],
)
def test_an_unknown_town_does_not_become_another(gazetteer, text, name, whole):
    town, country = resolve(gazetteer, text, name, whole)
    assert country.place is not None
    assert town.place is None


@pytest.mark.parametrize(
    ("text", "name", "code"),
    [
        ("Engineers bridged the Dnipro on Friday.", "Dnipro", "STM"),
        ("Gunners shelled Dnipro on Friday.", "Dnipro", "PPLA"),
        ("Clerks of the Dnipro plant were sent home.", "Dnipro", "PPLA"),
        ("An Eritrean patrol boat burnt in the Red Sea.", "Red Sea", "SEA"),
        ("The mutineers drove down the Zambezi, then turned.", "Zambezi", "STM"),
        ("Nobody left the Gambia.", "Gambia", "PCLI"),
        ("The raiders came down the Niger river by night.", "Niger", "STM"),
        ("Officials in Niger river towns said so.", "Niger", "STM"),
        ("Oslo keeps a minesweeper in the Baltic.", "Baltic", "SEA"),
    ],
)
def test_a_name_with_an_article_is_rather_that_of_a_feature(gazetteer, text, name, code):
    (toponym,) = resolve(gazetteer, text, name)
    assert toponym.place.feature_code == code


def test_a_region_of_several_words_is_known_however_odd_its_company(gazetteer):
    text = "Shepherds from the Nuba Mountains met others from Yap and Vardo."
    region, *_ = resolve(gazetteer, text, "Nuba Mountains", "Yap", "Vardo")
    assert region.place.id == "geomap:nuba-mountains"


def test_a_short_form_means_what_the_long_one_means(gazetteer):
    text = "Patrols circled Sabina Shoal for a week. The last ships left Sabina on Friday."
    long, short = resolve(gazetteer, text, "Sabina Shoal", "Sabina")
    assert long.place.id == short.place.id == "geomap:sabina-shoal"


def test_scores_are_ranked_probabilities(gazetteer):
    (found,) = resolve(gazetteer, "They moved to Springfield.", "Springfield")
    scores = [candidate.score for candidate in found.candidates]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_boilerplate_has_no_toponyms(gazetteer):
    text = "Read more: Lima. They left Quito."
    found = resolve(gazetteer, text, "Lima", "Quito", skip=((0, 16),))
    assert [toponym.text for toponym in found] == ["Quito"]


def test_no_toponyms_no_answers(gazetteer):
    assert places.resolve([], Document(id="t", text="Nothing."), gazetteer) == []


@pytest.mark.parametrize("code", ["PCLI", "PCLD", "TERR"])
def test_groups_of_codes(code, gazetteer):
    place = gazetteer.country("FR")
    assert meanings.group_of(place) == "country"
    changed = type(place)(
        **{name: getattr(place, name) for name in place.__dataclass_fields__ if name != "feature_code"},
        feature_code=code,
    )
    assert meanings.group_of(changed) == "country"


def test_rank_gives_several_candidates(gazetteer):
    found = places.rank("Springfield", gazetteer)
    assert len(found) > 3
    assert len({candidate.place.admin1 for candidate in found}) > 3
    assert sum(candidate.score for candidate in found) <= 1.001


def test_rank_reads_the_whole_behind_a_comma(gazetteer):
    best = places.rank("Paris, Texas", gazetteer)[0].place
    assert (best.country, best.admin1) == ("US", "TX")


def test_rank_of_nothing_and_of_nonsense(gazetteer):
    assert places.rank("", gazetteer) == []
    assert places.rank(" , ", gazetteer) == []
    assert places.rank("Nowhereville-xyz", gazetteer) == []


def test_a_lone_name_needs_no_spacy():
    code = (
        "import sys; from geomap import places; from geomap.gazetteer import Gazetteer; "
        "places.rank('Oslo', Gazetteer.open()); sys.exit('spacy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ------------------------------------------------------------------------------------------------- corrections

HEAD = "document,words,place,who,when,why\n"


def corrected(gazetteer, tmp_path, rows, text="The column left Springfield at dawn.", name="Springfield"):
    path = tmp_path / "corrections.csv"
    path.write_text(HEAD + rows, encoding="utf-8")
    return resolve(gazetteer, text, name, settings=Settings(corrections=path))


def test_a_correction_wins_and_says_who(gazetteer, tmp_path):
    (found,) = corrected(gazetteer, tmp_path, "*,Springfield,geonames:2988507,Ana,2024-01-02,read the map\n")
    assert found.place.name == "Paris"
    assert found.decided_by == "Ana"
    assert len(found.candidates) == 1


def test_a_point_corrects_too(gazetteer, tmp_path):
    (found,) = corrected(gazetteer, tmp_path, '*,springfield,"-12.5, 30.25",Ana,2024-01-02,\n')
    assert (found.place.lat, found.place.lon) == (-12.5, 30.25)
    assert found.place.source == "person"


def test_corrected_words_are_added_where_no_name_was_found(gazetteer, tmp_path):
    text = "The column left Springfield for the old mill, not the old millpond."
    first, added = corrected(gazetteer, tmp_path, '*,the old mill,"10, 20",Ana,2024-01-02,\n', text=text)
    assert first.decided_by is None
    assert (added.text, added.decided_by, added.place.lon) == ("the old mill", "Ana", 20.0)


def test_not_a_place_takes_the_name_out(gazetteer, tmp_path):
    assert corrected(gazetteer, tmp_path, "*,Springfield,not a place,Ana,2024-01-02,a rifle\n") == []


def test_the_document_beats_the_star_and_the_later_row_the_earlier(gazetteer, tmp_path):
    rows = (
        "t,Springfield,geonames:2988507,Ana,2024-01-02,\n"
        "*,Springfield,geonames:2643743,Bo,2024-01-03,\n"
        "other,Springfield,not a place,Cy,2024-01-03,\n"
    )
    (found,) = corrected(gazetteer, tmp_path, rows)
    assert found.decided_by == "Ana"
    (found,) = corrected(gazetteer, tmp_path, rows + "t,Springfield,geonames:2643743,Di,2024-01-04,\n")
    assert found.decided_by == "Di"


@pytest.mark.parametrize(
    "content",
    [
        "words,place\nSpringfield,geonames:1\n",
        HEAD + "*,Springfield,geonames:999999999999,Ana,,\n",
        HEAD + '*,Springfield,"95, 10",Ana,,\n',
    ],
)
def test_corrections_that_cannot_be_used_are_clear_errors(gazetteer, tmp_path, content):
    path = tmp_path / "corrections.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match="correction"):
        resolve(gazetteer, "In Springfield.", "Springfield", settings=Settings(corrections=path))


def test_a_missing_corrections_file_is_a_clear_error(gazetteer, tmp_path):
    with pytest.raises(DataError, match="cannot read"):
        resolve(gazetteer, "In Springfield.", "Springfield", settings=Settings(corrections=tmp_path / "none.csv"))
