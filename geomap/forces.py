"""Which words denote a force, and whose force it is.

The nouns and names are data (``lexicon/forces.csv``). A weak noun ("units", "column", "vehicles") denotes a force only
with military words beside it, or where the report has already spoken of forces.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING

from geomap import lexicon, nlp
from geomap.clauses import PASSIVE_SUBJECTS, SUBJECTS, antecedent, child

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spacy.tokens import Doc, Span, Token

    from geomap.model import Toponym

# "F-16", "CF-18s", "MiG-29", "Il-76", "T-72"; the first group is of types that only armed forces fly or drive today.
_DESIGNATION = re.compile(
    r"\b(?:((?:F|CF|EF|Su|MiG|Tu|KC|MQ|RQ|UH|CH|AH|MH|JH|T)-\d{2,3}|B-(?:1|2|21|52)|C-(?:17|130)|Il-76|P-8|E-3)"
    r"|[A-Z][A-Za-z]{0,3}-\d{1,3})[A-Z]{0,2}s?\b"
)
# How many plain words for forces, in all and a sentence, make a report military.
LEAST_FORCES = 2
FORCES_A_SENTENCE = 0.3
# What is no force of today but a museum's, or history; how far before a noun it is looked for, in characters.
_OF_HISTORY = re.compile(r"World War (?:I|II|One|Two)\W(?:[\w-]+ ){0,3}$")
_NEAR_BEFORE = 60
# How far military words and nationalities may stand before and behind their noun, in tokens.
BEFORE = 9
BEHIND = 5
# How many words of missions abroad make the police a force.
LEAST_MISSION = 3
# How many words of sport make a report one on a game, and how many words for forces outweigh one of them.
LEAST_GAMES = 2
GAMES_TO_FORCES = 2
# The share of a report's places that lie in one country, for the report to be from there.
HOME_SHARE = 0.5
# How many pronouns and measures are followed to the force that they stand for.
DEEPEST = 4
# How many sentences back what a bare number counts may stand ("some 900 could go in all").
FAR_BACK = 3
_PLURAL_PRONOUNS = frozenset({"they", "them", "their", "theirs", "themselves", "these", "those"})
_SINGULAR_PRONOUNS = frozenset({"it", "its", "itself"})


@dataclass(frozen=True, slots=True)
class Force:
    """An entry of the table of forces."""

    noun: str
    kind: str
    strong: bool
    country: str | None


# A designation or a name that the text uses for an aircraft, ship or vehicle.
_CRAFT = Force("craft", "equipment", strong=True, country=None)
_WARCRAFT = Force("warcraft", "equipment", strong=True, country=None)


@cache
def _table() -> tuple[dict[str, Force], dict[str, int]]:
    """Return the forces by phrase, and by the first word of a phrase how many words the longest has."""
    entries: dict[str, Force] = {}
    longest: dict[str, int] = {}
    for row in lexicon.rows("forces"):
        phrase = row["noun"]
        force = Force(phrase, row["kind"], row["sense"] == "strong", row["country"] or None)
        # The parser leaves the plural of a word that it takes for a name as it is ("Rebels seized the town").
        for form in {phrase} if force.kind == "group" else {phrase, _plural(phrase)}:
            entries.setdefault(form, force)
            parts = form.replace("-", " - ").replace("'s", " 's").split()
            longest[parts[0]] = max(longest.get(parts[0], 0), len(parts))
    return entries, longest


def _plural(noun: str) -> str:
    if noun.endswith(("s", "craft", "personnel", "infantry", "police")):
        return noun
    if noun.endswith("man"):
        return f"{noun[:-2]}en"
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"


@cache
def _ship_names() -> tuple[re.Pattern[str], dict[str, str]]:
    """Return the pattern of ships' names with their service's prefix, and the state of each prefix."""
    states = {row["prefix"]: row["country"] for row in lexicon.rows("ships")}
    prefixes = "|".join(sorted(states, key=len, reverse=True))
    return re.compile(rf"\b({prefixes})(?: [A-Z][\w'-]+){{1,3}}"), states


@cache
def _successors() -> dict[str, str]:
    """Return the states that took over the forces of former ones, by the former state's place."""
    return dict(word.split("=") for word in lexicon.words("successor"))


