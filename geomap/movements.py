"""What moves: each reported movement or presence of a force, with its mover, source, goal, via and area.

A trigger (:mod:`geomap.triggers`) raises a movement when who takes part in it (:mod:`geomap.movers`) is a force
(:mod:`geomap.forces`) and its sense fits; its places (:mod:`geomap.paths`) help to decide both sense and direction.

The roles are those of ISO-Space's MOTION link (ISO 24617-7): mover, source, goal, path (here via) and, for presence,
the area.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from geomap import clauses, lexicon, movers, paths, triggers
from geomap.clauses import Argument
from geomap.forces import Forces
from geomap.model import Movement, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spacy.tokens import Doc, Token

    from geomap.model import Direction, Location, Span, Toponym
    from geomap.movers import Cast
    from geomap.paths import Path
    from geomap.triggers import Entry, Trigger

# A particle further behind its verb than this is left out of the trigger's span, in tokens.
TRIGGER_REACH = 4
# How far before its head a noun phrase may start, in tokens.
PHRASE_REACH = 14
# Verbs whose passive may say where a force is ("are deployed in X") rather than that it went there.
STATIONING = frozenset({"deploy", "station", "base", "position"})
PLANNED = frozenset({"will", "would", "to", "'ll", "could", "may"})


@dataclass(slots=True)
class _Draft:
    """A movement in the making."""

    trigger: Trigger
    cast: Cast
    path: Path
    force: str | None = None

    @property
    def entry(self) -> Entry:
        """The trigger's entry, as it turned out to be meant."""
        return self.cast.entry


def find(doc: Doc, toponyms: Sequence[Toponym], locations: Sequence[Location]) -> list[Movement]:
    """Find the movements and presences of forces that a document reports.

    Parameters
    ----------
    doc
        The parsed document, from :func:`geomap.nlp.read`.
    toponyms
        Its toponyms, resolved, for the nationality of forces.
    locations
        Its location expressions, for sources, goals, vias and areas.

    Returns
    -------
    list
        Movements in the order of their triggers. Dates and quantities are bound by later stages.
    """
    forces = Forces(doc, toponyms)
    if forces.is_of_games:
        return []
    places = paths.Places(doc, locations)
    drafts = []
    for trigger in triggers.find(doc, places.at):
        draft = _draft(trigger, forces, places)
        if _fits(draft, forces):
            draft.force = _force(draft, forces)
            drafts.append(draft)
    drafts = _without_repeats(drafts)
    _share_forces(drafts, forces)
    return [
        _movement(draft, direction, forces)
        for draft, direction in zip(drafts, _directions(drafts, forces), strict=True)
    ]


def _draft(trigger: Trigger, forces: Forces, places: paths.Places) -> _Draft:
    path = paths.Path(places, trigger)
    draft = _Draft(trigger, movers.find(trigger, forces, path), path)
    path.entry = draft.entry
    if draft.entry.frame == "noun":
        _place_noun(draft)
    else:
        _place_verb(draft, forces)
    return draft


def _place_noun(draft: _Draft) -> None:
    noun, mover, path = draft.trigger.token, draft.cast.mover, draft.path
    path.take_from([noun, mover] if mover is not None and mover.i > noun.i else [noun])
    governor = noun.head
    is_argument = governor.pos_ in clauses.PREDICATES and noun.dep_ in {"dobj", "nsubj", "nsubjpass", "pobj"}
    if is_argument and governor.lemma_ in lexicon.words("light"):
        path.take_from([governor])


def _place_verb(draft: _Draft, forces: Forces) -> None:
    trigger, mover, path = draft.trigger, draft.cast.mover, draft.path
    verb = trigger.governor
    heads = [verb]
    if mover is not None and mover.dep_ == "attr":
        heads += [mover, *(c for c in mover.children if c.dep_ == "acl")]
    if trigger.token.i != verb.i:
        heads += verb.doc[trigger.token.i : trigger.end.i + 1]
    if mover is not None and draft.entry.direction == "presence":
        heads.append(mover)
    thing = clauses.thing_of(verb)
    if thing is not None:
        heads += [token for token in (thing, forces.counted(thing), *thing.conjuncts) if token is not None]
    path.take_from(heads)
    if not path.roles:
        path.take_purpose(verb)
    path.take_stay(mover, verb)
    if draft.entry.frame == "exit" and "goal" not in path.roles:
        path.take_for()
    if not path.roles:
        path.take_nearby()


