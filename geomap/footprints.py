"""From the meaning of a location expression to a geometry with an honest uncertainty.

One function for each kind of meaning: a place, a border, near, a part, a sector, a ring, between, a coast. Each
returns a :class:`~geomap.model.Footprint` whose ``remarks`` say how it was made, in words that a map can show, and
whose ``uncertainty_m`` is the radius of the circle round its representative point that holds it all.

How distances and directions in words are read follows the point-radius method of Wieczorek, Guo and Hijmans (2004),
"The point-radius method for georeferencing locality descriptions", Int. J. Geographical Information Science 18, and
Chapman and Wieczorek (2020), "Georeferencing Best Practices", GBIF; ``remarks`` is Darwin Core's
``georeferenceRemarks``.
"""

from __future__ import annotations

import dataclasses
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import shapely
from shapely.geometry import LineString, Point
from shapely.ops import nearest_points

from geomap import geodesy
from geomap.meanings import group_of
from geomap.model import BorderStrip, Footprint
from geomap.settings import DEFAULTS, Settings
from geomap.shapes import kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

    from geomap.gazetteer import Gazetteer
    from geomap.model import FootprintKind, Location, LocationKind, Place

Nearness = Literal["near", "outside", "around"]

# Kinds of places that are points on a map of movements; any other without an outline in the gazetteer is drawn as a
# circle of its uncertainty, never as a pin.
_POINT_KINDS = ("city", "facility")
_KIND_OF_GROUP: dict[str, LocationKind] = {
    "country": "country", "continent": "continent", "admin1": "admin", "admin2": "admin", "admin": "admin",
    "capital": "city", "seat": "city", "city": "city", "quarter": "city", "water": "water", "terrain": "region",
    "region": "region", "facility": "facility",
}  # fmt: skip

# "near" a settlement reaches twice its own radius, and 10 km at least: about two hours' march.
_NEAR_PLACE_M = 10_000.0
# "near" a country or province reaches outward by this share of its radius: 120 km for the largest ones.
_NEAR_AREA_SHARE = 0.05
# A direction in words ("north") holds for 45 degrees to either side (Wieczorek et al. 2004); a finer one
# ("north-east") for half of that.
_CARDINAL_HALF_ANGLE = 45.0
_ORDINAL_HALF_ANGLE = 22.5
# "the eastern border" as seen from the country's middle; wider than a sector since borders wind.
_BORDER_HALF_ANGLE = 60.0
# "northern X" is the third of X's area that lies farthest north, "far northern X" half of that; "central X" the inner
# third: a convention that cuts a country into north, middle and south.
_PART_SHARE = 1 / 3
_EXTREME_SHARE = 1 / 6
# "off the coast of X": the contiguous zone, 24 nautical miles (UN Convention on the Law of the Sea, article 33).
_OFF_COAST_M = 24 * geodesy.NAUTICAL_MILE_M
# "waters east of X" reach farther: half of an exclusive economic zone (article 57: 200 nautical miles).
_WATERS_M = 100 * geodesy.NAUTICAL_MILE_M
# "between X and Y": the points whose way over them is at most 12 % longer than the direct one, an ellipse a quarter as
# wide to each side as X and Y are far apart.
_DETOUR = 1.12
# A road is 1.2 to 1.4 times as long as the straight line (Ballou, Rahardja and Sakai 2002, "Selected country circuity
# factors for road travel distance estimation", Transportation Research A 36), so it may leave it by about this share.
_ROAD_SWAY = 0.15
_KM_M = 1_000.0
# How far an approximate distance ("some 50 km") may be off, as a share of it.
_APPROXIMATE = 0.1
# Land borders and coasts are told apart by a strip this wide round the land border.
_COAST_GAP_M = 3_000.0


def unlocated(remarks: str) -> Footprint:
    """Make the footprint of a place that no words allow to locate."""
    return Footprint(kind="unlocated", remarks=remarks)


def _footprint(
    kind: FootprintKind,
    geometry: BaseGeometry,
    remarks: str,
    *,
    point: tuple[float, float] | None = None,
    uncertainty_m: float | None = None,
    viewpoint: str | None = None,
    border_strip: BorderStrip | None = None,
) -> Footprint:
    if geometry.is_empty:
        return unlocated(f"{remarks}; nothing is left of it")
    lon, lat = point or geodesy.representative_point(geometry)
    if uncertainty_m is None:
        uncertainty_m = geodesy.covering_radius(geometry, lon, lat)
    return Footprint(
        kind=kind,
        geometry=geometry,
        uncertainty_m=uncertainty_m,
        remarks=remarks,
        viewpoint=viewpoint,
        point=(lon, lat),
        border=border_strip,
    )


