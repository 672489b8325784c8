"""Which direction a movement has: what its trigger says, as the places, the mover and all else that it does bend it.

"Crossed the border" is an advance, "crossed back into their own country" a withdrawal, and "left for the coast" depends
on what the force came for. Which features decide is data (``lexicon/courses.csv``); here they are only read off.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, cast

from geomap import clauses, lexicon, paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spacy.tokens import Token

    from geomap.forces import Forces
    from geomap.model import Direction, Role
    from geomap.movers import Cast
    from geomap.paths import Path
    from geomap.triggers import Entry, Trigger

_PLANNED = frozenset({"will", "would", "to", "'ll", "could", "may"})
_INWARD = frozenset({"buildup", "deployment", "advance"})
_UNDECIDED = frozenset({None, "presence", "unspecified"})
# How far words of flight or welcome may stand from the trigger, in tokens.
_AROUND = 14
# How far "at" may stand before "request" ("at the president's request"), in tokens.
_CLOSE = 4


@dataclass(slots=True)
class Draft:
    """A movement in the making."""

    trigger: Trigger
    cast: Cast
    path: Path
    force: str | None = None

    @property
    def entry(self) -> Entry:
        """The trigger's entry, as it turned out to be meant."""
        return self.cast.entry


class _Row(NamedTuple):
    given: frozenset[str]
    words: frozenset[str]
    wanted: frozenset[str]
    barred: frozenset[str]
    direction: str


@cache
def _table() -> tuple[_Row, ...]:
    return tuple(
        _Row(
            frozenset(row["given"].split()),
            _listed(row["words"]),
            frozenset(word for word in row["features"].split() if word[0] != "-"),
            frozenset(word[1:] for word in row["features"].split() if word[0] == "-"),
            row["direction"],
        )
        for row in lexicon.rows("courses")
    )


def _listed(words: str) -> frozenset[str]:
    return lexicon.words(words[1:]) if words.startswith("@") else frozenset(words.split())


def decide(drafts: Sequence[Draft], forces: Forces) -> list[Direction]:
    """Decide the directions of a report's movements.

    Parameters
    ----------
    drafts
        The movements, in the order of the text, with their forces.
    forces
        The forces of the report.

    Returns
    -------
    list
        A direction for each; one that no words give is that of the nearest earlier movement, else of a later one.
    """
    away = {force for force in {draft.force for draft in drafts} if force and _is_away(force, drafts, forces)}
    reached = {state for draft in drafts if (goal := draft.path.roles.get("goal")) for state in countries(goal, forces)}
    features = [_features(draft, forces) | ({"away"} if draft.force in away else set()) for draft in drafts]
    given = [_look_up(draft.entry, found) for draft, found in zip(drafts, features, strict=True)]
    for number, draft in enumerate(drafts):
        features[number] |= _context(draft, drafts, given, forces, reached)
    given = [_look_up(draft.entry, found) for draft, found in zip(drafts, features, strict=True)]
    first = next((direction for direction in given if direction not in _UNDECIDED), None)
    decided: list[Direction] = []
    last: Direction | None = None
    for direction in given:
        decided.append(direction or last or first or "unspecified")
        if direction not in _UNDECIDED:
            last = direction
    return decided


def _look_up(entry: Entry, features: set[str]) -> Direction | None:
    for row in _table():
        if (
            (not row.given or entry.direction in row.given)
            and (not row.words or entry.word in row.words)
            and row.wanted <= features
            and row.barred.isdisjoint(features)
        ):
            found = row.direction
            break
    else:
        found = "same"
    if found == "context":
        return None
    return cast("Direction", entry.direction if found == "same" else found)


def _features(draft: Draft, forces: Forces) -> set[str]:
    """Return what is so of a movement by itself."""
    path, entry = draft.path, draft.entry
    found = set(path.roles)
    tests = {
        "home": path.is_homeward(),
        "passage": path.is_passage(),
        "gone": has_gone(draft),
        "static": entry.word in lexicon.words("stationing") and _is_static(draft),
        "sent": draft.cast.agent is not None or clauses.is_passive(draft.trigger.governor),
        "still": draft.trigger.rule == "idiom",
        "extended": draft.trigger.governor.head.lemma_ in lexicon.words("extending"),
        "ousts": entry.frame == "oust" and draft.cast.other is not None,
        "already": _is_joined_there(draft),
    }
    found.update(name for name, holds in tests.items() if holds)
    words = {*path.prepositions, entry.particle}
    return found | _of_words(words) | _of_places(draft, forces) | _of_mover(draft, forces) | _beside(draft)