# Sense: does the trigger speak of a force here?


def _fits(draft: _Draft, forces: Forces) -> bool:
    if draft.entry.frame == "noun":
        return _noun_fits(draft, forces)
    who, roles = draft.cast, draft.path.roles
    is_force = who.mover is not None and (
        forces.is_force(who.mover)
        or (who.agent is not None and movers.is_moved(who.mover, Argument(who.agent, "own"), forces))
    )
    if who.mover is not None and not is_force:
        if not _acts_as_force(draft, forces):
            return False
        who.agent, who.mover = who.agent or who.mover, None
    elif who.mover is None and not _fits_unmoved(draft, forces):
        return False
    if draft.entry.frame == "have" and not roles and not draft.entry.particle:
        return False  # "left the army"
    if not roles and _acts_on_thing(draft):
        return False
    return draft.entry.sense != "weak" or _weak_fits(draft, forces, is_force=is_force)


def _acts_on_thing(draft: _Draft) -> bool:
    """Tell whether what is left or entered is no place at all ("left their cars", "entered a third week")."""
    thing = clauses.thing_of(draft.trigger.governor)
    return draft.entry.frame in {"enter", "exit"} and thing is not None and thing.pos_ == "NOUN"


def _fits_unmoved(draft: _Draft, forces: Forces) -> bool:
    """Tell whether a trigger without a mover may stand: "the town was seized", in a report on forces."""
    agent, entry = draft.cast.agent, draft.entry
    if agent is not None and not (forces.is_state(agent) or forces.is_force(agent)):
        return False
    placed = entry.frame in {"enter", "pass", "exit", "fall"} and bool(draft.path.roles)
    return entry.sense == "sure" or (placed and forces.is_military)


def _acts_as_force(draft: _Draft, forces: Forces) -> bool:
    """Tell whether a mover that is no force stands for one: a state ("Turkey crossed the line"), or "we"."""
    mover, entry, roles = draft.cast.mover, draft.entry, draft.path.roles
    if mover is None or not forces.stands_for_state(mover):
        is_we = mover is not None and mover.lower_ in {"we", "us"} and forces.is_military
        return is_we and ("goal" in roles or (bool(roles) and entry.sense != "weak"))
    if entry.sense != "strong":  # "Russia captured the island"
        takes = entry.frame == "enter" and "goal" in roles and forces.is_military
        return entry.sense == "sure" or takes
    moving = entry.frame in {"enter", "pass"} or entry.direction == "advance" or roles.keys() & {"via", "source"}
    return forces.is_military and bool(moving) and bool(roles)


def _weak_fits(draft: _Draft, forces: Forces, *, is_force: bool) -> bool:
    """Tell whether a word of many senses is meant of forces: its place is named, or it has a particle."""
    frame, roles = draft.entry.frame, draft.path.roles
    if frame == "fall":
        return "goal" in roles and (is_force or forces.is_military)
    if frame in movers.PLACE_OF_OBJECT:
        if frame == "pass" and roles.keys() & {"goal", "source"}:
            return is_force
        return movers.PLACE_OF_OBJECT[frame] in roles and (is_force or forces.is_military)
    if frame in {"grow", "shrink"}:
        return is_force or draft.cast.mover is not None
    if frame in {"have", "at", "build"} or draft.entry.direction == "presence":
        return is_force and (bool(roles) or not _COMPANY.isdisjoint(draft.path.prepositions))
    return is_force and (bool(roles) or draft.entry.particle != "" or _has_gone(draft))


def _has_gone(draft: _Draft) -> bool:
    """Tell "the Americans had gone", which needs no place."""
    token = draft.trigger.token
    return draft.entry.word == "go" and token.tag_ == "VBN" and not draft.path.roles