def _km(metres: float) -> str:
    """Write a length for a reader: whole kilometres, or metres below one."""
    return f"{metres / _KM_M:,.0f} km" if metres >= _KM_M else f"{metres:,.0f} m"


def kind_of(place: Place) -> LocationKind:
    """Return what kind of location a place is, from its feature code."""
    return _KIND_OF_GROUP[group_of(place)]


@lru_cache(maxsize=512)
def of_place(place: Place, gazetteer: Gazetteer, settings: Settings = DEFAULTS) -> Footprint:
    """Make the footprint of a place: its outline, its course, or its point with an uncertainty.

    A place that the gazetteer knows only as a point is a point if it is a settlement or a facility; otherwise (a
    region, a sea, a district) it is the circle that holds it.
    """
    geometry = gazetteer.geometry(place, viewpoint=settings.viewpoint)
    centre = (place.lon, place.lat)
    if geometry is not None and geometry.geom_type in {"LineString", "MultiLineString"}:
        point = geodesy.representative_point(geometry)
        return _footprint("line", geometry, f"the course of {place.name} in the gazetteer", point=point)
    if geometry is not None and geometry.geom_type in {"Polygon", "MultiPolygon"}:
        return _footprint(
            "area",
            geometry,
            f"the outline of {place.name} in the gazetteer",
            point=centre,
            uncertainty_m=place.uncertainty_m,
            viewpoint=settings.viewpoint if place.feature_code.startswith(("PCL", "ADM")) else None,
        )
    reach = _km(place.uncertainty_m)
    if kind_of(place) in _POINT_KINDS:
        remarks = f"the point of {place.name} in {place.source}; it may lie up to {reach} off"
        return _footprint("point", Point(centre), remarks, point=centre, uncertainty_m=place.uncertainty_m)
    remarks = f"a circle of {reach} round the point of {place.name} in {place.source}; its outline is not known"
    circle = geodesy.circle(*centre, max(place.uncertainty_m, 1.0))
    return _footprint("area", circle, remarks, point=centre, uncertainty_m=place.uncertainty_m)


# --- borders -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def border_line(
    a: str, b: str | None, gazetteer: Gazetteer, settings: Settings = DEFAULTS, *, bearing_deg: float | None = None
) -> BaseGeometry | None:
    """Return the land border of a country, or the part of it shared with another or lying in one direction.

    Parameters
    ----------
    a, b
        ISO 3166-1 alpha-2 codes; all land borders of ``a`` if ``b`` is None.
    bearing_deg
        Only the stretch in this direction as seen from the country's own point.

    Returns
    -------
    LineString, MultiLineString or None
        None when they share no land border.
    """
    line: BaseGeometry | None = gazetteer.land_border(a, b, viewpoint=settings.viewpoint)
    if line is None or line.is_empty:
        return None
    country = gazetteer.country(a)
    if bearing_deg is not None and country is not None:
        return geodesy.stretch(line, country.lon, country.lat, bearing_deg, _BORDER_HALF_ANGLE)
    return line


@lru_cache(maxsize=512)
@kept
def _border_band(
    a: str, b: str | None, gazetteer: Gazetteer, settings: Settings, *, bearing_deg: float | None, width_m: float
) -> BaseGeometry | None:
    line = border_line(a, b, gazetteer, settings, bearing_deg=bearing_deg)
    return None if line is None else geodesy.band(line, width_m)


