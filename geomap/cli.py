"""The command line: verbs and exit codes.

Data go to standard output, messages and progress to standard error. The exit code is 0 when the work was done, also
when a report makes no claim; 1 for a :class:`~geomap.errors.GeomapError`, which is shown as one line; 2 for a command
that cannot be understood.

Everything heavy is imported by the verb that needs it, so that ``geomap --help`` answers at once.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from geomap.errors import GeomapError, ReadError
from geomap.settings import Service, Settings, Viewpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from geomap.corpus import Progress
    from geomap.documents import Unread
    from geomap.exports import Format
    from geomap.model import Document
    from geomap.pipeline import Report
    from geomap.records import Record

app = typer.Typer(
    help="Reads news reports and maps where forces are said to move, by whom it is said, and how surely.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help: drawing it with rich takes longer than everything else that --help does.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
gazetteer_app = typer.Typer(
    help="Look into the gazetteer that names are resolved with, or make a fuller one.", no_args_is_help=True
)
app.add_typer(gazetteer_app, name="gazetteer")

logger = logging.getLogger("geomap")

ViewpointOption = Annotated[
    Viewpoint, typer.Option(help="Whose boundaries are drawn and looked up: the United Nations' or those in force.")
]
GazetteerOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A gazetteer other than the embedded one; see gazetteer build.")
]
GeocoderOption = Annotated[
    Service | None,
    typer.Option(help="Ask an online service for names that the gazetteer lacks (keys: docs/gazetteers.md)."),
]
FirstOption = Annotated[bool, typer.Option("--geocoder-first", help="Ask it for every name, before the gazetteer.")]
PublishedOption = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="Publication date (2022-02-16), for every report; wins over their own."),
]
SOURCES = "Text, HTML, PDF, DOCX, .eml, JSON lines, CSV, or an https:// address; - is stdin."
ForceOption = Annotated[bool, typer.Option("--force", help="Read a text that is not in English too.")]
FeedOption = Annotated[
    str | None, typer.Option(metavar="FEED", help="An RSS or Atom file, or its address, whose entries are read too.")
]
CorrectionsOption = Annotated[
    Path | None, typer.Option(metavar="CSV", help="A person's decisions about places and claims; they win.")
]
PrivateOption = Annotated[
    bool, typer.Option("--allow-private", help="Let addresses lead into this machine's own network.")
]


def main() -> None:
    """Run the command line."""
    try:
        app(prog_name="geomap")
    except GeomapError as error:
        # One line, whatever a path or a library's message brings along.
        typer.echo(_printable(f"geomap: {' '.join(str(error).split())}"), err=True)
        if logger.isEnabledFor(logging.DEBUG):
            raise
        sys.exit(1)


def _show_version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        typer.echo(f"geomap {version('geomap')}")
        raise typer.Exit


class _Lines(logging.Formatter):
    """Messages that cannot steer a terminal, whatever they quote."""

    def format(self, record: logging.LogRecord) -> str:
        return _printable(super().format(record))


@app.callback()
def prepare(
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, help="Say what is done; twice, in detail.")
    ] = 0,
    version: Annotated[  # noqa: ARG001 - answered by its callback
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Set up what all verbs share."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines("%(name)s: %(message)s"))
    logger.handlers = [handler]
    # What libraries log (a damaged PDF, an odd page) is for those who ask twice.
    logging.getLogger().handlers = [handler] if verbose > 1 else [logging.NullHandler()]
    logger.propagate = False
    logger.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)])


@app.command("map")
def map_reports(
    reports: Annotated[
        list[str] | None, typer.Argument(metavar="[REPORT]...", help=SOURCES, show_default=False)
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="PAGE", help="The page; - is stdout. Default: REPORT.html.")
    ] = None,
    published: PublishedOption = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    lang: Annotated[str, typer.Option(help="Language of the page's own words.")] = "en",
    tiles: Annotated[
        str | None, typer.Option(metavar="NAME", help="Online map tiles under the map, such as OpenStreetMap.Mapnik.")
    ] = None,
    png: Annotated[
        Path | None, typer.Option(metavar="PICTURE", help="Also draw a still picture, through an installed Chromium.")
    ] = None,
    size: Annotated[str, typer.Option(metavar="WxH", help="Width and height of the picture, in pixels.")] = "1600x900",
    viewpoint: ViewpointOption = "un",
    feed: FeedOption = None,
    force: ForceOption = False,
    allow_private: PrivateOption = False,
    corrections: CorrectionsOption = None,
    gazetteer: GazetteerOption = None,
    geocoder: GeocoderOption = None,
    geocoder_first: FirstOption = False,
) -> None:
    """Map one or more reports on one page, which needs no network.

    \b
    Examples:
      geomap map report.txt
      geomap map report.html -o map.html --published 2022-02-16 --open
      geomap map monday.txt tuesday.txt -o story.html
      geomap map https://example.org/news/convoy.html -o map.html
      geomap map --feed https://example.org/world.rss -o today.html
      cat report.txt | geomap map - -o map.html
    """  # noqa: D301 - \b keeps the lines of the examples apart
    settings = Settings(
        viewpoint=viewpoint,
        private_addresses=allow_private,
        corrections=corrections,
        gazetteer=gazetteer,
        geocoder=geocoder,
        geocoder_first=geocoder_first,
    )
    _open_geocoder(settings)
    pixels = _read_size(size)
    sources = _sources(reports, feed)
    target = output or Path(_page_name(sources[0]))
    found = _mappable(_extracted(sources, settings, published=published, feed=feed, force=force))
    with _status("drawing the map"):
        from geomap import maps

        page = maps.render(found, settings=settings, lang=lang, tiles=tiles)
    if str(target) == "-":
        _emit(page)
    else:
        maps.write(page, target)
        _say(f"{target}: {_count(found)}")
    if png is not None:
        maps.write_png(page, png, size=pixels)
    if open_page and str(target) != "-":
        typer.launch(target.resolve().as_uri())


def _open_geocoder(settings: Settings) -> None:
    """Complain of a missing key before anything is read, and let one line say that a service does not answer."""
    if settings.geocoder is None:
        if settings.geocoder_first:
            msg = "--geocoder-first needs --geocoder"
            raise typer.BadParameter(msg)
        return
    from geomap import geocoders

    geocoders.open_service(settings.geocoder)
    show = warnings.showwarning
    told = False

    def tell(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        nonlocal told
        if not issubclass(category, geocoders.GeocoderWarning):
            show(message, category, filename, lineno, file, line)
        elif not told:
            told = True
            logger.warning("%s", message)

    warnings.showwarning = tell


def _sources(named: list[str] | None, feed: str | None) -> list[str]:
    """Return what is read, the feed last."""
    sources = [*(named or []), *([feed] if feed is not None else [])]
    if not sources:
        msg = "name a report, or a feed with --feed"
        raise typer.BadParameter(msg)
    return sources


def _page_name(source: str) -> str:
    """Return the name of the page of a report; that of an address is the last part of its path."""
    from geomap import documents

    return "map.html" if source == "-" else f"{documents.stem_of(source)}.html"


def _read_size(text: str) -> tuple[int, int]:
    """Read "1600x900"; anything else, and what no screen has, is a wrong use."""
    match = re.fullmatch(r"(\d{2,5})x(\d{2,5})", text)
    if match is None:
        msg = f"{text!r} is no size; write WIDTHxHEIGHT in pixels, such as 1600x900"
        raise typer.BadParameter(msg, param_hint="--size")
    return int(match[1]), int(match[2])


@app.command()
def extract(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help=SOURCES, show_default=False)
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT", help="The file; stdout when left out or -.")
    ] = None,
    format: Annotated[
        Literal["json", "geojson", "csv", "gpkg", "parquet", "kml"] | None,
        typer.Option(help="Form of the records; by default that of OUT's name, else JSON lines."),
    ] = None,
    layer: Annotated[
        Literal["claims", "places", "locations", "events", "documents"],
        typer.Option(help="What the rows of CSV and GeoParquet are."),
    ] = "claims",
    published: PublishedOption = None,
    text: Annotated[
        bool, typer.Option("--text/--no-text", help="Whether OUT holds the reports' texts, which a map leads back to.")
    ] = True,
    id: Annotated[str | None, typer.Option(help="The id of a single report.")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read JSON lines, whatever the sources are called.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print each claim with its sentence, roles, rule and reasons.")
    ] = False,
    viewpoint: ViewpointOption = "un",
    feed: FeedOption = None,
    force: ForceOption = False,
    allow_private: PrivateOption = False,
    corrections: CorrectionsOption = None,
    gazetteer: GazetteerOption = None,
    geocoder: GeocoderOption = None,
    geocoder_first: FirstOption = False,
) -> None:
    """Extract places, claims and events.

    In JSON lines, a document that cannot be processed gives a record with an error, and the run goes on.

    \b
    Examples:
      geomap extract report.txt
      geomap extract docs.jsonl -o records.jsonl
      geomap extract report.txt -o claims.gpkg
      geomap extract report.txt --format csv --layer locations
      geomap extract report.txt --explain
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from geomap import exports

    form: Format = format or ("json" if output is None else exports.format_of(output))
    to_stdout = output is None or str(output) == "-"
    if form in exports.BINARY_FORMATS and to_stdout:
        msg = f"--format {form} needs a file: name it with -o"
        raise typer.BadParameter(msg)
    named = _sources(sources, feed)
    if id is not None and (len(named) > 1 or feed is not None):
        msg = "--id names a single report"
        raise typer.BadParameter(msg)
    settings = Settings(
        viewpoint=viewpoint,
        private_addresses=allow_private,
        corrections=corrections,
        gazetteer=gazetteer,
        geocoder=geocoder,
        geocoder_first=geocoder_first,
    )
    _open_geocoder(settings)
    found = _extracted(named, settings, published=published, id=id, jsonl=jsonl, feed=feed, force=force)
    if explain:
        for report in found:
            _emit(_explained(report))
    elif to_stdout:
        for part in exports.texts(found, form, layer=layer, text=text):
            _emit(part)
    elif output is not None:
        exports.write(found, output, form, layer=layer, text=text)