def _noun_fits(draft: _Draft, forces: Forces) -> bool:
    noun, entry, who, path = draft.trigger.token, draft.entry, draft.cast, draft.path
    if _is_civil(noun, forces):
        return False
    if entry.word in lexicon.words("exercise") and who.agent is None and not triggers.is_told(noun):
        return False
    is_force = who.mover is not None and forces.is_force(who.mover)
    is_state = who.agent is not None and (who.agent.i in forces.toponyms or forces.stands_for_state(who.agent))
    is_martial = any(part.lower_ in lexicon.words("martial") for part in noun.children if part.i < noun.i)
    match entry.sense:
        case "weak":
            into = any(words.endswith(("into", "toward", "towards", "on")) for words in path.prepositions)
            inward = forces.is_military and into and "goal" in path.roles
            # "Their movements were slow" speaks of hands as well.
            is_gesture = entry.word == "movement" and who.mover is not None and who.mover.tag_ == "PRP$"
            is_named = is_force and (bool(path.roles) or not is_gesture)
            fits = is_named or (is_martial and (is_state or bool(path.roles))) or inward
        case "strong":
            is_measured = any(part.lower_ in lexicon.words("extent") for part in noun.children) or _is_under_way(noun)
            fits = is_force or is_martial or (forces.is_military and (is_measured or is_state or bool(path.roles)))
        case _:
            fits = is_force or is_state or bool(path.roles)
    names_only = fits and who.mover is None and who.agent is not None and who.agent.pos_ == "ADJ"
    if names_only and entry.direction in {"withdrawal", "buildup"}:  # "a Russian withdrawal": all that names the mover
        who.mover, who.agent = who.agent, None
    return fits


def _is_under_way(noun: Token) -> bool:
    """Tell whether a clause says that it goes on: "a withdrawal was under way", "the pullout has begun"."""
    verb = noun.head
    if noun.dep_ not in {"nsubj", "nsubjpass"}:
        return False
    following = verb.doc[verb.i + 1 : verb.i + 3].text.lower()
    return verb.lemma_ in lexicon.words("ongoing") or (
        verb.lemma_ == "be" and following in {"under way", "underway", "in progress"}
    )


def _is_civil(noun: Token, forces: Forces) -> bool:
    """Tell "a home invasion" and "the Islamic Jihad movement" from what forces do."""
    is_movement = noun.lemma_ == "movement"
    for part in noun.children:
        if part.dep_ in {"compound", "amod", "nmod"}:
            force = forces.entry(part)
            if part.lower_ in lexicon.words("civil") or (force is not None and force.kind == "group" and is_movement):
                return True
    return is_movement and noun.pos_ == "PROPN"


# Whose force it is


def _force(draft: _Draft, forces: Forces) -> str | None:
    """Return the state whose force it is, as far as the clause itself says."""
    mover, agent = draft.cast.mover, draft.cast.agent
    if draft.entry.frame == "noun":
        named = forces.nationalities(draft.trigger.token)
        if named:
            return next(iter(named)) if len(named) == 1 else None
    if mover is not None and (forces.is_stateless(mover) or not _is_possessed(mover, forces)):
        country = forces.country(mover)
        if country or forces.is_stateless(mover):
            return country
    country = forces.country(agent) if agent is not None else None
    return country or (forces.country(mover) if mover is not None else None)


def _is_possessed(mover: Token, forces: Forces) -> bool:
    """Tell whether the force is somebody's ("its troops"), so that the one who moves it says whose."""
    heads = [token for token in (mover, forces.counted(mover)) if token is not None]
    return any(part.dep_ == "poss" and part.tag_ == "PRP$" for head in heads for part in head.children)


def _share_forces(drafts: Sequence[_Draft], forces: Forces) -> None:
    """Give a force without a nationality ("the troops", "tanks") that of the last movement that had one."""
    last: dict[str, str] = {}
    first = next((draft.force for draft in drafts if draft.force is not None), None)
    for draft in drafts:
        direction = draft.entry.direction
        if draft.force is not None:
            last[""] = last[direction] = draft.force
        elif not _is_of_none(draft.cast, forces):
            draft.force = last.get(direction) or last.get("") or first
            if draft.force is None and draft.cast.mover is not None and forces.is_official(draft.cast.mover):
                draft.force = forces.home()


