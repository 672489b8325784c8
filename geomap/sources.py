"""Who says it: the innermost source of a statement, found in the parse, in quotations and in headings.

One walk leads from the trigger up the dependency tree; the first reporting cue that holds the trigger in its content is
the innermost source. What the tree does not hold is repaired by few rules: direct quotations that run over sentences,
attributions that open or close a sentence and were attached wrongly, and headings ("NATO: ..."). The terms are those of
attribution (PDTB, PARC): source, cue, content.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geomap import cues, nlp
from geomap.cues import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.tokens import Token

    from geomap.cues import Cue
    from geomap.model import Certainty, Span

# Nouns of documents speak for whoever made or gave them ("a report by X that said", "footage released by X showed").
# What a news agency cites as a speaker; what else it cites ("an order") is a document.
_PLACE_LABELS = frozenset({"GPE", "LOC", "NORP", "FAC"})
# Verbs that only carry the claim or order that is their object.
_PERSONAL = frozenset({"it", "they", "he", "she"})
# Kinds of cue by which a speaker's own view is told.
_OPINIONS = frozenset({"claim", "believe", "predict"})
_RELATIVE = frozenset({"who", "which", "that"})
_POSSESSIVE = frozenset({"its", "his", "her", "their", "our", "my"})
_NP_LEFT = frozenset({"det", "amod", "compound", "poss", "nummod", "nmod", "quantmod", "predet", "advmod", "case"})
_NP_RIGHT = frozenset({"conj", "cc", "nummod"})
_NP_PREPOSITIONS = frozenset({"of", "for", "from", "in", "with", "against", "at", "to", "on"})
# What a number may open with ("say between 300 and 400 men are ...").
_COUNTING = frozenset({"between", "about", "around", "over", "up"})
_QUESTIONS = frozenset({"whether", "if", "how", "what", "where", "when", "why", "who", "which"})
# What a verb without a subject shares its speaker with its head by.
_SHARING = frozenset({"advcl", "conj", "xcomp", "ccomp", "parataxis", "dep", "prep"})
# Verbs whose object is who speaks: "the agency quoted the ministry".
_QUOTING = frozenset({"quote", "cite"})
_STRANDING = frozenset({"as", "after", "before", "since", "until"})
_ADJOINING = frozenset({"amid", "amidst", "after", "following", "despite", "with", "over"})
# Chains of participles are short; a loop in a bad tree must end.
_DEEPEST = 6
# "doubled down on its claims": a verb and the noun that makes one cue with it stand at most so far apart.
_CUE_WORDS = 4
# Kinds of cue that state nothing of an embedded question ("confirmed whether").
_FACTUAL = frozenset({"confirm", "hear", "ask", "admit"})
_BEFORE_INVERSION = frozenset({",", '"', "”"})
_UNREAL = frozenset({"if", "unless", "until", "once", "whether"})
# "..., as X does that" after a comma is the reporter's own frame round what was said.
_ASIDES = frozenset({"as", "while"})
# Cues whose object does what the content says, so that the parser may hang the content on the object.
OBJECT_KINDS = frozenset({"accuse", "order", "ask", "warn", "allow"})


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
        """Whether the holder speaks only where nobody else does: a picture, an event, or one who merely decides."""
        if self.holder is None:
            return False
        if self.rule.startswith("decide/"):
            return True
        last = self.holder[1]
        is_event = self.rule.startswith("show/") and last.pos_ == "NOUN" and last.lemma_.lower() not in _voices()
        return is_event or last.lemma_.lower() in cues.words("picture")

    @property
    def is_own_voice(self) -> bool:
        """Whether those who speak in a quotation name themselves ("we expect to send ...")."""
        return self.holder is not None and self.holder[0].lower_ in {"i", "we"}

    @property
    def is_own_opinion(self) -> bool:
        """Whether a pronoun is said to hold it ("it believed that ..."), so that an outer speaker has the name."""
        is_pronoun = self.holder is not None and self.holder[1].lower_ in _PERSONAL
        return is_pronoun and self.rule.split("/")[0] in _OPINIONS


def _voices() -> frozenset[str]:
    return frozenset(cues.words("speaker")).union(cues.words("document"))


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
        if named is not None and not child.text[0].isupper() and nlp.entity_type(named) not in {"DATE", "TIME"}:
            return noun_phrase(named)[1]
    return None


def _object(preposition: Token) -> Token | None:
    return next((child for child in preposition.children if child.dep_ == "pobj"), None)


def _in_brackets(token: Token) -> bool:
    doc = token.doc
    return 0 < token.i < len(doc) - 1 and doc[token.i - 1].text == "(" and doc[token.i + 1].text == ")"


def _named(head: Token) -> Token:
    """Prefer the name to the office that it stands in apposition to ("the mayor of X, Name Surname,")."""
    if head.pos_ != "NOUN" or head.lemma_.lower() in cues.words("document"):
        return head
    # The parser may hang the name on the place of the office.
    places = [_object(c) for c in head.children if c.dep_ == "prep" and c.lower_ in {"of", "in", "for", "at"}]
    for noun in (head, *(place for place in places if place is not None)):
        for child in noun.children:
            is_name = child.dep_ == "appos" and child.pos_ == "PROPN" and nlp.entity_type(child) not in _PLACE_LABELS
            if is_name and child.i > noun.i and not _in_brackets(child):
                return child
    return head


# --- holders ----------------------------------------------------------------------------------------------------


def subject(verb: Token) -> Token | None:
    """Return the subject that a verb has itself, or None."""
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
    if depth > _DEEPEST:
        return None
    if verb.lemma_ in _QUOTING:
        return _said_of(verb) or _stranded_subject(verb)
    if _is_passive(verb):
        return _agent(verb)
    own = subject(verb)
    if own is not None:
        return _antecedent(own, verb)
    return _inverted_subject(verb) or _shared_speaker(verb, depth)


def _shared_speaker(verb: Token, depth: int) -> Token | None:
    """Find the speaker of a verb without a subject of its own: a participle, an infinitive, a coordinated verb."""
    head = verb.head
    if head == verb:
        return None
    if verb.dep_ in {"acl", "relcl"}:
        return head if _may_speak(head) else _speaker(_clause_of(head), depth + 1)
    if verb.dep_ == "pcomp":
        return _said_of(head.head) if head.lower_ == "as" else _spoken_by(head.head, depth)
    if verb.dep_ == "advcl" and verb.tag_ == "VBG" and _is_reported(head) and _follows_comma(verb):
        return _speaker(head.head, depth + 1)  # "X says ships have left, adding that": X adds it
    if verb.dep_ in _SHARING and not _is_impersonal(head):
        return _stranded_subject(verb) or _speaker(head, depth + 1)
    return None


def _is_reported(verb: Token) -> bool:
    return verb.dep_ == "ccomp" and any(
        cue.kind not in {"hear", "show"} and "that" in cue.frames
        for cue, _ in cues.match(cues.tables().verbs, verb.head)
    )


def _follows_comma(token: Token) -> bool:
    before = token.left_edge.i - 1
    return before >= 0 and token.doc[before].text == ","


def _spoken_by(governor: Token, depth: int) -> Token | None:
    return governor if governor.pos_ in {"NOUN", "PROPN"} else _speaker(governor, depth + 1)


def _may_speak(noun: Token) -> bool:
    """Whether a noun that a participle follows can be its speaker ("officials saying", not "attacks, asking ...")."""
    lemma = noun.lemma_.lower()
    return noun.pos_ in {"PROPN", "PRON"} or lemma in cues.words("speaker") or lemma in cues.words("document")


def _clause_of(noun: Token) -> Token:
    """Return the verb of the clause that a noun stands in."""
    return next((token for token in noun.ancestors if token.pos_ in {"VERB", "AUX"}), noun)


def _inverted_subject(verb: Token) -> Token | None:
    """Find the subject of "..., warned the minister" where the parser takes it for something else."""
    if verb.tag_ not in {"VBD", "VBZ", "VBN"}:
        return None
    if any(c.dep_ == "ccomp" and c.i < verb.i for c in verb.children):
        found = next((c for c in verb.children if c.dep_ == "dobj" and c.i > verb.i), None)
        if found is not None:
            return found
    if verb.i == 0 or verb.nbor(-1).text not in _BEFORE_INVERSION:
        return None
    # ", said the junta, in a statement read out on the radio": the junta is no subject of "read".
    subjects = (subject(c) for c in verb.children if c.dep_ == "ccomp" and c.i > verb.i)
    return next((s for s in subjects if s is not None and s.left_edge.i == verb.i + 1 and _is_followed(s)), None)


def _is_followed(noun: Token) -> bool:
    """Whether a comma ends a noun phrase."""
    return noun.right_edge.i + 1 < len(noun.doc) and noun.doc[noun.right_edge.i + 1].text == ","


def _is_impersonal(verb: Token) -> bool:
    """Whether "it is hard to say": nobody says."""
    predicative = any(child.dep_ in {"acomp", "attr"} for child in verb.children)
    return predicative and any(c.dep_ in {"nsubj", "expl"} and c.lower_ in {"it", "there"} for c in verb.children)


def _stranded_subject(verb: Token) -> Token | None:
    """Find the subject that the parser hung on the conjunction: "as [the navy], which ..., accused ..."."""
    if verb.dep_ in {"parataxis", "conj"}:
        return _set_off_before(verb)
    if verb.dep_ != "advcl" or verb.tag_ not in {"VBD", "VBZ", "VBP"}:
        return None
    for sibling in verb.head.children:
        if sibling.dep_ == "prep" and sibling.i < verb.i and sibling.lower_ in _STRANDING:
            return _object(sibling)
    return None


def _set_off_before(verb: Token) -> Token | None:
    """Find the speaker of ", residents and a soldier said," whom the parser hung on the words before the comma."""
    first = min((c for c in verb.children if c.dep_ in {"aux", "auxpass"}), key=lambda c: c.i, default=verb)
    if first.tag_ not in {"VBD", "VBZ", "VBP"} or first.i == verb.sent.start:
        return None
    last = verb.doc[first.i - 1]
    if last.pos_ not in {"NOUN", "PROPN"} or not (_may_speak(last) or last.dep_ == "conj"):
        return None
    head = last
    while head.dep_ in {"conj", "compound", "pobj"} and head.i > verb.sent.start and _left(head) != ",":
        head = head.head if head.dep_ != "pobj" else head.head.head
    return head if _left(head) == "," and _may_speak(head) else None


def _left(token: Token) -> str:
    """Return the word before a noun phrase, its conjuncts left out."""
    first = min((c.left_edge.i for c in token.lefts), default=token.i)
    return token.doc[first - 1].text if first > 0 else ""


def _said_of(governor: Token) -> Token | None:
    """Find who is quoted in "X quoted Y as saying" and "Y was quoted as saying"."""
    passive = next((child for child in governor.children if child.dep_ == "nsubjpass"), None)
    return passive or next((child for child in governor.children if child.dep_ == "dobj"), subject(governor))


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
            given = next((lemma for lemma in cues.lemmas(child) if lemma in cues.words("give")), None)
            if given is None:
                continue
            origin = (c for c in child.children if c.dep_ == "prep" and c.lower_ == "from")
            found = _agent(child) or next((_object(c) for c in origin), None)
            if found is not None:
                return (_giver(found) if found.lemma_.lower() in cues.words("document") else found) or found
        if child.dep_ in {"prep", "agent"} and child.lower_ in {"by", "from"}:
            return _object(child)
    return None


def _publisher(head: Token) -> Token | None:
    verb = head.head
    if head.dep_ == "dobj" and any(lemma in cues.words("give") for lemma in cues.lemmas(verb)):
        return _speaker(verb)
    return None


def _holder(verb: Token) -> Token | None:
    speaker = _speaker(verb)
    if speaker is None or speaker.lemma_.lower() not in cues.words("document"):
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
        if child.dep_ == "compound" and (child.pos_ == "PROPN" or child.lemma_.lower() in cues.words("speaker")):
            return child
    return _subject_above(noun)


def _subject_above(noun: Token) -> Token | None:
    """Find the subject of the verb that carries a noun ("issued an order", "doubled down on its claims")."""
    token = noun
    while token.dep_ == "conj" and token.head.pos_ == "NOUN":
        token = token.head
    if token.dep_ == "pobj" and token.head.head.pos_ == "VERB" and (_owned(noun) or _said_in(token)):
        verb = token.head.head
    elif token.dep_ == "dobj" and any(lemma in cues.words("carry") for lemma in cues.lemmas(token.head)):
        verb = token.head
    else:
        return None
    return None if _is_passive(verb) else _speaker(verb)


def _said_in(noun: Token) -> bool:
    """Whether "said in a statement that ...", where the parser hangs what was said on the statement."""
    verb = noun.head.head
    said = any("that" in cue.frames for cue, _ in cues.match(cues.tables().verbs, verb))
    return noun.head.lower_ in {"in", "on"} and said


def _owned(noun: Token) -> bool:
    return any(child.dep_ == "poss" and child.lower_ in _POSSESSIVE for child in noun.children)


# --- cues in the tree -------------------------------------------------------------------------------------------


def _possible_frames(step: Step, cue: Cue) -> Iterator[str]:
    """Name the frames in which a child may stand to a verb that is a cue."""
    child, verb = step.child, step.governor
    closing = cue.words[-1] if len(cue.words) > 1 else ""
    if step.relation == "pcomp" and step.preposition in _COUNTING and subject(child) is not None:
        yield "that"  # "say between 300 and 400 men are ..." where the parser takes the number for a phrase of place
    elif step.preposition is not None:
        if closing == step.preposition:
            yield "np"
        yield "to-np" if step.preposition == "to" else step.preposition
    elif step.relation in {"dobj", "nsubjpass", "oprd"}:
        yield "np"
    elif step.relation in {"ccomp", "xcomp", "advcl", "parataxis", "dep", "csubjpass"}:
        if cues.is_infinitive(child):
            yield from _infinitive_frames(step, closing)
        elif step.relation != "advcl" or _continues_content(child, verb) or _resumes_content(child, verb):
            if child.i < verb.i or _is_quoted(child, verb):
                yield "quote"
            yield "that"
    elif step.relation == "conj" and (
        (_continues_content(child, verb) and subject(child) is not None) or _follows_parenthesis(child, verb)
    ):
        yield "that"


def _infinitive_frames(step: Step, closing: str) -> Iterator[str]:
    child, verb = step.child, step.governor
    objects = {c.dep_ for c in verb.children if c != child} & {"dobj", "nsubjpass", "dative"}
    has_subject = subject(child) is not None
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


def _follows_parenthesis(child: Token, verb: Token) -> bool:
    """Whether what is said goes on behind its attribution: "troops left, X said, and have been seen in Y"."""
    is_behind = verb.dep_ == "parataxis" or any(c.dep_ == "ccomp" and c.i < verb.i for c in verb.children)
    auxiliaries = {c.lower_ for c in child.children if c.dep_ in {"aux", "auxpass"}}
    if not is_behind or child.i < verb.i:
        return False
    return bool(auxiliaries) if subject(child) is None else bool(auxiliaries & {"would", "could", "might"})


def _resumes_content(child: Token, verb: Token) -> bool:
    """Whether a participle goes on with what an inserted attribution cut: "rebels left, X said, taking guns"."""
    said = [c for c in verb.children if c.dep_ == "ccomp" and c.i < verb.i]
    if not said or child.tag_ != "VBG" or child.i < verb.i or any(True for _ in cues.match(cues.tables().verbs, child)):
        return False
    return not any(token.text == '"' for token in verb.doc[said[0].i : verb.i])


def _asks(child: Token) -> bool:
    """Whether a clause is an embedded question."""
    return any(token.lower_ in _QUESTIONS for token in child.doc[child.left_edge.i : child.left_edge.i + 2])


def _presumes(question: Token) -> bool:
    """Whether a question takes what it asks about for a fact: "asked why they had not left"."""
    return question.doc[question.left_edge.i].lower_ in {"why", "how"}


def verb_source(step: Step) -> Source | None:
    """Read a step up to a verb that may be a cue and hold the child as its content."""
    verb = step.governor
    for cue, last in cues.match(cues.tables().verbs, verb):
        if cue.kind in {"threaten", "warn"} and step.relation == "advcl" and is_averting(step.child):
            return make(verb, last, _holder(verb), "ordered", f"{cue.kind}/unless")
        frame = next((name for name in _possible_frames(step, cue) if name in cue.frames), None)
        if cue.kind == "witness" and frame != "as":
            frame = "that" if _is_witnessed(step) else None
        if frame is None:
            continue
        is_question = frame == "that" and (cue.kind in _FACTUAL or cues.is_negated(verb)) and _asks(step.child)
        is_question = is_question and not (cue.kind == "ask" and _presumes(step.child))
        if is_question or not _speaks(verb):
            return None
        bare = _bare_speaker(verb, step.child)
        holder = _holder(bare or verb)
        if holder is not None and _is_inside(step.child, holder) and not holder.is_ancestor(verb):
            return None
        effect = cue.frames[frame]
        if effect is None and cue.kind == "believe" and step.relation == "xcomp" and step.child.tag_ == "VBG":
            effect = "possible"  # "is considering sending"
        return make(bare or verb, bare or last, holder, effect, f"{cue.kind}/{frame}")
    return None


def _is_witnessed(step: Step) -> bool:
    """Whether people tell what they saw somebody do: "residents saw columns leaving", not "the year saw them leave"."""
    seer, child = subject(step.governor), step.child
    is_action = step.relation == "dobj" or (
        step.relation in {"ccomp", "advcl"} and child.tag_ in {"VBG", "VB", "VBP"} and subject(child) is not None
    )
    return is_action and seer is not None and seer.lemma_.lower() in cues.words("speaker")


def is_averting(clause: Token) -> bool:
    """Whether a clause names what averts something: "unless they leave", "if they do not leave"."""
    marks = {child.lower_ for child in clause.children if child.dep_ == "mark"}
    return "unless" in marks or ("if" in marks and cues.is_negated(clause))


def _is_inside(token: Token, head: Token) -> bool:
    return token == head or head.is_ancestor(token)


def _speaks(verb: Token) -> bool:
    """Whether a cue reports at all: not in "until X says so", "X was wrong to say", "X declined to say"."""
    if any(child.dep_ in {"mark", "advmod"} and child.lower_ in _UNREAL for child in verb.children):
        return False
    if cues.is_infinitive(verb) and verb.dep_ in {"xcomp", "advcl", "ccomp"}:
        found = cues.governing(verb.head)
        return not is_called_false(verb) and (found is None or found[0] != "denied")
    return True


def is_called_false(verb: Token) -> bool:
    """Whether an infinitive hangs on "wrong" or the like ("was wrong to say")."""
    head = verb.head
    words = [head, *(c for c in head.children if c.dep_ in {"acomp", "attr", "oprd"})]
    return cues.is_infinitive(verb) and any(word.lower_ in cues.words("false") for word in words)


def _bare_speaker(verb: Token, content: Token) -> Token | None:
    """Find the inner source of "..., the agency reported officials saying"."""
    for child in verb.children:
        says = child != content and child.dep_ == "ccomp" and child.tag_ == "VBG" and subject(child) is not None
        says = says and any(True for _ in cues.match(cues.tables().verbs, child))
        if says and not any(c.dep_ in {"ccomp", "dobj", "xcomp"} for c in child.children):
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
        if child.dep_ in {"advcl", "prep", "ccomp"} and child.lower_ in {"citing", "quoting"}:
            cited = next((c for c in child.children if c.dep_ in {"dobj", "pobj"}), None)
            if cited is not None and (
                cited.lemma_.lower() in cues.words("speaker") or nlp.entity_type(cited) in {"PERSON", "ORG"}
            ):
                return cited
    return None


def noun_source(step: Step) -> Source | None:
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


def carried_source(step: Step) -> Source | None:
    """Read "issued orders to leave" where the parser hangs the infinitive on the verb."""
    if step.relation not in {"advcl", "xcomp"} or not cues.is_infinitive(step.child):
        return None
    carried = next((c for c in step.governor.children if c.dep_ == "dobj" and c.i < step.child.i), None)
    if carried is None or not any("to" in cue.frames for cue, _ in cues.match(cues.tables().nouns, carried)):
        return None
    return noun_source(Step(step.child, "acl", None, carried))


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
    return _is_passive(verb) and subject(verb) is not None and not any(c.lower_ in _RELATIVE for c in arguments)


def _light_verb(noun: Token) -> Token | None:
    """Find the verb that makes one cue with the noun: "doubled down on its claims"."""
    verb = noun.head.head if noun.dep_ == "pobj" else noun.head
    near = verb.pos_ == "VERB" and 0 < noun.i - verb.i <= _CUE_WORDS
    return verb if near and (_owned(noun) or (noun.dep_ == "pobj" and _said_in(noun))) else None


def beside(verb: Token) -> Source | None:
    """Look for an attribution that hangs on the clause: "according to X", "X, he said, is ...", "reportedly"."""
    evidential: Source | None = None
    for child in verb.children:
        found = None
        if child.dep_ == "parataxis" or (child.dep_ in {"ccomp", "dep"} and _is_parenthesis(child)):
            found = quote_cue(child, "parenthesis")
        elif child.lower_ == "according":
            found = according(child)
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


def according(token: Token) -> Source | None:
    """Read "according to X" from its first word."""
    doc = token.doc
    preposition = doc[token.i + 1] if token.i + 1 < len(doc) else token
    head = _object(preposition) if preposition.lower_ == "to" else None
    if head is None:
        return None
    giver = _giver(head) if head.lemma_.lower() in cues.words("document") else None
    return make(token, preposition, giver or head, None, "according-to")


def interrupts(according: Token, trigger: Token) -> bool:
    """Whether "according to X" stands between commas, behind the trigger's subject and before the trigger."""
    acting = subject(trigger)
    is_set_off = according.i > 0 and according.nbor(-1).text == ","
    return is_set_off and acting is not None and acting.i < according.i < trigger.i