@app.command()
def corpus(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT", help="A folder, or a file: JSON lines, Parquet, CSV, WARC, RSS or Atom, or single reports."
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="OUTDIR", help="The folder of the corpus.")],
    workers: Annotated[int | None, typer.Option(min=1, max=1024, help="Processes here; one a processor.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A running Dask scheduler, such as tcp://host:8786.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a corpus that was stopped.")] = False,
    batch: Annotated[int, typer.Option(min=1, max=100_000, help="Documents in a partition, at most.")] = 200,
    limit: Annotated[float, typer.Option(min=1.0, metavar="SECONDS", help="Processor time for one document.")] = 60.0,
    patience: Annotated[
        float, typer.Option(min=0.0, metavar="SECONDS", help="Wait for workers that are gone.")
    ] = 300.0,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=NAME", help="What a table calls text, id, title, published, url, ...; repeatable."),
    ] = None,
    published: PublishedOption = None,
    force: ForceOption = False,
    corrections: CorrectionsOption = None,
    gazetteer: GazetteerOption = None,
    viewpoint: ViewpointOption = "un",
) -> None:
    """Read an archive of reports, here or on a cluster, into tables: GeoParquet and JSON lines.

    A document that cannot be read gives a row with an error, and the run goes on. What is written does not depend on
    the number of workers.

    \b
    Examples:
      geomap corpus archive/ -o corpus
      geomap corpus crawl.warc.gz -o corpus --workers 8
      geomap corpus reports.parquet -o corpus --column text=body --column published=date
      geomap corpus archive.jsonl.zst -o corpus --scheduler tcp://10.0.0.1:8786 --resume
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from geomap import corpus as corpora
    from geomap import documents

    settings = Settings(viewpoint=viewpoint, gazetteer=gazetteer, corrections=corrections)
    columns = _read_columns(column or [])
    day = None if published is None else documents.parse_date(published)
    try:
        with _rate() as show:
            manifest = corpora.build(
                sources, output, settings=settings, workers=workers, scheduler=scheduler, resume=resume, batch=batch,
                limit_s=limit, patience_s=patience, columns=columns, published=day, force=force, show=show,
            )  # fmt: skip
    except KeyboardInterrupt:
        _say("stopped; go on with --resume")
        raise typer.Exit(130) from None
    _say(f"{output}: {manifest['documents']} documents, {manifest['errors']} of them not read")


def _read_columns(given: list[str]) -> dict[str, str]:
    """Read "text=body" and the like."""
    from geomap.holdings import FIELDS

    columns = {}
    for words in given:
        name, _, column = words.partition("=")
        if name not in FIELDS or not column:
            msg = f"{words!r} is not FIELD=NAME, where FIELD is one of {', '.join(FIELDS)}"
            raise typer.BadParameter(msg, param_hint="--column")
        columns[name] = column
    return columns


@app.command("review")
def review_reports(
    reports: Annotated[list[str], typer.Argument(metavar="REPORT...", help=SOURCES, show_default=False)],
    corrections: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Where decisions are added. Default: REPORT-corrections.csv."),
    ] = None,
    published: PublishedOption = None,
    who: Annotated[str | None, typer.Option(metavar="NAME", help="Who decides; by default the account's name.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 takes a free one.")] = 0,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    viewpoint: ViewpointOption = "un",
    force: ForceOption = False,
) -> None:
    """Accept, reject or move what was found, on a page that only this machine can open.

    Decisions are added to a CSV file, which map and extract read with --corrections. Ctrl-C ends the review.

    \b
    Examples:
      geomap review report.txt
      geomap review report.txt --corrections decisions.csv --who "Ana Lima"
      geomap map report.txt --corrections decisions.csv
    """  # noqa: D301 - \b keeps the lines of the examples apart
    path = corrections or Path(_page_name(reports[0]).removesuffix(".html") + "-corrections.csv")
    settings = Settings(viewpoint=viewpoint, corrections=path if path.exists() else None)
    found = _mappable(_extracted(reports, settings, published=published, force=force))
    with _status("drawing the map"):
        from geomap import reviews

        server = reviews.Server(reviews.Review(found, path, who=who or _account(), settings=settings), port)
    _say(f"reviewing at {server.url}\ndecisions go to {path}; Ctrl-C ends the review")
    if open_page:
        typer.launch(server.url)
    with server, _ended_by_signals(), contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
    written = server.review.written
    _say(f"{written} decision{'s'[: written != 1]} written to {path}" if written else "no decision written")


def _account() -> str:
    """Return the name of the account, where there is one."""
    import getpass

    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        return ""


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let Ctrl-C and a request to terminate end a long wait, also where a shell has them ignored."""
    import signal

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@app.command()
def geocode(
    words: Annotated[str, typer.Argument(metavar="WORDS", help="A place, or words that say where.")],
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many candidates of an ambiguous name.")] = 10,
    viewpoint: ViewpointOption = "un",
    gazetteer: GazetteerOption = None,
    geocoder: GeocoderOption = None,
    geocoder_first: FirstOption = False,
) -> None:
    """Print where some words are, as GeoJSON, the likeliest place first.

    \b
    Examples:
      geomap geocode "the Ukrainian border"
      geomap geocode "50 km north of Kyiv"
      geomap geocode Springfield --limit 3
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from geomap import frames, locations

    settings = Settings(viewpoint=viewpoint, gazetteer=gazetteer, geocoder=geocoder, geocoder_first=geocoder_first)
    _open_geocoder(settings)
    answers = locations.geocode(words, settings)
    _emit(json.dumps(frames.to_geojson(answers[:limit]), ensure_ascii=False) + "\n")


@gazetteer_app.command("build")
def build(
    geonames: Annotated[Path, typer.Option("--geonames", metavar="DIR", help="Folder with the dump of GeoNames.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The gazetteer.")] = Path(
        "geonames.sqlite"
    ),
) -> None:
    """Make a gazetteer of all of GeoNames, for --gazetteer.

    DIR holds allCountries, alternateNamesV2, admin1CodesASCII, admin2Codes and hierarchy, as .txt or .zip, from
    https://download.geonames.org/export/dump/. An old FILE stays until the new one is whole.

    \b
    Examples:
      geomap gazetteer build --geonames downloads
      geomap map report.txt --gazetteer geonames.sqlite
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from geomap import geonames as dump

    with _progress("reading") as advance:
        count = dump.build(geonames, output, advance)
    left_out = sum(count.left_out.values())
    _say(
        f"{output}: {count.places} places added, {count.renewed} renewed, {left_out} left out, {count.names} names; "
        f"use it with --gazetteer {output}"
    )