def _is_of_none(who: Cast, forces: Forces) -> bool:
    """Tell whether the words leave no one state for a force: rebels, several nations."""
    if who.agent is not None and forces.is_of_several(who.agent):
        return True
    return who.mover is not None and forces.is_stateless(who.mover)


# Prepositions that say beside whom a force is, which is a presence without a place.
_COMPANY = frozenset({"alongside", "beside"})


# From drafts to movements


def _without_repeats(drafts: Sequence[_Draft]) -> list[_Draft]:
    """Drop what another draft says better."""
    taken = {draft.trigger.token.i for draft in drafts}
    movers_of: dict[int, int] = {}
    for draft in drafts:
        if draft.cast.mover is not None:
            movers_of[draft.cast.mover.i] = movers_of.get(draft.cast.mover.i, 0) + 1
    return [draft for draft in drafts if not _is_repeat(draft, taken, movers_of)]


def _is_repeat(draft: _Draft, taken: set[int], movers_of: dict[int, int]) -> bool:
    token, mover = draft.trigger.token, draft.cast.mover
    if token.lemma_ == "be" and mover is not None:  # "there are 900 soldiers stationed there": the participle says it
        below = (*mover.subtree, *token.children)
        said = {"acl", "amod", "acomp", "xcomp", "prep", "advmod"}  # "is on its way", "will be back at the base"
        if any(t.i in taken and t.i > token.i and t.dep_ in said for t in below):
            return True
    if draft.entry.frame == "noun" and token.head.dep_ == "prep" and token.head.head.i in taken:
        return True  # "left for exercises in X", "press on with its offensive": the verb says it
    is_participle = token.tag_ == "VBN" and token.dep_ in {"acl", "amod"}
    describes = is_participle and draft.entry.direction in {"deployment", "presence"} and mover is not None
    return describes and mover is not None and movers_of[mover.i] > 1


def _directions(drafts: Sequence[_Draft], forces: Forces) -> list[Direction]:
    """Decide the directions; one that no words give is taken from the nearest earlier movement, else a later one."""
    given = [_direction(draft, forces) for draft in drafts]
    given = [_in_context(draft, direction, drafts, given) for draft, direction in zip(drafts, given, strict=True)]
    still = {None, "presence", "unspecified"}
    first = next((direction for direction in given if direction not in still), None)
    decided: list[Direction] = []
    last: Direction | None = None
    for direction in given:
        decided.append(direction or last or first or "unspecified")
        if direction not in still:
            last = direction
    return decided


# What a force on its way home may seem to do, told from the places only.
_OPEN = frozenset({"deployment", "transfer", "unspecified"})
_INWARD = frozenset({"buildup", "deployment", "advance"})


def _in_context(
    draft: _Draft, direction: Direction | None, drafts: Sequence[_Draft], given: Sequence[Direction | None]
) -> Direction | None:
    """Take a direction that only the places tell for a withdrawal where all else that the force does is one."""
    entry = draft.entry
    is_open = entry.direction == "by-place" or entry.word in lexicon.words("opening")
    if direction not in _OPEN or not is_open:
        return direction
    others = [
        way
        for other, way in zip(drafts, given, strict=True)
        if other is not draft and other.force == draft.force and other.entry.direction != "by-place"
    ]
    is_leaving = "withdrawal" in others and _INWARD.isdisjoint(others)
    return "withdrawal" if is_leaving else direction


def _direction(draft: _Draft, forces: Forces) -> Direction | None:
    entry, roles = draft.entry, draft.path.roles
    special = _special_direction(draft)
    if special is not None:
        return special
    homeward = draft.path.is_homeward()
    if entry.direction == "return":
        at_home = homeward or "goal" not in roles or _is_own(roles["goal"], draft, forces)
        return "withdrawal" if at_home else "advance"
    if entry.direction == "by-place":
        return _direction_by_place(draft, homeward=homeward)
    leaves = entry.frame in {"exit", "pass"} and entry.word not in lexicon.words("fleeing")
    if leaves and entry.direction in {"withdrawal", "unspecified"}:
        if "goal" in roles:
            return "withdrawal" if homeward else "deployment"
        if "source" in roles and _is_own(roles["source"], draft, forces):
            return "deployment"  # "the first planes left Darwin", of Australia's air force
    turned = homeward and entry.direction in {"deployment", "unspecified", "transfer"}
    return "withdrawal" if turned and entry.word not in {"deploy", "send"} else cast("Direction", entry.direction)


