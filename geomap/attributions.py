"""Attribution: finds the innermost source of each trigger of one document.

The parse is asked first, from the trigger upwards; then the quotation that the trigger stands in; then the repairs for
sentences that the parser got wrong, and headings.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

from geomap import cues, nlp, quotations, sources
from geomap.cues import Step
from geomap.sources import Source

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

    from geomap.model import Document
    from geomap.quotations import Quotation

_CLAUSES = frozenset({"ccomp", "parataxis", "xcomp", "advcl", "acl", "relcl", "csubj", "csubjpass"})
# A heading has hardly more than twenty words and no full stop, and names its source in few of them.
_HEADING_LETTERS = 160
_SOURCE_WORDS = 5


class Reader:
    """Finds the sources in one document."""

    def __init__(self, doc: Doc, document: Document) -> None:
        self.doc = doc
        self.document = document
        self.quotations = quotations.find(doc, document)
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
            is_inside = is_inside and inner is not None and not inner.is_own_voice
            if not is_inside and (quotation.is_whole or not named):
                return spoken
        if inner is not None and inner.holder is not None:
            return inner
        return self._sentence_source(trigger) or self._heading_source(trigger) or inner

    def _quotation_at(self, offset: int) -> Quotation | None:
        i = bisect_right(self._starts, offset) - 1
        return self.quotations[i] if i >= 0 and offset < self.quotations[i].end else None

    def _climb(self, trigger: Token, quotation: Quotation | None) -> Source | None:
        if quotation is None and sources.is_background(trigger):
            return None
        opinion: Source | None = None
        fallback = sources.beside(trigger)
        if fallback is not None and fallback.holder is not None:
            return fallback
        for step in cues.steps(trigger):
            if quotation is None and sources.leaves_content(step):
                return None if fallback is None or fallback.holder is None else fallback
            source = self._read_step(step) or (sources.beside(step.governor) if step.relation != "nsubj" else None)
            if source is None or source.token == step.child:
                continue
            if source.holder is not None and not source.is_weak:
                if opinion is None and source.is_own_opinion:
                    opinion = source
                    continue
                # "The ministry said it believed that ...": who says it has a name.
                return source if opinion is None else replace(opinion, holder=source.holder)
            if fallback is None or (fallback.holder is None and source.holder is not None):
                fallback = source
            if source.holder is None and sources.is_adjunct(source.token):
                return fallback  # "amid fears that": whatever stands above says nothing about it
        return opinion or fallback

    def _read_step(self, step: Step) -> Source | None:
        governor = step.governor
        if governor.pos_ in {"VERB", "AUX"}:
            return sources.verb_source(step) or sources.carried_source(step)
        source = sources.noun_source(step)
        if source is not None:
            return source
        # "accused Russia of moving", "urged rebels to leave": the parser may hang the content on the object.
        verb = governor.head.head if governor.dep_ == "pobj" else governor.head
        has_content = step.preposition is not None or (step.relation in _CLAUSES and cues.is_infinitive(step.child))
        if governor.dep_ in {"dobj", "pobj"} and verb.pos_ == "VERB" and has_content:
            relation = step.relation if step.preposition is not None else "xcomp"
            source = sources.verb_source(Step(step.child, relation, step.preposition, verb))
            # Only frames that take an object may be lifted, or "said in a report of" would become "said of".
            if source is not None and source.rule.split("/")[0] in sources.OBJECT_KINDS:
                return source
        return None

    def _sentence_source(self, trigger: Token) -> Source | None:
        """Repair what the parser attached wrongly: an attribution that closes or opens the sentence holds it all."""
        asides = [step.child for step in cues.steps(trigger) if sources.leaves_content(step)]
        if sources.is_background(trigger) or any(aside.dep_ == "relcl" for aside in asides):
            return None
        sentence = trigger.sent
        for token in sentence:
            source = None
            if token.lower_ == "according" and not asides:
                stands_outside = token.i <= sentence.start + 1 or token.i > trigger.i
                source = sources.according(token) if stands_outside or sources.interrupts(token, trigger) else None
            elif token.pos_ == "VERB" and token.i > trigger.i and self._quotation_at(token.idx) is None:
                source = sources.quote_cue(token, "closing")
                source = source if source is not None and self._closes(source, sentence.end) else None
            holder = source.holder if source is not None else None
            if holder is not None and not holder[0].i <= trigger.i <= holder[1].i:
                return source
        return None

    def _closes(self, source: Source, end: int) -> bool:
        """Whether "..., X said (on Monday)." ends its sentence with nothing said after it."""
        if source.holder is None:
            return False
        first = min(source.token.i, source.holder[0].i)
        after = range(max(source.token.i, source.holder[1].i) + 1, end)
        set_off = first > 0 and self.doc[first - 1].text in {",", '"', "'"}
        for i in after:
            if self.doc[i].tag_ == "VBG" and self.doc[i - 1].text == ",":
                break  # "..., X said, adding that ..."
            if self.doc[i].tag_ == "VBG" and self.doc[i - 1].lower_ == "as":
                continue  # "..., X was quoted as saying"
            if self.doc[i].pos_ in {"VERB", "AUX"}:
                return False
        return set_off

    def _heading_source(self, trigger: Token) -> Source | None:
        """Read "NATO: troops mass ..." in a heading: a line without a full stop that a source opens."""
        text = self.document.text
        start = text.rfind("\n", max(0, trigger.idx - _HEADING_LETTERS), trigger.idx) + 1
        colon = text.find(":", start, trigger.idx)
        end = text.find("\n", trigger.idx, trigger.idx + _HEADING_LETTERS)
        line = text[start : end if end >= 0 else trigger.idx + _HEADING_LETTERS].strip()
        if (
            colon < 0
            or line.endswith((".", '"', "”"))
            or len(line) > _HEADING_LETTERS
            or len(text[start:colon].split()) > _SOURCE_WORDS
        ):
            return None
        tokens = self.doc.char_span(start, colon, alignment_mode="contract")
        mark = self.doc.char_span(colon, colon + 1, alignment_mode="expand")
        if tokens is None or mark is None or not len(tokens):
            return None
        last = tokens[-1]
        if last.lemma_.lower() not in cues.words("speaker") and nlp.entity_type(last) not in {"ORG", "PERSON"}:
            return None
        return Source((colon, colon + 1), mark[0], (tokens[0], last), None, "heading")
