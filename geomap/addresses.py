"""Fetches what stands at an ``https://`` address, when a person names one; nothing else in geomap opens addresses.

An address may come from a feed that a stranger wrote, and may be answered by a server that means harm. So every step is
bounded, and no step reaches into the network that geomap runs in:

- The name is resolved once, every address that it resolves to is judged, and the connection goes to the address that
  was judged: a name that answers differently the second time gains nothing.
- The same holds for each redirect, of which few are followed.
- Size (also of what is packed), time and content type are limited, and ``robots.txt`` is respected (RFC 9309).
- Proxies that the environment names are not used, since they would resolve names themselves.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import logging
import os
import re
import socket
import ssl
import threading
import time
import zlib
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from geomap.errors import ReadError
from geomap.settings import DEFAULTS, Settings

if TYPE_CHECKING:
    from collections.abc import Collection
    from urllib.parse import SplitResult

    from protego import Protego

logger = logging.getLogger(__name__)

# As for files: the longest articles stay far below.
MAX_BYTES = 20_000_000
# RFC 9309, section 2.5, asks to read at least 500 KiB of a robots.txt.
_MAX_ROBOTS_BYTES = 512_000
MAX_REDIRECTS = 5
# No public name has more addresses worth trying.
_MAX_NUMBERS = 4
# Seconds without an answer, and seconds for all of one answer.
_PATIENCE_S = 10.0
_DEADLINE_S = 60.0
# Seconds between two requests to one host; a longer Crawl-delay of its robots.txt counts, up to the second number.
_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
_CHUNK = 65_536
_LONGEST_ADDRESS = 2_000

REPORT_TYPES = frozenset(
    {
        "text/html",
        "application/xhtml+xml",
        "text/plain",
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "message/rfc822",
    }
)
FEED_TYPES = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml", "text/xml"}
)
# What stays as it is in the path and the query of an address.
_PLAIN = "/%:@!$&'()*+,;=~-._?"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# RFC 6052: an IPv4 address in the last 32 bits, which a gateway translates.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
# Where clouds tell a machine its secrets, beside link-local addresses; refused even where private ones are not.
_METADATA = tuple(
    ipaddress.ip_network(network) for network in ("100.100.100.200", "168.63.129.16", "192.0.0.0/24", "fd00:ec2::/32")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What stands at an address."""

    address: str
    """The address after all redirects."""
    data: bytes
    content_type: str
    """In lower case, without parameters: ``text/html``."""
    charset: str | None = None
    """The encoding that the answer declares, if any."""


def is_address(source: str) -> bool:
    """Tell an address from the path of a file."""
    return re.match(r"https?://", source, re.IGNORECASE) is not None


def fetch(address: str, settings: Settings = DEFAULTS, *, types: Collection[str] = REPORT_TYPES) -> Answer:
    """Fetch one address.

    Parameters
    ----------
    address
        Beginning with ``https://``; ``http://`` only where ``settings.private_addresses`` is set.
    settings
        Whether private addresses may be reached.
    types
        The content types that are wanted.

    Raises
    ------
    ReadError
        If the address is refused, cannot be reached, answers with an error, or with something else than what is
        wanted.
    """
    return Visitor(settings).fetch(address, types=types)