def _special_direction(draft: _Draft) -> Direction | None:
    """Return the direction that the mover, or a way without an end, decides."""
    entry, mover = draft.entry, draft.cast.mover
    if draft.path.is_passage():
        return "unspecified"
    brings = entry.word == "send" or entry.direction in {"by-place", "deployment"}
    reinforces = mover is not None and any(t.lemma_ == "reinforcement" for t in _phrase(mover))
    if brings and reinforces and not draft.path.is_homeward():
        return "buildup"
    return "presence" if entry.word in STATIONING and _is_state_of_being(draft) else None


def _is_own(role: Role, draft: _Draft, forces: Forces) -> bool:
    """Tell whether a place lies in the state whose force moves."""
    tokens = forces.doc.char_span(role.start, role.end, alignment_mode="expand") or ()
    named = (forces.toponyms.get(token.i) for token in tokens)
    places = [toponym.place for toponym in named if toponym is not None and toponym.type == "literal"]
    return draft.force is not None and any(place is not None and place.country == draft.force for place in places)


def _phrase(noun: Token) -> list[Token]:
    return [t for t in noun.subtree if t.i <= noun.i + 1]


def _direction_by_place(draft: _Draft, *, homeward: bool) -> Direction | None:
    roles, prepositions = draft.path.roles, draft.path.prepositions
    if homeward or _has_gone(draft) or prepositions & {"back to", "back from"}:
        return "withdrawal"
    if any(words.endswith("into") for words in prepositions):
        return "advance"
    if "goal" in roles:
        return "transfer" if "source" in roles else "deployment"
    if "source" in roles:
        return "withdrawal"
    passing = "via" in roles or ("area" in roles and draft.trigger.rule != "idiom")
    return "unspecified" if passing else None


def _is_state_of_being(draft: _Draft) -> bool:
    """Tell "troops are deployed in X" (a presence) from "troops were deployed to X" (a movement)."""
    verb, prepositions = draft.trigger.token, draft.path.prepositions
    if not clauses.is_passive(verb) or prepositions & {"to", "into", "from"}:
        return False
    planned = any(part.dep_ == "aux" and part.lower_ in PLANNED for part in verb.children)
    return not planned and any(paths.role_of(words) == "at" for words in prepositions)


def _movement(draft: _Draft, direction: Direction, forces: Forces) -> Movement:
    mover, agent, rule = draft.cast.mover, draft.cast.agent, draft.trigger.rule
    places = draft.path.for_direction(direction)
    return Movement(
        kind="posture" if direction == "presence" else "movement",
        direction=direction,
        trigger=_trigger_span(draft.trigger),
        evidence=_evidence(draft),
        mover=_role(mover, forces) if mover is not None and mover.tag_ != "PRP$" else None,
        agent=_role(agent, forces) if agent is not None else None,
        force=draft.force,
        source=places.get("source"),
        goal=places.get("goal"),
        via=places.get("via"),
        area=places.get("area"),
        rule=rule if draft.cast.how == "own" else f"{rule}/{draft.cast.how}",
    )


def _trigger_span(trigger: Trigger) -> Span:
    first, last = trigger.token, trigger.end
    if not first.i <= last.i <= first.i + TRIGGER_REACH:
        last = first
    return first.idx, last.idx + len(last.text)


def _evidence(draft: _Draft) -> Span:
    """Return the clause that says it: the trigger's clause with who takes part, inside the sentence."""
    token = draft.trigger.token
    sentence = token.sent
    parts = [p for p in (draft.cast.mover, draft.cast.agent) if p is not None and p.sent.start == sentence.start]
    inside = [t.i for t in clauses.clause_head(token).subtree]
    inside += [min(t.i for t in part.subtree if t.i <= part.i) for part in parts]
    words = list(token.doc[max(min(inside), sentence.start) : min(max(inside), sentence.end - 1) + 1])
    while len(words) > 1 and (words[0].is_punct or words[0].is_space):
        del words[0]
    while len(words) > 1 and (words[-1].is_punct or words[-1].is_space):
        del words[-1]
    return words[0].idx, words[-1].idx + len(words[-1].text)


