"""Who says it: the innermost source of a statement, found in the parse, in quotations and in headings.

One walk leads from the trigger up the dependency tree; the first reporting cue that holds the trigger in its content is
the innermost source. What the tree does not hold is repaired by few rules: direct quotations that run over sentences,
attributions that open or close a sentence and were attached wrongly, and headings ("NATO: ..."). The terms are those of
attribution (PDTB, PARC): source, cue, content.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geomap import cues
from geomap.cues import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.tokens import Doc, Token

    from geomap.cues import Cue
    from geomap.model import Certainty, Document, Span

# Nouns of documents speak for whoever made or gave them ("a report by X that said", "footage released by X showed").
_DOCUMENTS = frozenset(
    "statement report footage video image photo photograph picture clip letter communique memo dispatch bulletin "
    "briefing post tweet message document transcript recording imagery screenshot broadcast".split()
)
_PICTURES = frozenset("footage video image photo photograph picture clip imagery screenshot recording".split())
_GIVEN = frozenset("provide release publish issue post share circulate distribute obtain broadcast air show".split())
# What a news agency cites as a speaker; what else it cites ("an order") is a document.
_SPEAKERS = frozenset(
    "source official witness officer resident spokesman spokeswoman spokesperson minister ministry diplomat aide "
    "commander leader authority army police military government agency activist villager medic analyst expert "
    "observer monitor local eyewitness general colonel soldier fighter people department office service rebel "
    "navy command governor mayor coalition mission militia president council junta".split()
)
_PLACE_LABELS = frozenset({"GPE", "LOC", "NORP", "FAC"})
# Verbs that only carry the claim or order that is their object.
_LIGHT = frozenset(
    "make issue release publish repeat reiterate renew voice express give deliver send raise have lodge file level "
    "drop defend post broadcast air announce unveil present submit sign bring harbour harbor offer".split()
)
_RELATIVE = frozenset({"who", "which", "that"})
_POSSESSIVE = frozenset({"its", "his", "her", "their", "our", "my"})
_CLAUSES = frozenset({"ccomp", "parataxis", "xcomp", "advcl", "acl", "relcl", "csubj", "csubjpass"})
_NP_LEFT = frozenset({"det", "amod", "compound", "poss", "nummod", "nmod", "quantmod", "predet", "advmod", "case"})
_NP_RIGHT = frozenset({"conj", "cc", "nummod"})
_NP_PREPOSITIONS = frozenset({"of", "for", "from", "in", "with", "against", "at", "to", "on"})
_FALSE = frozenset({"wrong", "false", "mistaken", "incorrect", "untrue", "inaccurate", "misleading", "absurd"})
_QUESTIONS = frozenset({"whether", "if", "how", "what", "where", "when", "why", "who", "which"})
_UNREAL = frozenset({"if", "unless", "until", "once", "whether"})
# "..., as X does that" after a comma is the reporter's own frame round what was said.
_ASIDES = frozenset({"as", "while"})
_BACKGROUND = frozenset("recent ongoing current existing previous earlier past latest continuing ongoing".split())
# Cues whose object does what the content says, so that the parser may hang the content on the object.
_OBJECT_KINDS = frozenset({"accuse", "order", "ask", "warn", "allow"})
# An attribution with titles and an addressee takes some 25 words, or 240 characters.
_ATTRIBUTION_WORDS = 25
_ATTRIBUTION_LETTERS = 240


@dataclass(frozen=True, slots=True)
class Source:
    """A cue that holds a trigger, and the claimant when the text names one."""

    cue: Span
    token: Token
    holder: tuple[Token, Token] | None
    """First and last token of the claimant's noun phrase."""
    effect: Certainty | None
    """The certainty that the cue lends to its content."""
    rule: str

    @property
    def is_weak(self) -> bool:
        """Whether the holder is a picture, which speaks only where nobody else does."""
        return self.holder is not None and self.holder[1].lemma_.lower() in _PICTURES


@dataclass(frozen=True, slots=True)
class Quotation:
    """A direct quotation: its characters, whether it opens a sentence, and who speaks."""

    start: int
    end: int
    is_whole: bool
    source: Source | None


# --- noun phrases -----------------------------------------------------------------------------------------------