def _caption(preposition: Token) -> Source | None:
    """Read a caption's "In this photo provided by X, ..."."""
    picture = _object(preposition)
    if picture is None or picture.lemma_.lower() not in cues.words("picture"):
        return None
    giver = _giver(picture)
    if giver is None:
        return None
    by = giver.head
    verb = by.head if by.pos_ == "ADP" and by.head.pos_ == "VERB" else by
    return make(verb, by, giver, None, "caption")


def quote_cue(token: Token, rule: str) -> Source | None:
    """Read a verb that may stand beside a quotation or as a parenthesis, with its speaker."""
    if token.pos_ not in {"VERB", "AUX"}:
        return None
    for cue, last in cues.match(cues.tables().verbs, token):
        if "quote" in cue.frames:
            bare = _bare_speaker(token, token)
            holder = _holder(bare or token)
            if holder is not None:
                return make(bare or token, bare or last, holder, cue.frames["quote"], f"{cue.kind}/{rule}")
    return None


def is_background(noun: Token) -> bool:
    """Whether a noun speaks of what the reader is taken to know ("the recent incursion into ...")."""
    if noun.pos_ != "NOUN":
        return False
    known = any(child.dep_ == "amod" and child.lower_ in cues.words("background") for child in noun.children)
    return known and not any(
        child.dep_ == "det" and child.lower_ in {"a", "an", "no", "any"} for child in noun.children
    )


