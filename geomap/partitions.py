"""What a corpus becomes on disk: folders of GeoParquet and JSON lines in partitions, and a manifest.

A corpus is a folder with one folder for each layer, of files ``part-00000.parquet``, ``part-00001.parquet``, ... that
together are one table (GeoParquet 1.1 where there is a geometry, EPSG:4326, longitude first). :data:`LAYERS` documents
the tables; every file of a layer has the same schema, whatever its rows. ``records`` and ``stories`` hold the same as
JSON lines: what ``geomap extract`` writes of each document, and the events across documents with their relations.

A file is moved into place when it is whole, and a partition counts as done when the manifest has its line, which is
written after its files. So whoever is stopped half-way leaves nothing that could be taken for whole. The same input
gives the same bytes, but for the manifest's time of day, which it does not have.
"""

from __future__ import annotations

import gzip
import io
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from geomap import frames, outputs, records
from geomap.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from geomap.readers import Reading
    from geomap.stories import Story

_NUMBER = {"number": "the document's number in the corpus, from 0"}
LAYERS: Mapping[str, Mapping[str, str]] = {
    "documents": {
        **_NUMBER,
        "document": "id of the document",
        "source": "the file that it lies in",
        "title": "its title",
        "published": "its publication date",
        "url": "its address",
        "error": "why it could not be read; empty when it was",
        "characters": "length of its text in Unicode code points",
        "words": "number of words, by white space",
        "locations": "number of its rows among the locations",
        "claims": "number of its rows among the claims",
        "events": "number of its rows among the tellings",
        "sketch": "sample of its text, by which near-duplicates are found (geomap.origins), as 32-bit numbers",
    },
    "locations": {**_NUMBER, **frames.COLUMNS["locations"]},
    "claims": {**_NUMBER, **frames.COLUMNS["claims"]},
    "tellings": {
        **_NUMBER,
        **frames.COLUMNS["events"],
        "telling": "what merging compares it by (geomap.stories), as JSON",
    },
    "events": {
        "id": "id of the event across documents; the same as long as its first telling is in the corpus",
        "direction": "as for claims",
        "force": "as for claims",
        "status": "uncontested, disputed, planned or denied, from all its claims",
        "first_day": "the first day that its claims fix",
        "last_day": "the last one",
        "first_published": "the day on which the first report of it was published",
        "last_published": "and the last one",
        "documents": "number of documents that tell of it",
        "origins": "number of distinct texts among them, near-duplicates counted once",
        "claims": "its claims, as document:claim",
        "contradictions": "pairs of claims that contradict, dispute or deny one another",
        "geometry": "the footprints of its claims",
    },
    "members": {
        "event": "id of the event across documents",
        **_NUMBER,
        "document": "id of the document",
        "telling": "id of the event in the document",
        "claim": "id of the claim in the document",
    },
    "copies": {
        **_NUMBER,
        "document": "id of the document",
        "origin": "the lowest number among the documents that are near-duplicates of it, itself included",
    },
}
"""What each column of each table holds."""

_TYPES = {
    **dict.fromkeys(("number", "start", "end", "origins", "characters", "words", "documents", "origin"), "int64"),
    **dict.fromkeys(("lat", "lon", "uncertainty_m", "score"), "float64"),
    **dict.fromkeys(("published", "event_date", "claim_date"), "date32"),
    **dict.fromkeys(("first_day", "last_day", "first_published", "last_published"), "date32"),
    **dict.fromkeys(("geometry", "sketch"), "binary"),
}
_TYPES_OF = {
    ("documents", "locations"): "int64",
    ("documents", "claims"): "int64",
    ("documents", "events"): "int64",
    ("events", "claims"): "list",
    ("events", "contradictions"): "list",
}
_FROM_REPORTS = ("documents", "locations", "claims", "tellings")
# Of gzip: the next levels take twice as long and save one byte in fifteen.
_PACKING = 4
# Rows of the tables that are written once the tellings are merged.
ROWS = 1_000

