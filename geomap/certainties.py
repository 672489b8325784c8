"""How surely a movement is stated: asserted, planned, ordered, possible, denied or disputed.

The walk starts at the trigger and goes up the dependency tree as far as the source of the statement. Each word on the
way that bears on the movement is taken up: its modals and negations, the verbs, nouns and adjectives that govern it,
and the conjunction of its clause (``lexicon/certainty.csv``). The walk stops where the movement is stated as a fact of
its own, as in a relative clause. This is event factuality (FactBank) cut down to six classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from geomap import cues, lexicon
from geomap.sources import is_averting, is_background, is_called_false

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from spacy.tokens import Token

    from geomap.cues import Step
    from geomap.model import Certainty
    from geomap.sources import Source

# Which reading wins when several words speak of one movement: an order or a doubt about the future outlasts a plan.
_STRENGTH: tuple[Certainty, ...] = ("ordered", "possible", "planned")
# A nominal subject shares the mood of a verb that only says that it takes place.
_TIMELIKE = frozenset({"after", "before", "until", "during", "following", "upon", "since", "once"})
# Prepositions of what has happened first, of which the verb of the clause says nothing ("had 900 after sending ...").
_PRECEDING = frozenset({"after", "following", "since", "upon"})
_ORDINALS = frozenset({"first", "last", "second", "third", "only", "latest", "next"})
_FIRST_PERSON = frozenset({"we", "i", "us"})
# Kinds of cue whose content holds by itself.
_STATING = frozenset({"say", "announce", "claim", "admit", "hear", "show"})
# Kinds of cue that make a demand of what would avert their content ("threatened to fire unless they left").
_THREATS = frozenset({"threaten", "warn"})
# Auxiliaries by which a speaker binds himself.
_PROMISING = frozenset({"will", "'ll", "wo", "shall"})
_PRESENT = frozenset({"is", "are", "am", "'s", "'re", "'m"})
# How far before a clause its "nor" may stand, in tokens: the parser hangs it on the clause before.
_NOR_REACH = 2
_COPULAS = frozenset({"be", "remain", "seem", "appear", "become", "stand"})


@dataclass(slots=True)
class Mood:
    """What the words on the way up say of a movement's certainty."""

    is_negative: bool = False
    is_demand: bool = False
    """Whether the movement is what averts something ("unless they leave", "if they do not leave")."""
    marks: set[str] = field(default_factory=set)
    reasons: list[str] = field(default_factory=list)

    def add(self, certainty: str | None, reason: str) -> None:
        """Take up one more word; a denial turns the polarity round."""
        if certainty is None or certainty == "asserted":
            return
        if certainty == "denied":
            self.is_negative = not self.is_negative
        else:
            self.marks.add(certainty)
        self.reasons.append(reason)

    def turn(self, reason: str) -> None:
        """Take up that somebody is called wrong to say so: a doubt or denial falls, a statement is denied."""
        if "disputed" in self.marks or self.is_negative:
            self.marks.discard("disputed")
            self.is_negative = False
        else:
            self.is_negative = True
        self.reasons.append(reason)

    def certainty(self) -> Certainty:
        """Weigh the marks: doubt, then denial, then order, possibility and plan."""
        if "disputed" in self.marks:
            return "disputed"
        if self.is_negative:
            return "denied"
        return next((mark for mark in _STRENGTH if mark in self.marks), "asserted")


def read(trigger: Token, source: Source | None) -> Mood:
    """Read the mood of a movement.

    Parameters
    ----------
    trigger
        The head of the trigger's words.
    source
        Where the walk ends, from :mod:`geomap.sources`; None leads it to the top of the sentence.
    """
    mood = Mood()
    if source is None and is_background(trigger):
        return mood
    _add_phrases(trigger, source, mood)
    _add_own(trigger, mood)
    is_alive = True
    for step in cues.steps(trigger):
        if source is not None and step.governor == source.token:
            break
        is_alive = _take_step(step, mood)
        if not is_alive:
            break
    if source is not None and mood.is_demand and source.rule.split("/")[0] in _THREATS:
        return Mood(marks={"ordered"}, reasons=[f'threat "{source.token.text}"'])
    if source is not None and is_alive:
        _add_source(source, mood)
    return mood