@cache
def _civilians() -> frozenset[str]:
    return frozenset(row["noun"] for row in lexicon.rows("civilians"))


class Forces:
    """The forces that one document speaks of, by token.

    Parameters
    ----------
    doc
        The parsed document.
    toponyms
        Its toponyms, for the nationality of forces; resolved ones say of which country.
    """

    def __init__(self, doc: Doc, toponyms: Sequence[Toponym] = ()) -> None:
        self.doc = doc
        self.text = nlp.text_of(doc)
        self.named: dict[int, Force] = {}
        self.toponyms: dict[int, Toponym] = {}
        self._forms = nlp.forms_of(doc)
        self._proper = [token for token in doc if token.pos_ == "PROPN" and token.dep_ != "compound"]
        self._find_names()
        for toponym in toponyms:
            tokens = doc.char_span(toponym.start, toponym.end, alignment_mode="expand")
            for token in tokens or ():
                self.toponyms.setdefault(token.i, toponym)
        plain = sum(
            1 for force in self.named.values() if force.strong and force.noun not in {"fighter", "craft", "warcraft"}
        )
        sport = lexicon.words("sport")
        games = sum(1 for lower, lemma in zip(*self._forms, strict=True) if lower in sport or lemma in sport)
        self.is_of_games = games >= LEAST_GAMES and games * GAMES_TO_FORCES > plain
        lemmas = [lemma.lower() for lemma in self._forms[1]]
        # In a report on a mission abroad the police are a force.
        self.is_of_mission = sum(lemma in lexicon.words("mission") for lemma in lemmas) >= LEAST_MISSION
        if self.is_of_mission:
            plain += sum(1 for force in self.named.values() if force.noun in lexicon.words("constabulary"))
        # In a report where plain words for forces stand in a third of the sentences, and at least twice, "units" and
        # "tanks" are military too. (On the development reports of wars this holds nearly always, on local news hardly.)
        sentences = sum(1 for _ in doc.sents)
        self.is_military = plain >= LEAST_FORCES and plain >= FORCES_A_SENTENCE * sentences

    def _find_names(self) -> None:
        entries, longest = _table()
        taken = -1
        for at, (lower, lemma) in enumerate(zip(*self._forms, strict=True)):
            if at <= taken:
                continue
            size = max(longest.get(lower, 0), longest.get(lemma.lower(), 0))
            while size:
                words = self.doc[at : at + size]
                force = entries.get(_joined(words, lemma=True)) or entries.get(_joined(words, lemma=False))
                last = words[-1]
                if force is not None and last.pos_ not in {"VERB", "AUX", "ADJ"} and last.dep_ != "amod":
                    self.named[last.i] = force
                    taken = last.i
                    break
                size -= 1
        self._find_designations()
        self._find_craft_names()

    def _find_designations(self) -> None:
        """Find aircraft, ships and vehicles by their designations ("CF-18s", "Su-35", "USS Arlington")."""
        ship, states = _ship_names()
        found = [(match, _WARCRAFT if match.group(1) else _CRAFT) for match in _DESIGNATION.finditer(self.text)]
        found += [
            (match, replace(_WARCRAFT, country=states[match.group(1)] or None)) for match in ship.finditer(self.text)
        ]
        for match, craft in found:
            tokens = self.doc.char_span(match.start(), match.end(), alignment_mode="expand")
            if tokens is not None:
                self.named.setdefault(tokens[-1].i, craft)

    def _find_craft_names(self) -> None:
        """Find ships' names where the text says what they are ("the coast guard vessel Cabra")."""
        names: dict[str, Force] = {}
        for token in self._proper:
            kinds = [self.named.get(c.i) for c in token.children if c.dep_ in {"compound", "appos", "nmod"}]
            kind = next((k for k in kinds if k is not None and k.kind == "equipment"), None)
            if kind is None and token.dep_ == "appos":
                head = self.named.get(token.head.i)
                kind = head if head is not None and head.kind == "equipment" and self._is_marked(token.head) else None
            own = self.named.get(token.i)
            if kind is not None or (own is not None and own.noun in {"craft", "warcraft"}):
                names[token.text] = own or _CRAFT
        for token in self._proper:
            if token.text in names:
                self.named.setdefault(token.i, names[token.text])

    def _state_of(self, person: Token) -> str | None:
        """Return whose official somebody is, where the text introduces them ("Chadian President Mahamat Deby")."""
        for token in self._by_name.get(person.text, ()):
            named = self.nationalities(token)
            if len(named) == 1 and nlp.entity_type(token) == "PERSON":
                return next(iter(named))
        return None

    @cached_property
    def _by_name(self) -> dict[str, list[Token]]:
        found: dict[str, list[Token]] = {}
        for token in self._proper:
            found.setdefault(token.text, []).append(token)
        return found

    def entry(self, token: Token) -> Force | None:
        """Return the table's entry for the noun at this token."""
        return self.named.get(token.i)

    def is_state(self, token: Token) -> bool:
        """Tell whether a token names a state or its capital as an actor ("Russia", "Moscow")."""
        toponym = self.toponyms.get(token.i)
        return (
            toponym is not None
            and toponym.type in {"metonym", "literal"}
            and token.pos_ in {"PROPN", "NOUN"}
            and (toponym.place is None or toponym.place.country is not None)
        )

    def stands_for_state(self, token: Token) -> bool:
        """Tell whether a token, or the noun that a pronoun stands for, names a state as an actor."""
        noun = self.referent(token) if token.pos_ == "PRON" else token
        return noun is not None and self.is_state(noun)

    def is_hyphened(self, token: Token) -> bool:
        """Tell whether a hyphen follows: "US-backed" says nothing of whose force it is."""
        return token.i + 1 < len(self.doc) and self.doc[token.i + 1].text == "-"

    def is_force(self, token: Token, *, depth: int = 0) -> bool:
        """Tell whether the noun phrase headed by this token denotes a force."""
        if depth > DEEPEST:
            return False
        if _is_pronoun(token) or (_is_bare_number(token) and self.counted(token) is None):
            noun = self.referent(token)
            return noun is not None and noun.i != token.i and self.is_force(noun, depth=depth + 1)
        force = self.named.get(token.i)
        if force is not None and force.strong:
            return self._strong_fits(force, token)
        counted = self.counted(token) if _measures(token) else None
        # "Units of the northern military district": the words around them make them a force, whatever they are of.
        is_named = force is not None and force.kind == "unit" and self._is_marked(token)
        if counted is not None and counted.i != token.i and counted.pos_ != "NUM" and not is_named:
            return self.is_force(counted, depth=depth + 1)
        if (force is not None and self._weak_fits(force, token)) or self._is_people(token) or self._is_described(token):
            return True
        is_people = force is None or force.kind != "equipment"
        return is_people and any(
            self.is_force(c, depth=depth + 1) for c in token.conjuncts if c.i > token.i and c.i in self.named
        )

    def _strong_fits(self, force: Force, token: Token) -> bool:
        """Tell a force from "troops of fans", "forces of nature" and a museum's P-40."""
        if force is _CRAFT and not self.is_military:
            return False
        if _OF_HISTORY.search(self.text, max(0, token.idx - _NEAR_BEFORE), token.idx):
            return False  # "a World War II landing ship" is a museum's
        counted = self.counted(token)
        return counted is None or counted.lemma_.lower() not in _civilians()

    def _weak_fits(self, force: Force, token: Token) -> bool:
        """Tell whether a weak noun is meant of a force: military words stand beside it, or all around."""
        if self.is_of_mission and self.is_military and force.noun in lexicon.words("constabulary"):
            return True
        if not self.is_military and any(t.lower_ in lexicon.words("police") for t in self._phrase(token)):
            return False  # "a police team" makes arrests
        return self._is_marked(token) or (self.is_military and _fits_report(force, token))

    def _is_described(self, token: Token) -> bool:
        """Tell whether an apposition or a compound says that it is a force ("the Arlington, a destroyer")."""
        if _measures(token) and any(c.dep_ == "compound" and self._is_strong(c) for c in token.children):
            return True
        if token.pos_ == "PROPN" and any(
            c.dep_ in {"compound", "nmod"} and c.text.islower() and self._is_craft(c) for c in token.children
        ):
            return True  # "the frigate Thunderer"
        return token.dep_ != "appos" and any(self._is_craft(c) for c in token.children if c.dep_ == "appos")

    def _is_strong(self, token: Token) -> bool:
        force = self.named.get(token.i)
        return force is not None and force.strong

    def _is_people(self, token: Token) -> bool:
        """Tell whether a people stands for its fighters ("Kurds withdrew"), as it does in military reports only."""
        if not self.is_military or token.tag_ not in {"NNS", "NNPS"} or not token.text[0].isupper():
            return False
        toponym = self.toponyms.get(token.i)
        of_state = toponym is not None and toponym.type in {"demonym", "metonym"}
        return of_state or token.lower_ in lexicon.words("people")

    def _is_craft(self, token: Token) -> bool:
        force = self.named.get(token.i)
        return force is not None and force.kind == "equipment" and (force.strong or self._is_marked(token))

    def _is_marked(self, token: Token) -> bool:
        """Tell whether military words or a nationality stand beside a weak noun."""
        counted = self.counted(token)
        if counted is not None and self._is_strong(counted):  # "tanks of the People's Liberation Army"
            return True
        is_of_nation = False
        for part in token.subtree:
            if part.i > token.i and part.dep_ == "relcl":
                break
            if part.i == token.i or part.i > token.i + BEHIND:
                continue
            if lexicon.words("military") & {part.lower_, part.lemma_.lower()}:
                return True
            if self._is_strong(part):
                return True
            toponym = self.toponyms.get(part.i)
            if toponym is not None and toponym.type in {"demonym", "embedded"} and part.i < token.i:
                force = self.named[token.i]
                is_of_nation |= self.is_military or (
                    force.kind != "personnel" and force.noun not in lexicon.words("vague")
                )
        return is_of_nation

    def counted(self, token: Token) -> Token | None:
        """Return the noun that a number or measure counts ("troops" for "dozens of troops")."""
        for part in token.children:
            if part.dep_ == "prep" and part.lower_ == "of":
                return child(part, "pobj")
        return None

    def referent(self, pronoun: Token) -> Token | None:
        """Return the noun that a pronoun stands for: the nearest earlier actor that agrees with it, or None."""
        if pronoun.tag_ in {"WDT", "WP"}:
            return antecedent(pronoun)
        if pronoun.lower_ not in _PLURAL_PRONOUNS | _SINGULAR_PRONOUNS and not _is_bare_number(pronoun):
            return None
        plural = pronoun.lower_ not in _SINGULAR_PRONOUNS
        is_amount = _is_bare_number(pronoun)
        # "China will keep them there", "some 900 could go": what somebody moves, and what is counted, is no state.
        may_be_state = pronoun.dep_ not in {"dobj", "dative"} and not is_amount
        best: Token | None = None
        for token in self._nouns_before(pronoun, FAR_BACK if is_amount else 1):
            force = self.named.get(token.i)
            is_thing = is_amount and force is not None and force.kind == "equipment"
            if is_thing or not self._agrees(token, plural=plural) or _shares_clause(pronoun, token):
                continue
            if token.lemma_.lower() in _civilians():
                return None
            is_subject = token.dep_ in SUBJECTS | PASSIVE_SUBJECTS
            if token.lower_ in lexicon.words("many") and token.dep_ in SUBJECTS:
                # "An alliance withdraws its peacekeepers"
                return best if best is not None and _is_blamed(best, token) else token
            if force is None and not (may_be_state and self.is_state(token)):
                continue
            if is_subject:
                return best if best is not None and _is_blamed(best, token) else token
            if token.dep_ in {"dobj", "pobj", "conj", "poss", "ROOT"}:
                best = best or token
        return best

    def _nouns_before(self, token: Token, sentences: int) -> Iterator[Token]:
        """Yield the nouns before a token, the nearest first, of its sentence and of some before it."""
        earliest = token.sent.start
        for _ in range(sentences):
            earliest = self.doc[earliest - 1].sent.start if earliest else 0
        for index in range(token.i - 1, earliest - 1, -1):
            if self.doc[index].pos_ in {"NOUN", "PROPN"}:
                yield self.doc[index]

    def _agrees(self, token: Token, *, plural: bool) -> bool:
        is_plural = token.tag_ in {"NNS", "NNPS"} or child(token, "cc") is not None
        if self.is_state(token) and child(token, "cc") is None:  # "the Philippines said it had sent"
            is_plural = False
        return is_plural if plural else not is_plural

    def country(self, token: Token, *, depth: int = 0) -> str | None:
        """Return the state (ISO 3166-1 alpha-2) that the force or state at this token belongs to, or None."""
        if depth > DEEPEST:
            return None
        if _is_pronoun(token):
            noun = self.referent(token)
            return self.country(noun, depth=depth + 1) if noun is not None and noun.i != token.i else None
        force = self.named.get(token.i)
        if force is not None and force.country:
            return force.country
        if self.is_of_several(token) or self._is_stateless_noun(token):
            return None
        named = self.nationalities(token)
        if not named and (state := self._state_of(token)) is not None:
            named = {state}
        if named:
            return next(iter(named)) if len(named) == 1 else None
        owners = [self.counted(token), self._owner(token), self.load(token)]
        if force is not None and force.kind == "equipment":  # "six jets and 200 Canadian airmen"
            owners += [t for t in token.conjuncts if self.is_force(t)]
        found = (self.country(o, depth=depth + 1) for o in owners if o is not None and o.i != token.i)
        return next((country for country in found if country), None)

    def _owner(self, token: Token) -> Token | None:
        """Return whose force it is; for "our troops", who is quoted."""
        owner = child(token, "poss")
        if owner is None or owner.tag_ not in {"PRP$", "WP$"}:
            return owner
        if owner.tag_ == "WP$":
            return antecedent(owner)
        return self.speaker(owner) if owner.lower_ == "our" else owner

    @staticmethod
    def speaker(pronoun: Token) -> Token | None:
        """Return who says "we" or "our" in a quotation: the subject of the verb that the quotation depends on."""
        for verb in pronoun.ancestors:
            if verb.dep_ == "ccomp":
                return child(verb.head, *SUBJECTS)
        return None

    @staticmethod
    def load(token: Token) -> Token | None:
        """Return what a vehicle, ship or plane carries ("planes carrying 200 Ghanaian soldiers")."""
        for part in token.children:
            if part.dep_ in {"acl", "relcl"} and part.lemma_ in {"carry", "ferry", "transport", "bring"}:
                return child(part, "dobj")
        return None

    def nationalities(self, token: Token) -> set[str]:
        """Return the states that the phrase names ("Indian and Chinese troops", "forces from Burundi")."""
        parts = self._phrase(token)
        for part in token.children:
            if part.dep_ == "prep" and part.lower_ == "from" and part.i == token.i + 1:
                parts += [t for t in part.subtree if t.i - part.i < BEHIND]
        found = set()
        for part in parts:
            toponym = self.toponyms.get(part.i)
            place = toponym.place if toponym is not None else None
            state = (place.country or _successors().get(place.id)) if place is not None else None
            if toponym is None or state is None:
                continue
            if part.lower_ in lexicon.words("bearing"):
                continue
            text = self.text
            if text[toponym.end : toponym.end + 1] == "-" or text[toponym.start - 1 : toponym.start] == "-":
                continue  # "US-backed", "Libya-based", "pro-Russian" say nothing of whose force it is
            found.add(state)
        return found

    def is_stateless(self, token: Token) -> bool:
        """Tell whether the words themselves leave no state for the force: rebels, named groups, several nations."""
        if self.is_multinational(token) or self._is_backed(token):
            return True
        owner = child(token, "poss")
        pronoun = token if _is_pronoun(token) else owner if owner is not None and owner.tag_ == "PRP$" else None
        holder = self.referent(pronoun) if pronoun is not None else token
        if holder is not None and (self._are_several(holder) or self._is_stateless_noun(holder)):
            return True
        if len(self.nationalities(token)) > 1:
            return True
        counted = self.counted(token)
        nouns = [*self._phrase(token), *(self._phrase(counted) if counted is not None else ())]
        return any(self._is_stateless_noun(noun) for noun in nouns)

    @cached_property
    def has_groups(self) -> bool:
        """Whether the report names an armed group of no state."""
        return any(force.kind == "group" and not force.country for force in self.named.values())

    def is_rebel(self, token: Token) -> bool:
        """Tell whether a force fights for no state and is nobody's peacekeeper or hired hand."""
        noun = self.referent(token) if _is_pronoun(token) else token
        if noun is None or not self.is_stateless(noun):
            return False
        words = {part for t in self._named_after(noun) for part in (t.lower_, t.lemma_.lower())}
        return words.isdisjoint(lexicon.words("many") | lexicon.words("hired"))

    def craft(self, token: Token) -> set[str]:
        """Return "craft" for ships and aircraft, and "aircraft" for the latter."""
        noun = self.referent(token) if _is_pronoun(token) else token
        if noun is None:
            return set()
        counted = self.counted(noun) if _measures(noun) else None
        force = self.named.get((counted or noun).i)
        name = force.noun if force is not None else ""
        found = {kind for kind in ("ship", "aircraft") if name in lexicon.words(kind)}
        return found | {"craft"} if found or name in {"craft", "warcraft"} else set()

    def _is_backed(self, token: Token) -> bool:
        """Tell "US-backed fighters", who are another's than the state named."""
        return any(
            t.lower_ in lexicon.words("backed") and t.i and self.doc[t.i - 1].text == "-" for t in self._phrase(token)
        )

    def _named_after(self, token: Token) -> list[Token]:
        """Return the words of a phrase and of its "of" phrase, which may name whose force it is."""
        counted = self.counted(token)
        parts = [*self._phrase(token), *(counted.subtree if counted is not None else ())]
        for part in token.children:  # "troops from 27 countries"
            if part.dep_ == "prep" and part.lower_ == "from" and part.i == token.i + 1:
                parts += [t for t in part.subtree if t.i - part.i < BEHIND]
        return parts

    def _are_several(self, token: Token) -> bool:
        """Tell whether a force or state stands beside one of another side ("the army and the separatists")."""
        sides = [t for t in token.conjuncts if t.i in self.named or self.is_state(t)]
        if not sides:
            return False
        states = {self.country(t) for t in (token, *sides) if not self._is_stateless_noun(t)}
        return len(states - {None}) > 1 or (bool(states) and any(self._is_stateless_noun(t) for t in (token, *sides)))

    def is_of_several(self, token: Token) -> bool:
        """Tell whether a state stands beside another ("Germany and Italy flew their contingents home")."""
        return self.is_state(token) and any(self.is_state(t) for t in token.conjuncts)

    @cached_property
    def _home(self) -> str | None:
        places = [t.place.country for t in self.toponyms.values() if t.type == "literal" and t.place is not None]
        counted = Counter(country for country in places if country)
        for country, times in counted.most_common(1):
            if times > HOME_SHARE * len(places):
                return country
        return None

    def home(self) -> str | None:
        """Return the country that most of the report's places lie in."""
        return self._home

    def is_multinational(self, token: Token) -> bool:
        """Tell whether the words make a force one of several nations."""
        return any(t.lower_ in lexicon.words("many") for t in self._named_after(token))

    def is_official(self, token: Token) -> bool:
        """Tell whether a phrase denotes forces that a state has ("the army", "government troops")."""
        force = self.named.get(token.i)
        is_named = force is not None and force.noun in lexicon.words("official")
        return is_named or any(t.lower_ in lexicon.words("governmental") for t in self._phrase(token))

    def _is_stateless_noun(self, token: Token) -> bool:
        force = self.named.get(token.i)
        noun = force.noun if force is not None else token.lemma_.lower()
        return noun in lexicon.words("stateless") or (force is not None and force.kind == "group" and not force.country)

    def _phrase(self, token: Token) -> list[Token]:
        """Return the token and its modifiers before it (and possessors), where nationality stands."""
        return [
            t for t in token.subtree if t.i <= token.i and token.i - t.i < BEFORE and t.dep_ not in {"relcl", "advcl"}
        ]