def noun_phrase(head: Token) -> tuple[Token, Token]:
    """Return the first and last token of the minimal but complete noun phrase of a head."""
    head = _named(head)
    left = next((c.left_edge for c in head.lefts if c.dep_ in _NP_LEFT and not c.is_punct), head)
    right = head
    for child in head.rights:
        end = _extension(child, right)
        if end is None:
            break
        right = end
    return left, right


def _extension(child: Token, right: Token) -> Token | None:
    """Return the new last token when a right-hand child belongs to the noun phrase, else None."""
    if child.dep_ == "conj":
        return noun_phrase(child)[1]
    if child.dep_ in _NP_RIGHT:
        return right if child.dep_ == "cc" else child
    if child.is_punct and child.text in "(),":
        return right
    if child.dep_ == "appos" and _in_brackets(child):
        return child.nbor(1)
    if child.dep_ == "prep" and child.lower_ in _NP_PREPOSITIONS and child.i - right.i <= 1:
        named = _object(child)
        if named is not None and named.ent_type_ not in {"DATE", "TIME"} and not child.text[0].isupper():
            return noun_phrase(named)[1]
    return None


def _object(preposition: Token) -> Token | None:
    return next((child for child in preposition.children if child.dep_ == "pobj"), None)


def _in_brackets(token: Token) -> bool:
    doc = token.doc
    return 0 < token.i < len(doc) - 1 and doc[token.i - 1].text == "(" and doc[token.i + 1].text == ")"


def _named(head: Token) -> Token:
    """Prefer the name to the office that it stands in apposition to ("the mayor of X, Name Surname,")."""
    if head.pos_ != "NOUN" or head.lemma_.lower() in _DOCUMENTS:
        return head
    # The parser may hang the name on the place of the office.
    places = [_object(c) for c in head.children if c.dep_ == "prep" and c.lower_ in {"of", "in", "for", "at"}]
    for noun in (head, *(place for place in places if place is not None)):
        for child in noun.children:
            is_name = child.dep_ == "appos" and child.pos_ == "PROPN" and child.ent_type_ not in _PLACE_LABELS
            if is_name and child.i > noun.i and not _in_brackets(child):
                return child
    return head


# --- holders ----------------------------------------------------------------------------------------------------


def _subject(verb: Token) -> Token | None:
    return next((child for child in verb.children if child.dep_ in {"nsubj", "nsubjpass", "csubj"}), None)


def _is_passive(verb: Token) -> bool:
    if any(child.dep_ in {"auxpass", "nsubjpass", "agent"} for child in verb.children):
        return True
    bare = verb.tag_ == "VBN" and not any(c.dep_ == "aux" for c in verb.children)
    return bare and verb.dep_ in {"acl", "advcl"}


def _agent(verb: Token) -> Token | None:
    by = (c for c in verb.children if c.dep_ == "agent" or (c.dep_ == "prep" and c.lower_ == "by"))
    return next((named for named in map(_object, by) if named is not None), None)


def _speaker(verb: Token, depth: int = 0) -> Token | None:
    """Find the head of the noun phrase that is said to speak by a reporting verb."""
    if depth > 6:  # chains of participles are short; a loop in a bad tree must end
        return None
    if _is_passive(verb):
        return _agent(verb)
    subject = _subject(verb)
    if subject is not None:
        return _antecedent(subject, verb)
    inverted = _inverted_subject(verb)
    if inverted is not None:
        return inverted
    head = verb.head
    if head == verb:
        return None
    if verb.dep_ == "advcl" and not cues.is_infinitive(verb):
        stranded = _stranded_subject(verb)
        if stranded is not None:
            return stranded
    if verb.dep_ in {"acl", "relcl"}:
        return head if _may_speak(head) else _speaker(_clause_of(head), depth + 1)
    if verb.dep_ == "pcomp":
        if head.lower_ == "as":
            return _said_of(head.head)
        return head.head if head.head.pos_ in {"NOUN", "PROPN"} else _speaker(head.head, depth + 1)
    if verb.dep_ in {"advcl", "conj", "xcomp", "ccomp", "parataxis", "dep", "prep"} and not _is_impersonal(head):
        return _speaker(head, depth + 1)
    return None


def _may_speak(noun: Token) -> bool:
    """Whether a noun that a participle follows can be its speaker ("officials saying", not "attacks, asking ...")."""
    lemma = noun.lemma_.lower()
    return noun.pos_ in {"PROPN", "PRON"} or lemma in _SPEAKERS or lemma in _DOCUMENTS