def _add_source(source: Source, mood: Mood) -> None:
    """Take up the cue's own effect, and that it is itself negated ("has not ordered", "could not confirm")."""
    kind = source.rule.split("/")[0]
    if source.effect is not None:
        mood.add(source.effect, f'{kind} "{source.token.text}"')
    if source.token.pos_ == "NOUN" and _lacks_evidence(source.token):
        mood.add(unseen_by(source.token.head), f'no "{source.token.text}"')
    elif source.token.pos_ == "NOUN":
        table = cues.tables().words["adjective"]
        for child in source.token.children:
            if child.dep_ == "amod" and child.lower_ in table:
                mood.add(table[child.lower_], f'"{child.text}"')
    if cues.is_negated(source.token):
        if source.effect in {"ordered", "planned", "denied"}:
            mood.add("denied", f'negated "{source.token.text}"')
        elif kind in {"confirm", "admit"}:
            mood.add("disputed", f'negated "{source.token.text}"')


# --- the words beside a token -----------------------------------------------------------------------------------


def _words(kind: str) -> dict[str, str]:
    return dict(cues.tables().words.get(kind, {}))


def _add_modals(token: Token, mood: Mood, only: frozenset[str] | None = None) -> None:
    table = cues.tables().words["modal"]
    for child in token.children:
        certainty = table.get(child.lower_) if child.dep_ == "aux" else None
        if certainty is not None and (only is None or certainty in only):
            mood.add(certainty, f'modal "{child.text}"')


def _add_beside(token: Token, mood: Mood) -> None:
    """Take up negations, determiners, adverbs and adjectives that hang on a verb or a noun."""
    table = cues.tables().words
    for child in token.children:
        word = child.lower_
        if child.dep_ in {"neg", "advmod", "preconj", "cc"} and word in table["adverb"]:
            if not _is_not_only(child) and not (child.dep_ == "cc" and child.i > token.i):
                mood.add(table["adverb"][word], f'"{child.text}"')
        elif child.dep_ == "det" and word in table["determiner"] and not _is_number_sign(child):
            mood.add(table["determiner"][word], f'"{child.text}"')
        elif child.dep_ in {"nsubj", "nsubjpass"}:
            _add_determiner(child, mood)
        elif child.dep_ == "amod" and word in table["adjective"]:
            mood.add(table["adjective"][word], f'"{child.text}"')


def _add_determiner(noun: Token, mood: Mood) -> None:
    table = cues.tables().words["determiner"]
    for word in (noun, *(child for child in noun.children if child.dep_ in {"det", "neg"})):
        if word.lower_ in table and not _is_number_sign(word):
            mood.add(table[word.lower_], f'"{word.text}"')
            return
    first = noun.left_edge
    if first.lower_ == "not" and first.i < noun.i and first.nbor(1).pos_ in {"NUM", "DET"}:  # "not one soldier"
        mood.add("denied", f'"{first.text}"')


def _is_number_sign(word: Token) -> bool:
    """Whether "No" is short for number ("well No. 4")."""
    following = word.doc[word.i + 1 : word.i + 3]
    return word.text in {"No", "No."} and any(token.like_num for token in following)


def _add_negation(verb: Token, mood: Mood) -> None:
    table = cues.tables().words["adverb"]
    for child in verb.children:
        if child.dep_ == "neg" and not _is_not_only(child):
            mood.add(table.get(child.lower_), f'"{child.text}"')


def _is_not_only(child: Token) -> bool:
    """Whether "not only", "never just": what follows is stated all the same."""
    following = child.doc[child.i + 1] if child.i + 1 < len(child.doc) else None
    return following is not None and following.lower_ in {"only", "just", "merely"}


def _add_marks(token: Token, mood: Mood) -> None:
    table = cues.tables().words["mark"]
    for child in token.children:
        opens = child.dep_ == "mark" or (child.dep_ == "advmod" and child.i == token.left_edge.i)
        if opens and child.lower_ in table:
            mood.add(table[child.lower_], f'"{child.text}"')


