"""What moves: each reported movement or presence of a force, with its mover, source, goal, via and area.

A trigger (:mod:`geomap.triggers`) raises a movement when who takes part in it (:mod:`geomap.movers`) is a force
(:mod:`geomap.forces`) and its sense fits; its places (:mod:`geomap.paths`) help to decide both sense and direction.

The roles are those of ISO-Space's MOTION link (ISO 24617-7): mover, source, goal, path (here via) and, for presence,
the area.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from geomap import clauses, courses, lexicon, movers, paths, triggers
from geomap.clauses import Argument
from geomap.courses import Draft
from geomap.forces import Forces
from geomap.model import Movement, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spacy.tokens import Doc, Token

    from geomap.model import Direction, Location, Span, Toponym
    from geomap.movers import Cast
    from geomap.triggers import Entry, Trigger

# A particle further behind its verb than this is left out of the trigger's span, in tokens.
TRIGGER_REACH = 4
# How far before its head a noun phrase may start, in tokens.
PHRASE_REACH = 14


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
        for draft, direction in zip(drafts, courses.decide(drafts, forces), strict=True)
    ]


def _draft(trigger: Trigger, forces: Forces, places: paths.Places) -> Draft:
    path = paths.Path(places, trigger)
    draft = Draft(trigger, movers.find(trigger, forces, path), path)
    path.entry = draft.entry
    if draft.entry.frame == "noun":
        _place_noun(draft)
    else:
        _place_verb(draft, forces)
    return draft


def _place_noun(draft: Draft) -> None:
    noun, mover, path = draft.trigger.token, draft.cast.mover, draft.path
    path.take_from([noun, mover] if mover is not None and mover.i > noun.i else [noun])
    governor = noun.head
    is_argument = governor.pos_ in clauses.PREDICATES and noun.dep_ in {"dobj", "nsubj", "nsubjpass", "pobj"}
    if is_argument and governor.lemma_ in lexicon.words("light"):
        path.take_from([governor])


def _place_verb(draft: Draft, forces: Forces) -> None:
    trigger, mover, path = draft.trigger, draft.cast.mover, draft.path
    verb = trigger.governor
    heads = [verb]
    if mover is not None and mover.dep_ == "attr":
        heads += [mover, *(c for c in mover.children if c.dep_ == "acl")]
    if trigger.end.i != verb.i and (trigger.rule == "idiom" or trigger.token.i != verb.i):
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
    if "goal" in path.roles:
        path.take_base(mover)
    if draft.entry.frame == "exit" and "goal" not in path.roles:
        path.take_for()
    if draft.entry.frame == "oust" and "source" in path.roles:  # where others are driven from is where one goes
        path.roles.setdefault("goal", path.roles.pop("source"))
    if not path.roles:
        path.take_nearby()


# Sense: does the trigger speak of a force here?


def _fits(draft: Draft, forces: Forces) -> bool:
    if draft.entry.frame == "noun":
        return _noun_fits(draft, forces)
    who = draft.cast
    is_force = who.mover is not None and (
        forces.is_force(who.mover)
        or (who.agent is not None and movers.is_moved(who.mover, Argument(who.agent, "own"), forces))
    )
    is_we = _is_we(who.mover)
    if who.mover is not None and not is_force:
        if not _acts_as_force(draft, forces):
            return False
        who.agent, who.mover = who.agent or who.mover, None
    elif who.mover is None and not _fits_unmoved(draft, forces):
        return False
    if _is_of_things(draft) or _is_task(draft):
        return False
    return draft.entry.sense != "weak" or _weak_fits(draft, forces, is_force=is_force or is_we)


def _is_we(token: Token | None) -> bool:
    return token is not None and token.lower_ in {"we", "us"}


def _is_of_things(draft: Draft) -> bool:
    """Tell what speaks of no place: "left the army", "left their cars", "surrendered at their base"."""
    entry, roles = draft.entry, draft.path.roles
    if entry.frame == "have" and not roles and not entry.particle:
        return True
    if not roles and _acts_on_thing(draft) and not (entry.frame == "enter" and _takes_place(draft)):
        return True
    return entry.word in lexicon.words("yielding") and clauses.undergoer(draft.trigger.governor) is None


def _is_task(draft: Draft) -> bool:
    """Tell "was sent to track the cruiser": what a force is to do beside another is no movement yet."""
    verb = draft.trigger.governor
    thing = clauses.thing_of(verb.head)
    uses = verb.dep_ == "xcomp" and thing is not None and thing != draft.cast.mover  # "used sonar to track the boat"
    is_purpose = (verb.dep_ == "advcl" or uses) and clauses.is_infinitive(verb)
    return draft.entry.frame == "trail" and is_purpose and not draft.path.roles


def _acts_on_thing(draft: Draft) -> bool:
    """Tell whether what is left or entered is no place at all ("left their cars", "entered a third week")."""
    thing = clauses.thing_of(draft.trigger.governor)
    return draft.entry.frame in {"enter", "exit"} and thing is not None and thing.pos_ == "NOUN"


def _fits_unmoved(draft: Draft, forces: Forces) -> bool:
    """Tell whether a trigger without a mover may stand: "the town was seized", in a report on forces."""
    agent, entry = draft.cast.agent, draft.entry
    if agent is not None and not (forces.is_state(agent) or forces.is_force(agent) or forces.is_multinational(agent)):
        return False
    if entry.frame in {"grow", "shrink"} and agent is not None:
        # "Increased its military presence", "reinforced the border"
        return draft.cast.counts or (entry.sense == "strong" and draft.path.is_line("goal"))
    placed = entry.frame in {"enter", "pass", "exit", "fall"} and bool(draft.path.roles)
    return entry.sense == "sure" or (placed and forces.is_military)


def _acts_as_force(draft: Draft, forces: Forces) -> bool:
    """Tell whether a mover that is no force stands for one: a state ("Turkey crossed the line"), or "we"."""
    mover, entry, roles = draft.cast.mover, draft.entry, draft.path.roles
    if not forces.is_military:
        is_state = mover is not None and forces.stands_for_state(mover)
        return is_state and entry.sense == "sure"
    if mover is None or not forces.stands_for_state(mover):
        is_plain = entry.sense != "weak" and _is_plain_clause(draft.trigger.token)
        return _is_we(mover) and ("goal" in roles or is_plain)
    if entry.sense != "strong":  # "Russia captured the island", "Rwanda came over our border"
        return entry.sense == "sure" or (entry.frame == "enter" and "goal" in roles) or draft.path.is_line("via")
    moving = entry.frame in {"enter", "pass"} or entry.direction == "advance" or roles.keys() & {"via", "source"}
    thing = clauses.thing_of(draft.trigger.governor)
    crosses = entry.frame == "pass" and thing is not None and thing.lemma_.lower() in lexicon.words("line")
    return bool(moving) and (bool(roles) or crosses)


def _is_plain_clause(verb: Token) -> bool:
    """Tell "we are advancing" from "we remain open to talks", "nowhere left to go" and "no one on the ground"."""
    is_verb = verb.pos_ in {"VERB", "AUX"} and verb.dep_ not in {"acl", "amod"}
    return is_verb and clauses.child(verb, "acomp", "oprd", "xcomp", "attr", "dobj") is None


def _weak_fits(draft: Draft, forces: Forces, *, is_force: bool) -> bool:
    """Tell whether a word of many senses is meant of forces: its place is named, or it has a particle."""
    entry, roles = draft.entry, draft.path.roles
    match entry.frame:
        case "fall":
            fallen = clauses.subject(draft.trigger.governor)
            is_place = "goal" in roles or (fallen is not None and fallen.token.i in forces.toponyms)
            return is_place and (is_force or ("goal" in roles and forces.is_military))
        case "grow" | "shrink":
            return is_force or draft.cast.mover is not None or draft.cast.counts
        case "enter" | "exit" | "pass" | "hold":
            return _weak_place_fits(draft, forces, is_force=is_force)
    if entry.frame in {"trail", "oust"} or draft.cast.other is not None:
        other = draft.cast.other
        is_beside = other is not None and forces.is_force(other)
        return is_force and (is_beside or (entry.frame == "trail" and bool(roles)))
    if entry.frame in {"have", "at", "build"} or entry.direction == "presence":
        says_where = bool(roles) or not _COMPANY.isdisjoint(draft.path.prepositions) or _is_of_exercise(draft)
        return is_force and says_where
    crosses = draft.path.is_line("via") and forces.is_military
    return crosses or (is_force and (bool(roles) or entry.particle != "" or courses.has_gone(draft)))


def _weak_place_fits(draft: Draft, forces: Forces, *, is_force: bool) -> bool:
    """Tell whether a verb whose object is a place has one."""
    frame, roles = draft.entry.frame, draft.path.roles
    if frame == "enter" and draft.entry.particle and is_force and roles:
        return True  # "took over a well at X"
    if frame == "pass" and roles.keys() & {"goal", "source"}:
        return is_force
    if frame == "enter" and is_force and _takes_place(draft):
        return True
    return movers.PLACE_OF_OBJECT[frame] in roles and (is_force or forces.is_military)


def _takes_place(draft: Draft) -> bool:
    """Tell whether what is taken is a place without a name ("rebels seize last stronghold")."""
    thing = clauses.thing_of(draft.trigger.governor)
    return thing is not None and thing.pos_ == "NOUN" and thing.lemma_.lower() in _places()


@cache
def _places() -> frozenset[str]:
    return frozenset(row["noun"] for row in lexicon.rows("nominals") if row["role"] in {"class", "place", "capital"})


def _is_of_exercise(draft: Draft) -> bool:
    """Tell "Exercise X will involve 900 soldiers", which needs no place."""
    agent = draft.cast.agent
    if draft.entry.word != "involve" or agent is None:
        return False
    return any(t.lemma_.lower() in lexicon.words("exercise") for t in (agent, *agent.children))


def _noun_fits(draft: Draft, forces: Forces) -> bool:
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
            is_taken = forces.is_military and entry.word in lexicon.words("taking") and "goal" in path.roles
            is_drill = forces.is_military and is_state and entry.word in lexicon.words("exercise")
            fits = is_named or is_drill or (is_martial and (is_state or bool(path.roles))) or inward or is_taken
        case "strong":
            is_measured = any(part.lower_ in lexicon.words("extent") for part in noun.children)
            is_told = is_measured or _is_under_way(noun) or _is_known(noun)
            fits = is_force or is_martial or (forces.is_military and (is_told or is_state or bool(path.roles)))
        case _:
            fits = is_force or is_state or bool(path.roles)
    names_only = fits and who.mover is None and who.agent is not None and who.agent.pos_ == "ADJ"
    if names_only and entry.direction in {"withdrawal", "buildup"}:  # "a Russian withdrawal": all that names the mover
        who.mover, who.agent = who.agent, None
    return fits


def _is_known(noun: Token) -> bool:
    """Tell whether a clause says something of a movement that is known already ("the withdrawal was tactical")."""
    is_definite = any(part.dep_ == "det" and part.lower_ in {"the", "this", "that"} for part in noun.children)
    return is_definite and noun.dep_ in {"nsubj", "nsubjpass"}


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


def _force(draft: Draft, forces: Forces) -> str | None:
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


def _share_forces(drafts: Sequence[Draft], forces: Forces) -> None:
    """Give a force without a nationality ("the troops", "tanks") that of the last movement that had one."""
    last: dict[str, str | None] = {}
    first = next((draft.force for draft in drafts if draft.force is not None), None)
    for draft in drafts:
        mover, direction = draft.cast.mover, draft.entry.direction
        if draft.force is not None:
            last[""] = last[direction] = draft.force
        elif _is_of_none(draft.cast, forces):
            if mover is not None and forces.is_multinational(mover):
                last[direction] = None  # "the soldiers" will be the multinational force's too
        elif mover is not None and forces.is_official(mover) and forces.home() is not None:
            draft.force = forces.home()
        elif direction in last:
            draft.force = last[direction]
        else:
            draft.force = last.get("") or first
            stays = "goal" not in draft.path.roles and mover is not None and forces.is_force(mover)
            if draft.force is None and stays:  # what comes from elsewhere may be anybody's
                draft.force = forces.home()


def _is_of_none(who: Cast, forces: Forces) -> bool:
    """Tell whether the words leave no one state for a force: rebels, several nations."""
    if who.agent is not None and (forces.is_of_several(who.agent) or forces.is_stateless(who.agent)):
        return True
    return who.mover is not None and (_is_unbound(who.mover, forces) or forces.is_stateless(who.mover))


def _is_unbound(mover: Token, forces: Forces) -> bool:
    """Tell whether fighters may be anybody's, where the report names an armed group."""
    noun = forces.referent(mover) if mover.pos_ == "PRON" else mover
    if noun is None or noun.tag_ not in {"NNS", "NNPS"} or not forces.has_groups:
        return False
    entry = forces.entry(noun)
    is_craft = entry is not None and entry.kind == "equipment"  # "jet fighters" are no men
    return noun.lemma_.lower() in lexicon.words("unbound") and not is_craft and forces.country(noun) is None


