"""Write the generated pages of the documentation: the command line's reference and the columns of the outputs.

``python docs/generate.py`` writes them; a test fails when they are not what it would write.
"""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from geomap import cli, frames, partitions

HERE = Path(__file__).resolve().parent
COMMANDS = (
    (),
    ("map",),
    ("extract",),
    ("review",),
    ("geocode",),
    ("gazetteer",),
    ("gazetteer", "build"),
    ("gazetteer", "info"),
    ("gazetteer", "search"),
    ("corpus",),
)
DATA_AND_EXIT_CODES = """
Data go to standard output, messages and progress to standard error. The exit code is 0 when the work was done, also
when a report makes no claim; 1 when an input, output or data set cannot be used (one line says which, and what to do);
2 when the command cannot be understood. `python -m geomap` is the same.
""".strip()
RECORDS_AND_LAYERS = """
`geomap extract` writes records: one JSON object a report, one report a line, with the report's text and everything that
was found in it. GeoDataFrames and all other files show the same records as five layers of rows, whose columns are
below. Coordinates are EPSG:4326, longitude first; dates are ISO 8601; what a report does not say is empty.

| File | What it holds | Read back by geomap |
|---|---|---|
| `.jsonl` | records | yes |
| `.gpkg` | GeoPackage 1.2: all layers, with styles for QGIS | yes, with changes |
| `.geojson` | all layers (RFC 7946); each feature names its own in `layer` | yes, with changes |
| `.parquet` | GeoParquet: the layer that `--layer` names | yes, with changes |
| `.csv` | the layer that `--layer` names, geometry as WKT | no |
| `.kml` | KML 2.2 for Google Earth: claims and places in folders, claims with time spans | no |

The same reports give the same bytes. A file is written whole or not at all: when the disk is full, the old one stays.
A cell of a CSV that a spreadsheet could take for a formula begins with an apostrophe. NUL and lone surrogates, which
not every format can hold, are U+FFFD there. `--no-text` leaves the reports' texts out of files that are passed on; a
map of such a file shows the quotes, and no text between them.
""".strip()
ROUND_TRIP = """
## Correcting in QGIS

```sh
geomap extract report.txt -o out.gpkg     # open out.gpkg in QGIS, change it, save
geomap map out.gpkg -o map.html           # the map of what it holds now
```

In Python, `geomap.load("out.gpkg")` gives the reports. The layer `documents` holds each text and record; the rows of
the other layers are compared with what the record says, and where they differ, a person decided:

- `locations`: a geometry that was moved or drawn, `lat` and `lon`, `uncertainty_m`, `kind`; the words of a deleted row
  are listed and not drawn.
- `claims`: `direction`, `certainty`, `force`, `event_date`, `event_date_kind`, `claim_date`, `kind`; the geometry, if
  the claim has one place; a claim whose row was deleted is left out, and the map says how many were.
- `places`: a geometry that was moved, `uncertainty_m`, for this claim alone; a deleted row is not drawn.

Other cells are made from these, and changes to them are not read, nor are new rows, for which no words stand in the
text; a warning names those. The popup of what was changed says so and names the file. Events are grouped anew.

In a GeoPackage, `places` is three tables, `places_points`, `places_lines` and `places_areas`, since most programs want
one kind of geometry in each; QGIS shows them with a full line for what is asserted, dashed for plans and orders,
dotted for denials. `claims` and `events` gather all their places in one geometry. Checked with QGIS 3.22 and GDAL 3.6
and 3.12.

## A person's decisions

`geomap review report.txt` opens a page, served by this machine to itself alone, on which a person accepts, rejects or
moves what was found, and adds a note. Each decision is a row at the end of a CSV file, which `--corrections` of `map`
and `extract` reads; it can be written by hand as well:

| Column | What it holds |
|---|---|
| `document` | id of the report, or `*` for all |
| `words` | the words of a place; or the whole quote of a claim |
| `place` | a gazetteer id, `lat, lon`, `not a place`, `a place`; or `not a claim`, `a claim`; or `as found` |
| `who`, `when`, `why` | who decided, when, and a note |

`a place` and `a claim` say that the answer was right, `as found` takes a decision back. `not a claim: left` is about
the claim that the word "left" of the quote states, `not a claim` about all of them. The later row counts, and a row for
one report beats one for all. Rejected claims are on no map and in no event; records keep them under `rejected`, and the
map says how many there are. What a person decided says so in its popup. Lines at the top that begin with `#` are
comments.

## PostGIS and SpatiaLite

GDAL loads every layer as it is: `ogr2ogr -f PostgreSQL PG:dbname=news out.gpkg`, or `ogr2ogr -f SQLite -dsco
SPATIALITE=YES news.sqlite out.gpkg`. A schema for many files, in PostGIS' words:

```sql
CREATE TABLE documents (
  document text PRIMARY KEY, title text, published date, url text, publisher text, home text, text text, record jsonb
);
CREATE TABLE claims (
  document text REFERENCES documents, title text, published date, url text, id text, kind text, direction text,
  certainty text, force char(2), mover text, source text, goal text, via text, area text, inferred text,
  quantities text, event_date date, event_date_kind text, claim_date date, claimant text, quote text, "start" integer,
  "end" integer, event text, rule text, decided_by text, geometry geometry(Geometry, 4326), PRIMARY KEY (document, id)
);
CREATE TABLE places (
  document text, claim text, role text, text text, place text, place_id text, country char(2), direction text,
  certainty text, force char(2), mover text, claimant text, event_date date, claim_date date, quote text,
  uncertainty_m double precision, footprint_kind text, remarks text, geometry geometry(Geometry, 4326),
  PRIMARY KEY (document, claim, role), FOREIGN KEY (document, claim) REFERENCES claims
);
CREATE TABLE locations (
  document text REFERENCES documents, "start" integer, "end" integer, text text, kind text, place text, place_id text,
  country char(2), score double precision, lat double precision, lon double precision, uncertainty_m double precision,
  footprint_kind text, remarks text, viewpoint text, decided_by text, geometry geometry(Geometry, 4326),
  PRIMARY KEY (document, "start", "end")
);
CREATE TABLE events (
  document text REFERENCES documents, id text, direction text, force char(2), status text, claims text,
  contradictions text, origins integer, geometry geometry(Geometry, 4326), PRIMARY KEY (document, id)
);
CREATE INDEX ON places USING gist (geometry);
```
""".strip()
NOTE = "<!-- Written by docs/generate.py (make docs). -->"


