"""Who moves: the mover of a trigger, and the agent who makes it move.

Each frame of the table of motion words has one function here that reads the trigger's arguments; what the frames mean
stands in ``lexicon/motion.csv``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geomap import clauses, lexicon, triggers
from geomap.clauses import PREDICATES, Argument

if TYPE_CHECKING:
    from spacy.tokens import Token

    from geomap.forces import Forces
    from geomap.paths import Path
    from geomap.triggers import Entry, Trigger

# The role of the place that is a verb's object, by frame.
PLACE_OF_OBJECT = {"enter": "goal", "exit": "source", "pass": "via", "hold": "area"}

# Particles that are prepositions: what stands behind them is a place, not what is moved.
PLACING = frozenset({"for", "into", "from", "on", "across", "through"})
# Particles behind which the object of a verb of motion is passed.
PASSING = frozenset({"across", "over", "past", "through"})
# Prepositions that follow the participle of a headline.
HEADLINE_WAYS = frozenset({"to", "into", "from", "back", "home"})
# Nouns that a verb's own object or subject sets out on: "loaded the tanks for the journey home".
SETTING_OUT = frozenset({"journey", "voyage", "march", "return", "trip"})


@dataclass(slots=True)
class Cast:
    """Who takes part in a movement."""

    entry: Entry
    """The trigger's entry, as it turned out to be meant: what is left behind stays."""
    mover: Token | None = None
    how: str = "own"
    """How the mover was reached: "own" in the clause itself, else the construction."""
    agent: Token | None = None
    other: Token | None = None
    """The force that the mover follows, joins or drives out."""
    counts: bool = False
    """Whether a strength is spoken of instead of a force ("its military presence")."""

    def move(self, argument: Argument) -> None:
        """Make an argument the mover."""
        self.mover, self.how = argument.token, argument.how


@dataclass(frozen=True, slots=True)
class _Arguments:
    acting: Argument | None
    undergoing: Argument | None
    passive: bool
    by: Token | None
    """Who does it, in a passive clause."""

    @property
    def causer(self) -> Argument | None:
        """Who makes it happen, in an active clause."""
        return None if self.passive else self.acting


def find(trigger: Trigger, forces: Forces, path: Path) -> Cast:
    """Find who takes part; the places that are the verb's own subject or object are put on the path."""
    cast = Cast(trigger.entry)
    if trigger.entry.frame == "noun":
        _of_noun(trigger.token, forces, cast)
        return cast
    verb = trigger.governor
    arguments = _arguments(trigger, forces)
    cast.agent = arguments.by
    match trigger.entry.frame:
        case "cause" | "have":
            _caused(trigger, arguments, forces, cast)
        case "move":
            _moved(verb, arguments, forces, path, cast)
        case "grow" | "shrink":
            _grown(verb, arguments, forces, path, cast)
        case "enter" | "exit" | "pass" | "hold":
            _placed(arguments, forces, path, cast)
        case "trail":
            _trailing(verb, arguments, cast)
        case "oust":
            _ousting(arguments, forces, cast)
        case "fall":
            _fallen(verb, arguments, forces, path, cast)
        case "build":
            _built(arguments, forces, cast)
        case _:
            _present(verb, arguments, cast)
    return cast


def _arguments(trigger: Trigger, forces: Forces) -> _Arguments:
    verb = trigger.governor
    passive = clauses.is_passive(verb)
    undergoing = clauses.undergoer(verb)
    if undergoing is None and not passive:
        undergoing = _behind_particle(verb, trigger.entry.particle, forces) or _before_particle(trigger)
    return _Arguments(_subject(verb, forces), undergoing, passive, clauses.agent(verb) if passive else None)


def is_moved(token: Token, acting: Argument | None, forces: Forces) -> bool:
    """Tell whether an object is a force, also where only who moves it makes it one ("Serbia moved tanks")."""
    if forces.is_force(token):
        return True
    thing = token if forces.entry(token) is not None else forces.counted(token)
    entry = forces.entry(thing) if thing is not None else None
    if entry is None or entry.noun in lexicon.words("vague") or acting is None:
        return False
    return forces.stands_for_state(acting.token) or forces.is_force(acting.token)


def _subject(verb: Token, forces: Forces) -> Argument | None:
    """Return the subject; where the parse has none, or a far one that is no force, the force right before the verb."""
    followed = _followed(verb)
    if followed is not None and forces.is_force(followed):
        return Argument(followed, "control")
    found = clauses.subject(verb)
    if found is not None and (found.how in {"own", "relative"} or forces.is_force(found.token)):
        return found
    before = clauses.noun_before(verb)
    is_finite = verb.tag_ not in {"VBN", "VBG"} or clauses.child(verb, "aux") is not None
    if before is not None and forces.is_force(before) and is_finite:
        return Argument(before, "own")
    return found