def _add_own(trigger: Token, mood: Mood) -> None:
    _add_modals(trigger, mood)
    _add_beside(trigger, mood)
    _add_marks(trigger, mood)
    for thing in trigger.children:
        if thing.dep_ in {"dobj", "attr"} and trigger.pos_ in {"VERB", "AUX"}:  # "sent no troops", "there are no tanks"
            _add_determiner(thing, mood)
    opening = trigger.doc[max(trigger.sent.start, trigger.left_edge.i - _NOR_REACH) : trigger.left_edge.i + 1]
    if any(token.lower_ == "nor" and token.dep_ == "cc" for token in opening):  # "..., nor would they return"
        mood.add("denied", '"nor"')
    if trigger.pos_ in {"NOUN", "PROPN"}:
        before = trigger.left_edge.i - 1
        if before >= 0 and trigger.doc[before].lower_ == "not" and trigger.doc[before].head.pos_ != "VERB":
            mood.add("denied", '"not"')
    elif any(cue.kind == "allow" for cue, _ in cues.match(cues.tables().verbs, trigger)):
        mood.add("planned", f'"{trigger.text}"')
    else:
        mood.add(_words("trigger").get(trigger.lemma_.lower()), f'"{trigger.text}"')
        if trigger.tag_ == "VBG" and trigger.lemma_.lower() in _words("announced") and _is_own_announcement(trigger):
            mood.add("planned", f'announced "{trigger.text}"')
    mood.is_demand = is_averting(trigger)
    _add_condition(trigger, mood)
    _add_form(trigger, mood)


def _add_form(trigger: Token, mood: Mood) -> None:
    """Take up what the verb's form says by itself: a command, a coming day, a bare infinitive."""
    if _is_command(trigger):
        mood.add("ordered", "imperative")
    if _is_appointed(trigger):
        mood.add("planned", f'"{trigger.text}" on a day')
    if cues.is_infinitive(trigger) and (trigger.dep_ == "ROOT" or _is_headline(trigger)):
        mood.add("planned", "infinitive")


def _is_command(verb: Token) -> bool:
    """Whether somebody is told to ("Move the tanks to the river", he said)."""
    if verb.tag_ not in {"VB", "VBP"} or verb.dep_ not in {"ROOT", "ccomp"}:
        return False
    before = verb.nbor(-1) if verb.i > verb.sent.start else None
    opens = before is None or before.is_punct
    is_called = opens and before is not None and before.text == ","  # "General, move the tanks"
    bound = {"aux", "mark", "nsubjpass", "expl"} | (set() if is_called else {"nsubj"})
    return (opens or verb.tag_ == "VB") and not any(c.dep_ in bound for c in verb.children)


def _is_appointed(verb: Token) -> bool:
    """Whether a present says what a coming day will bring ("are flying home on Friday")."""
    if verb.tag_ != "VBG" or not any(c.dep_ == "aux" and c.lower_ in _PRESENT for c in verb.children):
        return False
    days = [c for c in verb.children if c.dep_ in {"npadvmod", "advmod"}]
    days += [part for c in verb.children if c.dep_ == "prep" and c.lower_ == "on" for part in c.children]
    return any(day.lower_ in _coming() for day in days if day.i > verb.i)


@cache
def _coming() -> frozenset[str]:
    """Return the weekdays, and what else names a coming day."""
    rows = lexicon.rows("times")
    return frozenset(
        row["word"]
        for row in rows
        if row["class"] == "weekday"
        or (row["class"] == "deictic" and row["value"].lstrip("+").isdigit() and int(row["value"]) > 0)
    )


def _is_own_announcement(verb: Token) -> bool:
    """Whether speakers say of themselves that they are sending somebody ("said it was sending a frigate")."""
    has_pronoun = any(c.dep_ == "nsubj" and c.lower_ in {"it", "they", "we"} for c in verb.children)
    return has_pronoun and verb.dep_ == "ccomp" and any(c.dep_ == "aux" for c in verb.children)


def _add_condition(verb: Token, mood: Mood) -> None:
    """Take up that a clause only holds under a condition ("would return if the talks failed").

    With "will", the condition is part of a promise ("will go if theirs do").
    """
    table = cues.tables().words["modal"]
    if any(child.dep_ == "aux" and child.lower_ in table and child.lower_ not in _PROMISING for child in verb.children):
        _add_conditions_of(verb, mood)


def _add_conditions_of(verb: Token, mood: Mood) -> None:
    for clause in verb.children:
        if clause.dep_ == "advcl" and any(c.dep_ == "mark" and c.lower_ in {"if", "unless"} for c in clause.children):
            mood.add("possible", f'condition "{clause.text}"')


def _is_headline(verb: Token) -> bool:
    """Whether an infinitive is the predicate of a heading ("Ruritania to send troops")."""
    return verb.dep_ == "acl" and verb.head.dep_ == "ROOT" and verb.head.pos_ in {"NOUN", "PROPN"}


