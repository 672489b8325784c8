"""Reviews: a local page on which a person accepts, rejects or moves what was found, and adds a note.

Decisions go to a file of corrections (:mod:`geomap.corrections`), which ``geomap map --corrections`` reads. The page is
served on the loopback address only, by the standard library, and asks nothing of any other machine.

Who may use it: the address that is opened ends in a token that works once, for the first page that hands it in; that
page gets a key of its own, which it sends with every request. There are no cookies, so that no other site can make the
browser act for it. Requests that name another host (DNS rebinding), come from another origin, are no JSON, or are large
are refused. Keys are compared in constant time. Words that a decision is about come from the report, never from the
request, and text of a report reaches the page as JSON and is shown as text only.
"""

from __future__ import annotations

import hmac
import html
import json
import logging
import math
import re
import secrets
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from geomap import basemaps, corrections, maps
from geomap.corrections import A_CLAIM, A_PLACE, AS_FOUND, NOT_A_CLAIM, NOT_A_PLACE, Correction
from geomap.errors import DataError
from geomap.gazetteer import Gazetteer
from geomap.model import Claim
from geomap.records import encode
from geomap.settings import DEFAULTS, Settings

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence

    from geomap.events import ReportLike
    from geomap.model import Location

logger = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
LARGEST_REQUEST = 16_384
"""Bytes of a request's body; a decision with a long note is a tenth of it."""
_LONGEST_NOTE = 2_000
_LONGEST_NAME = 100
_CONTEXT = 160
"""Characters of the report that are shown before and after the words."""
_PATIENCE_S = 10
"""Seconds that a connection may stay silent."""
_ROLES = ("source", "goal", "via", "area")
_WORLD = (-25.0, -38.0, 150.0, 68.0)