CORPUS = """
`geomap corpus INPUT -o OUTDIR` reads an archive (extra `corpus`: `pip install 'geomap[corpus]'`). INPUT is a folder or
a file: JSON lines, CSV (both also `.gz`, `.zst`), Parquet, WARC, RSS or Atom, or single reports of any kind that
`geomap map` reads. Dask starts one worker a processor, or `--workers N`; `--scheduler tcp://host:8786` hands the
documents to a running cluster instead, whose workers need geomap installed and no shared folder.

- **Whole or not at all.** Each partition of OUTDIR is moved into place when it is whole, then noted in the manifest.
  After a stop, `--resume` goes on with what is missing. A worker that dies or is cut off loses nothing and doubles
  nothing: its documents are given to another. When all workers are gone, the run waits for others (`--patience`),
  then stops with a message.
- **A document that means harm** (ten megabytes of one letter, broken encoding, bombs of gzip) gets a row with an
  `error`, at the latest after `--limit` seconds of processor time or five times as long by the clock; each document is
  read in a process that can be killed.
- **The same rows** whatever the number of workers, the size of partitions or the order of the documents, but for the
  documents' numbers; the same bytes for the same input and options.
- **Events across documents** are compared when they share force, family of directions, place and week (or the next
  week), and are one when their claims fit each other as within a document. Copies of one agency's text count as one
  origin. `geomap/stories.py` and `geomap/origins.py` say how.

Every folder of OUTDIR is one table in files `part-00000.parquet`, ... (of 40 documents at first, of `--batch` at most,
between them of a fortieth of what came before, so that workers end together): GeoParquet 1.1, EPSG:4326, longitude
first.
`records` holds what `geomap extract` writes of each document, without its text, and `stories` the events across
documents with the relations between their claims, both as packed JSON lines.

```python
import dask_geopandas
import duckdb
import geopandas

geopandas.read_parquet("OUTDIR/locations")
dask_geopandas.read_parquet("OUTDIR/locations")
duckdb.sql(\"\"\"
    SELECT e.force, e.direction, date_trunc('week', e.first_day) AS week, count(*) AS events, sum(e.origins) AS origins
    FROM 'OUTDIR/events/*.parquet' AS e WHERE e.first_day IS NOT NULL GROUP BY ALL ORDER BY week
\"\"\")
duckdb.sql(\"\"\"
    SELECT m.event, c.document, c.published, c.claimant, c.certainty, c.quote
    FROM 'OUTDIR/members/*.parquet' AS m
    JOIN 'OUTDIR/claims/*.parquet' AS c ON c.number = m.number AND c.id = m.claim
\"\"\")
```
""".strip()


def command_line() -> str:
    """Return the reference of the command line, from its own help."""
    parts = [
        "# Command line",
        NOTE,
        DATA_AND_EXIT_CODES,
    ]
    for words in COMMANDS:
        result = CliRunner().invoke(cli.app, [*words, "--help"], prog_name="geomap", env={"COLUMNS": "100"})
        parts += [f"## {' '.join(('geomap', *words))}", f"```text\n{result.output.rstrip()}\n```"]
    return "\n\n".join(parts) + "\n"


def corpus() -> str:
    """Return the page about corpora, with the tables of their columns."""
    parts = ["# Corpora", NOTE, CORPUS]
    for layer, columns in partitions.LAYERS.items():
        types = {each.name: str(each.type).replace("[day]", "") for each in partitions.schema_of(layer)}
        rows = "\n".join(f"| `{name}` | {types[name]} | {meaning} |" for name, meaning in columns.items())
        parts += [f"## {layer}", f"| Column | Type | What it holds |\n|---|---|---|\n{rows}"]
    return "\n\n".join(parts) + "\n"


def outputs() -> str:
    """Return the tables of the columns that frames and files have."""
    parts = [
        "# Outputs",
        NOTE,
        RECORDS_AND_LAYERS,
    ]
    for layer, columns in frames.COLUMNS.items():
        rows = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in columns.items())
        parts += [f"## {layer}", f"| Column | What it holds |\n|---|---|\n{rows}"]
    parts.append(ROUND_TRIP)
    return "\n\n".join(parts) + "\n"


PAGES = {"cli.md": command_line, "outputs.md": outputs, "corpus.md": corpus}


def main() -> None:
    """Write the pages."""
    for name, write in PAGES.items():
        (HERE / name).write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main()