def has_gone(draft: Draft) -> bool:
    """Tell "the Americans had gone" and "demanded that they go", which need no place."""
    token = draft.trigger.token
    is_wanted = token.dep_ in {"ccomp", "xcomp"} and token.head.lemma_ in lexicon.words("demanding")
    return draft.entry.word == "go" and (token.tag_ == "VBN" or is_wanted) and not draft.path.roles


def _is_static(draft: Draft) -> bool:
    """Tell "troops are deployed in X" (a presence) from "troops were deployed to X" (a movement)."""
    verb, prepositions = draft.trigger.token, draft.path.prepositions
    if not clauses.is_passive(verb) or prepositions & {"to", "into", "from"}:
        return False
    planned = any(part.dep_ == "aux" and part.lower_ in _PLANNED for part in verb.children)
    return not planned and any(paths.role_of(words) == "at" for words in prepositions)


def _is_joined_there(draft: Draft) -> bool:
    """Tell whether those whom a force joins are there already."""
    start = draft.trigger.end.i
    return any(token.lower_ == "already" for token in draft.trigger.token.doc[start : start + _AROUND])


def _of_words(prepositions: set[str]) -> set[str]:
    """Return the features of the prepositions before the places."""
    found = set()
    for words in prepositions:
        parts = words.split() or [""]
        if parts[-1] in {"into", "inside"}:
            found.add("into")
        if parts[-1] in {"toward", "towards"}:
            found.add("toward")
        found.update({"back", "closer", "up"} & set(parts))
        found.update({"out"} & set(parts))
    return found


def _of_places(draft: Draft, forces: Forces) -> set[str]:
    """Return the features of the places: whose they are, and of what kind."""
    found = set()
    for role in ("goal", "source"):
        place = draft.path.roles.get(role)
        lies = place is not None and not draft.path.is_line(role)  # a border lies on both sides
        states = countries(place, forces) if place is not None and lies else set()
        if draft.force in states:
            found.add(f"{role}-own")
        elif states and draft.force is not None:
            found.add(f"{role}-abroad")
    thing = clauses.thing_of(draft.trigger.governor)  # "the line", which may be no place that is known
    is_line = thing is not None and thing.lemma_.lower() in lexicon.words("line")
    if is_line or any(draft.path.is_line(role) for role in ("via", "goal")):
        found.add("line")
    roles = draft.path.roles
    if "source" in roles and "goal" in roles and countries(roles["source"], forces) & countries(roles["goal"], forces):
        found.add("within")
    if draft.path.is_water("goal"):
        found.add("water")
    goal = draft.path.roles.get("goal")
    if goal is not None and not lexicon.words("other").isdisjoint(goal.text.lower().split()):
        found.add("other")
    return found


def countries(role: Role, forces: Forces) -> set[str]:
    """Return the states in which the named places of a role lie."""
    tokens = forces.doc.char_span(role.start, role.end, alignment_mode="expand") or ()
    named = (forces.toponyms.get(token.i) for token in tokens)
    places = [toponym.place for toponym in named if toponym is not None and toponym.type == "literal"]
    return {place.country for place in places if place is not None and place.country is not None}


def _is_away(force: str, drafts: Sequence[Draft], forces: Forces) -> bool:
    """Tell whether most places that the report names for a state's force lie outside it."""
    own = abroad = 0
    for draft in drafts:
        for role in draft.path.roles.values() if draft.force == force else ():
            states = countries(role, forces)
            own += force in states
            abroad += bool(states) and force not in states
    return abroad > own or (abroad == own and forces.home() not in {None, force})