@lru_cache(maxsize=256)
@kept
def border(
    a: str,
    b: str | None = None,
    *,
    gazetteer: Gazetteer,
    settings: Settings = DEFAULTS,
    side: str | None = None,
    bearing_deg: float | None = None,
    width_m: float | None = None,
    partner_assumed: bool = False,
) -> Footprint:
    """Make the strip along a land border.

    Parameters
    ----------
    a, b
        ISO 3166-1 alpha-2 codes; the whole land border of ``a`` if ``b`` is None.
    side
        ISO code of the country on whose ground the strip lies; both sides if None.
    bearing_deg
        Only the stretch in this direction as seen from ``a``.
    width_m
        How far the strip reaches from the line; ``settings.border_width_m`` if None.
    partner_assumed
        Whether ``b`` was taken from the rest of a document rather than from the words.

    Returns
    -------
    Footprint
        A band; unlocated when the countries share no land border.
    """
    width = settings.border_width_m if width_m is None else width_m
    names = [_name(code, gazetteer) for code in (a, b) if code]
    what = f"the land border between {names[0]} and {names[1]}" if b else f"the whole land border of {names[0]}"
    if bearing_deg is not None:
        what = f"the {compass(bearing_deg)} stretch of {what}"
    strip = _border_band(a, b, gazetteer, settings, bearing_deg=bearing_deg, width_m=width)
    line = border_line(a, b, gazetteer, settings, bearing_deg=bearing_deg)
    if strip is None or line is None:
        return unlocated(f"{what} is not in the gazetteer: they share no land border")
    remarks = f"a strip of {_km(width)} (assumed) along {what}"
    if side is None:
        remarks += ", on both sides"
    else:
        ground = _country_geometry(side, gazetteer, settings)
        strip = strip if ground is None else _cut(strip, ground)
        remarks += f", on the ground of {_name(side, gazetteer)}"
    if partner_assumed:
        remarks += "; which stretch is not said, the neighbour was taken from the rest of the report"
    return _footprint(
        "band",
        strip,
        f"{remarks} (boundaries: {settings.viewpoint})",
        point=geodesy.midpoint_along(line),
        viewpoint=settings.viewpoint,
        border_strip=BorderStrip(
            countries=(a, b) if b else (a,),
            partner_assumed=partner_assumed,
            side=side,
            bearing_deg=bearing_deg,
            width_m=width,
        ),
    )


def _cut(strip: BaseGeometry, ground: BaseGeometry) -> BaseGeometry:
    # Clipping to the strip's box first spares the overlay the far coasts of a large country.
    return strip.intersection(shapely.clip_by_rect(ground, *strip.bounds).buffer(0))


def _name(code: str, gazetteer: Gazetteer) -> str:
    place = gazetteer.country(code)
    return place.name if place else code


def _country_geometry(code: str, gazetteer: Gazetteer, settings: Settings) -> BaseGeometry | None:
    place = gazetteer.country(code)
    return gazetteer.geometry(place, viewpoint=settings.viewpoint) if place else None


@lru_cache(maxsize=256)
@kept
def shared_line(a: Place, b: Place, gazetteer: Gazetteer, settings: Settings = DEFAULTS) -> Footprint:
    """Make the strip along the line that two provinces, or a province and a country, share."""
    first, second = (gazetteer.geometry(place, viewpoint=settings.viewpoint) for place in (a, b))
    what = f"the line between {a.name} and {b.name}"
    if first is None or second is None:
        return unlocated(f"{what}: the outline of one of them is not in the gazetteer")
    # Outlines of different levels of detail run side by side rather than on each other; 3 km is their difference.
    line = first.boundary.intersection(geodesy.band(second.boundary, _COAST_GAP_M))
    lines = [part for part in shapely.get_parts(line) if part.geom_type == "LineString" and part.length]
    if not lines:
        return unlocated(f"{what}: their outlines do not touch")
    line = shapely.line_merge(shapely.union_all(lines))
    return _footprint(
        "band",
        geodesy.band(line, settings.border_width_m),
        f"a strip of {_km(settings.border_width_m)} (assumed) on both sides of {what}",
        point=geodesy.midpoint_along(line),
        viewpoint=settings.viewpoint,
    )


def for_force(
    location: Location,
    force: str | None,
    gazetteer: Gazetteer,
    settings: Settings = DEFAULTS,
    *,
    named: str | None = None,
) -> Footprint:
    """Narrow a border to what the words mean of one state's force: it stands on its own side of its own border.

    Russian troops "at the Ukrainian border" stand on Russian ground, along the border of Russia and Ukraine; a force of
    a state that is no neighbour may be on either side, anywhere along it.

    Parameters
    ----------
    location
        Any location; one that is no border is returned as it is.
    force
        ISO 3166-1 alpha-2 code of the force's state, or None.
    named
        Code of the other country that was named last: "the border" of a force that is no party to the border spoken of
        before is its own with that one.
    """
    strip = location.footprint.border
    if strip is None or force is None or strip.side is not None:
        return location.footprint
    first, *rest = strip.countries
    meant: dict[str, str | None] = {"b": None, "side": None}
    assumed = False
    if force in strip.countries:
        meant, assumed = {"b": rest[0] if rest else None, "side": force}, strip.partner_assumed
    elif rest and not strip.partner_assumed:
        is_other = location.inferred_from is not None and named is not None and named not in strip.countries
        if not is_other or named not in gazetteer.neighbours(force, viewpoint=settings.viewpoint):
            return location.footprint
        first, meant, assumed = force, {"b": named, "side": force}, True
    elif force in gazetteer.neighbours(first, viewpoint=settings.viewpoint):
        meant, assumed = {"b": force, "side": force}, True
    return border(
        first,
        **meant,
        gazetteer=gazetteer,
        settings=settings,
        bearing_deg=strip.bearing_deg,
        width_m=strip.width_m,
        partner_assumed=assumed,
    )