def _add_phrases(trigger: Token, source: Source | None, mood: Mood) -> None:
    """Take up phrases of doubt between the source (or the sentence's start) and the trigger."""
    start = trigger.sent.start
    if source is not None and start <= source.token.i < trigger.i:
        start = source.token.i
    forms = [{token.lower_, token.lemma_.lower()} for token in trigger.doc[start : trigger.i]]
    known: set[str] = set().union(*forms)
    for phrase, certainty in cues.tables().phrases:
        if known.issuperset(phrase) and any(_stands_at(forms[i:], phrase) for i in range(len(forms))):
            mood.add(certainty, f'"{" ".join(phrase)}"')
            return


def _stands_at(forms: Sequence[set[str]], phrase: tuple[str, ...]) -> bool:
    return len(phrase) <= len(forms) and all(word in form for word, form in zip(phrase, forms, strict=False))


# --- steps up the tree ------------------------------------------------------------------------------------------


def _take_step(step: Step, mood: Mood) -> bool:
    """Take up one governor; return whether what stands above it still bears on the movement."""
    if step.preposition is not None:
        return _preposition(step, mood)
    if step.relation in {"ccomp", "xcomp"} and is_called_false(step.governor):
        mood.turn(f'wrong to "{step.governor.text}"')
        return False
    taker = _STEPS.get(step.relation)
    return taker(step, mood) if taker is not None else True


def _add_governor(step: Step, mood: Mood) -> bool:
    """Add the governor's own certainty; return whether it is known."""
    governor = step.governor
    for token in (governor, *_predicates(step)):
        found = cues.governing(token, step.preposition)
        if found is None:
            continue
        certainty = found[0]
        if certainty == "ordered" and _is_yet_to(step.child):
            certainty = "denied"
        if certainty == "prevented":
            certainty = "possible" if cues.is_infinitive(token) or token.tag_ in {"VBG", "NN"} else "denied"
        if certainty == "ordered" and _speaks_of_us(governor):
            certainty = "planned"
        mood.add(certainty, f'"{found[1]}"')
        if token != governor:
            _add_beside(token, mood)
        return True
    return governor.pos_ == "NOUN" and _add_noun_cue(step, mood)


def _add_noun_cue(step: Step, mood: Mood) -> bool:
    """Add what a reporting noun without a holder lends to its content ("warnings to leave")."""
    frame = step.preposition or ("to" if cues.is_infinitive(step.child) else "that")
    for cue, _ in cues.match(cues.tables().nouns, step.governor):
        if cue.frames.get(frame) is not None:
            mood.add(cue.frames[frame], f'"{step.governor.text}"')
            return True
    return False


def _is_yet_to(infinitive: Token) -> bool:
    """Whether "has yet to leave", "are yet to arrive"."""
    to = next((child for child in infinitive.children if child.dep_ == "aux" and child.lower_ == "to"), None)
    return to is not None and any(token.lower_ == "yet" for token in to.doc[max(0, to.i - 2) : to.i])


def _speaks_of_us(verb: Token) -> bool:
    """Whether "we have to", "we must": an obligation that speakers take on is their plan."""
    return any(child.dep_ == "nsubj" and child.lower_ in _FIRST_PERSON for child in verb.children)


def _predicates(step: Step) -> Iterable[Token]:
    """Yield the adjective of "it is likely that ...", "are due to ..."."""
    if step.governor.lemma_ not in _COPULAS:
        return ()
    return [c for c in step.governor.children if c.dep_ in {"acomp", "attr", "oprd"} and c != step.child]


def _clause(step: Step, mood: Mood) -> bool:
    governor, child = step.governor, step.child
    if step.relation == "ccomp" and any(cue.kind in _STATING for cue, _ in cues.match(cues.tables().verbs, governor)):
        return False  # "declined to say when they would leave": nothing above bears on the leaving
    is_known = _add_governor(step, mood)
    if cues.is_infinitive(child) and not is_known:
        mood.add("denied" if _is_yet_to(child) else "planned", f'infinitive after "{governor.text}"')
        _add_conditions_of(governor, mood)
    if step.relation in {"xcomp", "acomp"} or is_known:
        _add_modals(governor, mood)
        _add_beside(governor, mood)
        _add_marks(governor, mood)
    return True


def _object(step: Step, mood: Mood) -> bool:
    if step.governor.lemma_.lower() in lexicon.words("judging"):
        return False  # "stopped short of condemning the invasion": there was one
    _add_governor(step, mood)
    _add_modals(step.governor, mood)
    _add_beside(step.governor, mood)
    _add_marks(step.governor, mood)
    if cues.is_infinitive(step.governor) and step.governor.dep_ == "ROOT":
        mood.add("planned", "infinitive")
    return True


