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
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from geomap.errors import GeomapError, ReadError
from geomap.settings import Settings, Viewpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from geomap.documents import Unread
    from geomap.frames import Format, Record
    from geomap.model import Document
    from geomap.pipeline import Report

app = typer.Typer(
    help="Reads news reports and maps where forces are said to move, by whom it is said, and how surely.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help: drawing it with rich takes longer than everything else that --help does.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
gazetteer_app = typer.Typer(help="Look into the gazetteer that names are resolved with.", no_args_is_help=True)
app.add_typer(gazetteer_app, name="gazetteer")

logger = logging.getLogger("geomap")

ViewpointOption = Annotated[
    Viewpoint, typer.Option(help="Whose boundaries are drawn and looked up: the United Nations' or those in force.")
]
PublishedOption = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="Publication date (2022-02-16), for every report; wins over their own."),
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
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)])


@app.command("map")
def map_reports(
    reports: Annotated[list[str], typer.Argument(metavar="REPORT", help="Text, HTML or JSON lines; - is stdin.")],
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
) -> None:
    """Map one or more reports on one page, which needs no network.

    \b
    Examples:
      geomap map report.txt
      geomap map report.html -o map.html --published 2022-02-16 --open
      geomap map monday.txt tuesday.txt -o story.html
      cat report.txt | geomap map - -o map.html
    """  # noqa: D301 - \b keeps the lines of the examples apart
    settings = Settings(viewpoint=viewpoint)
    pixels = _read_size(size)
    target = output or Path("map.html" if reports[0] == "-" else f"{Path(reports[0]).stem}.html")
    found = [_require(report) for report in _extracted(reports, settings, published=published)]
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


def _read_size(text: str) -> tuple[int, int]:
    """Read "1600x900"; anything else, and what no screen has, is a wrong use."""
    match = re.fullmatch(r"(\d{2,5})x(\d{2,5})", text)
    if match is None:
        msg = f"{text!r} is no size; write WIDTHxHEIGHT in pixels, such as 1600x900"
        raise typer.BadParameter(msg, param_hint="--size")
    return int(match[1]), int(match[2])


@app.command()
def extract(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE", help="Text, HTML or JSON lines; - is stdin.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT", help="The file; stdout when left out or -.")
    ] = None,
    format: Annotated[
        Literal["json", "geojson", "csv", "gpkg", "parquet"] | None,
        typer.Option(help="Form of the records; by default that of OUT's name, else JSON lines."),
    ] = None,
    layer: Annotated[
        Literal["claims", "locations", "events"], typer.Option(help="What the rows of CSV and GeoParquet are.")
    ] = "claims",
    published: PublishedOption = None,
    id: Annotated[str | None, typer.Option(help="The id of a single report.")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Read JSON lines, whatever the sources are called.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print each claim with its sentence, roles, rule and reasons.")
    ] = False,
    viewpoint: ViewpointOption = "un",
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
    from geomap import frames

    form: Format = format or _format_of(output)
    to_stdout = output is None or str(output) == "-"
    if form in frames.BINARY_FORMATS and to_stdout:
        msg = f"--format {form} needs a file: name it with -o"
        raise typer.BadParameter(msg)
    if id is not None and len(sources) > 1:
        msg = "--id names a single report"
        raise typer.BadParameter(msg)
    settings = Settings(viewpoint=viewpoint)
    found = _extracted(sources, settings, published=published, id=id, jsonl=jsonl)
    if explain:
        for report in found:
            _emit(_explained(report))
    elif to_stdout:
        for text in frames.texts(found, form, layer=layer):
            _emit(text)
    elif output is not None:
        frames.write(found, output, form, layer=layer)