def narrowed(footprint: Footprint, width_m: float, gazetteer: Gazetteer, settings: Settings = DEFAULTS) -> Footprint:
    """Give a border's strip another width ("near the border"); any other footprint is returned as it is."""
    strip = footprint.border
    if strip is None:
        return footprint
    return border(
        strip.countries[0],
        strip.countries[1] if len(strip.countries) > 1 else None,
        gazetteer=gazetteer,
        settings=settings,
        side=strip.side,
        bearing_deg=strip.bearing_deg,
        width_m=width_m,
        partner_assumed=strip.partner_assumed,
    )


# --- near, parts, distances ----------------------------------------------------------------------------------------


def _shape(base: Footprint) -> BaseGeometry:
    if base.geometry is None:
        msg = "an unlocated footprint has no geometry"
        raise ValueError(msg)
    return base.geometry


def _is_point(base: Footprint) -> bool:
    return base.kind == "point"


def reach_of(base: Footprint) -> float:
    """Return how far "near" a point place reaches: twice its own radius, 10 km at least."""
    return max(_NEAR_PLACE_M, 2 * (base.uncertainty_m or 0.0))


@kept
def near(base: Footprint, name: str, nearness: Nearness = "near", settings: Settings = DEFAULTS) -> Footprint:
    """Make the surroundings of a place; they grow with its size.

    Round a settlement or facility: a disc of twice its own radius (10 km at least), without its inside for "outside".
    Round an area: the strip outside it, as wide as a twentieth of its radius, ``settings.near_m`` at least. Along a
    line: the strip on both sides.
    """
    if base.geometry is None or base.border is not None:
        return base
    if _is_point(base):
        lon, lat = base.point or (0.0, 0.0)
        reach = reach_of(base)
        inner = (base.uncertainty_m or 0.0) if nearness == "outside" else 0.0
        words = f"{nearness} {name}: up to {_km(reach)} (assumed from its size) from its centre"
        geometry = geodesy.ring(lon, lat, inner, reach)
        return _footprint("area", geometry, words, point=(lon, lat), uncertainty_m=reach)
    reach = max(settings.near_m, _NEAR_AREA_SHARE * (base.uncertainty_m or 0.0))
    strip = _about(base.geometry, reach)
    words = f"{nearness} {name}: within {_km(reach)} (assumed) of it"
    if base.geometry.area > 0:
        strip = strip.difference(base.geometry)
        words += ", outside its outline"
    # All round a place, no point of the strip stands for the rest of it better than the place's own.
    return _footprint("band", strip, words, point=base.point, viewpoint=base.viewpoint)


@lru_cache(maxsize=512)
@kept
def near_place(place: Place, nearness: Nearness, gazetteer: Gazetteer, settings: Settings = DEFAULTS) -> Footprint:
    """Make the surroundings of a place of the gazetteer; as :func:`near`, but computed once."""
    return near(of_place(place, gazetteer, settings), place.name, nearness, settings)


def _about(geometry: BaseGeometry, width_m: float) -> BaseGeometry:
    """Make a band whose width is itself an assumption: what is smaller than a tenth of it need not be followed."""
    tolerance = width_m / 10 / geodesy.DEGREE_M
    parts = shapely.get_parts(geometry)
    large = parts[shapely.length(parts) > 4 * tolerance]
    whole = shapely.multipolygons(large) if geometry.area > 0 else shapely.multilinestrings(large)
    return geodesy.band((whole if len(large) else geometry).simplify(tolerance), width_m)


_COMPASS = (
    "northern", "north-eastern", "eastern", "south-eastern", "southern", "south-western", "western", "north-western",
)  # fmt: skip