@dataclass
class Review:
    """Some reports under review, and the file that decisions go to."""

    reports: Sequence[ReportLike]
    path: str | os.PathLike[str]
    who: str = corrections.SOMEONE
    settings: Settings = DEFAULTS
    written: int = 0
    """How many decisions were written."""
    _items: dict[str, tuple[ReportLike, Location | Claim]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Give a key to everything that can be decided about."""
        for number, report in enumerate(self.reports):
            for index, location in enumerate(report.located):
                self._items[f"{number}-l{index}"] = (report, location)
            for claim in (*report.claimed, *report.rejected):
                self._items[f"{number}-{claim.id}"] = (report, claim)

    def collect(self) -> dict[str, Any]:
        """Return what the page shows, ready for JSON."""
        gazetteer = Gazetteer.open(self.settings)
        reports = []
        for number, report in enumerate(self.reports):
            document = report.document
            items = sorted(self._rows(number, report), key=lambda row: (row["start"], row["kind"]))
            title = document.title or document.id
            reports.append({"title": title, "published": str(document.published or ""), "items": items})
        west, south, east, north = self._bounds()
        return {
            "who": self.who,
            "file": str(self.path),
            "reports": reports,
            "bounds": [[south, west], [north, east]],
            "base": basemaps.build(gazetteer, (west, south, east, north), self.settings.viewpoint),
        }

    def _bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east and north of everything that is located."""
        import shapely

        located = [location.footprint.geometry for report in self.reports for location in report.located]
        known = [geometry for geometry in located if geometry is not None and not geometry.is_empty]
        if not known:
            return _WORLD
        west, south, east, north = shapely.total_bounds(known)
        return (float(west), float(south), float(east), float(north))

    def _rows(self, number: int, report: ReportLike) -> Iterator[dict[str, Any]]:
        text = report.document.text
        for index, location in enumerate(report.located):
            footprint = location.footprint
            places = [place for i in location.toponyms if (place := report.toponyms[i].place) is not None]
            yield {
                "key": f"{number}-l{index}",
                "kind": "place",
                **_context(text, location.start, location.end),
                "read": "; ".join(f"{place.name} ({place.country or place.id})" for place in places),
                "remarks": footprint.remarks,
                "at": None if footprint.point is None else [round(footprint.point[1], 4), round(footprint.point[0], 4)],
                "shape": encode(footprint.geometry),
                "state": "accepted" if location.decided_by else "found",
                "by": location.decided_by,
            }
        rejected = {claim.id for claim in report.rejected}
        for claim in (*report.claimed, *report.rejected):
            movement = claim.movement
            roles = (getattr(movement, role) for role in _ROLES)
            said = [
                movement.direction,
                movement.force,
                claim.certainty,
                claim.claimant.text if claim.claimant else None,
            ]
            yield {
                "key": f"{number}-{claim.id}",
                "kind": "claim",
                **_context(text, *movement.evidence),
                "read": ", ".join(filter(None, said)),
                "remarks": "; ".join(claim.reasons),
                "places": [f"{number}-l{role.location}" for role in roles if role and role.location is not None],
                "state": "rejected" if claim.id in rejected else "accepted" if claim.decided_by else "found",
                "by": claim.decided_by,
            }

    def decide(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Write a decision.

        Parameters
        ----------
        asked
            ``key`` of what is decided about; ``decision``: accept, reject, move or undo; ``lat`` and ``lon`` in degrees
            of a move; and, where given, ``note``, ``who`` and ``everywhere`` (in all documents).

        Returns
        -------
        dict
            ``state``, ``by`` and ``at``, as the page shows them.

        Raises
        ------
        ValueError
            If it cannot be understood.
        DataError
            If the file cannot be written.
        """
        report, item = self._items[str(asked.get("key"))]
        words, place, state = _verdict(report, item, asked)
        who = _line(asked.get("who"), _LONGEST_NAME) or self.who
        row = Correction(
            document="*" if asked.get("everywhere") is True else report.document.id,
            words=words,
            place=place,
            who=who,
            when=datetime.now(UTC).isoformat(timespec="seconds"),
            why=_line(asked.get("note"), _LONGEST_NOTE),
        )
        with self._lock:
            corrections.append(self.path, [row])
            self.written += 1
        at = [float(asked["lat"]), float(asked["lon"])] if state == "moved" else None
        return {"state": state, "by": who if state != "found" else None, "at": at}


def _context(text: str, start: int, end: int) -> dict[str, Any]:
    return {
        "start": start,
        "before": text[max(0, start - _CONTEXT) : start],
        "words": text[start:end],
        "after": text[end : end + _CONTEXT],
    }


def _line(value: object, longest: int) -> str:
    return " ".join(str(value or "").split())[:longest]


def _verdict(report: ReportLike, item: Location | Claim, asked: dict[str, Any]) -> tuple[str, str, str]:
    """Return the words that a decision is about, what the file says of them, and what the page shows."""
    decision = asked.get("decision")
    is_claim = isinstance(item, Claim)
    about = _about_claim(report, item) if isinstance(item, Claim) else _about_place(report, item)
    words, accepted, rejected, suffix = about
    if decision == "accept":
        return words, accepted + suffix, "accepted"
    if decision == "reject":
        return words, rejected + suffix, "rejected"
    if decision == "undo":
        return words, AS_FOUND + suffix, "found"
    if decision == "move" and not is_claim:
        return words, _point(asked), "moved"
    msg = f"{str(decision)[:40]!r} is no decision about a {'claim' if is_claim else 'place'}"
    raise ValueError(msg)


def _about_claim(report: ReportLike, claim: Claim) -> tuple[str, str, str, str]:
    text, movement = report.document.text, claim.movement
    word = " ".join(text[slice(*movement.trigger)].split())
    return text[slice(*movement.evidence)], A_CLAIM, NOT_A_CLAIM, f": {word}" if word else ""


def _about_place(report: ReportLike, location: Location) -> tuple[str, str, str, str]:
    named = [report.toponyms[index] for index in location.toponyms]
    place = next((name.place for name in named if name.span == location.span), None)
    # An id says more than that the answer was right: it stays when another version would answer otherwise.
    is_known = place is not None and place.source != "person"
    return location.text, place.id if place is not None and is_known else A_PLACE, NOT_A_PLACE, ""


def _point(asked: dict[str, Any]) -> str:
    lat, lon = float(asked["lat"]), float(asked["lon"])
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):  # noqa: PLR2004 - degrees
        msg = "latitude and longitude are degrees: -90 to 90 and -180 to 180"
        raise ValueError(msg)
    return f"{lat:.5f}, {lon:.5f}"


# --- the server -------------------------------------------------------------------------------------------------------


class Server(ThreadingHTTPServer):
    """Serves one review on the loopback address.

    Parameters
    ----------
    review
        What is reviewed.
    port
        Port; 0 takes a free one.

    Raises
    ------
    DataError
        If the port is taken.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, review: Review, port: int = 0) -> None:
        try:
            super().__init__((LOOPBACK, port), _Handler)
        except (OSError, OverflowError) as error:
            msg = f"port {port} of this machine cannot be used: {error}; leave --port out for a free one"
            raise DataError(msg) from error
        self.review = review
        self.page, self.policy = _page()
        self._token: str | None = secrets.token_urlsafe(32)
        self._key = secrets.token_urlsafe(32)
        self._lock = threading.Lock()

    @property
    def hosts(self) -> tuple[str, ...]:
        """What a request may name as its host."""
        return (f"{LOOPBACK}:{self.server_port}", f"localhost:{self.server_port}")

    @property
    def url(self) -> str:
        """The address to open, with the token, which no request carries since it stands after the ``#``."""
        return f"http://{LOOPBACK}:{self.server_port}/#{self._token or ''}"

    def redeem(self, token: str) -> str | None:
        """Return a key for the token, once."""
        with self._lock:
            if self._token is None or not _equal(token, self._token):
                return None
            self._token = None
            return self._key

    def admits(self, key: str) -> bool:
        """Tell whether a key is the one that was given out."""
        return self._token is None and _equal(key, self._key)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as in the base class
        """Keep what goes wrong with one connection from the terminal; a browser may leave at any time."""
        logger.debug("request %s from %s failed: %r", request, client_address, sys.exc_info()[1])


def _equal(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _page() -> tuple[bytes, str]:
    """Return the page, which holds nothing of the reports, and its Content-Security-Policy."""
    scripts = {"leaflet_js": maps.read_leaflet("leaflet.js"), "js": maps.read_asset("review.js")}
    styles = {"leaflet_css": maps.read_leaflet("leaflet.css"), "css": maps.read_asset("review.css")}
    parts = {**scripts, **styles}
    page = re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], maps.read_asset("review.html"))
    policy = maps.policy(scripts.values(), styles.values())
    return page.encode(), f"{policy}; connect-src 'self'; frame-ancestors 'none'"