# Prepositions that say beside whom a force is, which is a presence without a place.
_COMPANY = frozenset({"alongside", "beside"})


# Prepositions behind which another movement stands than that of the verb.
_TELLING_TIME = frozenset({"after", "before", "following", "since", "until", "amid", "despite"})


# From drafts to movements


def _without_repeats(drafts: Sequence[Draft]) -> list[Draft]:
    """Drop what another draft says better."""
    taken = {draft.trigger.token.i: draft for draft in drafts}
    told = [draft for draft in drafts if not _is_copula(draft, taken)]
    movers_of: dict[int, int] = {}
    for draft in told:
        if draft.cast.mover is not None:
            movers_of[draft.cast.mover.i] = movers_of.get(draft.cast.mover.i, 0) + 1
    kept = [draft for draft in told if not _is_repeat(draft, taken, movers_of)]
    return [draft for draft in kept if not _is_errand(draft, kept)]


def _is_copula(draft: Draft, taken: dict[int, Draft]) -> bool:
    """Tell whether a participle or the like says it: "there are 900 soldiers stationed there", "is on its way"."""
    token, mover = draft.trigger.token, draft.cast.mover
    if token.lemma_ != "be" or mover is None:
        return False
    if any(other.trigger.rule == "idiom" and other.trigger.governor == token for other in taken.values()):
        return True
    said = {"acl", "amod", "acomp", "xcomp", "prep", "advmod"}
    return any(t.i in taken and t.i > token.i and t.dep_ in said for t in (*mover.subtree, *token.children))