def compass(bearing_deg: float) -> str:
    """Return the adjective of the nearest of eight directions: "northern" for 350 degrees."""
    return _COMPASS[round(bearing_deg / 45.0) % 8]


def _direction(bearing_deg: float) -> str:
    return compass(bearing_deg).removesuffix("ern")


def half_angle(bearing_deg: float) -> float:
    """Return how far to either side a direction in words holds: 45 degrees for "north", 22.5 for "north-east"."""
    return _CARDINAL_HALF_ANGLE if bearing_deg % 90.0 == 0 else _ORDINAL_HALF_ANGLE


def part(base: Footprint, name: str, bearing_deg: float | None, *, extreme: bool = False) -> Footprint:
    """Make the part of a place that lies in one direction ("northern X"), or in its middle ("central X").

    Of an area: the third of its surface that lies farthest in that direction (a sixth for "far northern"), or nearest
    to its centroid. Of a point place: the sector of its circle of uncertainty.
    """
    if base.geometry is None:
        return base
    share, amount = (_EXTREME_SHARE, "sixth") if extreme else (_PART_SHARE, "third")
    label = "central" if bearing_deg is None else f"{'far ' if extreme else ''}{compass(bearing_deg)}"
    if base.geometry.geom_type in {"Polygon", "MultiPolygon"}:
        if bearing_deg is None:
            geometry = geodesy.core(base.geometry, share)
            words = f"the {amount} of {name}'s area nearest to its middle (a convention)"
        else:
            geometry = geodesy.part(base.geometry, bearing_deg, share)
            words = f"the {amount} of {name}'s area farthest {_direction(bearing_deg)} (a convention)"
        return _footprint("area", geometry, f"{label} {name}: {words}", viewpoint=base.viewpoint)
    if base.geometry.geom_type in {"LineString", "MultiLineString"} or bearing_deg is None:
        return base
    lon, lat = base.point or (0.0, 0.0)
    radius = max(base.uncertainty_m or 0.0, 1.0)
    geometry = geodesy.sector(lon, lat, bearing_deg, half_angle(bearing_deg), inner_m=0.0, outer_m=radius)
    words = f"{label} {name}: the sector of the circle of {_km(radius)} that holds it"
    return _footprint("sector", geometry, words, point=geodesy.destination(lon, lat, bearing_deg, radius / 2))


@lru_cache(maxsize=512)
@kept
def part_of_place(
    place: Place,
    bearing_deg: float | None,
    gazetteer: Gazetteer,
    settings: Settings = DEFAULTS,
    *,
    extreme: bool = False,
) -> Footprint:
    """Make the part of a place of the gazetteer; as :func:`part`, but computed once."""
    return part(of_place(place, gazetteer, settings), place.name, bearing_deg, extreme=extreme)


def outward(base: Footprint, name: str, bearing_deg: float, settings: Settings = DEFAULTS) -> Footprint:
    """Make the region outside a place in one direction ("north of X", without a distance).

    As far out as half the place's own radius, and ``settings.near_m`` at least.
    """
    if base.geometry is None:
        return base
    reach = max(settings.near_m, (base.uncertainty_m or 0.0) / 2)
    found = sector(base, name, bearing_deg, 0.0, reach)
    words = f"{_direction(bearing_deg)} of {name}, outside it: up to {_km(reach)} (assumed)"
    return dataclasses.replace(found, remarks=words)


@kept
def sector(base: Footprint, name: str, bearing_deg: float, low_m: float, high_m: float) -> Footprint:
    """Make the region that lies between two distances from a place, in one direction.

    The direction holds for 45 degrees to either side ("north") or 22.5 ("north-east"); distances are taken from the
    centre of a point place, from the edge of an area or line.
    """
    if base.geometry is None or base.point is None:
        return base
    lon, lat = base.point
    angle = half_angle(bearing_deg)
    words = (
        f"{_range(low_m, high_m)} {_direction(bearing_deg)} of {name}; "
        f"the direction is taken as {angle:g} degrees to either side"
    )
    if _is_point(base):
        geometry = geodesy.sector(lon, lat, bearing_deg, angle, inner_m=low_m, outer_m=high_m)
        point = geodesy.destination(lon, lat, bearing_deg, (low_m + high_m) / 2)
        return _footprint("sector", geometry, words, point=point)
    edge = _edge_distance(base, bearing_deg)
    wedge = geodesy.sector(lon, lat, bearing_deg, angle, inner_m=0.0, outer_m=1.5 * (edge + high_m))
    geometry = _annulus(base.geometry, low_m, high_m).intersection(wedge)
    point = geodesy.destination(lon, lat, bearing_deg, edge + (low_m + high_m) / 2)
    return _footprint("sector", geometry, words, point=point, viewpoint=base.viewpoint)


