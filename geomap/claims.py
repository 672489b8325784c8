"""Who says that a force moves, with which words, and how surely.

A claim is a movement together with its claimant (the innermost source: the witnesses rather than the agency that
quotes them), the cue that hands the statement to that source, and a certainty. The terms are those of attribution
and event factuality (PDTB, PARC, FactBank). The words are data: ``lexicon/cues.csv`` and ``lexicon/certainty.csv``.

The method is one walk per movement, from its trigger up the dependency tree. The first reporting cue that holds the
trigger in its content is the innermost source; modals, negations and governing words met on the way give the
certainty. What the tree does not hold is repaired by few rules: direct quotations that run over sentences, trailing
and leading attributions that the parser attached wrongly, and headings.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from geomap.model import Claim, Movement, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from spacy.tokens import Doc, Token

    from geomap.model import Certainty, Document, Span, TimeExpression

# Which reading wins when several words speak of one movement: a doubt or an order outlasts a plan.
_STRENGTH: tuple[Certainty, ...] = ("disputed", "ordered", "possible", "planned")

# Nouns of documents speak for whoever made or gave them ("a report by X that said", "footage released by X showed").
_DOCUMENTS = frozenset(
    "statement report footage video image photo photograph picture clip letter communique memo dispatch bulletin "
    "briefing post tweet message document transcript recording".split()
)
_GIVEN = frozenset("provide release publish issue post share circulate distribute obtain broadcast air show".split())
# Sources that a news agency cites; what else it cites ("an order") is a document and no speaker.
_SPEAKERS = frozenset(
    "source official witness officer resident spokesman spokeswoman spokesperson minister ministry diplomat aide "
    "commander leader authority army police military government agency activist villager medic analyst expert "
    "observer monitor local eyewitness general colonel soldier fighter people department office service".split()
)
_RELATIVE = frozenset({"who", "which", "that"})
_POSSESSIVE = frozenset({"its", "his", "her", "their"})
_CLAUSES = frozenset({"ccomp", "parataxis", "xcomp", "advcl", "acl", "relcl", "csubj", "csubjpass"})
_SUBJECTS = frozenset({"nsubj", "nsubjpass", "expl", "csubj"})
_NP_LEFT = frozenset({"det", "amod", "compound", "poss", "nummod", "nmod", "quantmod", "predet", "advmod", "case"})
_NP_RIGHT = frozenset({"conj", "cc", "nummod", "case"})
_NP_PREPOSITIONS = frozenset({"of", "for", "from", "in", "with", "against", "at", "to", "on"})
# A nominal subject shares the mood of a verb that only says that it takes place.
_EVENTIVE = frozenset(
    "begin start occur happen come proceed materialize materialise follow continue resume end finish conclude "
    "complete commence take be last go".split()
)
_TIMELIKE = frozenset({"after", "before", "until", "during", "following", "upon", "since"})
_ORDINALS = frozenset({"first", "last", "second", "third", "only", "latest", "next"})


@dataclass(frozen=True, slots=True)
class _Cue:
    """One line of ``cues.csv``."""

    words: tuple[str, ...]
    part: str
    kind: str
    frames: Mapping[str, Certainty | None]


@dataclass(frozen=True, slots=True)
class _Governor:
    """One line of ``certainty.csv`` of kind "governor"; ``rest`` holds the words after the first."""

    rest: tuple[str, ...]
    certainty: str


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """Both tables, indexed once by the first word."""

    verbs: Mapping[str, tuple[_Cue, ...]]
    nouns: Mapping[str, tuple[_Cue, ...]]
    adverbs: frozenset[str]
    phrases: tuple[tuple[str, ...], ...]
    governors: Mapping[str, tuple[_Governor, ...]]
    certainties: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class _Source:
    """A cue that holds a trigger, and the claimant when the text names one."""

    cue: Span
    token: Token
    holder: tuple[Token, Token] | None
    effect: Certainty | None
    rule: str
    reason: str = ""


@dataclass(slots=True)
class _Mood:
    """What the words on the way up say of a movement's certainty."""

    negative: bool = False
    marks: set[str] = field(default_factory=set)
    reasons: list[str] = field(default_factory=list)

    def add(self, certainty: str | None, reason: str) -> None:
        """Take up one more word; a denial turns the polarity round."""
        if certainty is None or certainty == "asserted":
            return
        if certainty == "denied":
            self.negative = not self.negative
        else:
            self.marks.add(certainty)
        self.reasons.append(reason)

    def certainty(self) -> Certainty:
        """Weigh the marks: doubt, then denial, then order, possibility and plan."""
        if "disputed" in self.marks:
            return "disputed"
        if self.negative:
            return "denied"
        return next((mark for mark in _STRENGTH if mark in self.marks), "asserted")


@dataclass(frozen=True, slots=True)
class _Quotation:
    """A direct quotation: its characters, whether it opens a sentence, and who speaks."""

    start: int
    end: int
    source: _Source | None


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = resources.files("geomap").joinpath("lexicon", name).read_text(encoding="utf-8")
    yield from csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#"))