def _of_mover(draft: Draft, forces: Forces) -> set[str]:
    """Return the features of what moves."""
    mover = draft.cast.mover
    if mover is None:
        return set()
    found = set()
    load = forces.load(mover)
    phrase = [token for token in mover.subtree if token.i <= mover.i + 1]
    phrase += load.subtree if load is not None else ()
    lemmas = {token.lemma_.lower() for token in phrase}
    if "reinforcement" in lemmas:
        found.add("reinforcement")
    if not lexicon.words("peace").isdisjoint(lemmas):
        found.add("peace")
    if not lexicon.words("aid").isdisjoint(lemmas):
        found.add("aid")
    if not lexicon.words("final").isdisjoint(lemmas):
        found.add("last")
    if any(_adds(token) for token in phrase):
        found.add("more")
    if forces.is_rebel(mover):
        found.add("rebel")
    return found | forces.craft(mover)


def _adds(token: Token) -> bool:
    """Tell "two more battalions" from "more than 900 soldiers"."""
    if token.lower_ not in lexicon.words("adding"):
        return False
    following = token.doc[token.i + 1].lower_ if token.i + 1 < len(token.doc) else ""
    return following != "than"


def _beside(draft: Draft) -> set[str]:
    """Return whether words of flight or of welcome stand beside a trigger, in its sentence."""
    token = draft.trigger.token
    sentence = token.sent
    before = token.doc[max(sentence.start, token.i - _AROUND) : token.i]
    behind = token.doc[token.i + 1 : min(sentence.end, token.i + _AROUND)]
    found = {"helping"} if any(_welcomes(t) for t in behind) else set()
    if any(t.lemma_.lower() in lexicon.words("refuge") for part in (before, behind) for t in part):
        found.add("refuge")
    if any(t.pos_ == "VERB" and t.lemma_.lower() in lexicon.words("assault") for t in behind):
        found.add("assault")
    if any(_is_turn(t) for t in behind):
        found.add("rotating")
    return found


def _is_turn(noun: Token) -> bool:
    """Tell "as part of the yearly rotation"."""
    of = noun.head
    is_part = of.lower_ == "of" and of.head.lower_ == "part"
    return is_part and noun.lemma_.lower() in lexicon.words("rotating")


def _welcomes(token: Token) -> bool:
    """Tell "to help guard the capital" and "at the president's request" from help and requests of other sorts."""
    if token.lemma_.lower() not in lexicon.words("helping"):
        return False
    before = token.doc[max(0, token.i - _CLOSE) : token.i]
    is_verb = token.tag_ == "VB" and before[-1:].text.lower() == "to"
    return is_verb or any(t.lower_ in {"at", "on"} for t in before)


def _context(
    draft: Draft, drafts: Sequence[Draft], given: Sequence[Direction | None], forces: Forces, reached: set[str]
) -> set[str]:
    """Return what all else that the force does tells of a movement."""
    said = [
        (other, way)
        for other, way in zip(drafts, given, strict=True)
        if other is not draft and other.entry.direction != "by-place" and not _is_open(other)
    ]
    own = [way for other, way in said if other.force == draft.force is not None]
    # "The first troops to be withdrawn are bound for the coast"; what leaves a place may well go to attack another.
    mover = draft.cast.mover
    same = [way for other, way in said if other.entry.frame != "exit" and other.cast.mover == mover is not None]
    found = set()
    departs = mover is not None and any(t.lemma_.lower() in lexicon.words("departing") for t in mover.subtree)
    if departs or ("withdrawal" in own and _INWARD.isdisjoint(own)) or "withdrawal" in same:
        found.add("leaving")
    everyone = [way for _, way in said]
    if not _INWARD.isdisjoint(everyone) and "withdrawal" not in everyone and _starts_elsewhere(draft, forces, reached):
        found.add("arriving")
    return found


def _is_open(draft: Draft) -> bool:
    return draft.entry.word in lexicon.words("opening") | lexicon.words("plain")


def _starts_elsewhere(draft: Draft, forces: Forces, reached: set[str]) -> bool:
    """Tell whether a source lies in a state to which nobody goes."""
    source = draft.path.roles.get("source")
    states = countries(source, forces) if source is not None else set()
    return bool(states) and bool(reached) and states.isdisjoint(reached)