def _subject(step: Step, mood: Mood) -> bool:
    governor = step.governor
    for token in _predicates(step):
        if token.lower_ in cues.words("untrue"):  # "reports of troops massing were false"
            mood.add("denied", f'"{token.text}"')
            return False
    is_passive = step.relation == "nsubjpass"
    known = cues.governing(governor) if is_passive else None
    if known is not None and known[0] == "prevented":
        known = ("denied", known[1])
    if known is not None:
        mood.add(known[0], f'"{known[1]}"')
    if governor.lemma_.lower() in cues.words("happen") or is_passive:
        _add_modals(governor, mood)
        _add_negation(governor, mood)
        for token in _predicates(step):
            certainty = _words("adjective").get(token.lower_)
            found = cues.governing(token) or ((certainty, token.text) if certainty else None)
            if found is not None:
                mood.add(found[0], f'"{found[1]}"')
        return True
    if governor.pos_ in {"VERB", "AUX"}:
        _add_modals(governor, mood, frozenset({"planned"}))
    return True


def _clausal_subject(step: Step, mood: Mood) -> bool:
    _add_modals(step.governor, mood)
    return True


def _preposition(step: Step, mood: Mood) -> bool:
    preposition = step.preposition or ""
    certainty = cues.tables().words["preposition"].get(preposition)
    if certainty is not None:
        mood.add(certainty, f'"{preposition}"')
        return False
    governor = step.governor
    is_before = governor.pos_ in {"VERB", "AUX"} and preposition in _PRECEDING
    is_known = not is_before and _add_governor(step, mood)
    if governor.pos_ not in {"VERB", "AUX"}:
        if _lacks_evidence(governor):
            mood.add(unseen_by(governor.head), f'no "{governor.text}"')
        elif is_known:
            _add_beside(governor, mood)
        elif preposition in _TIMELIKE:
            _add_clause_modals(governor, mood)
            return False
        return True
    if is_known:
        _add_modals(governor, mood)
        _add_beside(governor, mood)
        return True
    if preposition in _TIMELIKE:
        _add_modals(governor, mood)
    return preposition not in _TIMELIKE


def _lacks_evidence(noun: Token) -> bool:
    """Whether "no evidence", "has not seen any sign", "yet to see proof"."""
    if not any(cue.kind == "evidence" for cue, _ in cues.match(cues.tables().nouns, noun)):
        return False
    is_none = any(c.dep_ == "det" and c.lower_ in {"no", "little", "scant"} for c in noun.children)
    is_awaited = noun.dep_ == "dobj" and noun.head.lemma_.lower() in lexicon.words("awaiting")
    return is_none or is_awaited or cues.is_negated(noun.head) or _is_yet_to(noun.head)


def unseen_by(token: Token) -> Certainty:
    """Return what it says that somebody sees no sign of a movement: speakers who say so of themselves deny it.

    Parameters
    ----------
    token
        The verb of seeing, or what is not seen.
    """
    verb = next((word for word in (token, *token.ancestors) if word.pos_ in {"VERB", "AUX"}), token)
    return "denied" if _speaks_of_us(verb) else "disputed"


def _add_clause_modals(noun: Token, mood: Mood) -> None:
    verb = next((token for token in noun.ancestors if token.pos_ in {"VERB", "AUX"}), None)
    if verb is not None:
        _add_modals(verb, mood)


def _conjunct(step: Step, mood: Mood) -> bool:
    child, first = step.child, step.governor
    has_own = any(c.dep_ in {"aux", "auxpass", "nsubj", "nsubjpass"} for c in child.children)
    has_same_form = child.tag_ == first.tag_ or child.pos_ == first.pos_ == "NOUN"
    if has_own or not has_same_form:
        return child.tag_ not in {"VBD", "VBP", "VBZ"} or first.tag_ == child.tag_
    _add_modals(first, mood)
    if cues.is_infinitive(first) and first.dep_ in {"ROOT", "relcl", "advcl"}:
        mood.add("planned", "infinitive")
    if not any(c.dep_ == "cc" and c.lower_ == "but" for c in first.children):
        _add_negation(first, mood)
    return True