def _clause_of(noun: Token) -> Token:
    """Return the verb of the clause that a noun stands in."""
    return next((token for token in noun.ancestors if token.pos_ in {"VERB", "AUX"}), noun)


def _inverted_subject(verb: Token) -> Token | None:
    """Find the subject of "..., warned the minister" where the parser takes it for an object."""
    if verb.tag_ in {"VBD", "VBZ", "VBN"} and any(c.dep_ == "ccomp" and c.i < verb.i for c in verb.children):
        return next((c for c in verb.children if c.dep_ == "dobj" and c.i > verb.i), None)
    return None


def _is_impersonal(verb: Token) -> bool:
    """Whether "it is hard to say": nobody says."""
    predicative = any(child.dep_ in {"acomp", "attr"} for child in verb.children)
    return predicative and any(c.dep_ in {"nsubj", "expl"} and c.lower_ in {"it", "there"} for c in verb.children)


def _stranded_subject(verb: Token) -> Token | None:
    """Find the subject that the parser hung on the conjunction: "as [the navy], which ..., accused ..."."""
    if verb.tag_ not in {"VBD", "VBZ", "VBP"}:
        return None
    for sibling in verb.head.children:
        if sibling.dep_ == "prep" and sibling.i < verb.i and sibling.lower_ in {"as", "after", "before", "since", "until"}:
            return _object(sibling)
    return None


def _said_of(governor: Token) -> Token | None:
    """Find who is quoted in "X quoted Y as saying" and "Y was quoted as saying"."""
    passive = next((child for child in governor.children if child.dep_ == "nsubjpass"), None)
    return passive or next((child for child in governor.children if child.dep_ == "dobj"), _subject(governor))


def _antecedent(subject: Token, verb: Token) -> Token | None:
    if subject.lower_ in _RELATIVE and subject.tag_ in {"WDT", "WP", "DT", "IN"}:
        token = verb
        while token.dep_ == "conj":
            token = token.head
        return _coordinated_head(token.head, subject) if token.dep_ in {"relcl", "acl"} else None
    return subject


def _coordinated_head(noun: Token, pronoun: Token) -> Token:
    """Take a plural "who say" to mean all of "X, Y and Z", wherever in the row the parser hung it."""
    while noun.dep_ == "conj" and noun.head.pos_ in {"NOUN", "PROPN"} and pronoun.head.tag_ == "VBP":
        noun = noun.head
    return noun


def _giver(head: Token) -> Token | None:
    """Find who made or gave out a document: "footage released by X", "a report by X", "photo from X"."""
    for child in head.children:
        if child.dep_ == "acl":
            given = next((lemma for lemma in cues.lemmas(child) if lemma in _GIVEN or lemma == "take"), None)
            if given is None:
                continue
            origin = (c for c in child.children if c.dep_ == "prep" and c.lower_ == "from")
            found = _agent(child) or next((_object(c) for c in origin), None)
            if found is not None:
                return (_giver(found) if found.lemma_.lower() in _DOCUMENTS else found) or found
        if child.dep_ in {"prep", "agent"} and child.lower_ in {"by", "from"}:
            return _object(child)
    return None


def _publisher(head: Token) -> Token | None:
    verb = head.head
    if head.dep_ == "dobj" and any(lemma in _GIVEN for lemma in cues.lemmas(verb)):
        return _speaker(verb)
    return None


def _holder(verb: Token) -> Token | None:
    speaker = _speaker(verb)
    if speaker is None or speaker.lemma_.lower() not in _DOCUMENTS:
        return speaker
    giver = _giver(speaker)
    if giver is None and verb.dep_ in {"relcl", "acl"}:
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
        if child.dep_ == "compound" and (child.pos_ == "PROPN" or child.lemma_.lower() in _SPEAKERS):
            return child
    return _subject_above(noun)


def _subject_above(noun: Token) -> Token | None:
    """Find the subject of the verb that carries a noun ("issued an order", "doubled down on its claims")."""
    token = noun
    while token.dep_ == "conj" and token.head.pos_ == "NOUN":
        token = token.head
    if token.dep_ == "pobj" and token.head.head.pos_ == "VERB" and _owned(noun):
        verb = token.head.head
    elif token.dep_ == "dobj" and any(lemma in _LIGHT for lemma in cues.lemmas(token.head)):
        verb = token.head
    else:
        return None
    return None if _is_passive(verb) else _speaker(verb)