def _frames(text: str) -> dict[str, Certainty | None]:
    frames: dict[str, Certainty | None] = {}
    for item in text.split():
        name, _, effect = item.partition("=")
        frames[name] = effect or None  # type: ignore[assignment]
    return frames


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    parts: dict[str, dict[str, list[_Cue]]] = {"verb": {}, "noun": {}}
    adverbs: set[str] = set()
    phrases: list[tuple[str, ...]] = []
    for row in _rows("cues.csv"):
        words = tuple(row["cue"].split())
        if row["part"] == "adverb":
            adverbs.add(row["cue"])
        elif row["part"] == "phrase":
            phrases.append(words)
        else:
            cue = _Cue(words, row["part"], row["class"], _frames(row["frames"]))
            parts[row["part"]].setdefault(words[0], []).append(cue)
    governors: dict[str, list[_Governor]] = {}
    certainties: dict[str, dict[str, str]] = {}
    for row in _rows("certainty.csv"):
        if row["kind"] == "governor":
            first, *rest = row["word"].split()
            governors.setdefault(first, []).append(_Governor(tuple(rest), row["certainty"]))
        else:
            certainties.setdefault(row["kind"], {})[row["word"]] = row["certainty"]
    longest_first = {
        part: {word: tuple(sorted(cues, key=lambda cue: -len(cue.words))) for word, cues in table.items()}
        for part, table in parts.items()
    }
    return _Lexicon(
        longest_first["verb"],
        longest_first["noun"],
        frozenset(adverbs),
        tuple(sorted(phrases, key=len, reverse=True)),
        {word: tuple(sorted(entries, key=lambda entry: -len(entry.rest))) for word, entries in governors.items()},
        certainties,
    )


# --- noun phrases -----------------------------------------------------------------------------------------------


def _noun_phrase(head: Token) -> tuple[Token, Token]:
    """Return the first and last token of the minimal but complete noun phrase of a head."""
    head = _named(head)
    left = right = head
    for child in head.lefts:
        if child.dep_ in _NP_LEFT and not child.is_punct:
            left = next(iter(child.subtree))
            break
    for child in head.rights:
        if child.dep_ in _NP_RIGHT:
            right = _noun_phrase(child)[1] if child.dep_ == "conj" else child
        elif child.dep_ == "prep" and child.lower_ in _NP_PREPOSITIONS and not child.text[0].isupper():
            objects = [grandchild for grandchild in child.children if grandchild.dep_ == "pobj"]
            if not objects or _is_date(objects[0]) or child.i - right.i > 1:
                break
            right = _noun_phrase(objects[0])[1]
        elif child.is_punct and child.text in "(),":
            continue
        elif child.dep_ == "appos" and _in_brackets(child):
            right = child.nbor(1)
        else:
            break
    return left, right


def _in_brackets(token: Token) -> bool:
    doc = token.doc
    return 0 < token.i < len(doc) - 1 and doc[token.i - 1].text == "(" and doc[token.i + 1].text == ")"


def _is_date(token: Token) -> bool:
    return token.ent_type_ in {"DATE", "TIME"}


def _named(head: Token) -> Token:
    """Prefer the name to the office that it stands in apposition to ("the mayor of X, Name Surname,")."""
    if head.pos_ == "NOUN":
        for child in head.children:
            if child.dep_ == "appos" and child.pos_ == "PROPN" and child.i > head.i and not _in_brackets(child):
                return child
    return head


def _subject(verb: Token) -> Token | None:
    return next((child for child in verb.children if child.dep_ in {"nsubj", "nsubjpass", "csubj"}), None)


def _is_passive(verb: Token) -> bool:
    return any(child.dep_ in {"auxpass", "nsubjpass", "agent"} for child in verb.children) or (
        verb.tag_ == "VBN" and verb.dep_ in {"acl", "advcl"} and not any(c.dep_ == "aux" for c in verb.children)
    )


def _agent(verb: Token) -> Token | None:
    for child in verb.children:
        if child.dep_ == "agent" or (child.dep_ == "prep" and child.lower_ == "by"):
            return next((grandchild for grandchild in child.children if grandchild.dep_ == "pobj"), None)
    return None


def _speaker(verb: Token, depth: int = 0) -> Token | None:
    """Find the head of the noun phrase that is said to speak by a reporting verb."""
    if depth > 6:  # chains of participles are short; a loop in a bad tree must end
        return None
    if _is_passive(verb):
        agent = _agent(verb)
        if agent is not None or verb.dep_ not in {"conj"}:
            return agent
    subject = _subject(verb)
    if subject is not None:
        return _antecedent(subject, verb)
    head = verb.head
    if head == verb:
        return None
    if verb.dep_ in {"acl", "relcl"}:
        return head
    if verb.dep_ == "pcomp":
        governor = head.head
        if head.lower_ == "as":
            return _said_of(governor)
        return governor if governor.pos_ in {"NOUN", "PROPN"} else _speaker(governor, depth + 1)
    if verb.dep_ in {"advcl", "conj", "xcomp", "ccomp", "parataxis", "dep", "prep"}:
        return _speaker(head, depth + 1)
    return None


def _said_of(governor: Token) -> Token | None:
    """Find who is quoted in "X quoted Y as saying" and "Y was quoted as saying"."""
    passive = next((child for child in governor.children if child.dep_ == "nsubjpass"), None)
    if passive is not None:
        return passive
    return next((child for child in governor.children if child.dep_ == "dobj"), _subject(governor))


def _antecedent(subject: Token, verb: Token) -> Token | None:
    if subject.lower_ in _RELATIVE and subject.tag_ in {"WDT", "WP", "DT", "IN"}:
        return verb.head if verb.dep_ in {"relcl", "acl"} else None
    return subject


def _giver(head: Token) -> Token | None:
    """Find who made or gave out a document: "footage released by X", "a report by X", "X released a report that"."""
    for child in head.children:
        if child.dep_ == "acl" and child.lemma_.lower() in _GIVEN:
            agent = _agent(child)
            if agent is not None:
                return agent
        if child.dep_ in {"prep", "agent"} and child.lower_ in {"by", "from"}:
            return next((grandchild for grandchild in child.children if grandchild.dep_ == "pobj"), None)
    return None


def _publisher(head: Token) -> Token | None:
    verb = head.head
    if head.dep_ == "dobj" and verb.lemma_.lower() in _GIVEN:
        return _speaker(verb)
    return None


def _holder(verb: Token) -> Token | None:
    speaker = _speaker(verb)
    if speaker is None or speaker.lemma_.lower() not in _DOCUMENTS:
        return speaker
    giver = _giver(speaker)
    if giver is None and verb.dep_ == "relcl":
        giver = _publisher(speaker)
    return giver or speaker