@app.command()
def geocode(
    words: Annotated[str, typer.Argument(metavar="WORDS", help="A place, or words that say where.")],
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many candidates of an ambiguous name.")] = 10,
    viewpoint: ViewpointOption = "un",
) -> None:
    """Print where some words are, as GeoJSON, the likeliest place first.

    \b
    Examples:
      geomap geocode "the Ukrainian border"
      geomap geocode "50 km north of Kyiv"
      geomap geocode Springfield --limit 3
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from geomap import frames, locations

    answers = locations.geocode(words, Settings(viewpoint=viewpoint))
    _emit(json.dumps(frames.to_geojson(answers[:limit]), ensure_ascii=False) + "\n")


@gazetteer_app.command("info")
def show_info() -> None:
    """Print what the gazetteer is made of: sources, versions, licences, rows."""
    from geomap.gazetteer import Gazetteer

    info = Gazetteer.open(Settings()).info()
    _emit(json.dumps(info, ensure_ascii=False, indent=2, default=str) + "\n")


@gazetteer_app.command("search")
def search(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name, in any of its spellings.")],
    fuzzy: Annotated[bool, typer.Option("--fuzzy", help="Also names that are spelt nearly so.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many rows.")] = 20,
) -> None:
    """Print the places of a name as tab-separated lines, in the gazetteer's order.

    \b
    Examples:
      geomap gazetteer search Goma
      geomap gazetteer search Kharkov --fuzzy
    """  # noqa: D301 - \b keeps the lines of the examples apart
    from geomap.errors import PlaceNotFoundError
    from geomap.gazetteer import Gazetteer

    matches = Gazetteer.open(Settings()).find(name, fuzzy=fuzzy)
    if not matches:
        msg = f"the gazetteer has no place called {name!r}; try --fuzzy or another spelling"
        raise PlaceNotFoundError(msg)
    columns = ("id", "name", "feature_code", "country", "admin1", "lat", "lon", "population")
    _emit("\t".join((*columns, "match", "quality")) + "\n")
    for match in matches[:limit]:
        cells = [getattr(match.place, column) for column in columns] + [match.kind, round(match.quality, 3)]
        _emit("\t".join("" if cell is None else str(cell) for cell in cells) + "\n")


def _format_of(output: Path | None) -> Format:
    endings: dict[str, Format] = {".geojson": "geojson", ".csv": "csv", ".gpkg": "gpkg", ".parquet": "parquet"}
    return endings.get(output.suffix.lower(), "json") if output is not None else "json"


def _documents(
    sources: list[str], *, published: str | None, id: str | None, jsonl: bool
) -> Iterator[Document | Unread]:
    """Read the sources one after another."""
    from geomap import documents

    if sources.count("-") > 1:
        msg = "standard input can be read only once"
        raise ReadError(msg)
    day = None if published is None else documents.parse_date(published)
    for source in sources:
        if jsonl or documents.is_json_lines(source):
            yield from documents.read_many(source, published=day)
        else:
            yield documents.read(source, published=day, id=id)


def _extracted(
    sources: list[str],
    settings: Settings,
    *,
    published: str | None,
    id: str | None = None,
    jsonl: bool = False,
) -> Iterator[Report | Record]:
    """Extract each document in turn, showing progress on a terminal.

    Where there may be several, one that fails gives a record with an error; a single one raises.
    """
    from geomap import documents, frames

    many = jsonl or len(sources) > 1 or documents.is_json_lines(sources[0])
    found = _documents(sources, published=published, id=id, jsonl=jsonl)
    with _status("reading") as show:
        for number, document in enumerate(found, start=1):
            show(f"reading document {number}" if many else "reading the report")
            if isinstance(document, documents.Unread):
                logger.warning("document %s: %s", document.id, document.error)
                yield frames.failed(document.id, document.error)
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
    from geomap import frames

    try:
        return _extract(document, settings)
    except Exception as error:
        what = str(error) if isinstance(error, GeomapError) else f"internal error: {type(error).__name__}: {error}"
        logger.warning("document %s: %s", document.id, " ".join(what.split())[:300])
        logger.debug("in detail:", exc_info=True)
        return frames.failed(document.id, what)


def _require(report: Report | Record) -> Report:
    if isinstance(report, dict):
        msg = f"document {report['id']} cannot be mapped: {report['error']}"
        raise ReadError(msg)
    return report


def _count(reports: list[Report]) -> str:
    claims = sum(len(report.claimed) for report in reports)
    located = sum(location.footprint.geometry is not None for report in reports for location in report.located)
    return f"{claims} claims, {located} located expressions, {len(reports)} report{'s'[: len(reports) > 1]}"


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
def _status(message: str) -> Iterator[Callable[[str], None]]:
    """Show what is being done on a terminal, and nothing elsewhere; gives a function that changes the words."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(message)) as status:
        yield lambda words: status.update(Text(words))