def _is_errand(draft: Draft, drafts: Sequence[Draft]) -> bool:
    """Tell whether "bound for X" or "on its way to X" only adds the goal to "took off", and add it there."""
    mover = draft.cast.mover
    if draft.trigger.rule != "idiom" or mover is None or "goal" not in draft.path.roles:
        return False
    goal = draft.path.roles["goal"]
    for other in drafts:
        near = other.trigger.token.sent.start == mover.sent.start and other.trigger.token.i < draft.trigger.token.i
        if other is not draft and near and other.cast.mover == mover and other.entry.frame in {"exit", "move"}:
            return other.path.roles.setdefault("goal", goal).start == goal.start
    return False


def _is_repeat(draft: Draft, taken: dict[int, Draft], movers_of: dict[int, int]) -> bool:
    token, mover = draft.trigger.token, draft.cast.mover
    if draft.entry.frame == "noun":
        return _is_said_by_verb(token, taken)
    if _is_carrying(token):
        return bool(movers_of.get(token.head.i))  # "planes carrying 200 soldiers landed": they land
    if mover is not None and mover.tag_ == "PRP" and token.tag_ == "VBG" and token.dep_ == "advcl":
        above = taken.get(token.head.i)  # "the army advanced, bringing them closer to the coast"
        if above is not None and above.cast.mover == draft.cast.agent is not None:
            return True
    return mover is not None and movers_of[mover.i] > 1 and _describes(token, draft.entry)


