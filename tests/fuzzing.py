"""Gives geomap mutated inputs: none may end in another exception than GeomapError, nor in a record that is not sound.

``python tests/fuzzing.py --runs 20000 --seed 7`` mutates reports, pages, files of other formats, feeds, collections and
geomap's own outputs. Each input is made from the seed and its number alone, so that ``--first NUMBER --runs 1`` makes it
again; with ``--keep FOLDER`` those that fail are kept. A test runs some hundreds of them.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import json
import logging
import random
import re
import sys
import tempfile
import time
import traceback
import warnings
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

import invariants

from geomap import documents, exports, feeds, imports, pipeline, records
from geomap.errors import GeomapError

ROOT = Path(__file__).resolve().parent.parent
# Characters of a report that are extracted: mutations meet many short texts sooner than few long ones.
LONGEST = 240
PHRASES = """
Kyiv|Moscow|the Ukrainian border|Paris, Texas|the Strait of Hormuz|50 km north of|between Gao and Kidal|the Pacific|Fiji
the frontier between Mali and Niger|Guinea-Bissau|N'Djamena|Washington|the West Bank|Antarctica|the border|their bases
withdrew|pulled back|is massing|had not left|will deploy|denied that|said|according to|"we leave"|rotated|crossed
1,000|2-3,000|two to three dozen|about 7,000 more|km|miles|1e309|-5|a third of|tanks|troops|brigades|0 soldiers
on Monday|by Feb. 30|Feb. 20|last week|in 1066|2022-02-16|tomorrow|May|the day before yesterday|31 April 9999|by then
|\ud800|\x00|\u202e|\u00ad|e\u0301|\ufb01|\u2028|\r|\t|\u3000|\U0001f680|\u0130|\u1e9e|\ufeff|'|"|\u201c|)|(|;|-|...|$|=|%
<b>|</p>|<script>|&#0;|&amp;|<!--|]]>|${1}|{{7*7}}|</script>|javascript:|=1+1|Title: x|Date: 99|Advertisement|[ad_1]
""".replace("\n", "|").split("|")
BYTES = [
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"<",
    b">",
    b'"',
    b"\n\n",
    b"\\u0000",
    b"%s",
    b"1" * 400,
]
BYTES += [
    b"[" * 300,
    b"<div>" * 300,
    b"&a;" * 50,
    b"null",
    b"NaN",
    b"1e999",
    b"-1",
    b"<!DOCTYPE x [",
    b"/Length 9e9",
    b",,,",
]


class Failure(NamedTuple):
    """An input that ended badly."""

    number: int
    what: str
    data: bytes


def samples():
    """Return what is mutated: name of the file, and its content."""
    reports = [path.read_bytes() for path in sorted((ROOT / "data" / "reports").glob("*.txt"))]
    found = [("report.txt", data) for data in reports for _ in range(4)]
    found += [(path.name, path.read_bytes()) for path in sorted((ROOT / "tests" / "pages").glob("*.html"))]
    text = reports[0].decode()
    lines = [{"id": "a", "text": text[400:900], "published": "2022-02-16"}, {"text": text[900:1300], "title": "x"}]
    found.append(("docs.jsonl", "\n".join(map(json.dumps, lines)).encode()))
    found.append(
        ("docs.csv", f'id,text,published\r\na,"{text[400:900]}",2022-02-16\r\nb,Troops left Gao.,\r\n'.encode())
    )
    item = (
        f"<item><title>Gao</title><link>https://example.org/a</link><description>{text[400:900]}</description></item>"
    )
    found.append(("feed.xml", f"<rss version='2.0'><channel><title>A</title>{item}{item}</channel></rss>".encode()))
    mail = EmailMessage()
    mail["From"], mail["Date"], mail["Subject"] = "Desk <a@example.org>", "Mon, 5 Dec 2022 09:00:00 +0100", "Gao"
    mail.set_content(text[400:900])
    mail.add_alternative(f"<p>{text[400:900]}</p>", subtype="html")
    found.append(("mail.eml", mail.as_bytes()))
    found += [("report.pdf", _pdf(text[400:900])), ("report.docx", _docx(text[400:900]))]
    return found


def _pdf(text):
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pageCompression=0, invariant=1)
    for number, line in enumerate(text.split(". ")):
        canvas.drawString(40, 700 - 14 * number, line)
    canvas.save()
    return out.getvalue()


def _docx(text):
    import docx

    document = docx.Document()
    document.add_paragraph(text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def insert(data, at, _, __, random):
    return data[:at] + random.choice(BYTES) + data[at:]


def delete(data, at, to, *_):
    return data[:at] + data[to:]


def repeat(data, at, to, _, random):
    return data[:to] + data[at:to] * random.choice((1, 1, 30)) + data[to:]


def cross(data, at, to, others, random):
    other = random.choice(others)
    start = random.randrange(len(other) + 1)
    return data[:at] + other[start : start + to - at] + data[to:]


def scramble(data, at, to, _, random):
    return data[:at] + bytes(random.randrange(256) for _ in range(min(8, to - at))) + data[to:]


def swap_word(data, at, _, __, random):
    word = re.compile(rb"[A-Za-z]+").search(data, at)
    phrase = random.choice(PHRASES).encode("utf-8", "surrogatepass")
    return data if word is None else data[: word.start()] + phrase + data[word.end() :]


def add_words(data, at, _, __, random):
    return data[:at] + f" {random.choice(PHRASES)} ".encode("utf-8", "surrogatepass") + data[at:]


def reorder(data, _, __, ___, random):
    pieces = data.split(b" ")
    at = random.randrange(len(pieces))
    return b" ".join(pieces[at:] + pieces[:at])


MUTATIONS = (insert, delete, repeat, cross, scramble, swap_word, swap_word, add_words, add_words, reorder)


def mutate(data, others, random):
    """Change some bytes, some words, or the order of pieces."""
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        at, to = sorted(random.randrange(len(data) + 1) for _ in range(2))
        data = random.choice(MUTATIONS)(data, at, min(to, at + random.choice((1, 4, 40, 400))), others, random)
    return data


def make(number, seed, pool):
    """Return the name and content of one input."""
    chosen = random.Random(f"{seed}-{number}")
    name, data = chosen.choice(pool)
    if name == "report.txt":
        # A window of the report, so that what is read is what was mutated.
        start = chosen.randrange(max(1, len(data) - LONGEST))
        data = data[start : start + LONGEST] if chosen.random() < 0.9 else data
    return name, mutate(data, [other for _, other in pool], chosen), chosen


def read(path):
    """Return the documents of a file, as the command line reads it."""
    if path.suffix == ".xml":
        found = feeds.read(path)
    elif documents.is_collection(path):
        found = documents.read_many(path)
    else:
        found = iter([documents.read(path)])
    return [document for document in itertools.islice(found, 5) if not isinstance(document, documents.Unread)]


def check(path, chosen):
    """Read and extract one input; raises what is not a GeomapError, and AssertionError for an unsound record."""
    for document in read(path):
        # A text that is cut is another document; the offsets of its boilerplate go with it.
        short = documents.from_text(document.text[:LONGEST] + ".", id=document.id, published=document.published)
        found = records.record(pipeline.extract(short))
        problems = invariants.broken(found, short.text)
        assert not problems, problems
        if chosen.random() < 0.05:
            again = records.record(pipeline.extract(short))
            assert records.dumps(again) == records.dumps(found), "not the same twice"
            check_reading_back(found, path.with_name("out.jsonl"), chosen)


def check_reading_back(found, path, chosen):
    """Read a record back: whole, it is the same; mutated, it is refused or gives a sound record."""
    form = chosen.choice(("json", "geojson"))
    path = path.with_suffix(f".{form}l" if form == "json" else f".{form}")
    path.write_text("".join(exports.texts([found], form)), encoding="utf-8")
    (report,) = imports.load(path)
    assert form != "json" or records.record(report) == found, "another record after reading it back"
    data = path.read_bytes()
    path.write_bytes(mutate(data, [data], chosen))
    with contextlib.suppress(GeomapError):
        for report in imports.load(path):
            # A person may take claims out of a file; the events that they belonged to are as they were.
            problems = invariants.broken({**records.record(report), "events": []}, report.document.text)
            assert not problems, problems


def run(runs, seed, *, first=0, seconds=None, keep=None, say=lambda _: None):
    """Try so many inputs, or as many as fit into some seconds of process time; returns their number and the failures."""
    pool, failures, read_well, slowest = samples(), [], 0, (0.0, first, "")
    begin = time.process_time()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(first, first + runs):
            name, data, chosen = make(number, seed, pool)
            path = Path(folder) / name
            path.write_bytes(data)
            started = time.process_time()
            try:
                check(path, chosen)
                read_well += 1
            except GeomapError:
                pass
            except Exception:  # noqa: BLE001 - what this looks for
                failures.append(Failure(number, traceback.format_exc(), data))
                keep_failure(failures[-1], name, keep)
                say(f"input {number} ({name}): {traceback.format_exc().strip().splitlines()[-1][:200]}")
            slowest = max(slowest, (time.process_time() - started, number, name))
            if number % 500 == 499:
                say(
                    f"{number + 1} inputs, {read_well} read, {len(failures)} failures, {time.process_time() - begin:.0f} s"
                )
            if seconds is not None and time.process_time() - begin > seconds:
                break
    spent, worst, name = slowest
    say(f"{number - first + 1} inputs, {read_well} read to the end, {len(failures)} failures")
    say(f"slowest: {spent:.1f} s for input {worst} ({name})")
    return number - first + 1, read_well, failures


def keep_failure(failure, name, folder):
    """Keep an input that failed, and what happened."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{failure.number}-{name}").write_bytes(failure.data)
        (folder / f"{failure.number}.log").write_text(failure.what, encoding="utf-8", errors="replace")


def main():
    """Run from the command line."""
    # Libraries log what is wrong with a file, which is what this is about.
    logging.disable()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--keep", type=Path, help="folder for the inputs that fail")
    options = parser.parse_args()
    _, _, failures = run(
        options.runs,
        options.seed,
        first=options.first,
        keep=options.keep,
        say=lambda words: print(words, flush=True),
    )
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