def _noun_holder(noun: Token) -> Token | None:
    """Find whose claim, order or plan a noun speaks of."""
    for child in noun.children:
        if child.dep_ == "poss":
            return _subject_above(noun) if child.lower_ in _POSSESSIVE else child
    giver = _giver(noun)
    if giver is not None:
        return giver
    for child in noun.children:
        if child.dep_ == "compound" and child.pos_ in {"NOUN", "PROPN"}:
            return child
    return _subject_above(noun)


def _subject_above(noun: Token) -> Token | None:
    """Find the subject of the verb that a noun is the object of ("X issued an order", "X doubled down on its claims")."""
    token = noun
    while token.dep_ in {"prep", "pobj", "dobj", "conj", "attr"} and token.head != token:
        passed = token.dep_
        token = token.head
        if token.pos_ in {"VERB", "AUX"}:
            if passed == "attr":
                return None
            return None if _is_passive(token) else _speaker(token)
    return None


# --- cues and frames --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Step:
    """One step up the tree, prepositions folded: how ``child`` hangs on ``governor``."""

    child: Token
    relation: str
    preposition: str | None
    governor: Token


def _steps(token: Token) -> Iterator[_Step]:
    while token.head != token:
        relation, head, preposition = token.dep_, token.head, None
        if relation in {"pobj", "pcomp"}:
            preposition = head.lower_
            while head.dep_ == "prep" and head.head.dep_ == "prep" and head.head != head:
                head = head.head
            if head.head == head:
                return
            head = head.head
        yield _Step(token, relation, preposition, head)
        token = head


def _is_infinitive(token: Token) -> bool:
    return any(child.dep_ == "aux" and child.lower_ == "to" for child in token.children)


def _match(cues: Mapping[str, tuple[_Cue, ...]], token: Token) -> Iterator[tuple[_Cue, Token]]:
    """Yield the cues that a token begins, longest first, each with its last token."""
    doc = token.doc
    for cue in cues.get(token.lemma_.lower(), ()):
        last = token
        for word in cue.words[1:]:
            # Room for an object or an adverb between the verb and its particle ("ruled it out").
            for i in range(last.i + 1, min(last.i + 4, len(doc))):
                if doc[i].lower_ == word:
                    last = doc[i]
                    break
            else:
                break
        else:
            yield cue, last


def _possible_frames(step: _Step, cue: _Cue) -> Iterator[str]:
    """Name the frames in which a child may stand to a verb that is a cue."""
    child, verb = step.child, step.governor
    if step.preposition is not None:
        if len(cue.words) > 1 and cue.words[-1] == step.preposition:
            yield "np"
        yield "to-np" if step.preposition == "to" else step.preposition
        return
    if step.relation in {"dobj", "nsubjpass", "oprd"}:
        yield "np"
        if child.i < verb.i and step.relation == "dobj":
            yield "quote"
        return
    if step.relation not in {"ccomp", "xcomp", "advcl", "parataxis", "dep", "csubjpass"}:
        return
    if _is_infinitive(child):
        objects = {c.dep_ for c in verb.children if c != child} & {"dobj", "nsubjpass", "dative"}
        has_subject = any(c.dep_ in {"nsubj", "nsubjpass"} for c in child.children)
        if objects or has_subject or (len(cue.words) > 1 and cue.words[-1] in {"on", "upon", "to", "for"}):
            yield "obj-to"
        elif step.relation != "advcl":
            yield "to"
        if has_subject and step.relation == "ccomp" and child.i < verb.i:
            yield "quote"
        return
    if step.relation == "advcl" and not _continues_content(child, verb):
        return
    if child.i < verb.i or _is_quoted(child, verb):
        yield "quote"
    yield "that"


def _is_quoted(child: Token, verb: Token) -> bool:
    """Whether a quotation mark or a colon stands between a cue and what follows it."""
    return any(token.text in {'"', ":", "``"} for token in verb.doc[verb.i + 1 : child.i])


def _continues_content(child: Token, verb: Token) -> bool:
    """Whether a clause that hangs on the cue belongs to what is said: "X said A while B" but not "X said A, as B"."""
    said = [c for c in verb.children if c.dep_ == "ccomp" and verb.i < c.i < child.i]
    if not said:
        return False
    start = child.left_edge.i
    return not any(token.text in {",", '"', "-", "--"} for token in child.doc[max(start - 2, said[0].i) : start])


def _verb_source(step: _Step, lexicon: _Lexicon) -> _Source | None:
    """Read a step up to a verb: is the verb a cue, and does it hold the child as its content?"""
    verb = step.governor
    for cue, last in _match(lexicon.verbs, verb):
        frame = next((name for name in _possible_frames(step, cue) if name in cue.frames), None)
        if frame is None:
            continue
        bare = _bare_speaker(verb, step.child)
        holder = _holder(bare or verb)
        if holder is not None and _within(step.child, holder):
            return None
        cue_token = bare or verb
        end = cue_token if bare else last
        return _source(cue_token, end, holder, cue.frames[frame], f"{cue.kind}/{frame}")
    return None


def _bare_speaker(verb: Token, content: Token) -> Token | None:
    """Find the inner source of "..., agency X reported officials saying" and "X said, citing officials"."""
    for child in verb.children:
        if child != content and child.dep_ == "ccomp" and child.tag_ == "VBG" and _subject(child) is not None:
            if not any(c.dep_ in {"ccomp", "dobj", "xcomp"} for c in child.children):
                return child
    return None


def _within(token: Token, head: Token) -> bool:
    return token == head or head.is_ancestor(token)


def _source(first: Token, last: Token, holder: Token | None, effect: Certainty | None, rule: str) -> _Source:
    first, last = sorted((first, last), key=lambda token: token.i)
    cited = _cited(first)
    if cited is not None:
        holder = cited
    return _Source(
        cue=(first.idx, last.idx + len(last)),
        token=first,
        holder=_noun_phrase(holder) if holder is not None else None,
        effect=effect,
        rule=rule,
        reason=f'{rule.split("/")[0]} "{first.text}"',
    )


