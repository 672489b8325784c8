"""Make a large collection out of the sample reports: other names, numbers and dates in the same sentences.

``python benchmarks/generate.py COUNT OUT.jsonl`` writes COUNT reports of 8 to 14 sentences each (``--sentences N`` for
another number), drawn from all sample reports in ``data/reports`` and kept in their order, so that no foreign text is
needed to measure with. Countries,
towns, people and weekdays are changed for others of their kind, always the same within a report; numbers for others of
the same length; days are spread evenly over ten years. One report in ten is a copy of an earlier one with another first
sentence, as newspapers print agencies' stories. The same COUNT and seed give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REPORTS = Path(__file__).resolve().parent.parent / "data" / "reports"
FIRST_DAY, DAYS = date(2014, 1, 1), 3650
SENTENCES = (8, 14)
COPIES = 0.1
# Names that stand for one another. A report's names are changed for others in the same row.
KINDS = (
    (
        "Ukraine|Belarus|Russia|Iraq|Rwanda|Burundi|Kuwait|Jordan|Germany|Poland|Mali|Niger|Sudan|Ethiopia|Syria|Yemen|"
        "Georgia|Armenia|Azerbaijan|Estonia|Romania|Chad|Kenya|Somalia|Libya|Nigeria|Turkey|Iran|Pakistan|India"
    ),
    (
        "Russian|Belarusian|Ukrainian|Iraqi|Rwandan|Burundian|American|Congolese|German|Polish|Malian|Sudanese|Ethiopian|"
        "Syrian|Georgian|Armenian|Estonian|Romanian|Kenyan|Somali|Libyan|Nigerian|Turkish|Iranian|Pakistani|Indian"
    ),
    (
        "Moscow|Kyiv|Minsk|Baghdad|Washington|Kigali|Kinshasa|Brussels|Tehran|Warsaw|Bamako|Niamey|Khartoum|Damascus|"
        "Tbilisi|Yerevan|Baku|Tallinn|Bucharest|Nairobi|Mogadishu|Tripoli|Abuja|Ankara|Islamabad"
    ),
    (
        "Bukavu|Goma|Sake|Minova|Kavumu|Uvira|Erbil|Taji|Kharkiv|Gomel|Rostov|Belgorod|Mopti|Gao|Kidal|Agadez|Juba|Wau|"
        "Aleppo|Homs|Marib|Gori|Gyumri|Ganja|Narva|Kismayo|Sirte|Misrata|Maiduguri|Peshawar"
    ),
    (
        "Stoltenberg|Johnson|Makei|Purusi|Ekenge|Nangaa|Seely|Esper|Milley|Keller|Haddad|Novak|Okoro|Rahman|Petrov|Diallo|"
        "Kamau|Larsen|Moreau|Silva"
    ),
)
WEEKDAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
WORDS = re.compile(rf"\b(?:{'|'.join((*KINDS, WEEKDAYS))})\b")
NUMBER = re.compile(r"\b\d[\d,]*\b(?!(?:st|nd|rd|th)\b)")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])(?<!Gen\. )(?<!Brig\. )(?<!Feb\. )(?<!U\.S\. )")


def read_sentences() -> list[str]:
    """Return the sentences of all sample reports, without their headers."""
    texts = [path.read_text(encoding="utf-8").split("\n\n", 1)[1] for path in sorted(REPORTS.glob("*.txt"))]
    return [sentence.strip() for text in texts for sentence in SENTENCE.split(text) if sentence.strip()]


def generate(count: int, seed: int = 0, lengths: tuple[int, int] = SENTENCES) -> Iterator[dict[str, str]]:
    """Yield the reports as objects of JSON lines, each with a number of sentences between two."""
    sentences = read_sentences()
    chance = random.Random(seed)  # noqa: S311 - no secret
    recent: list[str] = []
    for number in range(count):
        day = FIRST_DAY + timedelta(days=chance.randrange(DAYS))
        if recent and chance.random() < COPIES:
            text = f"Our paper prints this story as it reached us, number {number}.\n\n{chance.choice(recent)}"
        else:
            chosen = sorted(chance.sample(range(len(sentences)), chance.randint(*lengths)))
            text = vary("\n\n".join(sentences[each] for each in chosen), chance)
            recent = [*recent[-49:], text]
        yield {"id": f"g{seed}-{number:07}", "published": day.isoformat(), "text": text}


def vary(text: str, chance: random.Random) -> str:
    """Change names, weekdays and numbers for others of their kind."""
    others: dict[str, str] = {}
    for kind in (*KINDS, WEEKDAYS):
        names = kind.split("|")
        others |= dict(zip(names, chance.sample(names, len(names)), strict=True))
    text = WORDS.sub(lambda match: others[match[0]], text)
    return NUMBER.sub(lambda match: _digits(match[0], chance), text)


def _digits(number: str, chance: random.Random) -> str:
    """Return another number of the same length; round ones stay round."""
    changed = "".join(str(chance.randint(1, 9)) if each not in "0," else each for each in number)
    return number if len(number) == 4 and number[:2] in {"19", "20"} else changed  # noqa: PLR2004 - a year


def main() -> None:
    """Write the collection."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("output", nargs="?", default="-", help="JSON lines; - is standard output")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sentences", type=int, metavar="N", help="in each report; 8 to 14 unless told")
    given = parser.parse_args()
    lengths = SENTENCES if given.sentences is None else (given.sentences, given.sentences)
    lines = (json.dumps(each, ensure_ascii=False) + "\n" for each in generate(given.count, given.seed, lengths))
    if given.output == "-":
        sys.stdout.writelines(lines)
    else:
        with Path(given.output).open("w", encoding="utf-8") as file:
            file.writelines(lines)


if __name__ == "__main__":
    main()
