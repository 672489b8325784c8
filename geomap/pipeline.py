"""The whole flow on one screen: a document in, a report out.

Each stage is one module, named for what it returns. A :class:`Report` keeps the stages' own objects (``located``,
``claimed``, ``grouped``) and shows them as GeoDataFrames (``locations``, ``claims``, ``events``) and as a map.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geomap import (
    claims,
    corrections,
    datings,
    events,
    footprints,
    headings,
    locations,
    movements,
    nlp,
    places,
    quantities,
    renditions,
    tallies,
    times,
    toponyms,
)
from geomap.gazetteer import Gazetteer
from geomap.settings import DEFAULTS, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import folium
    import geopandas
    from spacy.tokens import Doc

    from geomap.model import Claim, Document, Event, Location, Movement, Quantity, Role, TimeExpression, Toponym
    from geomap.renditions import Rendition

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a document says of places and of movements of forces."""

    document: Document
    toponyms: tuple[Toponym, ...] = ()
    located: tuple[Location, ...] = ()
    claimed: tuple[Claim, ...] = ()
    grouped: tuple[Event, ...] = ()
    rejected: tuple[Claim, ...] = ()
    """Claims that a person rejected; they stand nowhere else."""
    unread: int = 0
    """Characters at the end of the document that were not read, since it is longer than ``settings.longest_text``."""
    settings: Settings = DEFAULTS

    @property
    def locations(self) -> geopandas.GeoDataFrame:
        """The location expressions, one a row, with their footprints (EPSG:4326)."""
        return self._frame("locations")

    @property
    def claims(self) -> geopandas.GeoDataFrame:
        """The claims, one a row, with the places that they name (EPSG:4326)."""
        return self._frame("claims")

    @property
    def events(self) -> geopandas.GeoDataFrame:
        """The events that the claims speak of, one a row (EPSG:4326)."""
        return self._frame("events")

    def map(self) -> folium.Map:
        """Draw what was said."""
        from geomap import maps

        return maps.Map([self], settings=self.settings)

    def _repr_html_(self) -> str:
        shown: str = self.map()._repr_html_()
        return shown

    def _frame(self, layer: str) -> geopandas.GeoDataFrame:
        from geomap import frames

        return frames.to_gdf(self, layer)  # type: ignore[arg-type]


def extract(document: Document, settings: Settings = DEFAULTS) -> Report:
    """Read the places, movements, claims and events of a document.

    Parameters
    ----------
    document
        From :func:`geomap.read`.
    settings
        How to read, resolve and draw.

    Raises
    ------
    ModelError
        If no language model is installed.
    DataError
        If the gazetteer or the corrections cannot be used.
    """
    return next(extract_many([document], settings))


def extract_many(documents: Iterable[Document], settings: Settings = DEFAULTS) -> Iterator[Report]:
    """Read many documents, one after the other; each result is what :func:`extract` gives for it alone."""
    gazetteer = Gazetteer.open(settings)
    for document in documents:
        whole, unread = document, len(document.text) - settings.longest_text
        if unread > 0:
            document, unread = _shortened(whole, settings.longest_text)  # noqa: PLW2901 - read in the place of the whole
        rendition = _recased(renditions.render(document), gazetteer, settings)
        read = nlp.read(rendition.document, settings, sparing=True)
        report = _extract(rendition.document, read, gazetteer, settings)
        # spaCy reads plain quotes and spaces, so that words in other than ASCII may have lost theirs.
        if not document.text.isascii() or rendition.document is not document:
            report = _restored(report, rendition)
        yield report if unread <= 0 else replace(report, document=whole, unread=unread)


def _recased(rendition: Rendition, gazetteer: Gazetteer, settings: Settings) -> Rendition:
    """Let headlines and capitals be read in the case of sentences."""
    text = headings.recase(rendition.document.text, gazetteer, settings)
    if text == rendition.document.text:
        return rendition
    return replace(rendition, document=replace(rendition.document, text=text))