def is_adjunct(noun: Token) -> bool:
    """Whether a reporting noun only accompanies what happens ("amid fears that ...")."""
    return noun.dep_ == "pobj" and noun.head.lower_ in _ADJOINING


def leaves_content(step: Step) -> bool:
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


def holder_of(trigger: Token) -> Source:
    """Find the source of a word that is itself a reporting cue ("X denied the claim")."""
    for cue, last in cues.match(cues.tables().verbs, trigger):
        return make(trigger, last, _holder(trigger), None, f"{cue.kind}/itself")
    return make(trigger, trigger, _holder(trigger), None, "stance/itself")


def is_denial(noun: Token) -> bool:
    """Whether a noun denies something ("a flat denial")."""
    return noun.pos_ == "NOUN" and any(cue.kind == "deny" for cue, _ in cues.match(cues.tables().nouns, noun))


def denier_of(noun: Token) -> Source:
    """Find whose a denial is: "X issued a denial", "X's denial", "a denial from X"."""
    return make(noun, noun, _noun_holder(noun), None, "deny-noun/itself")


def giver_of(trigger: Token) -> Source | None:
    """Find who gives the order or the promise that a trigger is itself ("ordered 900 men to the city")."""
    lends = cues.tables().words["trigger"].get(trigger.lemma_.lower())
    if lends not in {"ordered", "planned"} or trigger.pos_ != "VERB" or _is_passive(trigger):
        return None
    own = holder_of(trigger)
    is_named = own.holder is not None and own.holder[1].pos_ != "PRON"
    return own if is_named else None


def claimant_span(source: Source | None) -> Span | None:
    """Return the offsets of a source's claimant, or None when it names nobody."""
    if source is None or source.holder is None:
        return None
    first, last = source.holder
    return first.idx, last.idx + len(last)
