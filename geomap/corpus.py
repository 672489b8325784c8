"""Many documents, on Dask: an archive on one computer, or on a cluster by naming its scheduler.

This process takes the documents out of the collection (:mod:`geomap.holdings`), hands them out in batches, and alone
writes what comes back (:mod:`geomap.partitions`). Workers read (:mod:`geomap.readers`) and touch no file, so that they
need nothing but an installed geomap, and a worker that dies, or is cut off and comes back, can neither lose nor double
anything: Dask gives its batch to another one, and each batch is written once. No more batches are under way than keep
the workers busy, so that memory does not grow with the collection. The first batches are small and later ones larger, a
small share of what came before, so that workers end at about the same time and a large collection has few files.

Last, events are merged across documents (:mod:`geomap.stories`), here, with a database on disk that is filled while the
workers read; they also write what comes of it.

What is written depends on the documents and the options alone: not on the number of workers, their speed, or who died
meanwhile.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from geomap import partitions, readers
from geomap.errors import DataError, GeomapError, ServiceError
from geomap.holdings import Holdings
from geomap.partitions import Folder
from geomap.readers import Orders
from geomap.settings import DEFAULTS, Settings
from geomap.stories import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from distributed import Client, Future

    from geomap.holdings import Item
    from geomap.stories import Story

logger = logging.getLogger("geomap.corpus")

BATCH = 200
"""Documents in a partition, at most."""
LIMIT_S = 60.0
"""Seconds of processor time that one document may take. A long report takes one second."""
PATIENCE_S = 300.0
"""Seconds for which a run waits for workers when all are gone."""

# Documents in the first partitions; after that, in each, this share of all documents before it. One worker that reads
# the last partition alone keeps the others waiting for no longer than that share of the run.
_FEWEST, _SHARE = 40, 40
# A partition of long documents is cut here, one of events with long outlines there: each is in memory several times on
# its way.
_BATCH_BYTES, _PART_BYTES = 8_000_000, 4_000_000
# For each thread of the workers: the job that it does, and the one that waits.
_AHEAD = 2
# For a scheduler to answer and to have a worker when a run begins.
_CONNECT_S = 60
# How often it is looked whether a job is done, and whether there are workers.
_GLANCE_S, _ASK_S = 0.05, 1.0
# How often a job is handed out anew after Dask has given it up, which it does when four workers died of it.
_RETRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is."""

    stage: str
    documents: int = 0
    """Read in this run."""
    skipped: int = 0
    """Whole from an earlier run."""
    errors: int = 0
    share: float = 0.0
    """How much of the collection is read, 0 to 1."""


_Subject = TypeVar("_Subject")


@dataclass(frozen=True, slots=True)
class _Job(Generic[_Subject]):
    """Something that a worker does."""

    name: str
    subject: _Subject
    """What it is about."""
    call: Callable[..., Any]
    arguments: tuple[Any, ...]
    turn: int = 1
    """How often it was handed out."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Documents that become one partition."""

    number: int
    first: int
    items: list[Item]
    share: float
    """How much of the collection is taken out up to its end."""


def build(
    sources: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    settings: Settings = DEFAULTS,
    workers: int | None = None,
    scheduler: str | None = None,
    resume: bool = False,
    batch: int = BATCH,
    limit_s: float = LIMIT_S,
    patience_s: float = PATIENCE_S,
    columns: Mapping[str, str] | None = None,
    published: date | None = None,
    force: bool = False,
    show: Callable[[Progress], None] = lambda _: None,
) -> dict[str, Any]:
    """Read a collection and write what its documents say as a corpus.

    Parameters
    ----------
    sources
        Files and folders; see :mod:`geomap.holdings`.
    output
        The folder of the corpus; see :mod:`geomap.partitions`.
    settings
        How to read, resolve and draw.
    workers
        Processes on this computer; by default one for each processor. Not used with a scheduler.
    scheduler
        Address of a running Dask scheduler ("tcp://host:8786") whose workers have the same geomap.
    resume
        Whether to go on with a corpus that was stopped; what is whole is kept.
    batch
        Documents in a partition, at most.
    limit_s
        Seconds of processor time that one document may take before it is given up.
    patience_s
        Seconds for which to wait when all workers are gone; they may come back, or others.
    columns
        For each field of a document, the column of a table that holds it, if it is called otherwise.
    published
        The publication date of all documents; wins over their own.
    force
        Whether to read texts that are not in English.
    show
        Called with the progress now and then.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    ReadError
        If a source does not exist or holds nothing that geomap reads.
    DataError
        If the folder cannot be written to, or holds something else.
    ServiceError
        If the scheduler does not answer, or its workers fail again and again or are gone for good.
    """
    _require_dask()
    holdings = Holdings(sources, columns or {})
    orders = Orders(settings=settings, limit_s=limit_s, published=published, force=force)
    folder = Folder(Path(output), _origin(holdings, orders, batch), resume=resume)
    show(Progress(stage="starting"))
    with contextlib.ExitStack() as stack:
        batches = stack.enter_context(contextlib.closing(_batches(holdings, batch)))
        shelf = stack.enter_context(contextlib.closing(Shelf(stack.enter_context(folder.scratch()) / "stories.sqlite")))
        crew = _Crew(stack.enter_context(_connect(workers, scheduler)), patience_s)
        run = _Run(crew, folder, shelf, show)
        run.read(batches, orders)
        show(Progress(stage="merging events", share=1.0))
        return run.merge()


