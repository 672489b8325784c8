"""Processes that read documents and can be killed.

A document may hold what makes a parser run for hours, take all memory or crash, inside native code that never comes
back to Python. So documents are read in a process of their own, one at a time. When it takes too long, or dies, the
document gets a record with an error, and the next one a new process. The same text always gives the same record,
whichever process reads it, whatever was read before and however busy the machine is: what is counted is the process's
own processor time.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from itertools import chain
from typing import IO, TYPE_CHECKING, Any, Self

from geomap import documents, origins, stories
from geomap.documents import Unread
from geomap.errors import GeomapError, ModelError
from geomap.model import Document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from geomap.holdings import Item
    from geomap.pipeline import Report
    from geomap.records import Record
    from geomap.settings import Settings

# Loading the model and the gazetteer, on a machine that is busy.
_START_S = 300.0
# More than any report takes; what a document takes beyond this, a neighbour on the machine would miss.
_MAX_MEMORY = 4_000_000_000
_LENGTH = struct.Struct("<Q")
# A process that waits, for memory or for its turn, is given up after this many times the processor time that it has.
_SLACK = 5
# The end of a process is waited for this long before it is told to.
_END_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """How the documents of a collection are read; the same for all."""

    settings: Settings
    limit_s: float
    """Seconds of processor time that one document may take."""
    published: date | None = None
    """The publication date of them all; wins over their own."""
    force: bool = False
    """Whether to read texts that are not in English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What became of a document."""

    line: str
    """Its record, without the text, as a line of JSON."""
    rows: dict[str, list[Record]]
    """Its rows in the tables of a corpus, but for its number, by the table's name; geometries as well-known binary."""

    @property
    def error(self) -> str | None:
        """Why it could not be read."""
        error: str | None = self.rows["documents"][0]["error"]
        return error


class Reader:
    """A process that reads one document after another.

    Parameters
    ----------
    orders
        How to read.
    """

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, item: Item) -> Reading:
        """Read a document, or say why it cannot be read.

        Raises
        ------
        GeomapError
            If nothing can be read at all: no model, no gazetteer.
        """
        if item.error is not None:
            return _failed(item.id, item.source, item.error)
        process = self._started()
        _send(process, item)
        with _Alarm(process, _SLACK * self._orders.limit_s) as alarm:
            answer = _receive(process)
        if isinstance(answer, Reading):
            return answer
        self.close()
        id = _id_of(item)
        if alarm.went_off or _is_out_of_time(process):
            return _failed(id, item.source, f"reading it takes longer than {self._orders.limit_s:g} s")
        return _failed(id, item.source, "reading it takes more memory than there is, or crashes")

    def _started(self) -> subprocess.Popen[bytes]:
        """Return the process, a new one if there is none."""
        if self._process is not None and self._process.poll() is None:
            return self._process
        code = "from geomap import readers; readers.serve()"
        process = subprocess.Popen(  # noqa: S603 - our own code, in our own Python
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # An interrupt from the keyboard goes to the run, which ends its readers itself.
            start_new_session=True,
        )
        self._process = process
        with _Alarm(process, _START_S):
            _send(process, self._orders)
            answer = _receive(process)
        if isinstance(answer, GeomapError):
            self.close()
            raise answer
        if answer is None:
            self.close()
            msg = "a process that reads documents did not start; is there memory enough?"
            raise ModelError(msg)
        return process

    def close(self) -> None:
        """End the process."""
        if self._process is None:
            return
        process, self._process = self._process, None
        with contextlib.suppress(OSError):
            process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_S)


def _is_out_of_time(process: subprocess.Popen[bytes]) -> bool:
    """Tell whether a process has ended because its processor time was used up."""
    return hasattr(signal, "SIGPROF") and process.returncode == -signal.SIGPROF


class _Alarm:
    """Kills a process that takes too long, whatever it is doing."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        self._process = process
        self._timer = threading.Timer(seconds, self._go_off)
        self._timer.daemon = True
        self.went_off = False

    def _go_off(self) -> None:
        self.went_off = True
        self._process.kill()

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _send(process: subprocess.Popen[bytes], message: object) -> None:
    if process.stdin is not None:
        # A process that has died is noticed when its answer does not come.
        with contextlib.suppress(OSError):
            _write(process.stdin, message)


def _receive(process: subprocess.Popen[bytes]) -> object:
    """Return what a process answers, or None when it has died."""
    if process.stdout is None:
        return None
    try:
        return _read(process.stdout)
    except (OSError, EOFError, ValueError):
        return None


def _write(stream: IO[bytes], message: object) -> None:
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def _read(stream: IO[bytes]) -> object:
    """Read a message; the two ends are one program, so that what comes is what was sent."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 - see above


def _id_of(item: Item) -> str:
    """Return the id of a document that nothing else is known of."""
    if item.form == "fields" and isinstance(item.data, bytes):
        with contextlib.suppress(ValueError, RecursionError, MemoryError):
            fields = json.loads(item.data)
            if isinstance(fields, dict) and isinstance(fields.get("id"), str | int) and str(fields["id"]):
                return str(fields["id"])
    return item.id