def _cited(verb: Token) -> Token | None:
    """Find the inner source in "the agency reported, citing two officials"."""
    for child in verb.children:
        if child.dep_ == "advcl" and child.lower_ in {"citing", "quoting"}:
            cited = next((c for c in child.children if c.dep_ == "dobj"), None)
            if cited is not None and (cited.lemma_.lower() in _SPEAKERS or cited.ent_type_ in {"PERSON", "ORG"}):
                return cited
    return None


def _noun_source(step: _Step, lexicon: _Lexicon) -> _Source | None:
    """Read a step up to a noun: "the army's claim that ...", "demands that ...", "video provided by X of ..."."""
    noun, child = step.governor, step.child
    for cue, last in _match(lexicon.nouns, noun):
        if step.preposition is not None:
            frames = ["to-np" if step.preposition == "to" else step.preposition]
        elif step.relation in {"acl", "relcl", "ccomp", "xcomp", "advcl"}:
            frames = ["to"] if _is_infinitive(child) else ["that"]
            if step.relation == "relcl" and not any(c.dep_ == "mark" for c in child.children):
                continue
        elif step.relation == "compound":
            frames = ["of"]
        else:
            continue
        frame = next((name for name in frames if name in cue.frames), None)
        if frame is None:
            continue
        holder = _noun_holder(noun)
        if holder is not None and (_within(child, holder) or _within(holder, child)):
            holder = None
        first = _light_verb(noun) or noun
        return _source(first, last, holder, cue.frames[frame], f"{cue.kind}-noun/{frame}")
    return None


def _light_verb(noun: Token) -> Token | None:
    """Find the verb that makes one cue with the noun: "doubled down on its claims", "cast doubt"."""
    verb = noun.head.head if noun.dep_ == "pobj" else noun.head
    near = verb.pos_ == "VERB" and 0 < noun.i - verb.i <= 4
    has_own = any(child.dep_ == "poss" and child.lower_ in _POSSESSIVE for child in noun.children)
    return verb if near and has_own else None


def _beside(verb: Token, lexicon: _Lexicon) -> _Source | None:
    """Look for an attribution that hangs on the clause: "according to X", "X, he said, is ...", "reportedly"."""
    evidential: _Source | None = None
    for child in verb.children:
        if child.dep_ == "parataxis" or (child.dep_ in {"ccomp", "dep"} and _is_parenthesis(child)):
            source = _parenthesis(child, lexicon)
            if source is not None:
                return source
        if child.lower_ == "according" or (child.dep_ in {"prep", "advmod", "cc"} and child.lower_ == "per"):
            source = _according(child)
            if source is not None:
                return source
        if child.dep_ in {"advmod", "amod"} and child.lower_ in lexicon.adverbs:
            evidential = _source(child, child, None, None, "evidential/adverb")
    return evidential


def _is_parenthesis(verb: Token) -> bool:
    before = verb.left_edge.i - 1
    return before >= 0 and verb.doc[before].text == "," and not any(c.dep_ == "ccomp" for c in verb.children)


def _parenthesis(verb: Token, lexicon: _Lexicon) -> _Source | None:
    for cue, last in _match(lexicon.verbs, verb):
        holder = _holder(verb)
        if "quote" in cue.frames and holder is not None:
            return _source(verb, last, holder, cue.frames["quote"], f"{cue.kind}/parenthesis")
    return None


def _according(token: Token) -> _Source | None:
    doc = token.doc
    i = token.i + 1
    preposition = doc[i] if i < len(doc) and doc[i].lower_ in {"to"} else token
    head = next((child for child in preposition.children if child.dep_ == "pobj"), None)
    if head is None:
        return None
    giver = _giver(head) if head.lemma_.lower() in _DOCUMENTS else None
    return _source(token, preposition, giver or head, None, "according-to")


# --- direct quotations ------------------------------------------------------------------------------------------


def _quoted_spans(text: str) -> list[Span]:
    """Find direct quotations; one that a paragraph opens anew without closing the last goes on with it."""
    spans: list[Span] = []
    opened: int | None = None
    for i, letter in enumerate(text):
        if letter not in '"“”„':
            if letter == "\n" and opened is not None and not _resumes(text, i):
                opened = None
            continue
        before = text[i - 1] if i else "\n"
        opens = letter in "“„" or (letter == '"' and not before.strip(" \n\t\r([-—") and text[i + 1 : i + 2].strip() != "")
        if opened is None:
            if opens or letter == '"':
                opened = i
        elif not (opens and before in "\n\r"):
            spans.append((opened, i + 1))
            opened = None
    return spans


def _resumes(text: str, newline: int) -> bool:
    """Whether a quotation that is open at a line's end is closed before the text opens another one.

    At most the next 2,000 characters are looked at, so that a stray mark cannot swallow a report.
    """
    for i in range(newline + 1, min(newline + 2_000, len(text))):
        letter = text[i]
        if letter == "”":
            return True
        if letter == "“":
            return text[i - 1] in "\n\r"
        if letter == '"':
            before = text[i - 1]
            return before in "\n\r" or bool(before.strip())
    return False


def _quotations(doc: Doc, document: Document, lexicon: _Lexicon) -> list[_Quotation]:
    """Find the direct quotations with their speakers; a quotation with no speaker near takes the last one's."""
    spans = _quoted_spans(document.text)
    quotations: list[_Quotation] = []
    for n, (start, end) in enumerate(spans):
        tokens = doc.char_span(start, end, alignment_mode="expand")
        if tokens is None or not len(tokens):
            continue
        following = spans[n + 1][0] if n + 1 < len(spans) else len(document.text)
        preceding = spans[n - 1][1] if n else 0
        whole = _opens_sentence(doc, tokens.start)
        source = _speaker_after(doc, tokens.end, following, lexicon)
        if source is None:
            source = _speaker_before(doc, tokens.start, preceding, lexicon)
        if source is None and whole and quotations:
            last = quotations[-1]
            if last.source is not None and _adjoins(document.text[last.end : start]):
                source = replace(last.source, rule="quotation/continued")
        quotations.append(_Quotation(start, end, source))
    return quotations