@dataclass(slots=True)
class Visitor:
    """Fetches addresses one after another, and keeps to what each host asks of visitors."""

    settings: Settings = DEFAULTS
    _rules: dict[str, Protego | None] = field(default_factory=dict)
    """By host: the rules of its robots.txt; None allows everything."""
    _visited: dict[str, float] = field(default_factory=dict)
    """By host: when it was last asked, on a clock that never goes back."""

    def fetch(self, address: str, *, types: Collection[str] = REPORT_TYPES) -> Answer:
        """Fetch an address, as :func:`fetch` does."""
        return self._follow(address, max_bytes=MAX_BYTES, types=types, ask=True)

    def _follow(self, address: str, *, max_bytes: int, types: Collection[str], ask: bool) -> Answer:
        """Follow an address through its redirects; ``ask`` is whether robots.txt has a say."""
        at = address
        for _ in range(MAX_REDIRECTS + 1):
            parts = _split(at, self.settings)
            if ask:
                self._ask(parts)
            logger.info("asking %s", _shown(at))
            answer, goal = self._request(parts, max_bytes=max_bytes, types=types)
            if answer is not None:
                return answer
            at = urljoin(at, goal)
        msg = f"{_shown(address)} redirects more than {MAX_REDIRECTS} times; name the page's own address"
        raise ReadError(msg)

    def _ask(self, parts: SplitResult) -> None:
        """Refuse an address that its host does not want visited."""
        host = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
        if host not in self._rules:
            self._rules[host] = self._read_rules(host)
        rules = self._rules[host]
        if rules is not None and not rules.can_fetch(urlunsplit(parts), _name()):
            msg = (
                f"{_shown(urlunsplit(parts))} is closed to programs by its robots.txt; save the page and name the file"
            )
            raise ReadError(msg)
        self._wait(host, rules)

    def _read_rules(self, host: str) -> Protego | None:
        """Read a robots.txt. A host without one allows everything; one that fails allows nothing (RFC 9309, 2.3.1)."""
        from protego import Protego

        try:
            answer = self._follow(f"{host}/robots.txt", max_bytes=_MAX_ROBOTS_BYTES, types=(), ask=False)
        except _StatusError as error:
            return None if 400 <= error.status < 500 else Protego.parse("User-agent: *\nDisallow: /")  # noqa: PLR2004
        return Protego.parse(answer.data.decode("utf-8", "replace"))

    def _wait(self, host: str, rules: Protego | None) -> None:
        """Leave a pause between two visits."""
        wanted = max(_PAUSE_S, float((rules and rules.crawl_delay(_name())) or 0))
        if host in self._visited:
            time.sleep(max(0.0, self._visited[host] + min(wanted, _LONGEST_PAUSE_S) - time.monotonic()))
        self._visited[host] = time.monotonic()

    def _request(self, parts: SplitResult, *, max_bytes: int, types: Collection[str]) -> tuple[Answer | None, str]:
        """Ask once; returns the answer, or None and the goal of a redirect."""
        shown = _shown(urlunsplit(parts))
        connection = _connect(parts, self.settings)
        alarm = threading.Timer(_DEADLINE_S, _hang_up, [connection])
        alarm.daemon = True
        try:
            alarm.start()
            connection.connect()
            connection.request("GET", urlunsplit(("", "", parts.path or "/", parts.query, "")), headers=_headers(types))
            response = connection.getresponse()
            if response.status in _REDIRECTS and (goal := response.getheader("Location")):
                return None, goal.encode("latin-1", "replace").decode("utf-8", "replace")
            if response.status != http.client.OK:
                raise _StatusError(shown, response.status, response.reason)
            content_type, charset = _content_type(response)
            _check_type(content_type, types, shown)
            data = _read(response, shown, max_bytes, is_whole=bool(types))
        except (OSError, http.client.HTTPException, zlib.error) as error:
            msg = f"{shown} cannot be fetched: {_reason(error)}; try again later, or save the page and name the file"
            raise ReadError(msg) from error
        finally:
            alarm.cancel()
            connection.close()
        return Answer(address=urlunsplit(parts), data=data, content_type=content_type, charset=charset), ""


class _StatusError(ReadError):
    """An answer other than "here it is"."""

    def __init__(self, shown: str, status: int, reason: str) -> None:
        super().__init__(f"{shown} answers {status} {reason[:60]}; check the address in a browser")
        self.status = status


class _RefusedError(ReadError):
    """An address that must not be reached."""


def _split(address: str, settings: Settings) -> SplitResult:
    """Take an address apart, and refuse what is not one of a public page."""
    shown = _shown(address)
    try:
        parts = urlsplit(address.strip())
        host, port = parts.hostname, parts.port
        host = host.encode("idna").decode("ascii") if host and not host.isascii() else host
    except (ValueError, UnicodeError) as error:
        msg = f"{shown} is not a valid address: {error}"
        raise _RefusedError(msg) from error
    local = settings.private_addresses
    checks = (
        (len(address) > _LONGEST_ADDRESS, f"is longer than {_LONGEST_ADDRESS} characters"),
        (not host, "names no host"),
        (parts.scheme not in ({"https", "http"} if local else {"https"}), "does not begin with https://"),
        (parts.username is not None or parts.password is not None, "holds a name or a password"),
        (port not in {None, 443} and not local, "names another port than that of https"),
    )
    for is_wrong, what in checks:
        if is_wrong:
            msg = f"{shown} {what} and is not fetched; save the page and name the file"
            raise _RefusedError(msg)
    netloc = f"[{host}]" if host and ":" in host else host or ""
    return parts._replace(
        netloc=netloc if port is None else f"{netloc}:{port}",
        path=quote(parts.path, safe=_PLAIN),
        query=quote(parts.query, safe=_PLAIN),
        fragment="",
    )


