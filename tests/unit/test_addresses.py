from __future__ import annotations

import gzip
import ipaddress
import socket
import ssl
import time

import pytest
import trustme
from servers import PAGE, STORY

from geomap import addresses, documents
from geomap.errors import ReadError
from geomap.settings import Settings

LOCAL = Settings(private_addresses=True)


def test_a_page_is_read(site):
    address = site.add("/news/convoy.html")
    document = documents.read(address, settings=LOCAL)
    assert document.text == (STORY * 3).strip()
    assert (document.title, document.language) == ("On the move", "en")
    assert document.url == address
    assert document.id.startswith("convoy-")


def test_it_says_who_asks(site, monkeypatch):
    monkeypatch.setenv("GEOMAP_USER_AGENT", "desk@example.org\r\nX-Evil: 1")
    addresses.fetch(site.add("/a"), LOCAL)
    path, headers = site.asked[-1]
    assert path == "/a"
    assert headers["User-Agent"].startswith("geomap/")
    assert "desk@example.org" in headers["User-Agent"]
    assert "X-Evil" not in headers


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/a",
        "https://user:secret@example.org/a",
        "https://example.org:22/a",
        "https:///a",
        "https://[::1/a",
        "https://example.org:99999/a",
        f"https://example.org/{'a' * 3000}",
        "https://\u0130\ud800.example/",
    ],
    ids=["not encrypted", "password", "port", "no host", "broken", "no such port", "long", "no name"],
)
def test_addresses_that_are_not_tried(address, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("asked for a name"))
    with pytest.raises(ReadError) as error:
        addresses.fetch(address)
    assert "secret" not in str(error.value)
    assert len(str(error.value)) < 400


PRIVATE = [
    "127.0.0.1", "127.8.9.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "100.100.100.200", "168.63.129.16", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.0.192", "198.18.0.1",
    "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]  # fmt: skip


@pytest.mark.parametrize("number", PRIVATE)
def test_private_numbers_are_refused(number, monkeypatch):
    number = ipaddress.ip_address(number)
    assert not addresses.is_public(number)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
    host = f"[{number}]" if number.version == 6 else number
    with pytest.raises(ReadError, match=r"own network|never fetched"):
        addresses.fetch(f"https://{host}/latest/meta-data/")


@pytest.mark.parametrize(
    "number", ["169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "100.100.100.200", "[::ffff:a9fe:a9fe]"]
)
def test_where_clouds_keep_secrets_is_refused_even_when_private_addresses_are_allowed(number, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
    with pytest.raises(ReadError, match="never fetched"):
        addresses.fetch(f"http://{number}/latest/meta-data/", LOCAL)


@pytest.mark.parametrize("number", ["93.184.215.14", "8.8.8.8", "2606:4700::6810:84e5", "64:ff9b::808:808"])
def test_public_numbers_are_not(number):
    assert addresses.is_public(ipaddress.ip_address(number))


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "017700000001"])
def test_other_spellings_of_loopback_are_refused(host):
    with pytest.raises(ReadError, match=r"own network|not known|cannot be fetched"):
        addresses.fetch(f"https://{host}/")


def answers(*numbers):
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, 443)) for number in numbers]


def test_a_public_name_of_a_private_number_is_refused(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers("93.184.215.14", "10.0.0.7"))
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
    with pytest.raises(ReadError, match="own network"):
        addresses.fetch("https://rebind.example/")


def test_a_name_that_changes_its_number_is_asked_once_and_its_judged_number_is_used(monkeypatch):
    replies = iter([answers("93.184.215.14"), answers("127.0.0.1")])
    tried = []

    def connect(address, **_):
        tried.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: next(replies))
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(ReadError, match="cannot be fetched: Connection refused"):
        addresses.fetch("https://rebind.example/")
    assert tried == [("93.184.215.14", 443)]