def _adnominal(step: Step, mood: Mood) -> bool:
    noun = step.governor
    if not cues.is_infinitive(step.child):
        _add_determiner(noun, mood)  # as in: no troops left
        if _is_subject_of_gerund(step):
            return True
        return step.relation == "acl" and cues.governing(noun) is not None and _add_governor(step, mood)
    if _is_first_time(noun):
        return False
    if _is_deadline(noun):
        mood.add("ordered", f'deadline "{noun.text}"')
        return False
    is_known = _add_governor(step, mood)
    if not is_known:
        mood.add("planned", f'infinitive after "{noun.text}"')
    _add_beside(noun, mood)
    return is_known


def _is_subject_of_gerund(step: Step) -> bool:
    """Whether "talk of a fleet gathering", "no sign of tanks leaving": what is spoken of is the gathering."""
    noun = step.governor
    if step.child.tag_ != "VBG" or noun.dep_ != "pobj" or noun.head.lower_ != "of":
        return False
    carrier = noun.head.head
    return carrier.pos_ == "NOUN" and (
        cues.governing(carrier) is not None or any(True for _ in cues.match(cues.tables().nouns, carrier))
    )


def _is_deadline(noun: Token) -> bool:
    """Whether "has ten days to leave", "was given until Friday, a week, to leave": time that somebody else set."""
    has_or_gets = noun.head.pos_ == "VERB" and noun.head.lemma_ in {"have", "give", "get", "grant", "allow"}
    return has_or_gets and noun.dep_ in {"dobj", "oprd", "npadvmod"} and noun.lemma_.lower() in _words("deadline")


def _is_first_time(noun: Token) -> bool:
    """Whether "the first ship to cross", "the first time for a ship to cross": a fact in an infinitive's form."""
    nouns = [noun, *(c for c in noun.children if noun.pos_ == "AUX" and c.dep_ == "attr")]
    if noun.dep_ == "pobj" and noun.head.lower_ == "for":
        governor = noun.head.head
        nouns += [governor, *(c for c in governor.children if c.dep_ == "attr")]
    return any(c.dep_ == "amod" and c.lower_ in _ORDINALS for word in nouns for c in word.children)


def _relative(step: Step, mood: Mood) -> bool:
    return cues.is_infinitive(step.child) and _adnominal(step, mood)


def _adverbial(step: Step, mood: Mood) -> bool:
    child, governor = step.child, step.governor
    if cues.is_infinitive(child):
        if _is_first_time(governor):
            return False
        deadline = next((c for c in governor.children if _is_deadline(c)), None)
        if deadline is not None:
            mood.add("ordered", f'deadline "{deadline.text}"')
            return False
        # "took a decision to leave", "no decision has been taken to leave"
        carried = next((c for c in governor.children if c.dep_ in {"dobj", "nsubjpass"} and c.i < child.i), None)
        found = cues.governing(carried) if carried is not None else None
        if carried is not None and found is not None and found[0] not in {"asserted", "prevented"}:
            mood.add(found[0], f'"{found[1]}"')
            _add_determiner(carried, mood)
            _add_negation(governor, mood)
            return True
        found = cues.governing(governor)
        if found is None or found[0] in {"denied", "asserted", "prevented"}:
            mood.add("planned", "purpose infinitive")
            _add_modals(governor, mood, frozenset({"possible"}))  # "it could take weeks to bring them back"
            return False
        _add_governor(step, mood)
        _add_modals(governor, mood)
        _add_beside(governor, mood)
        return True
    table = cues.tables().words["modal"]
    has_modal = any(c.dep_ == "aux" and c.lower_ in table for c in child.children)
    if child.tag_ in {"VBG", "VBZ", "VBP", "VB"} and not has_modal:
        _add_modals(governor, mood, frozenset({"planned", "possible"}))
    return False


def _compound(step: Step, mood: Mood) -> bool:
    if _add_governor(step, mood):
        _add_beside(step.governor, mood)
    return True


_STEPS: dict[str, Callable[[Step, Mood], bool]] = {
    "xcomp": _clause,
    "ccomp": _clause,
    "acomp": _clause,
    "advmod": _object,
    "attr": _object,
    "oprd": _object,
    "prep": _object,
    "dobj": _object,
    "nsubjpass": _subject,
    "nsubj": _subject,
    "csubj": _clausal_subject,
    "conj": _conjunct,
    "acl": _adnominal,
    "relcl": _relative,
    "advcl": _adverbial,
    "compound": _compound,
}