def _opens_sentence(doc: Doc, i: int) -> bool:
    while i > 0 and doc[i - 1].is_space:
        i -= 1
    return i == 0 or doc[i - 1].text in {".", "!", "?", ":", '"', "'"} or doc[i - 1].text.endswith(".")


def _adjoins(between: str) -> bool:
    """Whether only the attribution stands between two parts of one quotation: at most one sentence end, or nothing."""
    # An attribution with titles and an addressee runs to some 200 characters; more is the reporter speaking.
    return len(between) <= 240 and sum(between.count(mark) for mark in (". ", ".\n", "! ", "? ")) <= 1


def _line_end(doc: Doc, i: int, limit: int) -> int:
    """Return the index after the last token of the sentence that goes on after a quotation."""
    while i < len(doc) and doc[i].idx < limit and not doc[i].is_space:
        i += 1
        if doc[i - 1].text in {".", "!", "?", ";"}:
            break
    return i


def _speaker_after(doc: Doc, start: int, limit: int, lexicon: _Lexicon) -> _Source | None:
    # An attribution follows its quotation at once: a speaker with titles and office takes some 25 words.
    end = min(_line_end(doc, start, limit), start + 25)
    for token in doc[start:end]:
        source = _quote_cue(token, lexicon)
        if source is None:
            continue
        holder = source.holder
        first = min(token.i, holder[0].i) if holder is not None else token.i
        if holder is None or holder[0].idx >= doc[start - 1].idx:
            if all(t.is_punct or t.pos_ in {"CCONJ", "ADV"} for t in doc[start:first]):
                return source
        return None
    return None


def _speaker_before(doc: Doc, start: int, limit: int, lexicon: _Lexicon) -> _Source | None:
    i = start - 1
    while i >= 0 and doc[i].idx >= limit and (start - i) <= 40:
        token = doc[i]
        if token.text in {".", "!", "?"} or (token.is_space and "\n" in token.text):
            return None
        source = _quote_cue(token, lexicon)
        if source is not None:
            return source
        i -= 1
    return None


def _quote_cue(token: Token, lexicon: _Lexicon) -> _Source | None:
    if token.pos_ not in {"VERB", "AUX"}:
        return None
    for cue, last in _match(lexicon.verbs, token):
        if "quote" in cue.frames:
            holder = _holder(_bare_speaker(token, token) or token)
            if holder is not None:
                return _source(token, last, holder, cue.frames["quote"], "quotation")
    return None


# --- attribution ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reader:
    """Everything that one document's claims are read with."""

    doc: Doc
    document: Document
    lexicon: _Lexicon
    quotations: list[_Quotation]

    def quotation_at(self, offset: int) -> _Quotation | None:
        i = bisect_right([quotation.start for quotation in self.quotations], offset) - 1
        return self.quotations[i] if i >= 0 and offset < self.quotations[i].end else None

    def source_of(self, trigger: Token) -> _Source | None:
        """Find the innermost source of a trigger."""
        quotation = self.quotation_at(trigger.idx)
        inner = self._climb(trigger)
        if quotation is not None and quotation.source is not None:
            inside = inner is not None and quotation.start <= inner.token.idx < quotation.end
            if not inside or inner is None or inner.holder is None:
                return self._outer(inner, quotation)
        if inner is not None and inner.holder is not None:
            return inner
        return self._sentence_source(trigger) or self._heading_source(trigger) or inner

    def _outer(self, inner: _Source | None, quotation: _Quotation) -> _Source | None:
        outer = quotation.source
        if outer is not None and inner is not None and inner.holder is not None and inner.token.idx == outer.token.idx:
            return inner
        return outer

    def _climb(self, trigger: Token) -> _Source | None:
        unnamed: _Source | None = None
        source = _beside(trigger, self.lexicon)
        if source is not None and source.holder is not None:
            return source
        unnamed = source
        for step in _steps(trigger):
            source = self._read_step(step)
            if source is not None and source.holder is not None:
                return source
            unnamed = unnamed or source
            source = _beside(step.governor, self.lexicon) if step.relation != "nsubj" or True else None
            if source is not None and source.holder is not None and source.token.i != step.child.i:
                return source
            unnamed = unnamed or source
        return unnamed

    def _read_step(self, step: _Step) -> _Source | None:
        governor = step.governor
        if governor.pos_ in {"VERB", "AUX"}:
            return _verb_source(step, self.lexicon)
        source = _noun_source(step, self.lexicon)
        if source is not None:
            return source
        # "accused Russia of moving", "urged rebels to leave": the parser may hang the content on the object.
        verb = governor.head.head if governor.dep_ == "pobj" else governor.head
        hangs_on_object = governor.dep_ in {"dobj", "pobj"} and verb.pos_ == "VERB"
        if hangs_on_object and (step.preposition is not None or (step.relation in _CLAUSES and _is_infinitive(step.child))):
            relation = step.relation if step.preposition is not None else "xcomp"
            lifted = _Step(step.child, relation, step.preposition, verb)
            source = _verb_source(lifted, self.lexicon)
            # Only frames that take an object may be lifted: "said in a report of ..." must not become "said of".
            return source if source is not None and source.rule.split("/")[0] in {"accuse", "order", "ask", "warn"} else None
        return None

    def _sentence_source(self, trigger: Token) -> _Source | None:
        """Repair what the parser attached wrongly: an attribution that opens or closes the sentence holds it all."""
        sentence = trigger.sent
        for token in sentence:
            if token.lower_ == "according" and (token.i == sentence.start or token.i > trigger.i):
                source = _according(token)
                if source is not None and not self._barred(trigger.i, token.i):
                    return source
            if token.pos_ != "VERB" or self.quotation_at(token.idx) is not None:
                continue
            source = _quote_cue(token, self.lexicon)
            if source is None or source.holder is None or source.holder[0].i <= trigger.i <= source.holder[1].i:
                continue
            if token.i > trigger.i and self._closes(source, sentence.end):
                return source
        return None

    def _closes(self, source: _Source, end: int) -> bool:
        """Whether "..., X said (on Monday)." ends its sentence with nothing said after it."""
        holder = source.holder
        if holder is None:
            return False
        first = min(source.token.i, holder[0].i)
        before = self.doc[first - 1] if first else None
        after = range(max(source.token.i, holder[1].i) + 1, end)
        return (
            before is not None
            and before.text in {",", '"', "'"}
            and not any(self.doc[i].pos_ in {"VERB", "AUX"} for i in after)
        )

    def _barred(self, first: int, last: int) -> bool:
        first, last = min(first, last), max(first, last)
        return any(token.text in {";", ".", ":"} for token in self.doc[first:last])

    def _heading_source(self, trigger: Token) -> _Source | None:
        """Read "NATO: troops mass ..." in a heading: a line without a full stop that a source opens."""
        text = self.document.text
        start = text.rfind("\n", 0, trigger.idx) + 1
        colon = text.find(":", start, trigger.idx)
        end = text.find("\n", trigger.idx)
        line = text[start : end if end >= 0 else len(text)].strip()
        # A heading has no full stop and hardly more than twenty words, and names its source in few of them.
        if colon < 0 or line.endswith((".", '"', "”")) or len(line) > 160 or len(text[start:colon].split()) > 5:
            return None
        tokens = self.doc.char_span(start, colon, alignment_mode="contract")
        if tokens is None or not len(tokens):
            return None
        last = tokens[-1]
        is_source = last.lemma_.lower() in _SPEAKERS or last.ent_type_ in {"ORG", "PERSON"}
        if not is_source:
            return None
        mark = self.doc.char_span(colon, colon + 1, alignment_mode="expand")
        if mark is None:
            return None
        return _Source((colon, colon + 1), mark[0], (tokens[0], last), None, "heading/colon")