MANIFEST = "manifest.json"
PROGRESS = "progress.jsonl"
_SCRATCH = ".merging-"


def schema_of(layer: str) -> pa.Schema:
    """Return the Arrow schema of a layer, with the metadata that GeoParquet 1.1 asks for where it has a geometry."""
    import pyarrow as pa

    types = {"date32": pa.date32(), "list": pa.list_(pa.field("element", pa.string()))}
    fields = []
    for name in LAYERS[layer]:
        kind = _TYPES_OF.get((layer, name)) or _TYPES.get(name, "string")
        fields.append(pa.field(name, types.get(kind) or pa.type_for_alias(kind)))
    metadata = {}
    if "geometry" in LAYERS[layer]:
        from pyproj import CRS

        column = {"encoding": "WKB", "geometry_types": [], "crs": CRS(frames.CRS).to_json_dict()}
        geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
        metadata = {"geo": json.dumps(geo)}
    return pa.schema(fields, metadata=metadata)


def encode(readings: Sequence[Reading], first: int) -> dict[str, bytes]:
    """Return the files of a partition by the name of their layer.

    Parameters
    ----------
    readings
        Of the partition's documents, in their order.
    first
        The number of the first one.
    """
    files = {"records": _packed(reading.line for reading in readings)}
    for layer in _FROM_REPORTS:
        rows = [(number, row) for number, each in enumerate(readings, first) for row in each.rows.get(layer, ())]
        columns = {name: [row[name] for _, row in rows] for name in LAYERS[layer] if name != "number"}
        files[layer] = _parquet(layer, {"number": [number for number, _ in rows], **columns})
    return files