def _annulus(geometry: BaseGeometry, low_m: float, high_m: float) -> BaseGeometry:
    inner = geodesy.band(geometry, low_m) if low_m > 0 else geometry
    return geodesy.band(geometry, high_m).difference(inner)


def _edge_distance(base: Footprint, bearing_deg: float) -> float:
    """Return how far from its point an area ends in one direction, in metres."""
    lon, lat = base.point or (0.0, 0.0)
    reach = 1.1 * max(geodesy.covering_radius(_shape(base), lon, lat), 1.0)
    ray = geodesy.geodesic(lon, lat, *geodesy.destination(lon, lat, bearing_deg, reach))
    inside = ray.intersection(_shape(base))
    return geodesy.covering_radius(inside, lon, lat) if not inside.is_empty else 0.0


@kept
def ring(base: Footprint, name: str, low_m: float, high_m: float) -> Footprint:
    """Make the ring that lies between two distances from a place, in no stated direction."""
    if base.geometry is None or base.point is None:
        return base
    words = f"{_range(low_m, high_m)} from {name}, in no stated direction"
    is_point = _is_point(base)
    geometry = geodesy.ring(*base.point, low_m, high_m) if is_point else _annulus(base.geometry, low_m, high_m)
    return _footprint("ring", geometry, words, point=base.point, viewpoint=base.viewpoint)


@kept
def within(base: Footprint, name: str, distance_m: float) -> Footprint:
    """Make the region no farther than a distance from a place."""
    if base.geometry is None or base.point is None:
        return base
    words = f"no farther than {_km(distance_m)} from {name}"
    if _is_point(base):
        return _footprint("area", geodesy.circle(*base.point, distance_m), words, point=base.point)
    geometry = geodesy.band(base.geometry, distance_m)
    return _footprint("area", geometry, words, point=base.point, viewpoint=base.viewpoint)


def _range(low_m: float, high_m: float) -> str:
    return f"between {_km(low_m)} and {_km(high_m)}" if low_m > 0 else f"up to {_km(high_m)}"


def distance_bounds(
    low: float, high: float | None, unit_m: float, base: Footprint, *, approximate: bool = False
) -> tuple[float, float]:
    """Return the least and the greatest distance in metres that a number in words allows.

    A number is as precise as half the place of its last digit other than zero (50 means 45 to 55, 31 means 30.5 to
    31.5); "some" and "about" allow 10 %; the size of a point place adds on both sides, since nobody says what part of a
    town the distance is taken from.
    """
    top = low if high is None else high
    slack = max(_precision(low), _precision(top)) if high is None else min(_precision(low), _precision(top))
    if approximate:
        slack = max(slack, _APPROXIMATE * top)
    extent = extent_of(base)
    return max(0.0, (low - slack) * unit_m - extent), (top + slack) * unit_m + extent


def extent_of(base: Footprint) -> float:
    """Return the radius of a point place; 0 for an area or line, from whose edge distances are taken."""
    return (base.uncertainty_m or 0.0) if _is_point(base) else 0.0


def _precision(number: float) -> float:
    """Half the place of the last digit other than zero: 5 for 50, 0.5 for 31, 50 for 1,300."""
    if number <= 0:
        return 0.0
    step = 1.0
    if number == int(number):
        while number % (step * 10) == 0:
            step *= 10
    else:
        step = 0.1
    return step / 2


# --- relations of two places ---------------------------------------------------------------------------------------