def _followed(verb: Token) -> Token | None:
    """Return the ship of "shadowed the ship as it sailed past"."""
    own, head = clauses.child(verb, "nsubj"), verb.head
    if head.dep_ == "conj" and head.head.lemma_.lower() in lexicon.words("trailing"):
        head = head.head  # "tracked and reported on the ship as it sailed past"
    is_beside = verb.dep_ == "advcl" and head.lemma_.lower() in lexicon.words("trailing")
    joins = any(c.dep_ in {"mark", "advmod"} and c.lower_ in {"as", "while", "when"} for c in verb.children)
    if not (is_beside and joins) or own is None or own.tag_ != "PRP":
        return None
    return clauses.thing_of(head) or _shared_object(head)


def _behind_particle(verb: Token, particle: str, forces: Forces) -> Argument | None:
    """Return the force that the parser took for the object of a particle ("sending in troops")."""
    for part in verb.children:  # "massed upward of 900 troops"
        if part.lower_ in {"upward", "upwards"} and (counted := forces.counted(part)) is not None:
            return Argument(counted, "own")
    if not particle or particle in PLACING:
        return None  # "leaving for their garrisons"
    for phrase in clauses.prepositionals(verb):
        if phrase.words == particle and forces.is_force(phrase.head):
            return Argument(phrase.head, "own")
    return None


def _before_particle(trigger: Trigger) -> Argument | None:
    """Return what the parser took for the subject of a particle ("wants the troops out")."""
    if not trigger.entry.particle:
        return None
    below = (c for c in trigger.governor.children if c.lower_ == trigger.entry.particle)
    thing = next((subject for c in below if (subject := clauses.child(c, "nsubj")) is not None), None)
    return Argument(thing, "own") if thing is not None else None


def _take_object(arguments: _Arguments, forces: Forces, cast: Cast) -> bool:
    """Make the object the mover and the subject its agent, if the object is a force."""
    thing = arguments.undergoing
    if thing is None or not is_moved(thing.token, arguments.causer, forces):
        return False
    cast.move(thing)
    if arguments.causer is not None:
        cast.agent = arguments.causer.token
    return True


def _caused(trigger: Trigger, arguments: _Arguments, forces: Forces, cast: Cast) -> None:
    thing = forces.entry(arguments.undergoing.token) if arguments.undergoing is not None else None
    if trigger.entry.word in lexicon.words("giving") and thing is not None and thing.kind == "equipment":
        return
    if _take_object(arguments, forces, cast):
        return
    token = trigger.token
    moves_itself = trigger.entry.frame == "cause" and trigger.entry.word not in lexicon.words("transitive")
    sent = _sent_in_headline(trigger, arguments)
    if sent is not None and forces.is_force(sent.token):
        cast.move(sent)
    elif arguments.causer is not None and arguments.undergoing is None and moves_itself:
        cast.move(arguments.causer)  # "troops deployed to the town"
    elif token.tag_ == "VBN" and token.dep_ in {"acl", "relcl"} and forces.is_force(token.head):
        cast.mover = token.head


def _sent_in_headline(trigger: Trigger, arguments: _Arguments) -> Argument | None:
    """Return what looks like the subject of "tanks sent to border", a participle that the tagger took for a past."""
    verb, thing = trigger.governor, arguments.undergoing
    follows = verb.nbor(1) if verb.i + 1 < verb.sent.end else None
    is_bare = verb.tag_ == "VBD" and verb.dep_ == "ROOT" and follows is not None and follows.lower_ in HEADLINE_WAYS
    if not is_bare or (thing is not None and not thing.token.is_sent_end and thing.token.nbor(1).pos_ != "SPACE"):
        return None
    return arguments.causer if arguments.causer is not None and arguments.causer.how == "own" else None


def _moved(verb: Token, arguments: _Arguments, forces: Forces, path: Path, cast: Cast) -> None:
    if _take_object(arguments, forces, cast) or arguments.causer is None:
        return
    cast.move(arguments.causer)
    if arguments.undergoing is not None and arguments.undergoing.how == "own":
        # "Flew over the strait", where the parser took "over" for a particle: the place is passed.
        passes = any(part.lower_ in PASSING and part.dep_ in {"prt", "advmod", "prep"} for part in verb.children)
        path.put("via" if passes else "goal", arguments.undergoing.token)


