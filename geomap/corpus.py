"""Many documents, on Dask: an archive on one computer, or on a cluster by naming its scheduler.

This process takes the documents out of the collection (:mod:`geomap.holdings`), hands them out in batches, and alone
writes what comes back (:mod:`geomap.partitions`). Workers read (:mod:`geomap.readers`) and touch no file, so that they
need nothing but an installed geomap, and a worker that dies, or is cut off and comes back, can neither lose nor double
anything: Dask gives its batch to another one, and each batch is written once. No more batches are under way than keep
the workers busy, so that memory does not grow with the collection.

Last, events are merged across documents (:mod:`geomap.stories`), here, with a database on disk.

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
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

logger = logging.getLogger("geomap.corpus")

BATCH = 200
"""Documents in a partition."""
LIMIT_S = 60.0
"""Seconds that one document may take. A long report takes one second."""

# A partition of long documents is cut here, since it is in memory several times on its way.
_BATCH_BYTES = 8_000_000
# For each thread of the workers: the batch that it reads, and the one that waits.
_AHEAD = 2
_PATIENCE_S = 60
# How often a batch is handed out anew after Dask has given it up, which it does when four workers died of it.
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
        Seconds that one document may take before it is given up.
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
        If the scheduler does not answer, or its workers fail again and again.
    """
    _require_dask()
    holdings = Holdings(sources, columns or {})
    orders = Orders(settings=settings, limit_s=limit_s, published=published, force=force)
    folder = Folder(Path(output), _origin(holdings, orders, batch), resume=resume)
    show(Progress(stage="starting"))
    with contextlib.closing(_batches(holdings, batch)) as batches, _connect(workers, scheduler) as client:
        _Run(client, folder, orders, show).read(batches)
    show(Progress(stage="merging events", share=1.0))
    return _merge(folder)


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
        "batch": batch,
        "orders": json.loads(json.dumps(known, default=str)),
    }


def _batches(holdings: Holdings, size: int) -> Generator[_Batch]:
    """Cut the collection into batches, always in the same way."""
    number = first = 0
    items: list[Item] = []
    for item in holdings:
        is_full = len(items) == size or sum(each.size for each in items) + item.size > _BATCH_BYTES
        if items and is_full:
            yield _Batch(number, first, items, holdings.read_share)
            number, first, items = number + 1, first + len(items), []
        items.append(item)
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
    return partitions.encode(readings, first), sum(reading.record["error"] is not None for reading in readings)


class _Run:
    """Hands out batches and writes what comes back."""

    def __init__(self, client: Client, folder: Folder, orders: Orders, show: Callable[[Progress], None]) -> None:
        from distributed import as_completed

        self._client = client
        self._folder = folder
        self._orders = orders
        self._show = show
        self._done = as_completed(loop=client.loop, raise_errors=False)
        # What is under way, and how often it was handed out.
        self._under_way: dict[str, tuple[_Batch, int]] = {}
        self._documents = self._skipped = self._errors = 0

    def read(self, batches: Iterable[_Batch]) -> None:
        """Read the batches that are not done yet."""
        for batch in batches:
            if batch.number in self._folder.done:
                self._skipped += len(batch.items)
                continue
            while len(self._under_way) >= self._most():
                self._take()
            self._hand_out(batch, 1)
        while self._under_way:
            self._take()

    def _most(self) -> int:
        """Return how many batches keep the workers busy, of which there may be more or fewer from time to time."""
        threads: dict[str, int] = self._client.nthreads()
        return _AHEAD * max(1, sum(threads.values()))

    def _hand_out(self, batch: _Batch, time: int) -> None:
        future = self._client.submit(read_batch, batch.items, batch.first, self._orders, pure=False)
        self._under_way[future.key] = batch, time
        self._done.add(future)

    def _take(self) -> None:
        """Wait for a batch and write it."""
        from distributed import KilledWorker

        future: Future = next(self._done)
        batch, time = self._under_way.pop(future.key)
        error = future.exception() if future.status == "error" else None
        if future.status == "finished":
            files, errors = future.result()
            self._folder.write(batch.number, files, documents=len(batch.items), first=batch.first, errors=errors)
            self._documents += len(batch.items)
            self._errors += errors
        elif isinstance(error, KilledWorker) and time <= _RETRIES:
            logger.warning("partition %d: its workers died; trying again", batch.number)
            self._hand_out(batch, time + 1)
        elif isinstance(error, GeomapError):
            raise error
        else:
            what = f"{type(error).__name__}: {error}" if error is not None else "the scheduler is gone"
            msg = f"partition {batch.number} could not be read ({what}); go on with --resume"
            raise ServiceError(msg) from error
        counts = {"documents": self._documents, "skipped": self._skipped, "errors": self._errors}
        self._show(Progress(stage="reading", share=batch.share, **counts))


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
                client = stack.enter_context(Client(scheduler, timeout=_PATIENCE_S, set_as_default=False))
                client.wait_for_workers(1, timeout=_PATIENCE_S)
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


def _merge(folder: Folder) -> dict[str, Any]:
    """Merge the events of all documents and write the tables that hold them, then the manifest."""
    import numpy as np

    with tempfile.TemporaryDirectory(dir=folder.path, prefix=".merging-") as scratch:
        shelf = Shelf(Path(scratch) / "stories.sqlite")
        with contextlib.closing(shelf):
            for row in folder.read("documents", ("number", "document", "sketch")):
                shelf.add(row["number"], row["document"], np.frombuffer(row["sketch"], dtype="<u4").tolist())
            tellings = folder.read("tellings", ("number", "telling", "geometry"))
            for number, rows in groupby(tellings, key=lambda row: row["number"]):
                shelf.tell(number, ((row["telling"], row["geometry"]) for row in rows))
            return folder.finish(_merged(shelf))


def _merged(shelf: Shelf) -> Iterator[dict[str, bytes]]:
    """Yield the files of the tables across documents, part by part; each table has one part at least."""
    stories = shelf.stories()
    part = list(islice(stories, partitions.ROWS))
    while True:
        yield partitions.encode_stories(part)
        part = list(islice(stories, partitions.ROWS))
        if not part:
            break
    yield partitions.encode_copies(shelf.copies())