def _ends(a: Footprint, b: Footprint) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return the points that a way from one place to the other joins: of areas, where they face each other."""
    if a.geometry is None or b.geometry is None or a.point is None or b.point is None:
        return None
    first = Point(a.point) if _is_point(a) else a.geometry
    second = Point(b.point) if _is_point(b) else b.geometry
    if first.intersects(second):
        return a.point, b.point
    start, end = nearest_points(first, second)
    return (start.x, start.y), (end.x, end.y)


@kept
def between(a: Footprint, b: Footprint, names: tuple[str, str]) -> Footprint:
    """Make the region between two places: an ellipse round both, a quarter as wide to each side as they are apart."""
    ends = _ends(a, b)
    if ends is None:
        return unlocated(f"between {names[0]} and {names[1]}, one of which has no place")
    (lon1, lat1), (lon2, lat2) = ends
    far = max(geodesy.distance(lon1, lat1, lon2, lat2), 1.0)
    towards = geodesy.bearing(lon1, lat1, lon2, lat2)
    corners = []
    for step in range(72):
        # An ellipse in polar form round its first focus.
        angle = 5.0 * step
        radius = _DETOUR * far / 2 * (1 - _DETOUR**-2) / (1 - math.cos(math.radians(angle)) / _DETOUR)
        corners.append(geodesy.destination(lon1, lat1, towards + angle, radius))
    words = f"between {names[0]} and {names[1]}: where the way from one to the other is at most 12 % longer (assumed)"
    geometry = geodesy.outline(corners)
    return _footprint("area", geometry, words, point=geodesy.midpoint(lon1, lat1, lon2, lat2))


def halfway(a: Footprint, b: Footprint, names: tuple[str, str]) -> Footprint:
    """Make the disc round the point half-way between two places; 10 % of their distance is allowed for."""
    ends = _ends(a, b)
    if ends is None:
        return unlocated(f"halfway between {names[0]} and {names[1]}, one of which has no place")
    (lon1, lat1), (lon2, lat2) = ends
    far = geodesy.distance(lon1, lat1, lon2, lat2)
    point = geodesy.midpoint(lon1, lat1, lon2, lat2)
    radius = max(_APPROXIMATE * far, *(base.uncertainty_m or 0.0 for base in (a, b) if _is_point(base)), 1.0)
    words = f"half-way between {names[0]} and {names[1]}, {_km(far)} apart, give or take {_km(radius)}"
    return _footprint("area", geodesy.circle(*point, radius), words, point=point, uncertainty_m=radius)


def road(a: Footprint, b: Footprint, names: tuple[str, str]) -> Footprint:
    """Make the band that the road between two places runs in; its true course is not in the gazetteer."""
    ends = _ends(a, b)
    if ends is None:
        return unlocated(f"the road between {names[0]} and {names[1]}, one of which has no place")
    (lon1, lat1), (lon2, lat2) = ends
    far = geodesy.distance(lon1, lat1, lon2, lat2)
    width = max(_ROAD_SWAY * far, 1_000.0)
    words = (
        f"the way between {names[0]} and {names[1]}: a band of {_km(width)} (assumed) on both sides of the straight "
        "line; the true course of the road is not known here"
    )
    line = geodesy.geodesic(lon1, lat1, lon2, lat2)
    return _footprint("band", geodesy.band(line, width), words, point=geodesy.midpoint(lon1, lat1, lon2, lat2))


def _land(place: Place, gazetteer: Gazetteer, settings: Settings) -> BaseGeometry | None:
    """Return the land of a place's country and of its neighbours: what is not sea near it."""
    if place.country is None:
        return None
    codes = (place.country, *gazetteer.neighbours(place.country, viewpoint=settings.viewpoint))
    grounds = [ground for code in codes if (ground := _country_geometry(code, gazetteer, settings)) is not None]
    return shapely.union_all(grounds) if grounds else None


@lru_cache(maxsize=256)
@kept
def off_coast(
    place: Place,
    gazetteer: Gazetteer,
    settings: Settings = DEFAULTS,
    bearing_deg: float | None = None,
    *,
    waters: bool = False,
) -> Footprint:
    """Make the sea off a place's coast.

    Parameters
    ----------
    place
        A country, province, region, island or town at the sea.
    bearing_deg
        Only the waters in this direction from it.
    waters
        "Waters off X" reach 100 nautical miles; "off the coast of X" 24.
    """
    base = of_place(place, gazetteer, settings)
    reach = _WATERS_M if waters or bearing_deg is not None else _OFF_COAST_M
    words = f"the sea up to {_km(reach)} (assumed) off {place.name}"
    if base.kind == "point" or base.geometry is None:
        sea = geodesy.circle(place.lon, place.lat, reach)
    else:
        # A town's worth of detail is enough for a strip of 40 km and more.
        sea = geodesy.band(base.geometry.simplify(0.02), reach)
    land = _land(place, gazetteer, settings)
    for ground in (land, base.geometry):
        if ground is not None and ground.area > 0:
            sea = sea.difference(shapely.clip_by_rect(ground, *sea.bounds).buffer(0))
    if bearing_deg is not None:
        reach_out = 2 * (geodesy.covering_radius(base.geometry or sea, place.lon, place.lat) + reach)
        wedge = geodesy.sector(
            place.lon, place.lat, bearing_deg, half_angle(bearing_deg), inner_m=0.0, outer_m=reach_out
        )
        sea = sea.intersection(wedge)
        words += f", {_direction(bearing_deg)} of it"
    return _footprint("area", sea, words, viewpoint=settings.viewpoint)