# --- certainty --------------------------------------------------------------------------------------------------


def _modal(child: Token, lexicon: _Lexicon) -> str | None:
    return lexicon.certainties["modal"].get(child.lower_) if child.dep_ == "aux" else None


def _add_modals(token: Token, mood: _Mood, lexicon: _Lexicon, only: frozenset[str] | None = None) -> None:
    for child in token.children:
        certainty = _modal(child, lexicon)
        if certainty is not None and (only is None or certainty in only):
            mood.add(certainty, f'modal "{child.text}"')


def _add_negation(token: Token, mood: _Mood, lexicon: _Lexicon) -> None:
    table = lexicon.certainties
    for child in token.children:
        word = child.lower_
        if child.dep_ in {"neg", "advmod", "preconj", "cc", "det"} and word in table["adverb"]:
            if child.dep_ == "cc" and word == "nor" and child.i > token.i:
                continue
            if not _is_not_only(child):
                mood.add(table["adverb"][word], f'"{child.text}"')
        elif child.dep_ == "det" and word in table["determiner"]:
            mood.add(table["determiner"][word], f'"{child.text}"')
        elif child.dep_ in {"nsubj", "nsubjpass"}:
            _add_subject_negation(child, mood, lexicon)
        elif child.dep_ == "amod" and word in table["adjective"]:
            mood.add(table["adjective"][word], f'"{child.text}"')


def _add_subject_negation(subject: Token, mood: _Mood, lexicon: _Lexicon) -> None:
    determiners = lexicon.certainties["determiner"]
    if subject.lower_ in determiners:
        mood.add(determiners[subject.lower_], f'"{subject.text}"')
    for child in subject.children:
        if child.dep_ == "det" and child.lower_ in determiners:
            mood.add(determiners[child.lower_], f'"{child.text}"')


def _is_not_only(child: Token) -> bool:
    following = child.doc[child.i + 1] if child.i + 1 < len(child.doc) else None
    return following is not None and following.lower_ in {"only", "just", "merely", "yet"}


def _add_marks(token: Token, mood: _Mood, lexicon: _Lexicon) -> None:
    for child in token.children:
        if child.dep_ in {"mark", "advmod"} and child.lower_ in lexicon.certainties["mark"]:
            mood.add(lexicon.certainties["mark"][child.lower_], f'"{child.text}"')


def _governing(token: Token, lexicon: _Lexicon) -> tuple[str, str] | None:
    """Look a governing word up: its certainty and the words found."""
    doc = token.doc
    for entry in lexicon.governors.get(token.lemma_.lower(), ()):
        span = range(token.i + 1, min(token.i + 1 + len(entry.rest), len(doc)))
        if tuple(doc[i].lower_ for i in span) == entry.rest:
            return entry.certainty, " ".join((token.text, *entry.rest))
    # A participle may be listed under its own form ("is prepared to").
    for entry in lexicon.governors.get(token.lower_, ()):
        if not entry.rest:
            return entry.certainty, token.text
    return None


def _read_mood(trigger: Token, source: _Source | None, lexicon: _Lexicon) -> _Mood:
    """Walk from the trigger up to its source (or to the top) and take up what changes the certainty."""
    mood = _Mood()
    _add_own(trigger, mood, lexicon)
    alive = True
    for step in _steps(trigger):
        if source is not None and step.governor.i == source.token.i and source.effect is None:
            _add_cue_mood(step, mood, lexicon)
            break
        if source is not None and step.governor.i == source.token.i:
            break
        alive = _read_mood_step(step, mood, lexicon)
        if not alive:
            break
    if source is not None and alive and source.effect is not None:
        mood.add(source.effect, source.reason)
        if _is_negated(source.token):
            mood.add("denied", f'negated "{source.token.text}"')
    _add_phrases(trigger, source, mood, lexicon)
    return mood