def _role(head: Token, forces: Forces) -> Role:
    """Return a noun phrase as a role: with its count and "of" phrase, without clauses and other phrases behind it."""
    doc = head.doc
    first = min(t.i for t in head.subtree if head.i - PHRASE_REACH < t.i <= head.i and t.dep_ != "relcl")
    while first < head.i and _is_outside(doc[first]):
        first += 1
    if first < head.i and doc[first].lower_ in {"back", "out", "in", "up", "off"} and doc[first + 1].lower_ != "to":
        first += 1  # a particle that the parser took for an adverb of the noun
    last = head.i
    for part in head.children:
        is_of = part.dep_ == "prep" and part.lower_ == "of" and part.i <= last + 2
        if part.dep_ == "prep" and part.lower_ == "with" and part.i == last + 1:  # "900 soldiers with 40 tanks"
            beside = clauses.child(part, "pobj")
            is_of = beside is not None and forces.is_force(beside) and clauses.child(beside, "nummod") is not None
        is_joined = part.dep_ == "conj" and (forces.is_force(part) or part.pos_ in {"NOUN", "PROPN"})
        if part.i > head.i and (is_of or is_joined):
            last = max(last, _core_end(part))
    start, end = doc[first].idx, doc[last].idx + len(doc[last].text)
    return Role(start=start, end=end, text=forces.text[start:end])


def _is_outside(token: Token) -> bool:
    return token.is_punct or token.dep_ in {"prt", "mark", "cc"} or token.tag_ == "WRB"


def _core_end(part: Token) -> int:
    """Return the last token of a phrase without relative clauses, participles and place phrases."""
    inner = (c for c in part.children if c.dep_ in {"pobj", "conj"} or (c.dep_ == "prep" and c.lower_ == "of"))
    return max([part.i, *(_core_end(c) for c in inner)])


# What the context gives


def infer(movements: Sequence[Movement], locations: Sequence[Location]) -> list[Movement]:
    """Fill in what the context gives: the place of the same force where the report last put it.

    A withdrawal without a source starts from where the force was said to stand or gather; a build-up without a place
    is at the place of the last build-up. What is filled in is marked ``explicit=False`` and carries the words that it
    was inferred from.

    Parameters
    ----------
    movements
        In the order of the text.
    locations
        The report's locations.
    """
    done: list[Movement] = []
    for movement in movements:
        done.append(_with_inferred(movement, done, locations))
    return done


def _with_inferred(movement: Movement, earlier: Sequence[Movement], locations: Sequence[Location]) -> Movement:
    if movement.kind == "stance" or movement.force is None or _located_roles(movement, locations):
        return movement
    if movement.direction == "withdrawal" and movement.source is None:
        known = _last_place(movement, earlier, locations, {"buildup", "presence", "withdrawal"})
        return replace(movement, source=known)
    if movement.direction == "buildup" and movement.goal is None:
        return replace(movement, goal=_last_place(movement, earlier, locations, {"buildup"}))
    return movement


def _located_roles(movement: Movement, locations: Sequence[Location]) -> list[Role]:
    roles = (movement.source, movement.goal, movement.via, movement.area)
    return [role for role in roles if role is not None and _is_located(role, locations)]


def _is_located(role: Role, locations: Sequence[Location]) -> bool:
    return role.location is not None and locations[role.location].footprint.geometry is not None


def _last_place(
    movement: Movement, earlier: Sequence[Movement], locations: Sequence[Location], directions: set[str]
) -> Role | None:
    for other in reversed(earlier):
        if other.force == movement.force and other.kind != "stance" and other.direction in directions:
            role = other.source if other.direction == "withdrawal" else (other.goal or other.area)
            if role is not None and _is_located(role, locations):
                return replace(role, explicit=False)
    return None