@gazetteer_app.command("info")
def show_info(gazetteer: GazetteerOption = None) -> None:
    """Print what the gazetteer is made of: sources, versions, licences, rows."""
    from geomap.gazetteer import Gazetteer

    info = Gazetteer.open(Settings(gazetteer=gazetteer)).info()
    _emit(json.dumps(info, ensure_ascii=False, indent=2, default=str) + "\n")


@gazetteer_app.command("search")
def search(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name, in any of its spellings.")],
    fuzzy: Annotated[bool, typer.Option("--fuzzy", help="Also names that are spelt nearly so.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many rows.")] = 20,
    gazetteer: GazetteerOption = None,
) -> None:
    """Print the places of a name as tab-separated lines, in the gazetteer's order.

    \b
    Examples:
      geomap gazetteer search Goma
      geomap gazetteer search Kharkov --fuzzy
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from geomap.errors import PlaceNotFoundError
    from geomap.gazetteer import Gazetteer

    matches = Gazetteer.open(Settings(gazetteer=gazetteer)).find(name, fuzzy=fuzzy)
    if not matches:
        msg = f"the gazetteer has no place called {name!r}; try --fuzzy or another spelling"
        raise PlaceNotFoundError(msg)
    columns = ("id", "name", "feature_code", "country", "admin1", "lat", "lon", "population")
    _emit("\t".join((*columns, "match", "quality")) + "\n")
    for match in matches[:limit]:
        cells = [getattr(match.place, column) for column in columns] + [match.kind, round(match.quality, 3)]
        _emit("\t".join("" if cell is None else str(cell) for cell in cells) + "\n")


def _documents(
    sources: list[str],
    settings: Settings,
    *,
    published: str | None,
    id: str | None,
    jsonl: bool,
    feed: str | None,
    force: bool,
) -> Iterator[Document | Unread | Report]:
    """Read the sources one after another; what geomap wrote gives reports.

    Where there are several, one that fails does not stop the others.
    """
    from geomap import documents, feeds, imports

    if sources.count("-") > 1:
        msg = "standard input can be read only once"
        raise ReadError(msg)
    day = None if published is None else documents.parse_date(published)
    for number, source in enumerate(sources, start=1):
        is_feed = feed is not None and number == len(sources)
        try:
            if is_feed:
                yield from feeds.read(source, published=day, settings=settings, force=force)
            elif imports.is_saved(source):
                yield from imports.load(source, settings=settings)
            elif jsonl or documents.is_collection(source):
                yield from documents.read_many(source, published=day, force=force)
            else:
                yield documents.read(source, published=day, id=id, settings=settings, force=force)
        except ReadError as error:
            if len(sources) == 1:
                raise
            yield documents.Unread(id=documents.shown(source), error=str(error))


def _extracted(
    sources: list[str],
    settings: Settings,
    *,
    published: str | None,
    id: str | None = None,
    jsonl: bool = False,
    feed: str | None = None,
    force: bool = False,
) -> Iterator[Report | Record]:
    """Extract each document in turn, showing progress on a terminal.

    Where there may be several, one that fails gives a record with an error; a single one raises.
    """
    from geomap import documents, records
    from geomap.model import Document

    many = jsonl or feed is not None or len(sources) > 1 or documents.is_collection(sources[0])
    found = _documents(sources, settings, published=published, id=id, jsonl=jsonl, feed=feed, force=force)
    with _status("reading") as show:
        for number, document in enumerate(found, start=1):
            show(f"reading document {number}" if many else "reading the report")
            if isinstance(document, documents.Unread):
                logger.warning("document %s: %s", document.id, document.error)
                yield records.failed(document.id, document.error)
            elif not isinstance(document, Document):
                yield document
            elif many:
                yield _extract_or_fail(document, settings)
            else:
                yield _extract(document, settings)


def _extract(document: Document, settings: Settings) -> Report:
    from geomap import pipeline

    report = pipeline.extract(document, settings)
    logger.info(
        "%s: published %s (from %s); %d toponyms, %d locations, %d claims, %d events",
        document.id,
        document.published or "unknown",
        document.published_from or "nowhere",
        len(report.toponyms),
        len(report.located),
        len(report.claimed),
        len(report.grouped),
    )
    return report


def _extract_or_fail(document: Document, settings: Settings) -> Report | Record:
    from geomap import records

    try:
        return _extract(document, settings)
    except Exception as error:
        what = str(error) if isinstance(error, GeomapError) else f"internal error: {type(error).__name__}: {error}"
        logger.warning("document %s: %s", document.id, " ".join(what.split())[:300])
        logger.debug("in detail:", exc_info=True)
        return records.failed(document.id, what)


def _mappable(found: Iterator[Report | Record]) -> list[Report]:
    """Return the reports that can be mapped; the others have been named in a message, and one at least must be left."""
    records, reports = [], []
    for report in found:
        if isinstance(report, dict):
            records.append(report)
        else:
            reports.append(report)
    if not reports:
        what = f"document {records[0]['id']} cannot be mapped: {records[0]['error']}" if records else "nothing to map"
        raise ReadError(what)
    return reports


def _count(reports: list[Report]) -> str:
    claims = sum(len(report.claimed) for report in reports)
    located = sum(location.footprint.geometry is not None for report in reports for location in report.located)
    counts = ((claims, "claim"), (located, "located expression"), (len(reports), "report"))
    return ", ".join(f"{number} {noun}{'s'[: number != 1]}" for number, noun in counts)


def _explained(report: Report | Record) -> str:
    """Return each claim with its sentence, its roles in brackets, the rules that fired and the reasons."""
    if isinstance(report, dict):
        return f"{report['id']}: {report['error']}\n\n"
    text = report.document.text
    lines = [f"{report.document.title or report.document.id} ({report.document.published or 'no date'})", ""]
    for claim in report.claimed:
        movement = claim.movement
        marks = [("trigger", movement.trigger)]
        marks += [("cue", claim.cue)] if claim.cue else []
        roles = {name: getattr(movement, name) for name in ("mover", "agent", "source", "goal", "via", "area")}
        roles["claimant"] = claim.claimant
        marks += [(name, role.span) for name, role in roles.items() if role is not None and role.explicit]
        lines.append(f"{claim.id}  {movement.kind}, {movement.direction}, {claim.certainty}")
        lines.append(f"    {_bracketed(text, movement.evidence, marks)}")
        lines += [
            f"    {name}: {role.text!r}, inferred"
            for name, role in roles.items()
            if role is not None and not role.explicit
        ]
        lines.append(f"    rules: {movement.rule}; {claim.rule}")
        lines += [f"    because: {reason}" for reason in claim.reasons]
        lines.append("")
    if not report.claimed:
        lines += ["no claim", ""]
    return _printable("\n".join(lines) + "\n")


def _bracketed(text: str, evidence: tuple[int, int], marks: list[tuple[str, tuple[int, int]]]) -> str:
    """Return the evidence with ``[name: words]`` round each part; parts may lie in one another."""
    start = min([evidence[0], *(span[0] for _, span in marks if span[1] > evidence[0] - 300)])
    end = max([evidence[1], *(span[1] for _, span in marks if span[0] < evidence[1] + 300)])
    opening: dict[int, list[tuple[int, str]]] = {}
    closing: dict[int, int] = {}
    for name, (first, last) in marks:
        if start <= first < last <= end:
            opening.setdefault(first, []).append((last, name))
            closing[last] = closing.get(last, 0) + 1
    pieces = []
    for offset in range(start, end + 1):
        pieces.append("]" * closing.get(offset, 0))
        pieces += [f"[{name}: " for _, name in sorted(opening.get(offset, ()), reverse=True)]
        pieces.append(text[offset : min(offset + 1, end)])
    return "".join(pieces).replace("\n", " ")


def _printable(text: str) -> str:
    """Return text that cannot steer a terminal."""
    return "".join(character if character.isprintable() or character == "\n" else "\ufffd" for character in text)


def _emit(text: str) -> None:
    """Write data to standard output, as UTF-8 wherever it goes; stop quietly when nobody reads any more."""
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Python would complain once more when it closes the stream at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit from None


def _say(message: str) -> None:
    typer.echo(_printable(message), err=True)


@contextlib.contextmanager
def _progress(message: str) -> Iterator[Callable[[str, float], None]]:
    """Show a bar on a terminal, and nothing elsewhere; gives a function that changes the words and moves the bar on."""
    if not sys.stderr.isatty():
        yield lambda _words, _share: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(message, total=1.0)
        yield lambda words, share: bar.update(task, description=words, advance=share)


@contextlib.contextmanager
def _status(message: str) -> Iterator[Callable[[str], None]]:
    """Show what is being done on a terminal, and nothing elsewhere; gives a function that changes the words."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(message)) as status:
        yield lambda words: status.update(Text(words))


@contextlib.contextmanager
def _rate() -> Iterator[Callable[[Progress], None]]:
    """Show how fast documents are read and what time is left, on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    import time

    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TextColumn("{task.fields[counts]}"),
        progress.TextColumn("time left"),
        progress.TimeRemainingColumn(elapsed_when_finished=True),
    )
    begun = time.monotonic()
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=1.0, counts="")

        def show(done: Progress) -> None:
            """Move the bar on."""
            rate = done.documents / max(1e-9, time.monotonic() - begun)
            counts = f"{done.skipped + done.documents} documents, {rate:.1f}/s, {done.errors} not read"
            bar.update(task, description=done.stage, completed=done.share, counts=counts if done.documents else "")

        yield show