def _owned(noun: Token) -> bool:
    return any(child.dep_ == "poss" and child.lower_ in _POSSESSIVE for child in noun.children)


# --- cues in the tree -------------------------------------------------------------------------------------------


def _possible_frames(step: Step, cue: Cue) -> Iterator[str]:
    """Name the frames in which a child may stand to a verb that is a cue."""
    child, verb = step.child, step.governor
    closing = cue.words[-1] if len(cue.words) > 1 else ""
    if step.preposition is not None:
        if closing == step.preposition:
            yield "np"
        yield "to-np" if step.preposition == "to" else step.preposition
    elif step.relation in {"dobj", "nsubjpass", "oprd"}:
        yield "np"
    elif step.relation in {"ccomp", "xcomp", "advcl", "parataxis", "dep", "csubjpass"}:
        if cues.is_infinitive(child):
            yield from _infinitive_frames(step, closing)
        elif step.relation != "advcl" or _continues_content(child, verb):
            if child.i < verb.i or _is_quoted(child, verb):
                yield "quote"
            yield "that"
    elif step.relation == "conj" and _continues_content(child, verb) and _subject(child) is not None:
        yield "that"


def _infinitive_frames(step: Step, closing: str) -> Iterator[str]:
    child, verb = step.child, step.governor
    objects = {c.dep_ for c in verb.children if c != child} & {"dobj", "nsubjpass", "dative"}
    has_subject = _subject(child) is not None
    if objects or has_subject or closing in {"on", "upon", "to", "for"}:
        yield "obj-to"
    if step.relation != "advcl" and not has_subject:
        yield "to"
    if has_subject and step.relation == "ccomp":
        if child.i < verb.i:
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
    before = child.doc[max(start - 2, said[0].i) : start]
    return not any(token.text in {",", '"', "-", "--", ";"} for token in before)


def _asks(child: Token) -> bool:
    """Whether a clause is an embedded question."""
    return any(token.lower_ in _QUESTIONS for token in child.doc[child.left_edge.i : child.left_edge.i + 2])


def _verb_source(step: Step) -> Source | None:
    """Read a step up to a verb: is the verb a cue, and does it hold the child as its content?"""
    verb = step.governor
    for cue, last in cues.match(cues.tables().verbs, verb):
        frame = next((name for name in _possible_frames(step, cue) if name in cue.frames), None)
        if frame is None:
            continue
        if not _speaks(verb) or (cue.kind in {"confirm", "hear", "ask", "admit"} and frame == "that" and _asks(step.child)):
            return None
        bare = _bare_speaker(verb, step.child)
        holder = _holder(bare or verb)
        if holder is not None and _is_inside(step.child, holder) and not holder.is_ancestor(verb):
            return None
        return make(bare or verb, bare or last, holder, cue.frames[frame], f"{cue.kind}/{frame}")
    return None


def _is_inside(token: Token, head: Token) -> bool:
    return token == head or head.is_ancestor(token)


def _speaks(verb: Token) -> bool:
    """Whether a cue reports at all: not in "until X says so", nor in "X was wrong to say"."""
    if any(child.dep_ in {"mark", "advmod"} and child.lower_ in _UNREAL for child in verb.children):
        return False
    if cues.is_infinitive(verb) and verb.dep_ in {"xcomp", "advcl", "ccomp"}:
        return not is_called_false(verb)
    return True


def is_called_false(verb: Token) -> bool:
    """Whether an infinitive hangs on "wrong" or the like ("was wrong to say")."""
    head = verb.head
    words = [head, *(c for c in head.children if c.dep_ in {"acomp", "attr", "oprd"})]
    return cues.is_infinitive(verb) and any(word.lower_ in _FALSE for word in words)


def _bare_speaker(verb: Token, content: Token) -> Token | None:
    """Find the inner source of "..., the agency reported officials saying"."""
    for child in verb.children:
        if child != content and child.dep_ == "ccomp" and child.tag_ == "VBG" and _subject(child) is not None:
            if not any(c.dep_ in {"ccomp", "dobj", "xcomp"} for c in child.children):
                return child
    return None


def make(first: Token, last: Token, holder: Token | None, effect: Certainty | None, rule: str) -> Source:
    """Build a source from the first and last token of its cue and the head of its claimant."""
    first, last = sorted((first, last), key=lambda token: token.i)
    holder = _cited(first) or holder
    return Source(
        cue=(first.idx, last.idx + len(last)),
        token=first,
        holder=noun_phrase(holder) if holder is not None else None,
        effect=effect,
        rule=rule,
    )