@pytest.mark.parametrize(
    "goal", ["https://169.254.169.254/latest/meta-data/", "https://[::1]/", "file:///etc/passwd", "gopher://127.0.0.1/"]
)
def test_a_redirect_into_the_own_network_is_refused(site, goal, monkeypatch):
    address = site.add("/moved", status=302, Location=goal)
    # The first step is allowed as if the site were public; what it leads to is judged as ever.
    judge = addresses.is_public
    monkeypatch.setattr(addresses, "is_public", lambda number: str(number) == "127.0.0.1" or judge(number))
    monkeypatch.setattr(addresses, "_split", lambda address, _, split=addresses._split: split(
        address, LOCAL if address.startswith(site.address) else Settings()))  # fmt: skip
    with pytest.raises(ReadError, match=r"own network|never fetched|does not begin with https|names no host"):
        addresses.fetch(address)
    assert [path for path, _ in site.asked] == ["/robots.txt", "/moved"]


def test_redirects_are_followed_and_counted(site):
    site.add("/a", status=301, Location="/b?x=1 2")
    site.add("/b?x=1%202", status=307, Location=f"{site.address}/c#part")
    site.add("/c")
    assert addresses.fetch(f"{site.address}/a", LOCAL).address == f"{site.address}/c"
    site.add("/loop", status=302, Location="/loop")
    with pytest.raises(ReadError, match="redirects more than 5 times"):
        addresses.fetch(f"{site.address}/loop", LOCAL)


def test_an_endless_body_is_cut_off(site, monkeypatch):
    monkeypatch.setattr(addresses, "MAX_BYTES", 3_000_000)

    def pour(out):
        while True:
            out.write(b"a" * 65_536)

    with pytest.raises(ReadError, match="larger than 3 MB"):
        addresses.fetch(site.add("/endless", body=pour), LOCAL)


def test_a_packed_bomb_is_cut_off(site, monkeypatch):
    monkeypatch.setattr(addresses, "MAX_BYTES", 3_000_000)
    bomb = gzip.compress(bytes(60_000_000))
    assert len(bomb) < 100_000
    with pytest.raises(ReadError, match="larger than 3 MB"):
        addresses.fetch(site.add("/bomb", body=bomb, Content_Encoding="gzip"), LOCAL)


def test_a_packed_page_is_read(site):
    address = site.add("/packed", body=gzip.compress(PAGE.encode()), Content_Encoding="gzip")
    assert addresses.fetch(address, LOCAL).data == PAGE.encode()


@pytest.mark.parametrize("packing", ["br", "zstd", "gzip, gzip"])
def test_other_packings_are_refused(site, packing):
    with pytest.raises(ReadError, match="nobody asked for"):
        addresses.fetch(site.add("/a", Content_Encoding=packing), LOCAL)


def test_damaged_packing(site):
    with pytest.raises(ReadError, match="cannot be fetched"):
        addresses.fetch(site.add("/a", body=b"no gzip", Content_Encoding="gzip"), LOCAL)


@pytest.mark.parametrize("kind", ["video/mp4", "application/octet-stream", "image/svg+xml", "application/json"])
def test_other_types_are_refused(site, kind):
    with pytest.raises(ReadError, match="which is no report"):
        addresses.fetch(site.add("/a", Content_Type=kind), LOCAL)


def test_errors_are_said(site):
    with pytest.raises(ReadError, match="answers 404 Not Found"):
        addresses.fetch(f"{site.address}/missing", LOCAL)
    with pytest.raises(ReadError, match="answers 503"):
        addresses.fetch(site.add("/busy", status=503), LOCAL)
    with pytest.raises(ReadError, match="is empty"):
        documents.read(site.add("/empty", body=""), settings=LOCAL)


def test_a_host_that_drips_is_given_up(site, monkeypatch):
    monkeypatch.setattr(addresses, "_DEADLINE_S", 0.3)

    def drip(out):
        for _ in range(100):
            out.write(b"a")
            out.flush()
            time.sleep(0.02)

    with pytest.raises(ReadError, match="does not answer in time"):
        addresses.fetch(site.add("/slow", body=drip), LOCAL)