def _failed(id: str, source: str, error: str) -> Reading:
    from geomap import records

    record = records.failed(id, error)
    return Reading(line=records.dumps(record), rows={"documents": [_document_row(record, source)]})


def _document_row(record: Record, source: str, text: str = "", sketch: Iterable[int] = ()) -> Record:
    """Return the row of a document; its sketch as 32-bit numbers, the lowest byte of each first."""
    return {
        "document": record["id"],
        "source": source,
        **{name: record[name] for name in ("title", "published", "url", "error")},
        "characters": len(text),
        "words": len(text.split()),
        **{name: len(record[name]) for name in ("locations", "claims", "events")},
        "sketch": b"".join(value.to_bytes(4, "little") for value in sorted(sketch)),
    }


# --- in the process -------------------------------------------------------------------------------------------------


def serve() -> None:
    """Read documents that come on standard input until it ends, and answer on standard output."""
    from geomap import pipeline
    from geomap.gazetteer import Gazetteer

    questions = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What a library prints must not come between the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    orders = _read(questions)
    if not isinstance(orders, Orders):
        return
    try:
        from geomap import nlp

        nlp.load(orders.settings.spacy_model)
        Gazetteer.open(orders.settings)
        pipeline.extract(Document(id="first", text="Troops moved."), orders.settings)
    except GeomapError as error:
        _write(answers, error)
        return
    _limit_memory()
    _write(answers, "ready")
    while True:
        try:
            item = _read(questions)
        except EOFError:
            return
        with _doomed(orders.limit_s):
            _write(answers, _read_item(item, orders))


def _limit_memory() -> None:
    """Let the process fail, not the machine, when a document asks for too much."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (_MAX_MEMORY, _MAX_MEMORY))


@contextlib.contextmanager
def _doomed(seconds: float) -> Iterator[None]:
    """End the process after so many seconds of its own, also inside native code.

    By the clock it ends too, some time after the one who watches it should have ended it.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return
    timers = (
        (signal.ITIMER_PROF, signal.SIGPROF, seconds),
        (signal.ITIMER_REAL, signal.SIGALRM, 2 * _SLACK * seconds + _END_S),
    )
    for timer, number, after in timers:
        # The default action of these signals is the kernel's: it needs no Python to run.
        signal.signal(number, signal.SIG_DFL)
        signal.setitimer(timer, after)
    try:
        yield
    finally:
        for timer, _, _ in timers:
            signal.setitimer(timer, 0.0)


def _read_item(item: Any, orders: Orders) -> Reading:  # noqa: ANN401 - an Item; importing it would import all readers
    from geomap import pipeline

    try:
        document = document_of(item, orders)
        if isinstance(document, Unread):
            return _failed(document.id, item.source, document.error)
        return _written(pipeline.extract(document, orders.settings), item.source)
    except MemoryError:
        return _failed(_id_of(item), item.source, "reading it takes more memory than there is")
    except Exception as error:  # noqa: BLE001 - one document must not end the run
        what = str(error) if isinstance(error, GeomapError) else f"internal error: {type(error).__name__}: {error}"
        return _failed(_id_of(item), item.source, " ".join(what.split())[:500])


def _written(report: Report, source: str) -> Reading:
    """Return a report as it is written: everything that takes time is done here, once."""
    from geomap import frames, records

    geometries = records.Geometries()
    record = records.record(report, text=False, geometries=geometries)
    layers: tuple[tuple[str, frames.Layer], ...] = (
        ("locations", "locations"),
        ("claims", "claims"),
        ("tellings", "events"),
    )
    rows = {name: list(frames.rows(record, layer)) for name, layer in layers}
    for row in chain.from_iterable(rows.values()):
        row["geometry"] = geometries.wkb(row["geometry"])
    for row, telling in zip(rows["tellings"], stories.tell(report), strict=True):
        row["telling"] = stories.dumps(telling)
    text = report.document.text
    rows["documents"] = [_document_row(record, source, text, origins.sketch(text))]
    return Reading(line=geometries.dumps(record), rows=rows)


def document_of(item: Item, orders: Orders) -> Document | Unread:
    """Return the document that an item of a collection is, or why it is none."""
    published, force = orders.published, orders.force
    if isinstance(item.data, Document):
        return item.data if published is None else replace(item.data, published=published, published_from="given")
    data = item.data or b""
    if item.form == "fields":
        return documents.from_json(data, item.id, published=published, force=force)
    return documents.from_bytes(
        data, item.name, id=item.id, url=item.url, charset=item.charset, published=published, force=force
    )


# --- readers that wait ----------------------------------------------------------------------------------------------

_idle: dict[Orders, queue.LifoQueue[Reader]] = {}
_lock = threading.Lock()


@contextlib.contextmanager
def borrow(orders: Orders) -> Iterator[Reader]:
    """Give a reader that waits in this process, or a new one; it waits again afterwards."""
    with _lock:
        waiting = _idle.setdefault(orders, queue.LifoQueue())
    try:
        reader = waiting.get_nowait()
    except queue.Empty:
        reader = Reader(orders)
    try:
        yield reader
    except BaseException:
        reader.close()
        raise
    waiting.put(reader)