def _cited(verb: Token) -> Token | None:
    """Find the inner source in "the agency reported, citing two officials"."""
    contents = [child for child in verb.children if child.dep_ == "ccomp"]
    for child in (grandchild for parent in (verb, *contents) for grandchild in parent.children):
        if child.dep_ in {"advcl", "prep"} and child.lower_ in {"citing", "quoting"}:
            cited = next((c for c in child.children if c.dep_ in {"dobj", "pobj"}), None)
            if cited is not None and (cited.lemma_.lower() in _SPEAKERS or cited.ent_type_ in {"PERSON", "ORG"}):
                return cited
    return None


def _noun_source(step: Step) -> Source | None:
    """Read a step up to a noun: "the army's claim that ...", "demands that ...", "video of ..."."""
    noun, child = step.governor, step.child
    for cue, last in cues.match(cues.tables().nouns, noun):
        frame = next((name for name in _noun_frames(step) if name in cue.frames), None)
        if frame is None:
            continue
        holder = None if cue.kind == "evidence" else _noun_holder(noun)
        if holder is not None and (holder == child or child.is_ancestor(holder) or holder.is_ancestor(noun)):
            holder = None
        return make(_light_verb(noun) or noun, last, holder, cue.frames[frame], f"{cue.kind}-noun/{frame}")
    return None


def _carried_source(step: Step) -> Source | None:
    """Read "issued orders to leave" where the parser hangs the infinitive on the verb."""
    if step.relation not in {"advcl", "xcomp"} or not cues.is_infinitive(step.child):
        return None
    carried = next((c for c in step.governor.children if c.dep_ == "dobj" and c.i < step.child.i), None)
    if carried is None or not any("to" in cue.frames for cue, _ in cues.match(cues.tables().nouns, carried)):
        return None
    return _noun_source(Step(step.child, "acl", None, carried))


def _noun_frames(step: Step) -> Iterator[str]:
    if step.preposition is not None:
        yield "to-np" if step.preposition == "to" else step.preposition
    elif step.relation == "compound":
        yield "of"
    elif step.relation in {"acl", "relcl", "ccomp", "xcomp", "advcl"}:
        if cues.is_infinitive(step.child):
            yield "to"
        elif step.relation != "relcl" or _is_content_clause(step.child):
            yield "that"


def _is_content_clause(verb: Token) -> bool:
    """Whether "that" opens a content clause and is no argument of it, or is left out before a full clause."""
    if any(child.dep_ == "mark" and child.lower_ == "that" for child in verb.children):
        return True
    arguments = [c for c in verb.children if c.dep_ in {"nsubj", "nsubjpass", "dobj", "pobj"}]
    return _is_passive(verb) and _subject(verb) is not None and not any(c.lower_ in _RELATIVE for c in arguments)


def _light_verb(noun: Token) -> Token | None:
    """Find the verb that makes one cue with the noun: "doubled down on its claims"."""
    verb = noun.head.head if noun.dep_ == "pobj" else noun.head
    return verb if verb.pos_ == "VERB" and 0 < noun.i - verb.i <= 4 and _owned(noun) else None


def _beside(verb: Token) -> Source | None:
    """Look for an attribution that hangs on the clause: "according to X", "X, he said, is ...", "reportedly"."""
    evidential: Source | None = None
    for child in verb.children:
        found = None
        if child.dep_ == "parataxis" or (child.dep_ in {"ccomp", "dep"} and _is_parenthesis(child)):
            found = _quote_cue(child, "parenthesis")
        elif child.lower_ == "according":
            found = _according(child)
        elif child.lower_ == "in" and child.dep_ == "prep":
            found = _caption(child)
        elif child.dep_ in {"advmod", "amod"} and child.lower_ in cues.tables().adverbs:
            evidential = make(child, child, None, None, "evidential")
        if found is not None:
            return found
    return evidential


def _is_parenthesis(verb: Token) -> bool:
    before = verb.left_edge.i - 1
    return before >= 0 and verb.doc[before].text == "," and not any(c.dep_ == "ccomp" for c in verb.children)