def _is_negated(token: Token) -> bool:
    return any(child.dep_ == "neg" for child in token.children)


def _add_cue_mood(step: _Step, mood: _Mood, lexicon: _Lexicon) -> None:
    """A claim that its source does not confirm is doubtful; an infinitive under a cue is a plan."""
    verb = step.governor
    if _is_negated(verb) and any(cue.kind == "confirm" for cue, _ in _match(lexicon.verbs, verb)):
        mood.add("disputed", f'not "{verb.text}"')


def _add_own(trigger: Token, mood: _Mood, lexicon: _Lexicon) -> None:
    _add_modals(trigger, mood, lexicon)
    _add_negation(trigger, mood, lexicon)
    _add_marks(trigger, mood, lexicon)
    if trigger.pos_ in {"NOUN", "PROPN"}:
        before = trigger.left_edge.i - 1
        if before >= 0 and trigger.doc[before].lower_ in {"not", "n't"} and trigger.doc[before].head.pos_ != "VERB":
            mood.add("denied", '"not"')
    if _is_infinitive(trigger) and trigger.dep_ in {"ROOT", "relcl"}:
        mood.add("planned", "infinitive")


def _read_mood_step(step: _Step, mood: _Mood, lexicon: _Lexicon) -> bool:
    """Take up one governor; return whether what stands above it still bears on the movement."""
    reader = _MOOD_STEPS.get(step.relation)
    if step.preposition is not None:
        return _mood_preposition(step, mood, lexicon)
    return reader(step, mood, lexicon) if reader is not None else True


def _add_governor(step: _Step, mood: _Mood, lexicon: _Lexicon) -> bool:
    """Add the governor's own certainty; return whether it is known."""
    for token in (step.governor, *_predicates(step)):
        found = _governing(token, lexicon)
        if found is not None:
            mood.add(found[0], f'"{found[1]}"')
            if token != step.governor:
                _add_negation(token, mood, lexicon)
            return True
    return False


def _predicates(step: _Step) -> Iterable[Token]:
    """Yield the adjective of "it is likely that ...", "are due to ..."."""
    if step.governor.lemma_ not in {"be", "remain", "seem", "appear", "become"}:
        return ()
    return [c for c in step.governor.children if c.dep_ in {"acomp", "attr", "oprd"} and c != step.child]


def _mood_clause(step: _Step, mood: _Mood, lexicon: _Lexicon) -> bool:
    governor, child = step.governor, step.child
    known = _add_governor(step, mood, lexicon)
    if _is_infinitive(child) and not known:
        mood.add("planned", f'infinitive after "{governor.text}"')
    if step.relation in {"xcomp", "acomp", "attr"} or known:
        _add_modals(governor, mood, lexicon)
        _add_negation(governor, mood, lexicon)
        _add_marks(governor, mood, lexicon)
    return True


def _mood_object(step: _Step, mood: _Mood, lexicon: _Lexicon) -> bool:
    _add_governor(step, mood, lexicon)
    _add_modals(step.governor, mood, lexicon)
    _add_negation(step.governor, mood, lexicon)
    _add_marks(step.governor, mood, lexicon)
    if _is_infinitive(step.governor) and step.governor.dep_ == "ROOT":
        mood.add("planned", "infinitive")
    return True


def _mood_subject(step: _Step, mood: _Mood, lexicon: _Lexicon) -> bool:
    governor = step.governor
    known = _governing(governor, lexicon) if _is_passive(governor) else None
    if known is not None:
        mood.add(known[0], f'"{known[1]}"')
    if governor.lemma_.lower() in _EVENTIVE or known is not None:
        _add_modals(governor, mood, lexicon)
        _add_negation_of_verb(governor, mood, lexicon)
        for token in _predicates(step):
            found = _governing(token, lexicon) or _adjective(token, lexicon)
            if found is not None:
                mood.add(found[0], f'"{found[1]}"')
        return True
    if governor.pos_ in {"VERB", "AUX"}:
        _add_modals(governor, mood, lexicon, frozenset({"planned"}))
    return step.child.pos_ in {"NOUN", "PROPN"}


def _add_negation_of_verb(verb: Token, mood: _Mood, lexicon: _Lexicon) -> None:
    for child in verb.children:
        if child.dep_ == "neg" and not _is_not_only(child):
            mood.add(lexicon.certainties["adverb"].get(child.lower_), f'"{child.text}"')


def _adjective(token: Token, lexicon: _Lexicon) -> tuple[str, str] | None:
    certainty = lexicon.certainties["adjective"].get(token.lower_)
    return (certainty, token.text) if certainty is not None else None


def _mood_preposition(step: _Step, mood: _Mood, lexicon: _Lexicon) -> bool:
    preposition = step.preposition or ""
    certainty = lexicon.certainties["preposition"].get(preposition)
    if certainty is not None:
        mood.add(certainty, f'"{preposition}"')
        return False
    known = _add_governor(step, mood, lexicon)
    governor = step.governor
    if governor.pos_ in {"VERB", "AUX"}:
        if known:
            _add_modals(governor, mood, lexicon)
            _add_negation(governor, mood, lexicon)
        elif preposition in _TIMELIKE:
            _add_modals(governor, mood, lexicon)
            return False
    elif known:
        _add_negation(governor, mood, lexicon)
    return True