def _is_said_by_verb(noun: Token, taken: dict[int, Draft]) -> bool:
    governing = taken.get(noun.head.i)
    if governing is not None and governing.entry.frame in {"grow", "shrink"}:
        return True  # "increased its military presence"
    preposition = noun.head
    if preposition.dep_ != "prep":
        return False
    own, above = taken[noun.i].cast.mover, taken.get(preposition.head.i)
    if preposition.lower_ in _TELLING_TIME and own is not None and (above is None or above.cast.mover != own):
        return False  # "moved in after the departure of the peacekeepers": others moved before
    is_part = preposition.head.lower_ == "part" and preposition.head.head.dep_ == "prep"
    # "left for exercises in X", "press on with its offensive", "went there as part of the rotation"
    return (preposition.head.head.head if is_part else preposition.head).i in taken


def _is_carrying(verb: Token) -> bool:
    return verb.tag_ == "VBG" and verb.dep_ == "acl" and verb.lemma_ in lexicon.words("carrying")


def _describes(verb: Token, entry: Entry) -> bool:
    """Tell whether a verb only describes a force of which more is said.

    "Saw tanks heading for the town", "advancing troops captured the town", "troops deployed there will return".
    """
    if entry.word in lexicon.words("seeing") or (verb.tag_ == "VBG" and verb.dep_ == "amod"):
        return True
    is_participle = verb.tag_ == "VBN" and verb.dep_ in {"acl", "amod"}
    return is_participle and entry.direction in {"deployment", "presence"}


def _movement(draft: Draft, direction: Direction, forces: Forces) -> Movement:
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
    if trigger.rule == "motion-noun" and first.i > 1 and first.nbor(-1).text == "-" and not first.nbor(-1).whitespace_:
        first = first.nbor(-2)  # "build-up", which the tokeniser took apart
    if not first.i <= last.i <= first.i + TRIGGER_REACH:
        last = first
    return first.idx, last.idx + len(last.text)


def _evidence(draft: Draft) -> Span:
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