def _according(token: Token) -> Source | None:
    doc = token.doc
    preposition = doc[token.i + 1] if token.i + 1 < len(doc) else token
    head = _object(preposition) if preposition.lower_ == "to" else None
    if head is None:
        return None
    giver = _giver(head) if head.lemma_.lower() in _DOCUMENTS else None
    return make(token, preposition, giver or head, None, "according-to")


def _caption(preposition: Token) -> Source | None:
    """Read a caption's "In this photo provided by X, ..."."""
    picture = _object(preposition)
    if picture is None or picture.lemma_.lower() not in _PICTURES:
        return None
    giver = _giver(picture)
    if giver is None:
        return None
    by = giver.head
    verb = by.head if by.pos_ == "ADP" and by.head.pos_ == "VERB" else by
    return make(verb, by, giver, None, "caption")


# --- direct quotations ------------------------------------------------------------------------------------------


def _quoted_spans(text: str) -> list[Span]:
    """Find direct quotations; one that a paragraph opens anew without closing the last goes on with it."""
    spans: list[Span] = []
    opened: int | None = None
    for i, letter in enumerate(text):
        if letter == "\n" and opened is not None and not _resumes(text, i):
            opened = None
        if letter not in '"“”„':
            continue
        before = text[i - 1] if i else "\n"
        opens = letter in "“„" or (letter == '"' and (before.isspace() or before in "([-—"))
        if opened is None:
            opened = i if letter != "”" else None
        elif not (opens and before in "\n\r"):
            spans.append((opened, i + 1))
            opened = None
    return spans


def _resumes(text: str, newline: int) -> bool:
    """Whether a quotation that is open at a line's end goes on in the next paragraph.

    At most the next 2,000 characters are looked at, so that a stray mark cannot swallow a report.
    """
    for i in range(newline + 1, min(newline + 2_000, len(text))):
        letter = text[i]
        if letter == "”":
            return True
        if letter in '"“':
            before = text[i - 1]
            return before in "\n\r" or (letter == '"' and not before.isspace())
    return False


def quotations(doc: Doc, document: Document) -> list[Quotation]:
    """Find the direct quotations with their speakers; one with no speaker near it goes on with the last one's."""
    text = document.text
    spans = _quoted_spans(text)
    starts = [token.idx for token in doc]
    found: list[Quotation] = []
    for n, (start, end) in enumerate(spans):
        first, last = bisect_right(starts, start) - 1, bisect_left(starts, end)
        is_whole = _opens_sentence(doc, first)
        following = spans[n + 1][0] if n + 1 < len(spans) else len(text)
        source = _speaker_after(doc, last, following)
        if source is None:
            source = _speaker_before(doc, first, spans[n - 1][1] if n else 0)
        spoken = found[-1] if found else None
        if source is None and is_whole and spoken is not None and spoken.source is not None:
            if _adjoins(text[spoken.end : start]):
                source = replace(spoken.source, rule="quotation/continued")
        found.append(Quotation(start, end, is_whole, source))
    return found


def _opens_sentence(doc: Doc, i: int) -> bool:
    while i > 0 and doc[i - 1].is_space:
        i -= 1
    return i == 0 or doc[i - 1].text in {".", "!", "?", ":", '"', "'", ","} or doc[i - 1].text.endswith(".")


def _adjoins(between: str) -> bool:
    """Whether only the attribution stands between two parts of one quotation: at most one sentence end."""
    ends = sum(between.count(mark) for mark in (". ", ".\n", "! ", "? "))
    return len(between) <= _ATTRIBUTION_LETTERS and ends <= 1


def _abbreviates(doc: Doc, i: int) -> bool:
    """Whether a full stop ends a title ("Lt. Gen. Name said") and no sentence."""
    return 0 < i < len(doc) - 1 and len(doc[i - 1]) <= 7 and doc[i - 1].pos_ == doc[i + 1].pos_ == "PROPN"


def _speaker_after(doc: Doc, start: int, limit: int) -> Source | None:
    """Find the attribution that follows a quotation at once."""
    if start > 1 and start < len(doc) and doc[start - 2].text == "." and not doc[start].is_lower:
        return None  # the quotation ended its sentence, and the next one is the reporter's
    end = start
    while end < min(len(doc), start + _ATTRIBUTION_WORDS) and doc[end].idx < limit and "\n" not in doc[end].text:
        end += 1
        if doc[end - 1].text in {".", "!", "?", ";"} and not _abbreviates(doc, end - 1):
            break
    for token in doc[start:end]:
        source = _quote_cue(token, "quotation")
        if source is None or source.holder is None:
            continue
        first = min(token.i, source.holder[0].i)
        between = doc[start : max(start, first)]
        if first >= start and all(t.is_punct or t.pos_ in {"CCONJ", "ADV"} for t in between):
            return source
        return None
    return None