def _mood_conjunct(step: _Step, mood: _Mood, lexicon: _Lexicon) -> bool:
    child, first = step.child, step.governor
    own = any(c.dep_ in {"aux", "auxpass", "nsubj", "nsubjpass"} for c in child.children)
    same_form = child.tag_ == first.tag_ or child.pos_ == first.pos_ == "NOUN"
    if not own and same_form:
        _add_modals(first, mood, lexicon)
        if _is_infinitive(first) and first.dep_ in {"ROOT", "relcl", "advcl"}:
            mood.add("planned", "infinitive")
        if not any(c.dep_ == "cc" and c.lower_ == "but" for c in first.children):
            _add_negation_of_verb(first, mood, lexicon)
        return True
    return child.tag_ not in {"VBD", "VBP", "VBZ"} or first.tag_ == child.tag_


def _mood_adnominal(step: _Step, mood: _Mood, lexicon: _Lexicon) -> bool:
    noun = step.governor
    if not _is_infinitive(step.child):
        # "there are no troops left", "no soldiers returning"
        _add_subject_negation(noun, mood, lexicon)
        return step.relation == "acl" and _governing(noun, lexicon) is not None and _add_governor(step, mood, lexicon)
    if any(c.dep_ == "amod" and c.lower_ in _ORDINALS for c in noun.children):
        return False
    known = _add_governor(step, mood, lexicon)
    if not known:
        mood.add("planned", f'infinitive after "{noun.text}"')
    _add_negation(noun, mood, lexicon)
    return known


def _mood_adverbial(step: _Step, mood: _Mood, lexicon: _Lexicon) -> bool:
    child, governor = step.child, step.governor
    if _is_infinitive(child):
        known = _add_governor(step, mood, lexicon) if _governing(governor, lexicon) is not None else False
        if not known:
            mood.add("planned", "purpose infinitive")
        else:
            _add_modals(governor, mood, lexicon)
            _add_negation(governor, mood, lexicon)
        return known
    if child.tag_ in {"VBG", "VBZ", "VBP", "VB"} and not any(_modal(c, lexicon) for c in child.children):
        _add_modals(governor, mood, lexicon, frozenset({"planned", "possible"}))
    return False


def _mood_relative(step: _Step, mood: _Mood, lexicon: _Lexicon) -> bool:
    if not _is_infinitive(step.child):
        return False
    return _mood_adnominal(step, mood, lexicon)


def _mood_compound(step: _Step, mood: _Mood, lexicon: _Lexicon) -> bool:
    if _add_governor(step, mood, lexicon):
        _add_negation(step.governor, mood, lexicon)
    return True


_MOOD_STEPS = {
    "xcomp": _mood_clause,
    "ccomp": _mood_clause,
    "acomp": _mood_clause,
    "attr": _mood_object,
    "prep": _mood_object,
    "dobj": _mood_object,
    "nsubjpass": _mood_subject,
    "nsubj": _mood_subject,
    "conj": _mood_conjunct,
    "acl": _mood_adnominal,
    "relcl": _mood_relative,
    "advcl": _mood_adverbial,
    "compound": _mood_compound,
}


def _add_phrases(trigger: Token, source: _Source | None, mood: _Mood, lexicon: _Lexicon) -> None:
    sentence = trigger.sent
    start = sentence.start
    if source is not None and sentence.start <= source.token.i < trigger.i:
        start = source.token.i
    words = " " + " ".join(token.lemma_.lower() for token in trigger.doc[start : trigger.i]) + " "
    for phrase, certainty in lexicon.certainties["phrase"].items():
        if f" {phrase} " in words:
            mood.add(certainty, f'"{phrase}"')


# --- claims -----------------------------------------------------------------------------------------------------


def attribute(
    movements: Sequence[Movement], doc: Doc, times: Sequence[TimeExpression], document: Document
) -> list[Claim]:
    """Find who says each movement, and how surely.

    Parameters
    ----------
    movements
        The movements and stances of the document, in any order.
    doc
        The parsed document; ``token.idx`` is an offset into ``document.text``.
    times
        The document's date expressions; they date what is said.
    document
        The report itself; its publication date dates what has no date of its own.

    Returns
    -------
    list of Claim
        One claim for each movement, in the order of their triggers, with ids "c1", "c2", ...
    """
    lexicon = _lexicon()
    reader = _Reader(doc, document, lexicon, _quotations(doc, document, lexicon))
    claims: list[Claim] = []
    for movement in sorted(movements, key=lambda m: (m.trigger, m.evidence)):
        claims.append(_claim(f"c{len(claims) + 1}", movement, reader, times))
    return claims


def _claim(claim_id: str, movement: Movement, reader: _Reader, times: Sequence[TimeExpression]) -> Claim:
    tokens = reader.doc.char_span(*movement.trigger, alignment_mode="expand")
    if tokens is None or not len(tokens):
        return Claim(id=claim_id, movement=movement, certainty="asserted", rule="no-words")
    source = reader.source_of(tokens.root)
    mood = _read_mood(tokens.root, source, reader.lexicon)
    return Claim(
        id=claim_id,
        movement=movement,
        claimant=_claimant(source, reader.document),
        cue=source.cue if source is not None else None,
        certainty=mood.certainty(),
        claim_date=_claim_date(source, reader.doc, times, reader.document.published),
        rule=source.rule if source is not None else "reporter",
        reasons=tuple(mood.reasons),
    )


def _claimant(source: _Source | None, document: Document) -> Role | None:
    if source is None or source.holder is None:
        return None
    first, last = source.holder
    start, end = first.idx, last.idx + len(last)
    return Role(start=start, end=end, text=document.text[start:end])


def _claim_date(
    source: _Source | None, doc: Doc, times: Sequence[TimeExpression], published: date | None
) -> date | None:
    """Date the saying: a date expression that hangs on the cue, else the publication."""
    if source is not None:
        for time in times:
            tokens = doc.char_span(time.start, time.end, alignment_mode="expand")
            if tokens is None:
                continue
            token = tokens.root
            while token.dep_ in {"pobj", "npadvmod", "prep", "pcomp"} and token.head.pos_ in {"ADP", "SCONJ"}:
                token = token.head
            if token.head.i == source.token.i:
                return time.day
    return published