def _shortened(document: Document, length: int) -> tuple[Document, int]:
    """Cut a document at the last line or word before a length, and say so; return how many characters are left out."""
    text = document.text
    tail = length - length // 10, length
    cut = next((at for mark in ("\n", " ") if (at := text.rfind(mark, *tail)) > 0), length)
    logger.warning(
        "document %s: only the first %d of its %d characters were read; cut it into parts to have all of it read",
        document.id,
        cut,
        len(text),
    )
    skipped = tuple((start, min(end, cut)) for start, end in document.skip if start < cut)
    return replace(document, text=text[:cut], skip=skipped), len(text) - cut


def _restored(report: Report, rendition: Rendition) -> Report:
    """Give what was found in a rendition the offsets and words of the document."""
    return replace(
        report,
        document=rendition.original,
        toponyms=rendition.restored(report.toponyms),
        located=rendition.restored(report.located),
        claimed=rendition.restored(report.claimed),
        grouped=rendition.restored(report.grouped),
        rejected=rendition.restored(report.rejected),
    )


def _extract(document: Document, doc: Doc, gazetteer: Gazetteer, settings: Settings) -> Report:
    found = toponyms.find(doc, gazetteer, settings)
    resolved = places.resolve(found, document, gazetteer, settings)
    located = locations.find(doc, resolved, gazetteer, settings)
    located = locations.correct(located, resolved, document, gazetteer, settings)
    counted = quantities.find(doc)
    dated = times.find(doc, document.published)
    moved = movements.find(doc, resolved, located)
    moved = [_bound(movement, doc, counted, dated) for movement in moved]
    moved = movements.infer(moved, located)
    moved = [_narrowed(movement, located, resolved, gazetteer, settings) for movement in moved]
    moved = [*moved, *claims.stances(doc, moved)]
    claimed, rejected = _checked(claims.attribute(moved, doc, dated, document), document, settings)
    grouped, claimed = events.group(claimed, locations=located, document=document)
    return Report(
        document=document,
        toponyms=tuple(resolved),
        located=tuple(located),
        claimed=tuple(claimed),
        grouped=tuple(grouped),
        rejected=tuple(rejected),
        settings=settings,
    )


def _checked(claimed: list[Claim], document: Document, settings: Settings) -> tuple[list[Claim], list[Claim]]:
    """Part the claims that a person rejected from the others."""
    if settings.corrections is None:
        return claimed, []
    return corrections.correct_claims(claimed, document, corrections.read(settings.corrections))


def _bound(movement: Movement, doc: Doc, counted: Sequence[Quantity], dated: Sequence[TimeExpression]) -> Movement:
    """Give a movement its numbers and its date."""
    mover = movement.mover.span if movement.mover is not None else None
    numbers = tallies.bind(counted, movement.evidence, mover, movement.trigger, doc)
    tokens = nlp.tokens_at(doc, movement.trigger)
    time = datings.bind(dated, tokens.root, doc) if tokens is not None else None
    if time is None:
        return replace(movement, quantities=numbers)
    return replace(movement, quantities=numbers, event_date=time.day, event_date_kind=time.kind)


def _narrowed(
    movement: Movement,
    located: Sequence[Location],
    resolved: Sequence[Toponym],
    gazetteer: Gazetteer,
    settings: Settings,
) -> Movement:
    """Narrow each place to what it means for this force: its own side of a border."""

    def narrow(role: Role | None) -> Role | None:
        if role is None or role.location is None:
            return role
        location = located[role.location]
        is_taken_up = location.footprint.border is not None and location.inferred_from is not None
        named = _named_before(location.start, resolved, movement.force) if is_taken_up else None
        footprint = footprints.for_force(location, movement.force, gazetteer, settings, named=named)
        return role if footprint is location.footprint else replace(role, footprint=footprint)

    return replace(
        movement,
        source=narrow(movement.source),
        goal=narrow(movement.goal),
        via=narrow(movement.via),
        area=narrow(movement.area),
    )


def _named_before(position: int, resolved: Sequence[Toponym], force: str | None) -> str | None:
    """Return the country that was named last before a position, other than the force's own."""
    for toponym in reversed(resolved):
        place = toponym.place
        is_country = place is not None and place.feature_code.startswith("PCL")
        if toponym.start < position and place is not None and is_country and place.country != force:
            return place.country
    return None