def _dial(host: str, port: int, settings: Settings) -> socket.socket:
    """Connect to a host, once every address of its name has been judged."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # A zone ("%eth0") belongs to addresses of the local network only.
    numbers = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    if any(_is_metadata(number) for number in numbers):
        msg = f"{host} is where clouds tell a machine its secrets and is never fetched; save the page and name the file"
        raise _RefusedError(msg)
    if not settings.private_addresses and not all(is_public(number) for number in numbers):
        msg = f"{host} is in this machine's own network and is not fetched; --allow-private allows it"
        raise _RefusedError(msg)
    failure: OSError | None = None
    for number in list(dict.fromkeys(numbers))[:_MAX_NUMBERS]:
        try:
            return socket.create_connection((str(number), port), timeout=_PATIENCE_S)
        except OSError as error:
            failure = error
    raise failure or OSError("the name has no address")


def is_public(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Tell whether an IP address is one of the public internet.

    Private, loopback, link-local, shared, reserved and multicast addresses are not, nor IPv6 addresses that stand for
    such an IPv4 address, nor those at which cloud providers tell a machine its secrets.
    """
    number = _bare(number)
    if isinstance(number, ipaddress.IPv6Address) and (number.sixtofour is not None or number.teredo is not None):
        return False
    return number.is_global and not number.is_multicast and not number.is_reserved and not _is_metadata(number)


def _bare(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the IPv4 address that an IPv6 address stands for, else the address itself."""
    if isinstance(number, ipaddress.IPv6Address):
        if number in _TRANSLATED:
            return ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
        return number.ipv4_mapped or number
    return number


def _is_metadata(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    bare = _bare(number)
    return bare.is_link_local or any(bare in network for network in _METADATA)


class _HTTPConnection(http.client.HTTPConnection):
    """Connects to the judged address; the name stays in the request."""

    def __init__(self, host: str, port: int, settings: Settings) -> None:
        super().__init__(host, port, timeout=_PATIENCE_S)
        self._settings = settings

    def connect(self) -> None:
        self.sock = _dial(self.host, self.port, self._settings)


class _HTTPSConnection(_HTTPConnection):
    """The same, encrypted, with a certificate of the name."""

    default_port = http.client.HTTPS_PORT

    def connect(self) -> None:
        super().connect()
        try:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
        except BaseException:
            self.sock.close()
            raise


def _connect(parts: SplitResult, settings: Settings) -> _HTTPConnection:
    kind = _HTTPSConnection if parts.scheme == "https" else _HTTPConnection
    return kind(parts.hostname or "", parts.port or kind.default_port, settings)


def _hang_up(connection: http.client.HTTPConnection) -> None:
    """End a connection from another thread; whoever reads from it gets an error."""
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            # Not SSLSocket's own, which would drop the encryption under the reader's feet.
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)


def _name() -> str:
    """Return the name by which robots.txt files can speak of geomap."""
    return "geomap"


def _headers(types: Collection[str]) -> dict[str, str]:
    contact = os.environ.get("GEOMAP_USER_AGENT", "fetches a page that its user names")
    contact = "".join(character for character in contact if " " <= character <= "~")
    return {
        "User-Agent": f"{_name()}/{version('geomap')} ({contact})",
        "Accept": ", ".join([*sorted(types), "*/*;q=0.1"]),
        "Accept-Language": "en, *;q=0.1",
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }


def _content_type(response: http.client.HTTPResponse) -> tuple[str, str | None]:
    return response.headers.get_content_type(), response.headers.get_content_charset()


def _check_type(content_type: str, types: Collection[str], shown: str) -> None:
    if types and content_type not in types:
        msg = f"{shown} is of the type {content_type[:60]}, which is no report; name the address of the article"
        raise ReadError(msg)


def _read(response: http.client.HTTPResponse, shown: str, max_bytes: int, *, is_whole: bool) -> bytes:
    """Read and unpack the body; one that is too large is refused, or cut where a part of it will do."""
    packing = (response.getheader("Content-Encoding") or "identity").strip().lower()
    if packing not in {"identity", "gzip", "x-gzip"}:
        msg = f"{shown} is packed as {packing[:20]!r}, which nobody asked for; save the page and name the file"
        raise ReadError(msg)
    # 16 asks zlib for gzip's frame.
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS) if packing != "identity" else None
    data = bytearray()
    end = time.monotonic() + _DEADLINE_S
    while len(data) <= max_bytes and (chunk := response.read1(_CHUNK)):
        data += chunk if unpack is None else unpack.decompress(chunk, max_bytes + 1 - len(data))
        if time.monotonic() > end:
            raise TimeoutError
    if len(data) > max_bytes and is_whole:
        msg = f"{shown} is larger than {max_bytes // 1_000_000} MB; name the address of one article"
        raise ReadError(msg)
    return bytes(data[:max_bytes])


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({error.verify_message})"
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    return " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())[:120]


def _shown(address: str) -> str:
    """Return an address as a message may hold it: without a password, not too long."""
    bare = re.sub(r"//[^/@]*@", "//", address)
    return bare if len(bare) <= 200 else f"{bare[:200]}..."  # noqa: PLR2004
