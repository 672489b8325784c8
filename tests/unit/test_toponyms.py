"""Finding and typing the names of places."""

from __future__ import annotations

from itertools import pairwise

import pytest

from geomap import nlp, toponyms
from geomap.model import Document

WAR = (
    "LISBON (AP) - Portugal said on Friday that its peacekeepers had landed in Bangui.\n\n"
    "The Portuguese soldiers drove from Bangui to Bria. Officials of the University of Porto gave no comment."
)


def find(text):
    return toponyms.find(nlp.read(Document(id="t", text=text)))


def types(text):
    return {toponym.text: toponym.type for toponym in find(text)}


def test_offsets_are_those_of_the_text():
    found = find(WAR)
    assert found
    assert all(WAR[toponym.start : toponym.end] == toponym.text for toponym in found)
    assert [toponym.start for toponym in found] == sorted(toponym.start for toponym in found)
    assert all(left.end <= right.start for left, right in pairwise(found))


def test_names_are_found_and_typed():
    found = types(WAR)
    assert {"LISBON", "Portugal", "Bangui", "Portuguese"} <= set(found)
    assert found["Portuguese"] == "demonym"
    assert found["Bangui"] == "literal"
    assert found["Portugal"] == "metonym"


@pytest.mark.parametrize("preposition", ["in", "near", "into"])
def test_a_country_behind_a_preposition_of_place_is_literal(preposition):
    assert types(f"Soldiers were seen {preposition} Angola on Sunday.")["Angola"] == "literal"


@pytest.mark.parametrize("verb", ["accused its neighbour of lying", "said it would not yield", "wants a truce"])
def test_a_country_that_speaks_is_no_place(verb):
    assert types(f"Angola {verb}, according to diplomats.")["Angola"] != "literal"


def test_typographic_quotes_do_not_shift_offsets():
    text = "Rebels in “Peru” marched on Lima’s airport."
    assert all(text[toponym.start : toponym.end] == toponym.text for toponym in find(text))


def test_empty_and_blank_texts_have_no_names():
    assert find("") == []
    assert find(" \n\n \n") == []


def test_one_long_word_is_read():
    assert find("a" * 100_000) == []


def test_many_words_without_a_break_are_read_in_pieces():
    text = "They walked through Nairobi in the rain. " * 700
    found = find(text)
    assert len(found) == 700
    assert {toponym.text for toponym in found} == {"Nairobi"}


def test_the_result_does_not_need_a_parse():
    document = Document(id="t", text=WAR)
    parsed = toponyms.find(nlp.read(document))
    bare = toponyms.find(nlp.load().make_doc(WAR))
    assert [toponym.span for toponym in parsed] == [toponym.span for toponym in bare]


def reading(words, names):
    return toponyms.Reading(toponyms.Passage(words, [True] * len(words), list(range(len(words)))), list(names), [])


def test_a_name_that_was_missed_is_added():
    first = reading(["Near", "Gao", "Ridge", "they", "stopped", "."], [(1, 3)])
    second = reading(["They", "left", "GAO", "RIDGE", "early", "."], [])
    toponyms.add_missed([first, second])
    assert second.names == [(2, 4)]


def test_a_name_beside_another_capital_is_not_added():
    first = reading(["in", "Bria", "today"], [(1, 2)])
    second = reading(["met", "Bria", "Mokonzi", "there"], [])
    toponyms.add_missed([first, second])
    assert second.names == []


def test_a_word_that_is_mostly_no_name_is_not_added():
    first = reading(["in", "Bria", "today"], [(1, 2)])
    others = reading(["so", "Bria", "saw", "that", "Bria", "won", "and", "Bria", "left"], [])
    toponyms.add_missed([first, others])
    assert others.names == []


@pytest.mark.parametrize(
    ("words", "joined"),
    [
        (["Trinidad", "and", "Tobago", "won"], True),
        (["ST.", "LOUIS", "lost"], True),
        (["Baden", "-", "Baden", "drew"], True),
        (["Kenya", "and", "Uganda", "drew"], False),
    ],
)
def test_parts_of_one_name_are_joined(words, joined):
    size = 2 if words[1] == "LOUIS" else 3
    found = reading(words, [(0, 1), (size - 1, size)])
    toponyms.join_parts([found], toponyms.load_lexicon())
    assert found.names == ([(0, size)] if joined else [(0, 1), (size - 1, size)])


def test_a_persons_name_is_dropped_where_it_stands_alone():
    full = reading(["Robert", "Houston", "resigned", "."], [])
    alone = reading(["Later", "Houston", "wrote", "a", "book", "."], [(1, 2)])
    toponyms.drop_persons([full, alone], toponyms.load_lexicon())
    assert alone.names == []


def test_a_place_behind_a_preposition_is_kept_although_a_person_bears_its_name():
    full = reading(["Robert", "Houston", "resigned", "."], [])
    place = reading(["They", "live", "in", "Houston", "."], [(3, 4)])
    toponyms.drop_persons([full, place], toponyms.load_lexicon())
    assert place.names == [(3, 4)]


def test_the_lexicon_knows_places_and_persons():
    known = toponyms.load_lexicon()
    assert known.places(["france", "french", "chicago", "qwxyz"]).tolist() == [8, 9, 5, 0]
    assert known.persons(["mary", "qwxyz"])[0] > 0
    assert known.persons(["qwxyz"])[0] == 0


def test_folding_drops_case_and_marks():
    assert toponyms.fold("São Tomé") == "sao tome"


def test_a_folder_without_weights_is_a_clear_error(tmp_path):
    with pytest.raises(toponyms.ModelError, match="make train"):
        toponyms.load(str(tmp_path))


def test_only_places_themselves_may_be_unknown():
    def named(text, kind):
        return toponyms.Toponym(start=0, end=len(text), text=text, type=kind)

    found = [named("Kenya", "metonym"), named("Qarzabun", "literal"), named("Qarzabun", "metonym")]
    assert toponyms.drop_unknown(found, toponyms.load_lexicon()) == found[:2]


def test_words_are_classified_alike_alone_and_with_other_passages():
    known = toponyms.load_lexicon()
    passages = [["The", "port", "of", "Bissau", "was", "shelled"], [], ["calm", "again"], ["Sierra", "Leone", "agreed"]]
    assert toponyms.classify_all(passages, known) == [toponyms.classify(words, known) for words in passages]
    assert toponyms.classify(passages[3], known)[0][:2] == ["pB8m", "pI8m"]