def _parquet(layer: str, columns: Mapping[str, Any]) -> bytes:
    """Return a table of a layer as Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = schema_of(layer)
    arrays = [pa.array(_cells(columns[each.name], each.type), each.type, from_pandas=True) for each in schema]
    file = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), file, compression="zstd")
    return file.getvalue()


def _cells(cells: Sequence[Any], kind: pa.DataType) -> list[Any]:
    import pyarrow as pa

    if pa.types.is_date32(kind):
        return [date.fromisoformat(cell) if isinstance(cell, str) else cell for cell in cells]
    if pa.types.is_string(kind):
        # Lone surrogates, which no binary format can hold.
        return [cell.encode("utf-8", "replace").decode() if isinstance(cell, str) else cell for cell in cells]
    if pa.types.is_list(kind):
        return [[each.encode("utf-8", "replace").decode() for each in cell] for cell in cells]
    return list(cells)


def _packed(lines: Iterable[str]) -> bytes:
    """Return lines packed, the same bytes each time: gzip would write the time of day."""
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), compresslevel=_PACKING, mtime=0)


# --- events across documents ----------------------------------------------------------------------------------------


def encode_stories(stories: Sequence[Story]) -> dict[str, bytes]:
    """Return the files of some events across documents by the name of their layer."""
    shapes = [_collected(story.shapes) for story in stories]
    events = [story.event for story in stories]
    columns = {
        **{name: [getattr(event, name) for event in events] for name in ("id", "direction", "force", "status")},
        "first_day": [story.days[0] if story.days else None for story in stories],
        "last_day": [story.days[-1] if story.days else None for story in stories],
        "first_published": [story.published[0] if story.published else None for story in stories],
        "last_published": [story.published[-1] if story.published else None for story in stories],
        "documents": [len({number for number, _, _ in story.members}) for story in stories],
        "origins": [event.origins for event in events],
        "claims": [event.claims for event in events],
        "contradictions": [
            [f"{r.first} {r.type} {r.second}" for r in event.relations if r.type != "same"] for event in events
        ],
        "geometry": shapes,
    }
    rows = [
        (story.event.id, number, document, telling, claim)
        for story in stories
        for (number, document, telling), claims in zip(story.members, story.claims, strict=True)
        for claim in claims
    ]
    members = {name: [row[at] for row in rows] for at, name in enumerate(LAYERS["members"])}
    lines = (_line(story, shape) for story, shape in zip(stories, shapes, strict=True))
    return {
        "events": _parquet("events", columns),
        "members": _parquet("members", members),
        "stories": _packed(lines),
    }


def encode_copies(rows: Sequence[tuple[int, str, int]]) -> dict[str, bytes]:
    """Return the file of some documents that have near-duplicates: number, id and origin of each."""
    return {"copies": _parquet("copies", {name: [row[at] for row in rows] for at, name in enumerate(LAYERS["copies"])})}


def _line(story: Story, shape: bytes | None) -> str:
    event, geometries = story.event, records.Geometries()
    found: records.Record = {
        "id": event.id,
        "claims": list(event.claims),
        "direction": event.direction,
        "force": event.force,
        "status": event.status,
        "days": [day.isoformat() for day in story.days],
        "published": [day.isoformat() for day in story.published],
        "documents": list(dict.fromkeys(document for _, document, _ in story.members)),
        "origins": event.origins,
        "relations": [
            {"type": relation.type, "from": relation.first, "to": relation.second, "reason": relation.reason}
            for relation in event.relations
        ],
        "geometry": None if shape is None else geometries.mark_wkb(shape),
    }
    return geometries.dumps(found)


def _collected(shapes: Sequence[bytes]) -> bytes | None:
    """Return different geometries as one: itself when there is one, else a collection without nesting."""
    import shapely

    if len(shapes) < 2:  # noqa: PLR2004 - one geometry is no collection
        return shapes[0] if shapes else None
    different: dict[bytes, Any] = {}
    for geometry in shapely.from_wkb(shapes):
        parts = shapely.get_parts(geometry) if geometry.geom_type == "GeometryCollection" else [geometry]
        different.update((shapely.to_wkb(part), part) for part in parts)
    ordered = [different[key] for key in sorted(different)]
    whole = ordered[0] if len(ordered) == 1 else shapely.GeometryCollection(ordered)
    wkb: bytes = shapely.to_wkb(whole)
    return wkb


# --- the folder -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Folder:
    """A corpus on disk, as far as it is done.

    Raises
    ------
    DataError
        If there is a corpus already and it is not to be gone on with, or is made of something else.
    """

    path: Path
    """The folder; it is made where it does not exist."""
    origin: Mapping[str, Any]
    """What the corpus is made of and how: what must be the same for a run to go on."""
    resume: bool = False
    """Whether to go on with what is there."""
    done: dict[int, dict[str, Any]] = field(default_factory=dict, init=False)
    """The partitions that are whole: their lines in the manifest."""

    def __post_init__(self) -> None:
        """Look what is there."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            # A run that was stopped before its first partition has left nothing to lose.
            content = [each for each in self.path.iterdir() if each.name != PROGRESS and not _is_scratch(each)]
        except OSError as error:
            msg = f"{self.path} cannot be written to: {error.strerror or error}; name another folder"
            raise DataError(msg) from error
        if content and not self.resume:
            msg = f"{self.path} is not empty; name another folder, or go on with a corpus there: --resume"
            raise DataError(msg)
        if content:
            self._look()
        else:
            outputs.write_bytes((json.dumps({"origin": self.origin}) + "\n").encode(), self.path / PROGRESS)
        for left in filter(_is_scratch, self.path.iterdir()):
            rmtree(left, ignore_errors=True)

    def _look(self) -> None:
        """Read the manifest, whole or unfinished, and check that the files that it names are there."""
        lines = list(_manifest_lines(self.path))
        if not lines:
            msg = f"{self.path} holds no corpus that could be gone on with; name another folder"
            raise DataError(msg)
        if lines[0].get("origin") != json.loads(json.dumps(self.origin)):
            msg = f"{self.path} holds a corpus of another input, or made with other options; name another folder"
            raise DataError(msg)
        self.done = {line["partition"]: line for line in lines[1:] if self._is_whole(line)}
        (self.path / MANIFEST).unlink(missing_ok=True)
        kept = [{"origin": self.origin}, *(self.done[number] for number in sorted(self.done))]
        outputs.write_bytes("".join(json.dumps(line) + "\n" for line in kept).encode(), self.path / PROGRESS)
        # What somebody was writing when he was stopped.
        for left in self.path.glob("*/.part-*"):
            left.unlink()

    def _is_whole(self, line: Mapping[str, Any]) -> bool:
        paths = [(self.path / name, known["bytes"]) for name, known in line["files"].items()]
        return all(path.is_file() and path.stat().st_size == size for path, size in paths)

    def write(self, number: int, files: Mapping[str, bytes], **known: object) -> None:
        """Write the files of a partition, then its line in the manifest.

        Raises
        ------
        DataError
            If a file cannot be written.
        """
        line = {"partition": number, **known, "files": self._write(number, files)}
        self._append(line)
        self.done[number] = line

    def _write(self, number: int, files: Mapping[str, bytes]) -> dict[str, dict[str, object]]:
        written: dict[str, dict[str, object]] = {}
        for layer, content in sorted(files.items()):
            name = f"{layer}/part-{number:05}.{'parquet' if layer in LAYERS else 'jsonl.gz'}"
            (self.path / layer).mkdir(exist_ok=True)
            outputs.write_bytes(content, self.path / name)
            written[name] = {"bytes": len(content), "sha256": sha256(content).hexdigest()}
        return written

    def _append(self, line: Mapping[str, object]) -> None:
        try:
            with (self.path / PROGRESS).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            msg = f"{self.path / PROGRESS} cannot be written: {error.strerror or error}"
            raise DataError(msg) from error

    def read(self, number: int, layer: str, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield the rows of a partition that is whole, in a layer that was written from reports."""
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.path / f"{layer}/part-{number:05}.parquet") as file:
            for batch in file.iter_batches(batch_size=1000, columns=list(columns)):
                yield from batch.to_pylist()

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Give a folder for what is needed while the corpus is made; it is gone afterwards."""
        with TemporaryDirectory(dir=self.path, prefix=_SCRATCH, ignore_cleanup_errors=True) as name:
            yield Path(name)

    def finish(self, parts: Iterable[tuple[int, Mapping[str, bytes]]]) -> dict[str, Any]:
        """Write the tables across documents and the manifest, and return the manifest.

        Parameters
        ----------
        parts
            The files of each part with its number, in any order; those of an earlier run are replaced.
        """
        for layer in ("events", "members", "copies", "stories"):
            for old in (self.path / layer).glob("part-*"):
                old.unlink()
        written: dict[str, dict[str, object]] = {}
        for number, files in parts:
            written |= self._write(number, files)
        lines = [self.done[number] for number in sorted(self.done)]
        manifest = {
            "origin": self.origin,
            "documents": sum(line["documents"] for line in lines),
            "errors": sum(line["errors"] for line in lines),
            "partitions": lines,
            "merged": dict(sorted(written.items())),
        }
        outputs.write_bytes((json.dumps(manifest, indent=1) + "\n").encode(), self.path / MANIFEST)
        (self.path / PROGRESS).unlink(missing_ok=True)
        return manifest


def _is_scratch(path: Path) -> bool:
    """Tell whether somebody who was killed has left this."""
    return path.name.startswith(_SCRATCH)


def _manifest_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield what a manifest says, of a corpus that is whole or not; a line that was cut off ends it."""
    try:
        if (path / MANIFEST).is_file():
            found = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
            yield {"origin": found["origin"]}
            yield from found["partitions"]
        elif (path / PROGRESS).is_file():
            for line in (path / PROGRESS).read_text(encoding="utf-8").split("\n"):
                try:
                    yield json.loads(line)
                except ValueError:
                    return
    except (OSError, ValueError, KeyError) as error:
        msg = f"the manifest in {path} cannot be read: {error}"
        raise DataError(msg) from error
