"""Processes that read documents and can be killed.

A document may hold what makes a parser run for hours, take all memory or crash, inside native code that never comes
back to Python. So documents are read in a process of their own, one at a time. When it does not answer in time, or
dies, the document gets a record with an error, and the next one a new process. The same text always gives the same
record, whichever process reads it and whatever was read before.
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
from typing import IO, TYPE_CHECKING, Any, Self

from geomap import documents, origins, stories
from geomap.documents import Unread
from geomap.errors import GeomapError, ModelError
from geomap.model import Document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from geomap.holdings import Item
    from geomap.settings import Settings

# Loading the model and the gazetteer, on a machine that is busy.
_START_S = 300.0
# More than any report takes; what a document takes beyond this, a neighbour on the machine would miss.
_MAX_MEMORY = 4_000_000_000
_LENGTH = struct.Struct("<Q")
# The end of a process is waited for this long before it is told to.
_END_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """How the documents of a collection are read; the same for all."""

    settings: Settings
    limit_s: float
    """Seconds that one document may take."""
    published: date | None = None
    """The publication date of them all; wins over their own."""
    force: bool = False
    """Whether to read texts that are not in English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What became of a document."""

    record: dict[str, Any]
    """As :mod:`geomap.records` makes it, without the text."""
    source: str
    characters: int = 0
    words: int = 0
    tellings: tuple[str, ...] = ()
    """Its events as :mod:`geomap.stories` takes them, in the record's order."""
    sketch: tuple[int, ...] = ()
    """Of its text, for near-duplicates."""


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
        with _Alarm(process, self._orders.limit_s) as alarm:
            answer = _receive(process)
        if isinstance(answer, Reading):
            return answer
        self.close()
        id = _id_of(item)
        if alarm.went_off:
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

    return Reading(record=records.failed(id, error), source=source)


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
        with _doomed(2 * orders.limit_s + _END_S):
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
    """End the process after so many seconds, also inside native code, should whoever watches it have died."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    # The default action of the signal is the kernel's: it needs no Python to run.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)


def _read_item(item: Any, orders: Orders) -> Reading:  # noqa: ANN401 - an Item; importing it would import all readers
    from geomap import pipeline, records

    try:
        document = document_of(item, orders)
        if isinstance(document, Unread):
            return _failed(document.id, item.source, document.error)
        report = pipeline.extract(document, orders.settings)
        return Reading(
            record=records.record(report, text=False),
            source=item.source,
            characters=len(document.text),
            words=len(document.text.split()),
            tellings=tuple(map(stories.dumps, stories.tell(report))),
            sketch=tuple(sorted(origins.sketch(document.text))),
        )
    except MemoryError:
        return _failed(_id_of(item), item.source, "reading it takes more memory than there is")
    except Exception as error:  # noqa: BLE001 - one document must not end the run
        what = str(error) if isinstance(error, GeomapError) else f"internal error: {type(error).__name__}: {error}"
        return _failed(_id_of(item), item.source, " ".join(what.split())[:500])


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