def _speaker_before(doc: Doc, start: int, limit: int) -> Source | None:
    """Find the attribution that leads a quotation in: the nearest cue before it in the same sentence."""
    colon = doc[start - 1] if start and doc[start - 1].text == ":" else None
    for i in range(start - 1, max(-1, start - 1 - _ATTRIBUTION_WORDS), -1):
        token = doc[i]
        if token.idx < limit or token.text in {".", "!", "?"} or "\n" in token.text:
            break
        source = _quote_cue(token, "quotation")
        if source is not None:
            return source
        subject = _subject(token) if colon is not None and token.pos_ in {"VERB", "AUX"} else None
        if colon is not None and subject is not None:
            return make(colon, colon, subject, None, "say/colon")
    return None


def _quote_cue(token: Token, rule: str) -> Source | None:
    if token.pos_ not in {"VERB", "AUX"}:
        return None
    for cue, last in cues.match(cues.tables().verbs, token):
        if "quote" in cue.frames:
            bare = _bare_speaker(token, token)
            holder = _holder(bare or token)
            if holder is not None:
                return make(bare or token, bare or last, holder, cue.frames["quote"], f"{cue.kind}/{rule}")
    return None


# --- the reader -------------------------------------------------------------------------------------------------


class Reader:
    """Finds the sources in one document."""

    def __init__(self, doc: Doc, document: Document) -> None:
        self.doc = doc
        self.document = document
        self.quotations = quotations(doc, document)
        self._starts = [quotation.start for quotation in self.quotations]

    def source_of(self, trigger: Token) -> Source | None:
        """Find the innermost source of a trigger.

        Returns
        -------
        Source or None
            None in the reporter's own voice; a source without a holder where a cue names nobody ("reportedly").
        """
        quotation = self._quotation_at(trigger.idx)
        inner = self._climb(trigger, quotation)
        spoken = quotation.source if quotation is not None else None
        if quotation is not None and spoken is not None:
            named = inner is not None and inner.holder is not None and not inner.is_weak
            is_inside = named and inner is not None and quotation.start <= inner.token.idx < quotation.end
            if not is_inside and (quotation.is_whole or not named):
                return spoken
        if inner is not None and inner.holder is not None:
            return inner
        return self._sentence_source(trigger) or self._heading_source(trigger) or inner

    def _quotation_at(self, offset: int) -> Quotation | None:
        i = bisect_right(self._starts, offset) - 1
        return self.quotations[i] if i >= 0 and offset < self.quotations[i].end else None

    def _climb(self, trigger: Token, quotation: Quotation | None) -> Source | None:
        if quotation is None and is_background(trigger):
            return None
        fallback = _beside(trigger)
        if fallback is not None and fallback.holder is not None:
            return fallback
        for step in cues.steps(trigger):
            if quotation is None and _leaves_content(step):
                return None if fallback is None or fallback.holder is None else fallback
            source = self._read_step(step) or (_beside(step.governor) if step.relation != "nsubj" else None)
            if source is None or source.token == step.child:
                continue
            if source.holder is not None and not source.is_weak:
                return source
            if fallback is None or (fallback.holder is None and source.holder is not None):
                fallback = source
            if source.holder is None and _is_adjunct(source.token):
                return fallback  # "amid fears that": whatever stands above says nothing about it
        return fallback

    def _read_step(self, step: Step) -> Source | None:
        governor = step.governor
        if governor.pos_ in {"VERB", "AUX"}:
            return _verb_source(step) or _carried_source(step)
        source = _noun_source(step)
        if source is not None:
            return source
        # "accused Russia of moving", "urged rebels to leave": the parser may hang the content on the object.
        verb = governor.head.head if governor.dep_ == "pobj" else governor.head
        has_content = step.preposition is not None or (step.relation in _CLAUSES and cues.is_infinitive(step.child))
        if governor.dep_ in {"dobj", "pobj"} and verb.pos_ == "VERB" and has_content:
            relation = step.relation if step.preposition is not None else "xcomp"
            source = _verb_source(Step(step.child, relation, step.preposition, verb))
            # Only frames that take an object may be lifted, or "said in a report of" would become "said of".
            if source is not None and source.rule.split("/")[0] in _OBJECT_KINDS:
                return source
        return None

    def _sentence_source(self, trigger: Token) -> Source | None:
        """Repair what the parser attached wrongly: an attribution that closes or opens the sentence holds it all."""
        if is_background(trigger) or any(_leaves_content(step) for step in cues.steps(trigger)):
            return None
        sentence = trigger.sent
        for token in sentence:
            source = None
            if token.lower_ == "according" and (token.i <= sentence.start + 1 or token.i > trigger.i):
                source = _according(token)
            elif token.pos_ == "VERB" and token.i > trigger.i and self._quotation_at(token.idx) is None:
                source = _quote_cue(token, "closing")
                source = source if source is not None and self._closes(source, sentence.end) else None
            if source is not None and source.holder is not None:
                if not source.holder[0].i <= trigger.i <= source.holder[1].i:
                    return source
        return None

    def _closes(self, source: Source, end: int) -> bool:
        """Whether "..., X said (on Monday)." ends its sentence with nothing said after it."""
        if source.holder is None:
            return False
        first = min(source.token.i, source.holder[0].i)
        after = range(max(source.token.i, source.holder[1].i) + 1, end)
        set_off = first > 0 and self.doc[first - 1].text in {",", '"', "'"}
        return set_off and not any(self.doc[i].pos_ in {"VERB", "AUX"} for i in after)

    def _heading_source(self, trigger: Token) -> Source | None:
        """Read "NATO: troops mass ..." in a heading: a line without a full stop that a source opens."""
        text = self.document.text
        start = text.rfind("\n", max(0, trigger.idx - 160), trigger.idx) + 1
        colon = text.find(":", start, trigger.idx)
        end = text.find("\n", trigger.idx, trigger.idx + 200)
        line = text[start : end if end >= 0 else trigger.idx + 200].strip()
        # A heading has hardly more than twenty words and no full stop, and names its source in few of them.
        if colon < 0 or line.endswith((".", '"', "”")) or len(line) > 160 or len(text[start:colon].split()) > 5:
            return None
        tokens = self.doc.char_span(start, colon, alignment_mode="contract")
        mark = self.doc.char_span(colon, colon + 1, alignment_mode="expand")
        if tokens is None or mark is None or not len(tokens):
            return None
        last = tokens[-1]
        if last.lemma_.lower() not in _SPEAKERS and last.ent_type_ not in {"ORG", "PERSON"}:
            return None
        return Source((colon, colon + 1), mark[0], (tokens[0], last), None, "heading")