@lru_cache(maxsize=256)
@kept
def coast(
    place: Place, gazetteer: Gazetteer, settings: Settings = DEFAULTS, bearing_deg: float | None = None
) -> Footprint:
    """Make the strip along a place's coast: its outline without its land borders."""
    base = of_place(place, gazetteer, settings)
    if base.kind == "point" or base.geometry is None:
        return near(base, place.name, "near", settings)
    shore = base.geometry.boundary
    land = _land(place, gazetteer, settings)
    if land is not None:
        # What is coast of the place is coast of the land that it is part of, too.
        shore = shore.intersection(geodesy.band(land.simplify(0.01).boundary, _COAST_GAP_M))
    if place.country is not None and (line := border_line(place.country, None, gazetteer, settings)) is not None:
        shore = shore.difference(geodesy.band(line, _COAST_GAP_M))
    lines = [line for line in shapely.get_parts(shore) if isinstance(line, LineString)]
    if not lines:
        return unlocated(f"{place.name} has no coast in the gazetteer")
    line = shapely.line_merge(shapely.union_all(lines))
    if bearing_deg is not None:
        line = geodesy.stretch(line, place.lon, place.lat, bearing_deg, _BORDER_HALF_ANGLE)
    words = f"the coast of {place.name}: within {_km(_NEAR_PLACE_M)} (assumed) of the shore"
    return _footprint("band", geodesy.band(line, _NEAR_PLACE_M), words, viewpoint=settings.viewpoint)


def journey_limit(
    anchor: BaseGeometry, distance_m: float, ground: BaseGeometry | None = None
) -> tuple[BaseGeometry, BaseGeometry]:
    """Bound the end of a journey of known length: it lies no farther from its start than the way is long.

    A route is never shorter than the straight line, so its length is an upper bound on the distance.

    Parameters
    ----------
    anchor
        Where the journey starts.
    distance_m
        Its length in metres.
    ground
        The country that the end must lie in, if the text says so.

    Returns
    -------
    tuple of BaseGeometry
        The area that the end lies in, and the arc at exactly that distance which bounds it.
    """
    reach = geodesy.band(anchor, distance_m)
    if ground is None:
        return reach, reach.boundary
    thin = shapely.clip_by_rect(ground.simplify(distance_m / geodesy.DEGREE_M / 500.0), *reach.bounds).buffer(0)
    return reach.intersection(thin), reach.boundary.intersection(thin)


@lru_cache(maxsize=256)
@kept
def edge(place: Place, gazetteer: Gazetteer, settings: Settings = DEFAULTS) -> Footprint:
    """Make the strip along the outline of a place that is no country ("the Crimean border")."""
    base = of_place(place, gazetteer, settings)
    if base.kind == "point" or base.geometry is None:
        return near(base, place.name, "near", settings)
    line = base.geometry.boundary
    words = f"a strip of {_km(settings.border_width_m)} (assumed) on both sides of the outline of {place.name}"
    geometry = geodesy.band(line, settings.border_width_m)
    return _footprint(
        "band", geometry, words, point=base.point, uncertainty_m=_radius(geometry, base), viewpoint=settings.viewpoint
    )


def _radius(geometry: BaseGeometry, base: Footprint) -> float:
    lon, lat = base.point or geodesy.representative_point(geometry)
    return geodesy.covering_radius(geometry, lon, lat)


@kept
def union(parts: Sequence[Footprint]) -> Footprint:
    """Join footprints that one expression names together ("the borders with A, B and C")."""
    geometry = shapely.union_all([_shape(part) for part in parts])
    words = "; and ".join(part.remarks for part in parts)
    return _footprint(parts[0].kind, geometry, words, viewpoint=parts[0].viewpoint)


def somewhere_in(base: Footprint, name: str, what: str) -> Footprint:
    """Make the footprint of a part of a place that is not told further ("areas of X"): the whole of it."""
    return dataclasses.replace(base, remarks=f"somewhere in {name} ({what}): {base.remarks}")