def _is_blamed(noun: Token, subject: Token) -> bool:
    """Tell whose deeds are spoken of in "A accused B of what it did"."""
    verb = noun.head
    return noun.dep_ == "dobj" and verb == subject.head and verb.lemma_.lower() in lexicon.words("blaming")


def _shares_clause(pronoun: Token, noun: Token) -> bool:
    """Tell what a pronoun cannot stand for: the subject of its own verb ("the towns fell to them")."""
    own = pronoun.head
    verb = own.head if pronoun.dep_ == "pobj" and own.dep_ == "prep" else own
    if pronoun.dep_ not in {"pobj", "dobj", "dative"} or pronoun.tag_ != "PRP" or verb.pos_ not in {"VERB", "AUX"}:
        return False
    subjects = [c for c in verb.children if c.dep_ in SUBJECTS | PASSIVE_SUBJECTS]
    return any(noun.i in {subject.i, *(t.i for t in subject.conjuncts)} for subject in subjects)


def _fits_report(force: Force, token: Token) -> bool:
    """Tell whether a weak noun without military words beside it is meant of a force in a report on forces."""
    if force.noun in {"team", "group"}:
        return force.noun == "group" and any(c.lower_ in {"the", "that", "this"} for c in token.children)
    if force.kind == "personnel":  # "his men", "900 officers", "the attackers"
        is_counted = any(c.dep_ == "nummod" or c.tag_ == "PRP$" for c in token.children)
        return force.noun in lexicon.words("fighting") or (token.tag_ in {"NNS", "NNPS"} and is_counted)
    return force.kind in {"equipment", "unit"}


def _measures(token: Token) -> bool:
    """Tell whether a noun only counts or gathers what its "of" phrase names."""
    return token.lemma_.lower() in lexicon.words("measure") or token.pos_ == "NUM" or bool(token.like_num)


def _is_bare_number(token: Token) -> bool:
    """Tell whether a number stands for what was counted before ("up to 900 may be there by May")."""
    if token.dep_ not in {"nsubj", "nsubjpass", "dobj"}:
        return False
    is_amount = token.tag_ in {"NN", "NNS", "JJ", "JJR"} and token.lemma_.lower() in lexicon.words("amount")
    return is_amount or token.tag_ == "CD"


def _is_pronoun(token: Token) -> bool:
    return token.tag_ in {"WDT", "WP", "PRP", "PRP$"} or token.lower_ in _PLURAL_PRONOUNS | _SINGULAR_PRONOUNS


def _joined(words: Span, *, lemma: bool) -> str:
    """Join tokens as the table writes them: lower case, hyphens without spaces; only the last word as its lemma."""
    parts = [t.lower_ for t in words]
    if lemma:
        parts[-1] = words[-1].lemma_.lower()
    return " ".join(parts).replace(" - ", "-").replace(" 's", "'s")
