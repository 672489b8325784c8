"""Where a movement goes: which place is its source, its goal, what it passes through (via), or where it stays (area).

A preposition says most of it (``lexicon/prepositions.csv``); what "at" means depends on the trigger. Where the parser
hung a phrase on the wrong word, the nearest place behind the trigger that a preposition marks is taken.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from geomap import clauses, lexicon, nlp
from geomap.model import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spacy.tokens import Doc, Token

    from geomap.clauses import Prepositional
    from geomap.model import Direction, Location
    from geomap.triggers import Trigger

# How far behind the trigger a misplaced phrase is looked for, in tokens.
NEARBY = 15
# How deep inside a phrase its place may start ("some 30 of its bases in ..."), in tokens.
DEEP = 6
FINITE = frozenset({"VBD", "VBZ", "VBP", "MD"})


@cache
def _roles() -> dict[str, str]:
    return {row["words"]: row["role"] for row in lexicon.rows("prepositions")}


def role_of(words: str) -> str | None:
    """Return what a preposition says of its place: goal, source, via or at; None when it says nothing of places."""
    table = _roles()
    last = words.rsplit(" ", 1)[-1]
    if words in table:
        return table[words]
    if table.get(last) == "goal":
        return "goal"
    if words.startswith(("from", "out")) and last != "for":
        return "source"
    return table.get(last)


class Places:
    """The places of one document, by token."""

    def __init__(self, doc: Doc, locations: Sequence[Location]) -> None:
        self.doc = doc
        self.text = nlp.text_of(doc)
        self.locations = locations
        self.at: dict[int, int] = {}
        for number, location in enumerate(locations):
            tokens = doc.char_span(location.start, location.end, alignment_mode="expand")
            for token in tokens or ():
                self.at.setdefault(token.i, number)

    def inside(self, token: Token) -> int | None:
        """Return the first place just below a token."""
        below = (t for t in token.subtree if t.i in self.at and t.i - token.i < DEEP and t.dep_ != "relcl")
        first = next(below, None)
        return None if first is None else self.at[first.i]

    def before(self, token: Token) -> int | None:
        """Return the last place with a position that is named before a token, in its sentence or the one before."""
        sentence = token.sent
        first = self.doc[sentence.start - 1].sent.start if sentence.start else 0
        for index in range(token.i - 1, first - 1, -1):
            number = self.at.get(index)
            if number is not None and self.locations[number].footprint.geometry is not None:
                return number
        return None

    def is_wide(self, token: Token) -> bool:
        """Tell whether a place is an area to move about in rather than a line to cross."""
        number = self.at.get(token.i)
        if number is None or not lexicon.words("line").isdisjoint(self.locations[number].text.lower().split()):
            return False
        return self.locations[number].kind not in {"border", "water", "facility"}


class Path:
    """The places of one movement, gathered one by one; the first to claim a role keeps it."""

    def __init__(self, places: Places, trigger: Trigger) -> None:
        self.places = places
        self.trigger = trigger
        self.entry = trigger.entry
        self.roles: dict[str, Role] = {}
        self.prepositions: set[str] = set()
        self._goal_words: set[str] = set()

    def take_from(self, heads: Iterable[Token]) -> None:
        """Take the places that hang on some words."""
        for head in heads:
            for part in head.children:
                self._take_adverb(part)
                if part.lower_ == "where" and head.dep_ == "relcl" and self._goes():
                    self.put(self._at(), head.head, "at")  # "the border, where he sent tanks"
            for phrase in clauses.prepositionals(head):
                # "On its way to X": "on" is a part of the idiom. "Joined by ships from X": that is who does it.
                is_idiom = self.trigger.token.i <= phrase.preposition.i < self.trigger.end.i
                if not is_idiom and phrase.preposition.dep_ != "agent":
                    self.take(phrase)

    def _goes(self) -> bool:
        """Tell "the border, where he sent tanks" from "areas where insurgents are active"."""
        return self.entry.sense != "weak" or self.entry.direction != "presence"

    def _take_adverb(self, part: Token) -> None:
        homes = {"advmod", "npadvmod", "prt", "pobj", "dobj"}
        if part.lower_ == "home" and part.dep_ in homes and part.i >= self.trigger.token.i:
            self._goal_words.add("home")
            if part.i not in self.places.at and "goal" not in self.roles:
                self.roles["goal"] = Role(start=part.idx, end=part.idx + len(part.text), text=part.text)
            else:
                self.put("goal", part, "home")
        elif part.lower_ == "there" and part.dep_ == "advmod":
            self._take_there(part)

    def _take_there(self, adverb: Token) -> None:
        """Take "there" for the place named last; no words of the clause say it, so it is marked as inferred."""
        number = self.places.before(adverb)
        goes = self.entry.direction in {"by-place", "transfer", "advance"} or self.entry.frame == "enter"
        role = "goal" if goes else self._at()
        if number is None or role in self.roles:
            return
        there = self.places.locations[number]
        self.roles[role] = Role(start=there.start, end=there.end, text=there.text, explicit=False, location=number)

    def take(self, phrase: Prepositional) -> None:
        """Take the place of a prepositional phrase in the role that the preposition gives it."""
        words, head = phrase.words, phrase.head
        self.prepositions.add(words)
        role = self._role(words, head)
        if role is None:
            return
        self.put(role, head, words)
        for inner in clauses.prepositionals(head):  # "from Japan to Osan" with "to" hung on Japan
            number = self.places.at.get(inner.head.i)
            if inner.words in {"to", "into", "from", "through", "via"} and number not in {
                None,
                self.places.at.get(head.i),
            }:
                self.take(inner)

    def _role(self, words: str, head: Token) -> str | None:
        entry = self.entry
        last = words.rsplit(" ", 1)[-1]
        role = role_of(words)
        if self._is_goal(words, last):
            return "goal"
        if role == "via":
            stays = entry.frame in {"at", "noun"} or entry.direction == "presence"
            return "area" if stays or (last in {"across", "over"} and self.places.is_wide(head)) else "via"
        if words == "of" and entry.word in lexicon.words("passing"):
            return "via"  # "their transit of the strait"
        if last == "along" and entry.direction == "by-place" and entry.frame == "move":
            return "via"
        if role == "at":
            return self._at()
        return "area" if words == "of" and entry.word == "in control" else role

    def _is_goal(self, words: str, last: str) -> bool:
        """Tell prepositions that mean a goal behind this trigger only."""
        entry = self.entry
        if last == "on":  # "marched on the capital"
            return entry.particle.endswith("on") and entry.direction == "advance"
        if last == "against":  # "a push against the last outpost"
            return entry.direction == "advance"
        if last == "for":  # "left for the coast"
            return entry.direction in {"deployment", "by-place", "withdrawal"}
        return words == "of" and (entry.particle in {"control", "charge"} or entry.word in lexicon.words("taking"))

    def _at(self) -> str:
        """Return what "at" means: where forces gather is their goal, where they withdraw their source."""
        direction = self.entry.direction
        if self.entry.word.startswith("back "):
            return "goal"  # "would be back at their bases"
        return {"buildup": "goal", "deployment": "goal", "withdrawal": "source"}.get(direction, "area")

    def put(self, role: str, token: Token, words: str = "") -> None:
        """Give a role to the place at a token (or, behind a preposition, just below it), unless the role is taken."""
        number = self.places.at.get(token.i)
        if number is None and words:
            number = self.places.inside(token)
        if number is None or role in self.roles or any(r.location == number for r in self.roles.values()):
            return
        locations, doc = self.places.locations, self.places.doc
        start, end = locations[number].span
        beside = (self.places.at.get(t.i) for t in token.conjuncts if t.i > token.i)
        end = max([end, *(locations[n].end for n in beside if n is not None)])
        if role == "goal":
            self._goal_words.update(t.lemma_.lower() for t in doc.char_span(start, end, alignment_mode="expand") or ())
        self.roles[role] = Role(start=start, end=end, text=self.places.text[start:end], location=number)

    def take_purpose(self, verb: Token) -> None:
        """Take the place that stands with the purpose: "posted troops to guard the valley"."""
        for purpose in verb.children:
            if purpose.dep_ in {"advcl", "xcomp"} and clauses.child(purpose, "aux") is not None:
                self.take_from([purpose, *(c for c in purpose.children if c.dep_ in {"dobj", "xcomp", "ccomp"})])

    def take_stay(self, mover: Token | None, verb: Token) -> None:
        """Take the place where the text says that the mover was, or was for: "troops drilling in X will return"."""
        direction = self.entry.direction
        role = {"withdrawal": "source", "return": "source", "by-place": "source", "buildup": "goal"}.get(direction)
        if role is None or role in self.roles or mover is None:
            return
        if direction == "by-place" and "goal" in self.roles and not self.is_homeward():
            return
        for stay in self._stays(mover, verb, role):
            for phrase in clauses.prepositionals(stay):
                if role_of(phrase.words) == "at":
                    self.put(role, phrase.head, phrase.words)

    def _stays(self, mover: Token, verb: Token, role: str) -> list[Token]:
        """Return the words of staying in what describes the mover, and in "after" clauses."""
        # "The ship, which was stationed at X, has returned": a relative clause tells what was before.
        away = {"relcl"} if role == "source" else set()
        around = [t for c in mover.children if c.i > mover.i and c.dep_ not in away for t in c.subtree]
        if role == "source":
            after = (c for c in verb.children if c.dep_ == "advcl" or c.lower_ in {"after", "following"})
            around += [t for c in after for t in c.subtree]
        return [t for t in around if t.lemma_.lower() in lexicon.words("stay") and t.i != self.trigger.token.i]

    def take_base(self, mover: Token | None) -> None:
        """Take the base that the mover is said to be from: "soldiers from Fort Bragg will be flown to X"."""
        for phrase in clauses.prepositionals(mover) if mover is not None else ():
            number = self.places.at.get(phrase.head.i)
            if phrase.words == "from" and number is not None and self.places.locations[number].kind == "facility":
                self.put("source", phrase.head, "from")

    def take_for(self) -> None:
        """Take where a force left for, when the parser hung "for" on the place that it left."""
        start = self.trigger.end.i + 1
        for token in self.places.doc[start : start + NEARBY]:
            if token.lower_ == "for" and token.dep_ == "prep":
                place = clauses.child(token, "pobj")
                if place is not None and place.i in self.places.at:
                    self.put("goal", place, "for")
                return

    def take_nearby(self) -> None:
        """Take the first place behind the trigger that a preposition marks, when the parser hung it elsewhere."""
        start = self.trigger.end.i + 1
        for token in self.places.doc[start : min(self.trigger.token.sent.end, start + NEARBY)]:
            if token.tag_ in FINITE or token.text in {";", ":", '"'} or self.roles:
                return
            if token.dep_ == "prep" and token.head.lemma_ not in lexicon.words("elsewhere"):
                for phrase in clauses.prepositionals(token.head):
                    if phrase.preposition.i == token.i and phrase.head.i in self.places.at:
                        self.take(phrase)

    def is_homeward(self) -> bool:
        """Tell whether the goal is the force's own home: "home", "their bases", "port"; not "a base in X"."""
        if not self._goal_words & lexicon.words("home"):
            return False
        goal = self.roles.get("goal")
        if goal is None or goal.location is None:
            return True
        first = goal.text.split(" ", 1)[0].lower()
        return first not in {"a", "an"} and not any(c.isupper() for c in goal.text[1:])

    def is_passage(self) -> bool:
        """Tell whether ships or aircraft only pass: sent "through the strait", or leaving it."""
        ends = self.roles.keys() & {"goal", "source"}
        if self.entry.direction == "deployment":
            return "via" in self.roles and not ends
        source = self.roles.get("source")
        is_water = source is not None and source.location is not None and self._kind(source) == "water"
        return self.entry.frame == "exit" and "goal" not in self.roles and is_water

    def is_water(self, role: str) -> bool:
        """Tell whether the place in a role is water."""
        return role in self.roles and self._kind(self.roles[role]) == "water"

    def is_line(self, role: str) -> bool:
        """Tell whether the place in a role is a line between two sides: a border, a median line, a border crossing."""
        place = self.roles.get(role)
        if place is None:
            return False
        return self._kind(place) == "border" or not lexicon.words("line").isdisjoint(place.text.lower().split())

    def _kind(self, role: Role) -> str | None:
        return None if role.location is None else self.places.locations[role.location].kind

    def for_direction(self, direction: Direction) -> dict[str, Role]:
        """Return the roles as a direction asks: a presence has an area only; an area beside an end says no more."""
        if direction != "presence":
            ends = self.roles.keys() & {"source", "goal"}
            return {role: place for role, place in self.roles.items() if role != "area" or not ends}
        renamed = dict(self.roles)
        for end in ("goal", "source"):
            role = renamed.get(end)
            if role is not None and (end == "goal" or self._is_relative(role)):  # "is 40 km from the city"
                renamed.setdefault("area", renamed.pop(end))
        return renamed

    def _is_relative(self, role: Role) -> bool:
        return self._kind(role) == "relative"