def _require_dask() -> None:
    if importlib.util.find_spec("distributed") is None:
        msg = "many documents are read by Dask, which is not installed; run: pip install 'geomap[corpus]'"
        raise DataError(msg)


def _origin(holdings: Holdings, orders: Orders, batch: int) -> dict[str, Any]:
    """Return what must be the same for a run to go on: the same documents, read in the same way."""
    known = {name: value for name, value in asdict(orders).items() if name != "limit_s"}
    return {
        "geomap": version("geomap"),
        "input": holdings.fingerprint(),
        "batch": [_FEWEST, _SHARE, batch],
        "orders": json.loads(json.dumps(known, default=str)),
    }


def _batches(holdings: Holdings, most: int) -> Generator[_Batch]:
    """Cut the collection into batches, always in the same way."""
    number = first = size = 0
    items: list[Item] = []
    for item in holdings:
        is_full = len(items) >= min(most, max(_FEWEST, first // _SHARE)) or size + item.size > _BATCH_BYTES
        if items and is_full:
            yield _Batch(number, first, items, holdings.read_share)
            number, first, items, size = number + 1, first + len(items), [], 0
        items.append(item)
        size += item.size
    if items:
        yield _Batch(number, first, items, 1.0)


def read_batch(items: Sequence[Item], first: int, orders: Orders) -> tuple[dict[str, bytes], int]:
    """Read a batch of documents; this is what workers do.

    Returns
    -------
    dict of str to bytes
        The files of the partition.
    int
        How many documents could not be read.
    """
    with readers.borrow(orders) as reader:
        readings = [reader.read(item) for item in items]
    return partitions.encode(readings, first), sum(reading.error is not None for reading in readings)


class _Crew:
    """The workers, and what they have in hand."""

    def __init__(self, client: Client, patience_s: float) -> None:
        from distributed import as_completed

        self._client = client
        self._patience_s = patience_s
        self._done = as_completed(loop=client.loop, raise_errors=False)
        self._under_way: dict[str, _Job[Any]] = {}

    def do(self, jobs: Iterable[_Job[_Subject]], *, ahead: int = _AHEAD) -> Iterator[tuple[_Subject, Any]]:
        """Hand out jobs, so many a thread, and yield what each is about with what comes of it, as it comes.

        Raises
        ------
        GeomapError
            If a job raises it.
        ServiceError
            If a job kills its workers again and again, or there are none any more.
        """
        for job in jobs:
            while len(self._under_way) >= ahead * max(1, self._threads()):
                yield self._take()
            self._hand_out(job)
        while self._under_way:
            yield self._take()

    def _threads(self) -> int:
        """Return how many threads all workers have together now; none when the scheduler does not answer."""
        try:
            threads: dict[str, int] = self._client.nthreads()
        except (OSError, ValueError):
            return 0
        return sum(threads.values())

    def _hand_out(self, job: _Job[Any]) -> None:
        future = self._client.submit(job.call, *job.arguments, pure=False)
        self._under_way[future.key] = job
        self._done.add(future)

    def _take(self) -> tuple[Any, Any]:
        """Wait for a job that is done."""
        from distributed import KilledWorker

        while True:
            future = self._next()
            job = self._under_way.pop(future.key)
            if future.status == "finished":
                return job.subject, future.result()
            error = future.exception() if future.status == "error" else None
            if isinstance(error, GeomapError):
                raise error
            if not isinstance(error, KilledWorker) or job.turn > _RETRIES:
                what = f"{type(error).__name__}: {error}" if error is not None else "the scheduler is gone"
                msg = f"{job.name} could not be made ({what}); go on with --resume"
                raise ServiceError(msg) from error
            logger.warning("%s: its workers died; trying again", job.name)
            self._hand_out(replace(job, turn=job.turn + 1))

    def _next(self) -> Future:
        """Wait for a job, but not for ever when there is nobody to do it."""
        asked = seen = time.monotonic()
        while not self._done.has_ready():
            time.sleep(_GLANCE_S)
            now = time.monotonic()
            if now - asked < _ASK_S:
                continue
            asked = now
            if self._threads():
                seen = now
            elif now - seen >= self._patience_s:
                msg = f"there has been no worker for {self._patience_s:g} s; start workers, then go on with --resume"
                raise ServiceError(msg)
        future: Future = next(self._done)
        return future


class _Run:
    """What is written of a collection."""

    def __init__(self, crew: _Crew, folder: Folder, shelf: Shelf, show: Callable[[Progress], None]) -> None:
        self._crew = crew
        self._folder = folder
        self._shelf = shelf
        self._show = show
        self._shelved: set[int] = set()
        self._skipped = 0

    def read(self, batches: Iterable[_Batch], orders: Orders) -> None:
        """Read the batches that are not done yet."""
        documents = unread = 0
        for batch, (files, errors) in self._crew.do(self._to_read(batches, orders)):
            self._folder.write(batch.number, files, documents=len(batch.items), first=batch.first, errors=errors)
            self._shelve(batch.number)
            documents, unread = documents + len(batch.items), unread + errors
            counts = {"documents": documents, "skipped": self._skipped, "errors": unread}
            self._show(Progress(stage="reading", share=batch.share, **counts))

    def _to_read(self, batches: Iterable[_Batch], orders: Orders) -> Iterator[_Job[_Batch]]:
        for batch in batches:
            if batch.number in self._folder.done:
                self._skipped += len(batch.items)
            else:
                yield _Job(f"partition {batch.number}", batch, read_batch, (batch.items, batch.first, orders))

    def _shelve(self, partition: int) -> None:
        """Put what a partition tells of on the shelf."""
        import numpy as np

        for row in self._folder.read(partition, "documents", ("number", "document", "sketch")):
            self._shelf.add(row["number"], row["document"], np.frombuffer(row["sketch"], dtype="<u4").tolist())
        tellings = self._folder.read(partition, "tellings", ("number", "telling", "geometry"))
        for number, rows in groupby(tellings, key=lambda row: row["number"]):
            self._shelf.tell(number, ((row["telling"], row["geometry"]) for row in rows))
        self._shelved.add(partition)

    def merge(self) -> dict[str, Any]:
        """Merge the events of all documents and write the tables that hold them, then the manifest."""
        for partition in sorted(set(self._folder.done) - self._shelved):
            self._shelve(partition)
        return self._folder.finish(self._merged())

    def _merged(self) -> Iterator[tuple[int, dict[str, bytes]]]:
        """Yield the files of the tables across documents, each part with its number; each table has one at least."""
        jobs = (
            _Job(f"part {number} of the events", number, partitions.encode_stories, (part,))
            for number, part in enumerate(_parts(self._shelf.stories()))
        )
        # Each is some megabytes long, several times over on its way, and soon done.
        yield from self._crew.do(jobs, ahead=1)
        yield 0, partitions.encode_copies(self._shelf.copies())


def _parts(stories: Iterable[Story]) -> Iterator[list[Story]]:
    """Cut the events across documents into parts, always in the same way; one at least."""
    part: list[Story] = []
    size = 0
    for story in stories:
        more = sum(map(len, story.shapes))
        if part and (len(part) == partitions.ROWS or size + more > _PART_BYTES):
            yield part
            part, size = [], 0
        part.append(story)
        size += more
    yield part


@contextlib.contextmanager
def _connect(workers: int | None, scheduler: str | None) -> Iterator[Client]:
    """Give a client of a running scheduler, or of workers that are started here and end with the block."""
    import dask
    from distributed import Client, LocalCluster

    # A batch travels inside its task, so that it is not lost with a worker.
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set({"distributed.admin.large-graph-warning-threshold": "64MB"}))
        if scheduler is not None:
            try:
                client = stack.enter_context(Client(scheduler, timeout=_CONNECT_S, set_as_default=False))
                client.wait_for_workers(1, timeout=_CONNECT_S)
                _check_versions(client)
            except (OSError, ValueError, ImportError) as error:
                msg = f"no Dask workers can be reached through {scheduler}: {error}"
                raise ServiceError(msg) from error
            yield client
            return
        cluster = LocalCluster(
            n_workers=workers or _processors(),
            threads_per_worker=1,
            processes=True,
            # The scheduler's page of figures is not asked for; its port is a free one, for this computer only.
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            # Readers limit their own memory, and Dask sees only that of the workers.
            memory_limit=0,
            silence_logs=logging.CRITICAL,
            local_directory=stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)),
        )
        stack.enter_context(cluster)
        yield stack.enter_context(Client(cluster, set_as_default=False))


def _processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def installed_version() -> str:
    """Return the version of geomap in this process; workers are asked for theirs."""
    return version("geomap")


def _check_versions(client: Client) -> None:
    try:
        found: dict[str, str] = client.run(installed_version)
    except Exception as error:
        msg = f"a worker has no geomap that could be used ({type(error).__name__}: {error}); install the same as here"
        raise ServiceError(msg) from error
    other = {worker: theirs for worker, theirs in found.items() if theirs != installed_version()}
    if other:
        worker, theirs = next(iter(sorted(other.items())))
        msg = f"worker {worker} has geomap {theirs}, here is {installed_version()}; install the same on both"
        raise ServiceError(msg)