def _grown(verb: Token, arguments: _Arguments, forces: Forces, path: Path, cast: Cast) -> None:
    grown = arguments.undergoing or arguments.acting
    if _reaches(arguments, forces, path, cast):
        return
    inside = _force_inside(grown.token, forces) if grown is not None else None
    cast.counts = inside is not None and inside.pos_ == "ADJ"
    if grown is not None and inside is not None and not cast.counts:
        cast.move(Argument(inside, grown.how))
    causer = arguments.causer
    is_number = grown is not None and grown.token.lemma_.lower() in lexicon.words("number")
    if cast.entry.word == "bring" and cast.mover is None and causer is not None and is_number:
        cast.move(causer)  # "they will bring the total to 900"
    if causer is not None and causer.token is not cast.mover:
        cast.agent = causer.token
    if cast.mover is None:  # "strengthened the frontier with two more battalions"
        with_what = (p.head for p in clauses.prepositionals(verb) if p.words == "with")
        cast.mover = next((head for head in with_what if forces.is_force(head)), None)
    if arguments.undergoing is not None:
        path.put("goal" if cast.entry.frame == "grow" else "source", arguments.undergoing.token)


def _reaches(arguments: _Arguments, forces: Forces, path: Path, cast: Cast) -> bool:
    """Read "the column reached the outskirts", which "the force will reach 5,000" shares its verb with."""
    place, who = arguments.undergoing, arguments.acting
    if cast.entry.word != "reach" or place is None or who is None or not forces.is_force(who.token):
        return False
    path.put("goal", place.token)
    if "goal" not in path.roles:
        return False
    cast.entry = cast.entry._replace(direction="by-place", frame="enter")
    cast.move(who)
    return True


def _force_inside(token: Token, forces: Forces) -> Token | None:
    """Return the force whose number or presence a noun phrase speaks of ("the number of troops", "troop count")."""
    if token.lemma_.lower() not in lexicon.words("number") | lexicon.words("measure"):
        return token if forces.is_force(token) else None
    counted = forces.counted(token)
    if counted is not None and forces.is_force(counted):
        return counted
    for part in token.children:
        if part.dep_ in {"compound", "amod", "nmod"} and (
            part.lower_ in {"military", "naval"} or forces.is_force(part)
        ):
            return part
    is_one = forces.entry(token) is not None and forces.is_force(token)
    return token if is_one else None  # "cut its contingent"


def _trailing(verb: Token, arguments: _Arguments, cast: Cast) -> None:
    """Read a verb whose object is another force: "shadowed the cruiser", "were joined by two frigates"."""
    if arguments.passive:
        cast.mover, cast.agent = cast.agent, None
        cast.other = arguments.acting.token if arguments.acting is not None else None
    elif arguments.acting is not None:
        cast.move(arguments.acting)
        cast.other = arguments.undergoing.token if arguments.undergoing is not None else _shared_object(verb)


def _shared_object(verb: Token) -> Token | None:
    """Return the object that a verb shares with the next ("followed and reported on the cruiser")."""
    for other in verb.conjuncts:
        if other.i > verb.i and other.i - verb.i <= clauses.GROUP:
            on = next((phrase.head for phrase in clauses.prepositionals(other)), None)
            return clauses.thing_of(other) or on
    return None


def _ousting(arguments: _Arguments, forces: Forces, cast: Cast) -> None:
    """Read a verb of driving out: an advance of who drives, but in the passive a retreat of who is driven."""
    acting, undergoing = arguments.acting, arguments.undergoing
    if arguments.passive:
        cast.entry = cast.entry._replace(direction="withdrawal", frame="cause")
        if acting is not None:
            cast.move(acting)
            cast.other = acting.token
        return
    thing = forces.entry(undergoing.token) if undergoing is not None else None
    drives_itself = undergoing is None or (thing is not None and thing.kind == "equipment")
    if cast.entry.direction == "by-place" and drives_itself:  # "the tanks drove out of the base"
        cast.entry = cast.entry._replace(frame="move")
        _take_object(arguments, forces, cast)
        if cast.mover is None and acting is not None:
            cast.move(acting)
    elif acting is not None and undergoing is not None:
        cast.entry = cast.entry._replace(direction="advance")
        cast.move(acting)
        cast.other = undergoing.token


def _placed(arguments: _Arguments, forces: Forces, path: Path, cast: Cast) -> None:
    """Read a verb whose object is a place: "entered the town", "left the valley", "the town was seized by rebels"."""
    entry, acting, undergoing = cast.entry, arguments.acting, arguments.undergoing
    if arguments.passive:
        if acting is not None and forces.is_force(acting.token):
            # "The garrison was encircled": it is where it was. Fighters who were captured no longer move.
            if entry.word in lexicon.words("siege"):
                cast.entry = entry._replace(direction="presence", frame="at")
                cast.move(acting)
                cast.agent = None
            return
        if cast.agent is not None:
            cast.mover, cast.agent = cast.agent, None
    elif entry.frame == "exit" and undergoing is not None and forces.is_force(undergoing.token):
        # "Leave 200 soldiers in the valley": what is left behind stays.
        cast.entry = entry._replace(direction="presence", frame="have")
        cast.move(undergoing)
        cast.agent = acting.token if acting is not None else None
        return
    elif acting is not None:
        cast.move(acting)
    place = acting if arguments.passive else undergoing
    if place is not None:
        # "Crossed the bridge into the city": the object is passed, the goal stands behind the particle.
        role = "via" if entry.particle == "into" else PLACE_OF_OBJECT[entry.frame]
        path.put(role, place.token, "of" if _is_part(place.token) and not arguments.passive else "")
        if entry.frame == "hold" and not path.roles:
            cast.mover = None  # "hold a rally outside the palace"