def test_a_host_that_says_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(addresses, "_PATIENCE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(ReadError, match="does not answer in time"):
        addresses.fetch(f"http://127.0.0.1:{silent.getsockname()[1]}/", LOCAL)


def test_robots_are_respected(site):
    rules = (
        "User-agent: *\nDisallow: /private\nAllow: /private/press\nDisallow: /*.pdf$\n\nUser-agent: other\nDisallow: /"
    )
    site.add("/robots.txt", body=rules, Content_Type="text/plain")
    visitor = addresses.Visitor(LOCAL)
    for path in ("/private/a", "/a.pdf"):
        with pytest.raises(ReadError, match=r"closed to programs by its robots\.txt"):
            visitor.fetch(site.add(path))
    assert visitor.fetch(site.add("/private/press/a")).data
    assert visitor.fetch(site.add("/open")).data
    assert [path for path, _ in site.asked] == ["/robots.txt", "/private/press/a", "/open"]


def test_robots_that_name_geomap(site):
    site.add(
        "/robots.txt", body="User-agent: geomap\nDisallow: /\n\nUser-agent: *\nAllow: /", Content_Type="text/plain"
    )
    with pytest.raises(ReadError, match=r"robots\.txt"):
        addresses.fetch(site.add("/a"), LOCAL)


@pytest.mark.parametrize(("status", "is_open"), [(404, True), (403, True), (500, False), (503, False)])
def test_robots_that_are_missing_or_fail(site, status, is_open):
    site.add("/robots.txt", body="", status=status)
    address = site.add("/a")
    if is_open:
        assert addresses.fetch(address, LOCAL).data
    else:
        with pytest.raises(ReadError, match=r"robots\.txt"):
            addresses.fetch(address, LOCAL)


def test_endless_robots_are_cut(site):
    site.add("/robots.txt", body="User-agent: *\nDisallow: /a\n" + "# no end\n" * 200_000, Content_Type="text/plain")
    with pytest.raises(ReadError, match=r"robots\.txt"):
        addresses.fetch(site.add("/a"), LOCAL)


def test_a_pause_between_two_visits(site, monkeypatch):
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    site.add("/robots.txt", body="User-agent: *\nCrawl-delay: 7\nDisallow:", Content_Type="text/plain")
    visitor = addresses.Visitor(LOCAL)
    for path in ("/a", "/b"):
        visitor.fetch(site.add(path))
    assert len(pauses) == 1
    assert 0 < pauses[0] <= 7


def test_the_declared_encoding_counts(site):
    body = PAGE.replace("governor", "\u0433\u0443\u0431\u0435\u0440\u043d\u0430\u0442\u043e\u0440").encode("cp1251")
    address = site.add("/a", body=body, Content_Type="text/html; charset=windows-1251")
    assert (
        "\u0433\u0443\u0431\u0435\u0440\u043d\u0430\u0442\u043e\u0440" in documents.read(address, settings=LOCAL).text
    )


@pytest.fixture
def secure(site):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    site.socket = context.wrap_socket(site.socket, server_side=True)
    site.address = f"https://localhost:{site.server_port}"
    return site, authority


def test_a_certificate_of_its_name_is_asked_for(secure, monkeypatch, tmp_path):
    site, authority = secure
    address = site.add("/a")
    with pytest.raises(ReadError, match="certificate is not valid"):
        addresses.fetch(address, LOCAL)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert addresses.fetch(address, LOCAL).data == PAGE.encode()
    with pytest.raises(ReadError, match="certificate is not valid"):
        addresses.fetch(address.replace("localhost", "127.0.0.1"), LOCAL)


def test_a_redirect_to_an_open_connection_is_refused(secure, monkeypatch, tmp_path):
    site, authority = secure
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setattr(addresses, "is_public", lambda _: True)
    monkeypatch.setattr(addresses, "_split", lambda address, _, split=addresses._split: split(
        address, LOCAL if address.startswith(site.address) else Settings()))  # fmt: skip
    address = site.add("/a", status=301, Location="http://example.org/")
    with pytest.raises(ReadError, match="does not begin with https"):
        addresses.fetch(address)


def test_proxies_of_the_environment_are_not_used(site, monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert addresses.fetch(site.add("/a"), LOCAL).data
