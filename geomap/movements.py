"""What moves: the trigger, mover, source, goal, via and area of each reported movement or presence of a force.

The words of motion and presence are data (``lexicon/motion.csv``); the code is the few rules that read a trigger's
arguments off the parse (:mod:`geomap.clauses`), ask whether they denote a force (:mod:`geomap.forces`), and give each
place its role by its preposition and the kind of the trigger.

The roles are those of ISO-Space's MOTION link (ISO 24617-7): mover, source, goal, path (here via) and, for presence,
the area.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from geomap import clauses, lexicon
from geomap.clauses import PREDICATES
from geomap.forces import Forces
from geomap.model import Movement, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from spacy.tokens import Doc, Token

    from geomap.model import Direction, Location, Quantity, Span, Toponym

# Prepositions and what they say of a place, whatever the verb.
GOAL_WORDS = frozenset(
    {"to", "into", "onto", "toward", "towards", "back to", "back into", "up to", "on to", "in to", "down to", "over to", "closer to"}
)
SOURCE_WORDS = frozenset(
    {"from", "out of", "off", "off of", "away from", "back from", "out from", "from near", "from inside", "from around", "from within"}
)
VIA_WORDS = frozenset({"through", "across", "via", "over", "past", "back through", "back across", "by way of"})
AT_WORDS = frozenset(
    "in at on near along around inside outside within throughout off beside alongside next close by under behind between "
    "surrounding beyond amid against above below opposite".split()
)
# Goals that are a force's own home: going there is a withdrawal.
HOME_WORDS = frozenset("home base basis barrack garrison deployment port homeland camp quarter station".split())
LIGHT_VERBS = frozenset(
    "begin start launch conduct make carry complete continue resume halt stop finish undertake mount stage hold perform "
    "order announce plan end do have execute pursue take lead join".split()
)
EXERCISES = frozenset({"exercise", "drill", "manoeuvre", "maneuver", "patrol"})
CIVIL = frozenset("home pitch court privacy peace protest political labor labour liberation independence charm sales ad".split())
SIEGES = frozenset({"encircle", "surround", "besiege", "blockade"})
# What forces do at a place that they then leave.
STAYS = EXERCISES | frozenset(
    "train training station deploy deployment base engage serve fight operation mission mass amass gather camp post position".split()
)
# Nouns too vague to be a force because of who moves them.
VAGUE_FORCES = frozenset("man member group team company crew system asset resource arm equipment mission truck".split())
# How far a withdrawal or the like goes: said of forces, in a report on forces.
EXTENTS = frozenset(
    "complete full total partial official real gradual phased immediate unconditional hasty orderly further such any".split()
)
NUMBER_NOUNS = frozenset("number strength size count level presence grouping total".split())


class Entry(NamedTuple):
    """A row of the table of motion words."""

    trigger: str
    particle: str
    direction: str
    frame: str
    sense: str


@dataclass(slots=True)
class _Draft:
    """A movement in the making."""

    trigger: Token
    end: Token
    entry: Entry
    rule: str
    mover: Token | None = None
    mover_how: str = "own"
    agent: Token | None = None
    places: dict[str, Role] = field(default_factory=dict)
    goal_words: set[str] = field(default_factory=set)
    prepositions: set[str] = field(default_factory=set)
    force: str | None = None


@cache
def _verbs() -> dict[str, list[Entry]]:
    return _entries("verb")


@cache
def _nouns() -> dict[str, list[Entry]]:
    return _entries("noun")


@cache
def _idioms() -> dict[tuple[str, ...], Entry]:
    return {tuple(word.split()): found[0] for word, found in _entries("idiom").items()}


def _entries(pos: str) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for row in lexicon.rows("motion"):
        if row["pos"] == pos:
            entry = Entry(row["trigger"], row["particle"], row["direction"], row["frame"], row["sense"])
            found.setdefault(entry.trigger, []).append(entry)
    return found


def _gerund(word: str) -> str:
    """Return the verb of the table whose "-ing" form this is, or an empty string."""
    if word.endswith("ing"):
        for stem in (word[:-3], word[:-3] + "e"):
            if stem in _verbs():
                return stem
    return ""


def find(
    doc: Doc,
    toponyms: Sequence[Toponym],
    locations: Sequence[Location],
    quantities: Sequence[Quantity] = (),
) -> list[Movement]:
    """Find the movements and presences of forces that a document reports.

    Parameters
    ----------
    doc
        The parsed document, from :func:`geomap.nlp.read`.
    toponyms
        Its toponyms, resolved, for the nationality of forces.
    locations
        Its location expressions, for sources, goals, vias and areas.
    quantities
        Its quantities; a distance or a count helps to tell a movement from a figure of speech.

    Returns
    -------
    list
        Movements in the order of their triggers. Dates and quantities are bound by later stages.
    """
    return _Reader(doc, toponyms, locations, quantities).movements()


class _Reader:
    """Reads the movements of one document."""

    def __init__(
        self, doc: Doc, toponyms: Sequence[Toponym], locations: Sequence[Location], quantities: Sequence[Quantity]
    ) -> None:
        self.doc = doc
        self.forces = Forces(doc, toponyms)
        self.locations = locations
        self.quantities = quantities
        self.location_at: dict[int, int] = {}
        for number, location in enumerate(locations):
            tokens = doc.char_span(location.start, location.end, alignment_mode="expand")
            for token in tokens or ():
                self.location_at.setdefault(token.i, number)

    def movements(self) -> list[Movement]:
        """Return the movements in the order of the text."""
        drafts = [draft for draft in self._drafts() if draft is not None]
        drafts = self._without_repeats(drafts)
        self._shared_forces(drafts)
        directions = self._directions(drafts)
        return [self._movement(draft, direction) for draft, direction in zip(drafts, directions, strict=True)]

    # Triggers

    def _drafts(self) -> Iterator[_Draft | None]:
        for token in self.doc:
            if token.is_punct or token.is_space:
                continue
            idiom = self._idiom(token)
            if idiom is not None:
                yield self._accepted(idiom)
            elif token.pos_ in PREDICATES or token.tag_ in {"VBG", "VBN"}:
                yield self._verb(token, token.lemma_.lower())
            elif token.tag_ == "NN" and token.dep_ == "pobj" and _gerund(token.lower_) and token.i not in self.location_at:
                yield self._verb(token, _gerund(token.lower_))
            elif token.pos_ in {"NOUN", "PROPN", "ADJ"} and token.lemma_.lower() in _nouns():
                yield self._noun(token)
            elif token.pos_ in {"NOUN", "PROPN"} and token.lemma_.lower() in _verbs() and token.dep_ == "ROOT":
                yield self._verb(token, token.lemma_.lower())  # headlines: "X storms Y", read as nouns by the tagger

    def _idiom(self, token: Token) -> _Draft | None:
        for words, entry in _idioms().items():
            span = self.doc[token.i : token.i + len(words)]
            if len(span) == len(words) and all(t.lower_ == w for t, w in zip(span, words, strict=True)):
                holder = token if token.pos_ in PREDICATES else clauses.clause_head(token)
                return self._with_arguments(_Draft(token, span[-1], entry, "idiom"), holder, token)
        return None

    def _verb(self, verb: Token, lemma: str) -> _Draft | None:
        entries = _verbs().get(lemma)
        if not entries:
            return None
        entry, end = self._particle(verb, entries)
        if entry is None or entry.sense == "none" or entry.frame == "none":
            return None
        if entry.trigger == "see" and any(c.lower_ == "as" or c.dep_ in {"xcomp", "ccomp"} for c in verb.children):
            return None  # "are seen as", "saw them win"
        if verb.dep_ in {"aux", "auxpass"} or (verb.dep_ == "amod" and entry.sense == "weak"):
            return None
        passive = clauses.is_passive(verb)
        rule = f"motion-verb/{'passive' if passive else entry.frame}"
        return self._accepted(self._with_arguments(_Draft(verb, end, entry, rule), verb, verb))

    def _particle(self, verb: Token, entries: list[Entry]) -> tuple[Entry | None, Token]:
        """Choose the entry whose particle the verb has; without one, the plain entry."""
        below = {c.lower_: c for c in verb.children if c.i > verb.i and c.i - verb.i < 8}
        for c in list(below.values()):
            below.update({g.lower_: g for g in c.children if c.dep_ in {"prt", "advmod", "prep"} and g.dep_ in {"prep", "pcomp"}})
        following = self.doc[verb.i + 1] if verb.i + 1 < len(self.doc) else None
        if following is not None and following.pos_ in {"ADP", "ADV", "PART"} and following.lower_ != "to":
            below.setdefault(following.lower_, following)
        plain: Entry | None = None
        for entry in entries:
            if not entry.particle:
                plain = entry
                continue
            hit = below.get(entry.particle)
            if hit is None:
                continue
            if hit.pos_ == "NOUN" or hit.dep_ in {"prt", "advmod"} or hit.dep_ == "dobj":
                return entry, hit
            if hit.dep_ in {"prep", "pcomp"} or hit.i == verb.i + 1:
                return entry, hit if hit.i == verb.i + 1 else verb
        return plain, verb

    def _noun(self, noun: Token) -> _Draft | None:
        entry = _nouns()[noun.lemma_.lower()][0]
        if entry.frame == "none" or noun.dep_ == "compound" or noun.i in self.location_at or self._is_civil(noun):
            return None
        draft = _Draft(noun, noun, entry, "motion-noun")
        self._noun_mover(draft)
        if entry.trigger in EXERCISES and not self._is_told(noun) and draft.agent is None:
            return None
        self._place_roles(draft, [noun, draft.mover] if draft.mover is not None and draft.mover.i > noun.i else [noun])
        governor = noun.head
        if governor.pos_ in PREDICATES and noun.dep_ in {"dobj", "nsubj", "nsubjpass", "pobj"} and governor.lemma_ in LIGHT_VERBS:
            self._place_roles(draft, [governor])
        return self._accepted(draft)

    def _is_civil(self, noun: Token) -> bool:
        """Tell "a home invasion" and "the Islamic Jihad movement" from what forces do."""
        for part in noun.children:
            if part.dep_ not in {"compound", "amod", "nmod"}:
                continue
            force = self.forces.entry(part)
            if part.lower_ in CIVIL or (force is not None and force.kind == "group" and noun.lemma_ == "movement"):
                return True
        return noun.lemma_ == "movement" and noun.pos_ == "PROPN"

    @staticmethod
    def _is_told(noun: Token) -> bool:
        """Tell whether a clause is about the noun, which is not so in "having completed drills" or "after exercises"."""
        verb = clauses.clause_head(noun)
        helpers = {c.lower_ for c in verb.children if c.dep_ in {"aux", "auxpass"}}
        finite = verb.tag_ in {"VBD", "VBZ", "VBP"} or bool(helpers - {"having", "being", "to"})
        return finite and noun.head.lower_ not in {"after", "before", "during", "for", "of"}

    # Arguments

    def _with_arguments(self, draft: _Draft, verb: Token, around: Token) -> _Draft:
        entry = draft.entry
        acting = self._subject(verb)
        undergoing = clauses.undergoer(verb)
        passive = clauses.is_passive(verb)
        if undergoing is None and entry.particle and not passive:
            undergoing = self._behind_particle(verb, entry.particle)
        if passive:
            draft.agent = clauses.agent(verb)
        match entry.frame:
            case "cause" | "have":
                self._caused(draft, acting, undergoing, passive=passive)
            case "build":
                target = acting if passive else undergoing
                if target is not None and self.forces.is_force(target.token):
                    draft.mover, draft.mover_how = target.token, target.how
            case "grow" | "shrink":
                self._grown(draft, acting, undergoing, passive=passive)
            case "move":
                self._moved(draft, acting, undergoing, passive=passive)
            case "exit" if undergoing is not None and not passive and self.forces.is_force(undergoing.token):
                # "leave 200 soldiers in the valley": what is left behind stays.
                draft.entry = entry._replace(direction="presence", frame="have")
                draft.mover, draft.mover_how = undergoing.token, undergoing.how
                draft.agent = acting.token if acting is not None else None
            case "enter" | "exit" | "pass" | "hold":
                if passive and acting is not None and self.forces.is_force(acting.token):
                    if entry.trigger not in SIEGES:
                        return draft  # fighters who were captured are no longer a force that moves
                    # "the garrison was encircled": it is where it was
                    draft.entry = entry._replace(direction="presence", frame="at")
                    draft.mover, draft.mover_how, draft.agent = acting.token, acting.how, None
                    acting = None
                elif passive:
                    if draft.agent is not None:
                        draft.mover, draft.agent = draft.agent, None
                else:
                    if acting is not None:
                        draft.mover, draft.mover_how = acting.token, acting.how
                place = acting if passive else undergoing
                if place is not None and (passive or entry.frame != "exit" or not self.forces.is_force(place.token)):
                    role = {"enter": "goal", "exit": "source", "pass": "via", "hold": "area"}[entry.frame]
                    self._put(draft, role, place.token, "")
            case _ if passive and draft.agent is not None:
                draft.mover, draft.agent = draft.agent, None  # "was joined by two frigates"
            case _:
                there_is = clauses.child(verb, "attr") if clauses.child(verb, "expl") is not None else None
                if there_is is not None:
                    draft.mover = there_is
                elif acting is not None:
                    draft.mover, draft.mover_how = acting.token, acting.how
        heads = [verb]
        if draft.mover is not None and draft.mover.dep_ == "attr":
            heads.extend([draft.mover, *(c for c in draft.mover.children if c.dep_ == "acl")])
        if around.i != verb.i:
            heads.append(around)
        thing = clauses.thing_of(verb)
        if thing is not None:
            heads.extend([thing, *(c for c in [self.forces.counted(thing)] if c is not None)])
        self._place_roles(draft, heads)
        if not draft.places:
            # "posted troops to guard the valley", "to fight them on the border": the place stands with the purpose
            purposes = [c for c in verb.children if c.dep_ in {"advcl", "xcomp"} and clauses.child(c, "aux") is not None]
            for purpose in purposes:
                self._place_roles(draft, [purpose, *(c for c in purpose.children if c.dep_ in {"dobj", "xcomp", "ccomp"})])
        self._place_of_mover(draft, verb)
        if not draft.places:
            self._place_nearby(draft)
        return draft

    def _place_of_mover(self, draft: _Draft, verb: Token) -> None:
        """Take the place where the text says that the mover was, or was for: "troops drilling in X will return"."""
        role = {"withdrawal": "source", "return": "source", "by-place": "source", "buildup": "goal"}.get(draft.entry.direction)
        if role is None or role in draft.places or draft.mover is None:
            return
        if draft.entry.direction == "by-place" and "goal" in draft.places and not self._is_homeward(draft):
            return
        away = {"relcl"} if role == "source" else set()  # "the ship, which was stationed at X, has returned": that was before
        behind = (c for c in draft.mover.children if c.i > draft.mover.i and c.dep_ not in away)
        around = [t for c in behind for t in c.subtree]
        if role == "source":
            around += [t for c in verb.children if c.dep_ == "advcl" or c.lower_ in {"after", "following"} for t in c.subtree]
        stays = [t for t in around if t.lemma_.lower() in STAYS and t.i != draft.trigger.i]
        for stay in stays:
            for phrase in clauses.prepositionals(stay):
                if phrase.words in AT_WORDS:
                    self._put(draft, role, phrase.head, phrase.words)

    def _subject(self, verb: Token) -> clauses.Argument | None:
        """Return the subject; where the parse has none, or a far one that is no force, the force right before the verb."""
        found = clauses.subject(verb)
        if found is not None and (found.how in {"own", "relative"} or self.forces.is_force(found.token)):
            return found
        before = clauses.noun_before(verb)
        if before is not None and self.forces.is_force(before) and verb.tag_ not in {"VBN", "VBG"}:
            return clauses.Argument(before, "own")
        return found

    def _place_nearby(self, draft: _Draft) -> None:
        """Take the first place behind the trigger that a preposition marks, when the parser hung it elsewhere."""
        sentence = draft.trigger.sent
        for token in self.doc[draft.end.i + 1 : min(sentence.end, draft.end.i + 16)]:
            if token.tag_ in {"VBD", "VBZ", "VBP", "MD"} or token.text in {";", ":", '"'}:
                return
            if token.dep_ == "prep":
                for phrase in clauses.prepositionals(token.head):
                    if phrase.preposition.i == token.i and phrase.head.i in self.location_at:
                        self._place_role(draft, phrase)
            if draft.places:
                return

    def _behind_particle(self, verb: Token, particle: str) -> clauses.Argument | None:
        """Return the force that the parser took for the object of a particle ("sending in troops")."""
        for phrase in clauses.prepositionals(verb):
            if phrase.words == particle and self.forces.is_force(phrase.head):
                return clauses.Argument(phrase.head, "own")
        return None

    def _caused(
        self, draft: _Draft, acting: clauses.Argument | None, undergoing: clauses.Argument | None, *, passive: bool
    ) -> None:
        if undergoing is not None and self._is_moved(undergoing.token, None if passive else acting):
            draft.mover, draft.mover_how = undergoing.token, undergoing.how
            if not passive and acting is not None:
                draft.agent = acting.token
        elif not passive and acting is not None and undergoing is None and draft.entry.frame == "cause":
            draft.mover, draft.mover_how = acting.token, acting.how  # "troops deployed to the town"
        elif draft.trigger.tag_ == "VBN" and draft.trigger.dep_ in {"acl", "relcl"} and self.forces.is_force(draft.trigger.head):
            draft.mover = draft.trigger.head

    def _is_moved(self, token: Token, acting: clauses.Argument | None) -> bool:
        """Tell whether an object is a force, also where only who moves it makes it one ("Serbia moved tanks")."""
        if self.forces.is_force(token):
            return True
        thing = token if self.forces.entry(token) is not None else self.forces.counted(token)
        entry = self.forces.entry(thing) if thing is not None else None
        if entry is None or entry.noun in VAGUE_FORCES or acting is None:
            return False
        return self._is_state(acting.token) or self.forces.is_force(acting.token)

    def _moved(
        self, draft: _Draft, acting: clauses.Argument | None, undergoing: clauses.Argument | None, *, passive: bool
    ) -> None:
        if undergoing is not None and self._is_moved(undergoing.token, None if passive else acting):
            draft.mover, draft.mover_how = undergoing.token, undergoing.how
            if not passive and acting is not None:
                draft.agent = acting.token
        elif acting is not None and not passive:
            draft.mover, draft.mover_how = acting.token, acting.how
            if undergoing is not None and undergoing.token.i in self.location_at and undergoing.how == "own":
                self._put(draft, "goal", undergoing.token, "")

    def _grown(
        self, draft: _Draft, acting: clauses.Argument | None, undergoing: clauses.Argument | None, *, passive: bool
    ) -> None:
        for argument in (undergoing, acting):
            if argument is None or (argument is acting and undergoing is not None):
                continue
            inside = self._force_inside(argument.token)
            if inside is not None:
                draft.mover, draft.mover_how = inside, argument.how
                break
        if not passive and acting is not None and (draft.mover is None or acting.token.i != draft.mover.i):
            draft.agent = acting.token
        if draft.mover is None:  # "strengthened the frontier with two more battalions"
            for phrase in clauses.prepositionals(draft.trigger):
                if phrase.words == "with" and self.forces.is_force(phrase.head):
                    draft.mover = phrase.head
        if undergoing is not None and undergoing.token.i in self.location_at:
            self._put(draft, "goal" if draft.entry.frame == "grow" else "source", undergoing.token, "")

    def _force_inside(self, token: Token) -> Token | None:
        """Return the force whose number or presence a noun phrase speaks of ("the number of troops", "troop count")."""
        if token.lemma_.lower() in NUMBER_NOUNS | clauses.MEASURES:
            counted = self.forces.counted(token)
            if counted is not None and self.forces.is_force(counted):
                return counted
            for part in token.children:
                if part.dep_ in {"compound", "amod", "nmod"} and (part.lower_ in {"military", "naval"} or self.forces.is_force(part)):
                    return part
            return None
        return token if self.forces.is_force(token) else None

    def _noun_mover(self, draft: _Draft) -> None:
        noun = draft.trigger
        for part in noun.children:
            if part.dep_ == "prep" and part.lower_ in {"of", "by"}:
                inner = clauses.child(part, "pobj")
                if inner is not None and (self.forces.is_force(inner) or (part.lower_ == "by" and self.forces.is_state(inner))):
                    draft.mover = inner
                    return
        for label in ("compound", "nmod", "poss", "amod"):
            for part in noun.children:
                if part.dep_ == label and (self.forces.is_force(part) or part.lemma_.lower() in {"troop", "force", "military"}):
                    draft.mover = part
                    return
        for label in ("poss", "amod", "compound", "nmod"):
            for part in noun.children:
                if part.dep_ == label and part.i in self.forces.toponyms and part.i not in self._hyphened():
                    draft.agent = part
        governor = noun.head
        if governor.pos_ in PREDICATES and governor.lemma_ in LIGHT_VERBS and noun.dep_ in {"dobj", "nsubjpass", "pobj"}:
            acting = clauses.subject(governor)
            if acting is not None and noun.dep_ != "nsubjpass":
                if self.forces.is_force(acting.token):
                    draft.mover, draft.mover_how = acting.token, acting.how
                elif draft.agent is None and self._is_state(acting.token):
                    draft.agent = acting.token

    def _is_state(self, token: Token) -> bool:
        noun = self.forces.referent(token) if token.pos_ == "PRON" else token
        return noun is not None and self.forces.is_state(noun)

    def _hyphened(self) -> set[int]:
        return {t.i - 1 for t in self.doc if t.text == "-"}

    # Places

    def _place_roles(self, draft: _Draft, heads: Iterable[Token]) -> None:
        for head in heads:
            for part in head.children:
                if part.dep_ in {"advmod", "npadvmod", "prt", "pobj"} and part.lower_ == "home" and part.i > draft.trigger.i - 1:
                    draft.goal_words.add("home")
                    self._put(draft, "goal", part, "home")
                elif part.dep_ == "advmod" and part.lower_ in {"there", "here"} and part.i in self.location_at:
                    self._put(draft, self._at_role(draft), part, "in")
            for phrase in clauses.prepositionals(head):
                self._place_role(draft, phrase)

    def _place_role(self, draft: _Draft, phrase: clauses.Prepositional) -> None:
        words = phrase.words
        draft.prepositions.add(words)
        last = words.rsplit(" ", 1)[-1]
        if words in GOAL_WORDS or last in {"to", "into", "onto", "toward", "towards"}:
            role = "goal"
        elif words in SOURCE_WORDS or last in {"from"} or (words.startswith(("from", "out")) and last not in {"for"}):
            role = "source"
        elif words in VIA_WORDS or last in VIA_WORDS:
            role = "via" if draft.entry.frame != "at" and draft.entry.direction != "presence" else "area"
            if draft.entry.frame == "noun" or (last in {"across", "over"} and self._is_wide(phrase.head)):
                role = "area"
        elif last == "for" and draft.entry.direction in {"deployment", "by-place", "withdrawal"}:
            role = "goal"
        elif last in AT_WORDS:
            role = self._at_role(draft)
        elif words == "of" and draft.entry.particle == "control":
            role = "goal"
        else:
            return
        self._put(draft, role, phrase.head, words)
        self._nested(draft, phrase)

    def _nested(self, draft: _Draft, phrase: clauses.Prepositional) -> None:
        """Follow attachment errors: "from Japan to Osan" with "to" hung on Japan."""
        for inner in clauses.prepositionals(phrase.head):
            if inner.words in {"to", "into", "from", "through", "via"} and inner.head.i in self.location_at:
                if self.location_at[inner.head.i] != self.location_at.get(phrase.head.i):
                    self._place_role(draft, inner)

    def _is_wide(self, token: Token) -> bool:
        """Tell whether a place is an area to move about in rather than a line to cross."""
        number = self.location_at.get(token.i)
        return number is not None and self.locations[number].kind not in {"border", "water", "facility"}

    @staticmethod
    def _at_role(draft: _Draft) -> str:
        match draft.entry:
            case Entry(direction="buildup") | Entry(direction="deployment"):
                return "goal"
            case Entry(direction="withdrawal"):
                return "source"
            case _:
                return "area"

    def _put(self, draft: _Draft, role: str, token: Token, words: str) -> None:
        """Give a role to the location at or just below a token, unless the role is taken."""
        number = self.location_at.get(token.i)
        if number is None:
            inside = [self.location_at[t.i] for t in token.subtree if t.i in self.location_at and t.i - token.i < 6 and t.dep_ != "relcl"]
            number = inside[0] if inside and words else None
        if number is None:
            if words == "home":
                draft.places.setdefault("goal", Role(start=token.idx, end=token.idx + len(token.text), text=token.text))
            return
        if role in draft.places:
            return
        if any(place.location == number for place in draft.places.values()):
            return
        start, end = self.locations[number].span
        for other in token.conjuncts:
            beside = self.location_at.get(other.i)
            if beside is not None and other.i > token.i:
                end = max(end, self.locations[beside].end)
        if role == "goal":
            tokens = self.doc.char_span(start, end, alignment_mode="expand")
            draft.goal_words.update(t.lemma_.lower() for t in tokens or ())
        text = self.doc.text[start:end]
        draft.places[role] = Role(start=start, end=end, text=text, location=number)

    # Sense

    def _accepted(self, draft: _Draft | None) -> _Draft | None:
        """Return the draft if it speaks of a force, else None."""
        if draft is None:
            return None
        entry = draft.entry
        mover_is_force = draft.mover is not None and self.forces.is_force(draft.mover)
        placed = bool(draft.places)
        if entry.frame == "noun":
            return self._accepted_noun(draft, mover_is_force=mover_is_force)
        if draft.mover is not None and draft.agent is not None and not mover_is_force:
            mover_is_force = self._is_moved(draft.mover, clauses.Argument(draft.agent, "own"))
        if draft.mover is not None and not mover_is_force:
            # A state may stand for its forces where nothing else can be meant ("Turkey invaded", "crossed the line").
            state = self._acts_as_force(draft)
            if not state:
                return None
            draft.agent, draft.mover = draft.agent or draft.mover, None
        elif draft.mover is None:
            if entry.sense != "sure" and not (
                entry.frame in {"enter", "pass", "exit"} and placed and self.forces.is_military
            ):
                return None
            if draft.agent is not None and not (self.forces.is_state(draft.agent) or self.forces.is_force(draft.agent)):
                return None
        if entry.frame == "have" and not placed and not entry.particle:
            return None  # "left the army"
        if entry.sense == "weak" and not self._weak_fits(draft, mover_is_force=mover_is_force):
            return None
        draft.force = self._force(draft)
        return draft

    def _acts_as_force(self, draft: _Draft) -> bool:
        mover = draft.mover
        if mover is None:
            return False
        noun = self.forces.referent(mover) if mover.pos_ == "PRON" else mover
        if noun is None or not self.forces.is_state(noun):
            if mover.lower_ in {"we", "us"} and self.forces.is_military:
                return draft.places.keys() >= {"goal"} or (bool(draft.places) and draft.entry.sense != "weak")
            return False
        if draft.entry.sense == "sure":
            return True
        return draft.entry.sense == "strong" and self.forces.is_military and (
            draft.entry.frame in {"enter", "pass"} or draft.entry.direction == "advance" or "via" in draft.places
        ) and bool(draft.places)

    def _weak_fits(self, draft: _Draft, *, mover_is_force: bool) -> bool:
        frame = draft.entry.frame
        roles = draft.places
        if frame in {"enter", "pass", "exit", "hold"}:
            needed = {"enter": "goal", "pass": "via", "exit": "source", "hold": "area"}[frame]
            if frame == "pass" and roles.keys() & {"goal", "source"}:
                return mover_is_force
            return needed in roles and (mover_is_force or self.forces.is_military)
        if frame in {"have", "at", "build"} or draft.entry.direction == "presence":
            return mover_is_force and bool(roles)
        if frame in {"grow", "shrink"}:
            return mover_is_force or draft.mover is not None
        return mover_is_force and (bool(roles) or draft.entry.particle != "")

    def _accepted_noun(self, draft: _Draft, *, mover_is_force: bool) -> _Draft | None:
        entry = draft.entry
        state = draft.agent is not None and (draft.agent.i in self.forces.toponyms or self._is_state(draft.agent))
        measured = self.forces.is_military and any(c.lower_ in EXTENTS for c in draft.trigger.children)
        into = self.forces.is_military and any(words.endswith(("into", "toward", "towards", "on")) for words in draft.prepositions)
        marked = any(
            part.lower_ in {"military", "troop", "troops", "naval", "armed", "ground", "bomber"}
            for part in draft.trigger.children
            if part.i < draft.trigger.i
        )
        if entry.sense == "weak" and not (mover_is_force or (marked and (state or draft.places)) or (into and "goal" in draft.places)):
            return None
        if entry.sense == "strong" and not (
            mover_is_force or marked or measured or (self.forces.is_military and (state or draft.places))
        ):
            return None
        if entry.sense == "sure" and not (mover_is_force or state or draft.places):
            return None
        if draft.mover is None and draft.agent is not None and draft.agent.pos_ in {"ADJ"} and entry.direction in {"withdrawal", "buildup"}:
            draft.mover, draft.agent = draft.agent, None
        draft.force = self._force(draft)
        return draft

    def _force(self, draft: _Draft) -> str | None:
        """Return the state whose force it is, as far as the clause itself says."""
        mover, agent = draft.mover, draft.agent
        if draft.entry.frame == "noun":
            named = self.forces.nationalities(draft.trigger)
            if named:
                return next(iter(named)) if len(named) == 1 else None
        if mover is not None:
            if self.forces.is_stateless(mover):
                return self.forces.country(mover)
            own = any(c.dep_ == "poss" and c.tag_ == "PRP$" for t in (mover, self.forces.counted(mover)) if t is not None for c in t.children)
            if not own:
                country = self.forces.country(mover)
                if country:
                    return country
        if agent is not None:
            country = self.forces.country(agent)
            if country:
                return country
        return self.forces.country(mover) if mover is not None else None

    def _shared_forces(self, drafts: Sequence[_Draft]) -> None:
        """Give a force without a nationality ("the troops", "tanks") that of the last movement that had one."""
        last: dict[str, str] = {}
        known = [d.force for d in drafts if d.force is not None]
        for draft in drafts:
            mover, direction = draft.mover, draft.entry.direction
            if draft.force is not None:
                last[""] = last[direction] = draft.force
            elif mover is None or not self.forces.is_stateless(mover):
                draft.force = last.get(direction) or last.get("") or (known[0] if known else None)

    # From drafts to movements

    def _without_repeats(self, drafts: list[_Draft]) -> list[_Draft]:
        """Drop participles that only describe a mover that another claim of the sentence already has."""
        kept = []
        triggers = {draft.trigger.i for draft in drafts}
        for draft in drafts:
            verb = draft.trigger
            if verb.lemma_ == "be" and draft.mover is not None and any(
                t.i in triggers for t in (*draft.mover.subtree, *verb.children) if t.i > verb.i and t.dep_ in {"acl", "amod", "acomp", "xcomp"}
            ):
                continue  # "there are 900 soldiers stationed there": the participle says it
            if draft.entry.frame == "noun" and verb.head.dep_ == "prep" and verb.head.head.i in triggers:
                continue  # "left for exercises in X", "press on with its offensive": the verb says it
            if verb.tag_ == "VBN" and verb.dep_ in {"acl", "amod"} and draft.entry.direction in {"deployment", "presence"}:
                mover = draft.mover
                if any(
                    other is not draft and other.mover is not None and mover is not None and other.mover.i == mover.i
                    for other in drafts
                ):
                    continue
            kept.append(draft)
        return kept

    def _directions(self, drafts: list[_Draft]) -> list[Direction]:
        """Decide the directions; one that no words give is taken from the nearest earlier movement, else a later one."""
        given = [self._direction(draft) for draft in drafts]
        moving = [d for d in given if d not in {None, "presence", "unspecified"}]
        decided: list[Direction] = []
        last: Direction | None = None
        for direction in given:
            chosen = direction or last or (moving[0] if moving else None) or "unspecified"
            decided.append(chosen)
            if direction not in {None, "presence", "unspecified"}:
                last = direction
        return decided

    def _direction(self, draft: _Draft) -> Direction | None:
        entry, roles = draft.entry, draft.places
        homeward = self._is_homeward(draft)
        if entry.frame == "have" and draft.trigger.lemma_ in {"see"}:
            return "presence"
        if entry.trigger == "send" and draft.mover is not None and "reinforcement" in {t.lemma_ for t in draft.mover.subtree}:
            return "buildup"
        if entry.trigger in {"deploy", "station", "base", "position"} and self._is_state_of_being(draft):
            return "presence"
        if entry.direction == "return":
            return "withdrawal" if homeward or "goal" not in roles else "advance"
        if entry.frame in {"exit", "pass"} and "goal" in roles and entry.direction in {"withdrawal", "unspecified"} and not homeward:
            return "deployment"
        if entry.direction != "by-place":
            if homeward and entry.direction in {"deployment", "unspecified", "transfer"} and entry.trigger not in {"deploy", "send"}:
                return "withdrawal"
            return entry.direction  # type: ignore[return-value]
        if homeward or draft.prepositions & {"back to", "back from"}:
            return "withdrawal"
        if any(words.endswith("into") for words in draft.prepositions):
            return "advance"
        if "goal" in roles:
            return "transfer" if "source" in roles else "deployment"
        if "source" in roles:
            return "withdrawal"
        if "via" in roles or "area" in roles:
            return "unspecified" if "via" in roles else None
        return None

    def _is_state_of_being(self, draft: _Draft) -> bool:
        """Tell "troops are deployed in X" (a presence) from "troops were deployed to X" (a movement)."""
        if not clauses.is_passive(draft.trigger) or draft.prepositions & {"to", "into", "from"}:
            return False
        at = any(words in AT_WORDS for words in draft.prepositions)
        planned = any(c.dep_ == "aux" and c.lower_ in {"will", "would", "to", "'ll", "could", "may"} for c in draft.trigger.children)
        return at and not planned

    def _is_homeward(self, draft: _Draft) -> bool:
        """Tell whether the goal is the force's own home: "home", "their bases", "barracks", "port"; not "a base in X"."""
        if not draft.goal_words & HOME_WORDS:
            return False
        goal = draft.places.get("goal")
        if goal is None or goal.location is None:
            return True
        first = goal.text.split(" ", 1)[0].lower()
        return first not in {"a", "an"} and not any(c.isupper() for c in goal.text[1:])

    def _movement(self, draft: _Draft, direction: Direction) -> Movement:
        posture = direction == "presence"
        places = self._for_direction(draft.places, direction)
        return Movement(
            kind="posture" if posture else "movement",
            direction=direction,
            trigger=self._trigger(draft),
            evidence=self._evidence(draft),
            mover=self._role(draft.mover) if draft.mover is not None and draft.mover.tag_ != "PRP$" else None,
            agent=self._role(draft.agent) if draft.agent is not None else None,
            force=draft.force,
            rule=f"{draft.rule}/{draft.mover_how}" if draft.mover_how != "own" else draft.rule,
            **places,  # type: ignore[arg-type]
        )

    @staticmethod
    def _for_direction(places: dict[str, Role], direction: Direction) -> dict[str, Role]:
        """Rename the place of a presence to area, whatever preposition it came with; an area beside a goal says no more."""
        if direction != "presence":
            ends = places.keys() & {"source", "goal"}
            return {role: place for role, place in places.items() if role != "area" or not ends}
        renamed = dict(places)
        if "area" not in renamed and "goal" in renamed:
            renamed["area"] = renamed.pop("goal")
        renamed.pop("goal", None)
        return renamed

    @staticmethod
    def _trigger(draft: _Draft) -> Span:
        first, last = draft.trigger, draft.end
        if last.i < first.i or last.i - first.i > 4:
            last = first
        return first.idx, last.idx + len(last.text)

    def _evidence(self, draft: _Draft) -> Span:
        """Return the clause that says it: the trigger's clause with its subject, inside the sentence."""
        top = clauses.clause_head(draft.trigger)
        tokens = [t.i for t in top.subtree]
        for extra in (draft.mover, draft.agent):
            if extra is not None and extra.sent.start == draft.trigger.sent.start:
                tokens.append(min(t.i for t in extra.subtree if t.i <= extra.i))
        first, last = min(tokens), max(tokens)
        sentence = draft.trigger.sent
        first, last = max(first, sentence.start), min(last, sentence.end - 1)
        while first < last and (self.doc[first].is_punct or self.doc[first].is_space):
            first += 1
        while last > first and (self.doc[last].is_punct or self.doc[last].is_space):
            last -= 1
        return self.doc[first].idx, self.doc[last].idx + len(self.doc[last].text)

    def _role(self, head: Token) -> Role:
        """Return a noun phrase as a role: with its count and "of" phrase, without clauses and other phrases behind it."""
        first = min(t.i for t in head.subtree if t.i <= head.i and t.dep_ not in {"relcl"} and head.i - t.i < 14)
        last = head.i
        for part in head.children:
            if part.i < head.i:
                continue
            if part.dep_ == "prep" and part.lower_ == "of" and part.i <= last + 2:
                last = max(last, self._core_end(part))
            elif part.dep_ == "conj" and (self.forces.is_force(part) or part.pos_ in {"NOUN", "PROPN"}):
                last = max(last, self._core_end(part))
        while first < head.i and (self.doc[first].is_punct or self.doc[first].dep_ in {"prt", "mark", "cc"} or self.doc[first].tag_ == "WRB"):
            first += 1
        if first < head.i and self.doc[first].lower_ in {"back", "out", "in", "up", "off"}:
            first += 1  # a particle that the parser took for an adverb of the noun
        start, end = self.doc[first].idx, self.doc[last].idx + len(self.doc[last].text)
        return Role(start=start, end=end, text=self.doc.text[start:end])

    def _core_end(self, part: Token) -> int:
        """Return the last token of a phrase without relative clauses, participles and place phrases."""
        last = part.i
        for inner in part.children:
            if inner.dep_ in {"pobj", "conj"} or (inner.dep_ == "prep" and inner.lower_ == "of"):
                last = max(last, self._core_end(inner))
        return last


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
        if movement.kind != "stance" and not _is_placed(movement, locations):
            known = _known_place(movement, done, locations)
            if known is not None:
                inferred = replace(known, explicit=False)
                if movement.direction == "withdrawal" and movement.source is None:
                    movement = replace(movement, source=inferred)
                elif movement.direction == "buildup" and movement.goal is None:
                    movement = replace(movement, goal=inferred)
        done.append(movement)
    return done


def _is_placed(movement: Movement, locations: Sequence[Location]) -> bool:
    roles = (movement.source, movement.goal, movement.via, movement.area)
    return any(
        role is not None and role.location is not None and locations[role.location].footprint.geometry is not None
        for role in roles
    )


def _known_place(movement: Movement, earlier: Sequence[Movement], locations: Sequence[Location]) -> Role | None:
    for other in reversed(earlier):
        if other.kind == "stance" or movement.force is None or other.force != movement.force:
            continue
        if movement.direction == "buildup" and other.direction != "buildup":
            continue
        if movement.direction == "withdrawal" and other.direction not in {"buildup", "presence", "withdrawal"}:
            continue
        role = other.source if other.direction == "withdrawal" else (other.goal or other.area)
        if role is not None and role.location is not None and locations[role.location].footprint.geometry is not None:
            return role
    return None