def is_background(noun: Token) -> bool:
    """Whether a noun speaks of what the reader is taken to know ("the recent incursion into ...")."""
    if noun.pos_ != "NOUN":
        return False
    known = any(child.dep_ == "amod" and child.lower_ in _BACKGROUND for child in noun.children)
    return known and not any(child.dep_ == "det" and child.lower_ in {"a", "an", "no", "any"} for child in noun.children)


def _is_adjunct(noun: Token) -> bool:
    return noun.dep_ == "pobj" and noun.head.lower_ in {"amid", "amidst", "after", "following", "despite", "with", "over"}


def _leaves_content(step: Step) -> bool:
    """Whether a step leads out of what is said into the reporter's own aside.

    An aside is a relative clause behind a comma ("the brigade, which left in May, ...") or a clause with "as" or
    "while" behind a comma.
    """
    child = step.child
    before = child.left_edge.i - 1
    if before < 0 or child.doc[before].text != ",":
        return False
    if step.relation == "relcl":
        return not cues.is_infinitive(child)
    return step.relation == "advcl" and any(c.dep_ == "mark" and c.lower_ in _ASIDES for c in child.children)


def holder_of(trigger: Token) -> Source | None:
    """Find the source of a word that is itself a reporting cue ("X denied the claim")."""
    for cue, last in cues.match(cues.tables().verbs, trigger):
        return make(trigger, last, _holder(trigger), None, f"{cue.kind}/itself")
    return make(trigger, trigger, _holder(trigger), None, "stance/itself")


def claimant_span(source: Source | None) -> Span | None:
    """Return the offsets of a source's claimant, or None when it names nobody."""
    if source is None or source.holder is None:
        return None
    first, last = source.holder
    return first.idx, last.idx + len(last)