def _is_part(noun: Token) -> bool:
    """Tell whether a noun is a part of the place behind "of" ("the streets of Juba", "much of the valley")."""
    is_of = any(part.dep_ == "prep" and part.lower_ == "of" for part in noun.children)
    return is_of and noun.lemma_.lower() in lexicon.words("partitive")


def _fallen(verb: Token, arguments: _Arguments, forces: Forces, path: Path, cast: Cast) -> None:
    """Read "the town fell to the rebels": the place is the subject."""
    takers = (p.head for p in clauses.prepositionals(verb) if p.words in {"to", "into"})
    taker = next((head for head in takers if forces.is_force(head)), None)
    if taker is not None:
        cast.mover = taker
    # "The front fell quiet", "the province fell by a third": no place changes hands.
    elif any(c.dep_ in {"acomp", "oprd", "dobj", "attr", "prep", "prt"} for c in verb.children):
        return
    if arguments.acting is not None and not arguments.passive:
        path.put("goal", arguments.acting.token)


def _built(arguments: _Arguments, forces: Forces, cast: Cast) -> None:
    target = arguments.acting if arguments.passive else arguments.undergoing
    if target is not None and forces.is_force(target.token):
        cast.move(target)


def _present(verb: Token, arguments: _Arguments, cast: Cast) -> None:
    there_is = clauses.child(verb, "attr") if clauses.child(verb, "expl") is not None else None
    if arguments.passive and cast.agent is not None:
        cast.mover, cast.agent = cast.agent, None  # "was joined by two frigates"
    elif there_is is not None:
        cast.mover = there_is
    elif arguments.acting is not None:
        cast.move(arguments.acting)


def _of_noun(noun: Token, forces: Forces, cast: Cast) -> None:
    """Read a motion noun: "the withdrawal of 900 soldiers", "troop movements", "the army began its retreat"."""
    cast.mover = _complement(noun, forces) or _modifier(noun, forces)
    if cast.mover is not None and cast.mover.tag_ != "PRP$":
        return
    for label in ("poss", "amod", "compound", "nmod"):
        for part in noun.children:
            if part.dep_ == label and part.i in forces.toponyms and not forces.is_hyphened(part):
                cast.agent = part
    if noun.lemma_ in SETTING_OUT and noun.dep_ == "pobj" and noun.head.lower_ == "for":
        _set_out(clauses.clause_head(noun), forces, cast)
    governor = _governor(noun)
    is_lent = triggers.lemma(governor) in lexicon.words("light") and noun.dep_ in {"dobj", "pobj"}
    acting = clauses.subject(governor) if is_lent and governor.pos_ in PREDICATES else None
    if acting is None:
        return
    if forces.is_force(acting.token):
        cast.move(acting)
    elif cast.agent is None and forces.stands_for_state(acting.token):
        cast.agent = acting.token


def _governor(noun: Token) -> Token:
    """Return the verb that lends a noun its subject, also over "part in", "days of" and the like."""
    governor = noun.head
    while governor.dep_ in {"prep", "dobj"} and governor.pos_ not in PREDICATES:
        is_link = governor.pos_ == "ADP" or governor.lemma_.lower() in lexicon.words("linking")
        if not is_link:
            break
        governor = governor.head
    return governor


def _set_out(verb: Token, forces: Forces, cast: Cast) -> None:
    for argument in (clauses.undergoer(verb), clauses.subject(verb)):
        if cast.mover is None and argument is not None and forces.is_force(argument.token):
            cast.move(argument)


def _complement(noun: Token, forces: Forces) -> Token | None:
    for part in noun.children:
        if part.dep_ == "prep" and part.lower_ in {"of", "by"}:
            inner = clauses.child(part, "pobj")
            if inner is not None and (forces.is_force(inner) or (part.lower_ == "by" and forces.is_state(inner))):
                return inner
    return None


def _modifier(noun: Token, forces: Forces) -> Token | None:
    for label in ("compound", "nmod", "poss", "amod"):
        for part in noun.children:
            if part.dep_ == label and (forces.is_force(part) or part.lemma_.lower() in {"troop", "force"}):
                return part
    return None