class _RefusedError(Exception):
    """A request that is not answered as it wishes."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class _Handler(BaseHTTPRequestHandler):
    server: Server
    server_version = "geomap"
    sys_version = ""
    timeout = _PATIENCE_S

    def do_GET(self) -> None:
        """Answer with the page, or with the reports to those who have the key."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Take the token or a decision."""
        self._answer(self._post)

    def _get(self) -> tuple[str, bytes]:
        if self.path == "/":
            return "text/html; charset=utf-8", self.server.page
        if self.path != "/data":
            raise _RefusedError(HTTPStatus.NOT_FOUND, "there is nothing here")
        self._require_key()
        return _json(self.server.review.collect())

    def _post(self) -> tuple[str, bytes]:
        if self.headers.get_content_type() != "application/json":
            raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON")
        origin = self.headers.get("Origin")
        if origin is not None and origin not in {f"http://{host}" for host in self.server.hosts}:
            raise _RefusedError(HTTPStatus.FORBIDDEN, "another site may not send anything here")
        if self.path == "/key":
            key = self.server.redeem(str(self._body().get("token", "")))
            if key is None:
                raise _RefusedError(HTTPStatus.FORBIDDEN, "this address was used before; start geomap review again")
            return _json({"key": key})
        if self.path != "/decisions":
            raise _RefusedError(HTTPStatus.NOT_FOUND, "there is nothing here")
        self._require_key()
        try:
            return _json(self.server.review.decide(self._body()))
        except (KeyError, TypeError, ValueError) as error:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, f"this decision cannot be understood: {error}") from error
        except DataError as error:
            raise _RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, str(error)) from error

    def _require_host(self) -> None:
        named = self.headers.get_all("Host") or []
        if len(named) != 1 or named[0] not in self.server.hosts:
            raise _RefusedError(HTTPStatus.MISDIRECTED_REQUEST, "this is not the host that was asked for")

    def _require_key(self) -> None:
        if not self.server.admits((self.headers.get("Authorization") or "").removeprefix("Bearer ")):
            raise _RefusedError(HTTPStatus.FORBIDDEN, "open the address that geomap review printed")

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length") or ""
        if not re.fullmatch(r"\d{1,9}", length):
            raise _RefusedError(HTTPStatus.LENGTH_REQUIRED, "say how long it is")
        if int(length) > LARGEST_REQUEST:
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {LARGEST_REQUEST} bytes")
        try:
            found = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "this is no JSON") from error
        if not isinstance(found, dict):
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "send an object")
        return found

    def _answer(self, work: Callable[[], tuple[str, bytes]]) -> None:
        status = HTTPStatus.OK
        try:
            self._require_host()
            kind, body = work()
        except _RefusedError as refusal:
            status, (kind, body) = refusal.status, _json({"error": refusal.why})
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", self.server.policy),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Connection", "close"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer what is no request of ours without repeating anything of it."""
        self.close_connection = True
        what = html.escape(HTTPStatus(code).phrase)
        self.wfile.write(f"HTTP/1.0 {code} {what}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())

    def log_message(self, format: str, *args: object) -> None:
        """Write to the log, not to the terminal."""
        logger.debug(format, *args)


def _json(value: object) -> tuple[str, bytes]:
    # Escaped throughout, so that lone surrogates of a report travel as well.
    return "application/json", json.dumps(value, allow_nan=False).encode()
