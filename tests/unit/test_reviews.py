"""The review page's server: who may use it, what it accepts, and what it writes."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from types import SimpleNamespace

import gao
import pytest

from geomap import corrections, exports, reviews
from geomap.errors import DataError


@pytest.fixture
def review(tmp_path):
    return reviews.Review([gao.make_report(), gao.make_report(id="two")], tmp_path / "decided.csv", who="Ana")


@pytest.fixture
def server(review):
    """Serve the review on a free port."""
    with reviews.Server(review) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(server, method, path, body=None, *, host=None, kind="application/json", **headers):
    """Send one request; return status, headers and what is in the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    connection.putrequest(method, path, skip_host=True)
    for name in [host] if host is None or isinstance(host, str) else host:
        connection.putheader("Host", name or f"127.0.0.1:{server.server_port}")
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if data is not None:
        headers = {"Content-Type": kind, "Content-Length": str(len(data)), **headers}
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(data)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    is_json = (answer.headers.get("Content-Type") or "") == "application/json"
    return answer.status, answer.headers, json.loads(content) if is_json else content


def open_page(server):
    """Redeem the token as the page does."""
    status, _, found = ask(server, "POST", "/key", {"token": server.url.split("#")[1]})
    assert status == 200
    return {"Authorization": f"Bearer {found['key']}"}


def decide(server, admitted, **asked):
    return ask(server, "POST", "/decisions", asked, **admitted)


# ------------------------------------------------------------------------------------------------- who may use it


def test_it_listens_on_the_loopback_address_only(server):
    assert server.server_address[0] == "127.0.0.1"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/#[\w-]{43}", server.url)


def test_the_token_works_once(server):
    token = server.url.split("#")[1]
    key = open_page(server)
    assert ask(server, "GET", "/data", **key)[0] == 200
    status, _, answer = ask(server, "POST", "/key", {"token": token})
    assert status == 403
    assert "used before" in answer["error"]
    assert server.url.endswith("#")


@pytest.mark.parametrize("token", ["", "guess", "\ud800", None, 7, ["x"]])
def test_a_wrong_token_gives_no_key_and_keeps_the_right_one(server, token):
    assert ask(server, "POST", "/key", {"token": token})[0] == 403
    open_page(server)


@pytest.mark.parametrize("key", [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer x"}, {"Cookie": "key=x"}])
def test_nothing_of_the_report_without_the_key(server, key):
    open_page(server)
    for method, path, body in (("GET", "/data", None), ("POST", "/decisions", {"key": "0-c1", "decision": "reject"})):
        status, _, answer = ask(server, method, path, body, **key)
        assert status == 403
        assert set(answer) == {"error"}
    assert not server.review.path.exists()


def test_the_key_is_of_no_use_before_it_was_given_out(server):
    assert not server.admits(server._key)


def test_the_page_itself_holds_nothing_of_the_report(server):
    status, headers, page = ask(server, "GET", "/")
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"Gao" not in page
    assert server.url.split("#")[1].encode() not in page


@pytest.mark.parametrize(
    "host",
    ["example.org", "127.0.0.1", "127.0.0.1:1", "localhost.example.org", "", ["127.0.0.1:{port}", "example.org"]],
)
def test_another_host_is_refused(server, host):
    key = open_page(server)
    named = [each.format(port=server.server_port) for each in host] if isinstance(host, list) else host or " "
    for path in ("/", "/data"):
        assert ask(server, "GET", path, host=named, **key)[0] == 421


def test_localhost_by_name_is_this_host(server):
    assert ask(server, "GET", "/", host=f"localhost:{server.server_port}")[0] == 200


@pytest.mark.parametrize("origin", ["https://example.org", "null", "http://127.0.0.1:1", "https://127.0.0.1:{port}"])
def test_another_origin_is_refused_even_with_the_key(server, origin):
    key = open_page(server)
    origin = origin.format(port=server.server_port)
    status, _, _ = ask(server, "POST", "/decisions", {"key": "0-c1", "decision": "reject"}, Origin=origin, **key)
    assert status == 403
    assert not server.review.path.exists()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_form_of_another_site_can_send_is_refused(server, kind):
    key = open_page(server)
    body = b'{"key": "0-c1", "decision": "reject"}'
    assert ask(server, "POST", "/decisions", body, kind=kind, **key)[0] == 415


@pytest.mark.parametrize("path", ["/", "/data", "/nothing", "/../../etc/passwd", "//example.org/"])
def test_every_answer_has_the_headers_that_keep_it_to_itself(server, path):
    _, headers, _ = ask(server, "GET", path)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Access-Control-Allow-Origin"] is None


def test_a_preflight_is_not_granted(server):
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=20) as connection:
        connection.sendall(b"OPTIONS /decisions HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://example.org\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.0 501 ")


# ------------------------------------------------------------------------------------------------- sizes and garbage


def test_large_requests_are_refused_without_being_read(server):
    key = open_page(server)
    body = {"key": "0-c1", "decision": "reject", "note": "n" * reviews.LARGEST_REQUEST}
    assert ask(server, "POST", "/decisions", body, **key)[0] == 413
    assert ask(server, "POST", "/decisions", b"{}", Content_Length="99999999", **key)[0] == 413
    assert ask(server, "GET", "/" + "a" * 70_000)[0] == 414


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "9" * 30])
def test_odd_lengths_are_refused(server, length):
    assert ask(server, "POST", "/decisions", b"{}", Content_Length=length, **open_page(server))[0] == 411


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 10_000, b'"x"'])
def test_bodies_that_are_no_object_are_refused(server, body):
    assert ask(server, "POST", "/decisions", body, **open_page(server))[0] == 400


@pytest.mark.parametrize(
    "garbage", [b"\r\n\r\n", b"<script>alert(1)</script> / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\r\n"]
)
def test_what_is_no_request_is_not_repeated(server, garbage):
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=20) as connection:
        connection.sendall(garbage)
        connection.shutdown(socket.SHUT_WR)
        assert b"script" not in connection.recv(1000)
    assert ask(server, "GET", "/")[0] == 200


def test_a_silent_connection_does_not_hold_up_others(server):
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=20) as silent:
        silent.sendall(b"POST /key HTTP/1.1\r\n")
        assert ask(server, "GET", "/")[0] == 200


# ------------------------------------------------------------------------------------------------- decisions


def test_the_page_gets_claims_and_places_in_the_order_of_the_text(server):
    _, _, data = ask(server, "GET", "/data", **open_page(server))
    first = data["reports"][0]
    assert [item["key"] for item in first["items"]] == ["0-c1", "0-l0", "0-l1", "0-c2", "0-l2"]
    claim, place, *_ = first["items"]
    assert claim["places"] == ["0-l0", "0-l1"]
    assert claim["words"] == gao.TEXT[:50]
    assert (place["words"], place["read"], place["shape"]["type"]) == ("Gao", "Gao (ML)", "Point")
    assert data["who"] == "Ana"


def written(server):
    return [(row.document, row.words, row.place, row.who, row.why) for row in corrections.read(server.review.path)]


def test_decisions_become_rows_of_corrections(server):
    key = open_page(server)
    assert decide(server, key, key="0-l0", decision="accept", note="  read\nthe map ")[2] == {
        "state": "accepted", "by": "Ana", "at": None,
    }  # fmt: skip
    decide(server, key, key="0-l0", decision="move", lat="-16.5", lon="3", who="Bo", everywhere=True)
    decide(server, key, key="0-l1", decision="accept")
    decide(server, key, key="0-l2", decision="reject")
    decide(server, key, key="1-c1", decision="reject", note="=1+1")
    decide(server, key, key="1-c1", decision="accept")
    assert decide(server, key, key="1-c2", decision="undo")[2]["state"] == "found"
    assert written(server) == [
        ("gao", "Gao", "geonames:2457163", "Ana", "read the map"),
        ("*", "Gao", "-16.50000, 3.00000", "Bo", ""),
        ("gao", "the border", "a place", "Ana", ""),
        ("gao", "their posts", "not a place", "Ana", ""),
        ("two", gao.TEXT[:50], "not a claim: left", "Ana", "=1+1"),
        ("two", gao.TEXT[:50], "a claim: left", "Ana", ""),
        ("two", "Others stay at their posts.", "as found: stay", "Ana", ""),
    ]
    assert server.review.written == 7


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"key": "0-l0"},
        {"key": "0-l99", "decision": "accept"},
        {"key": ["0-l0"], "decision": "accept"},
        {"key": "0-l0", "decision": "explode"},
        {"key": "0-l0", "decision": "move"},
        {"key": "0-l0", "decision": "move", "lat": "91", "lon": "0"},
        {"key": "0-l0", "decision": "move", "lat": "NaN", "lon": "0"},
        {"key": "0-l0", "decision": "move", "lat": "0", "lon": "inf"},
        {"key": "0-l0", "decision": "move", "lat": [], "lon": {}},
        {"key": "0-c1", "decision": "move", "lat": "0", "lon": "0"},
    ],
)
def test_decisions_that_make_no_sense_are_refused_and_not_written(server, asked):
    assert decide(server, open_page(server), **asked)[0] == 400
    assert not server.review.path.exists()


def test_words_come_from_the_report_and_never_from_the_request(server):
    decide(server, open_page(server), key="0-l0", decision="reject", words="Paris", document="other")
    assert written(server)[0][:3] == ("gao", "Gao", "not a place")


def test_a_file_that_cannot_be_written_is_said_and_the_page_lives_on(server, tmp_path):
    server.review.path = tmp_path / "missing" / "decided.csv"
    key = open_page(server)
    status, _, answer = decide(server, key, key="0-l0", decision="accept")
    assert status == 500
    assert "cannot be written" in answer["error"]
    assert ask(server, "GET", "/data", **key)[0] == 200
    assert server.review.written == 0


def test_decisions_at_the_same_time_are_all_written(server):
    key = open_page(server)
    threads = [
        threading.Thread(
            target=decide, args=(server, key), kwargs={"key": "0-l0", "decision": "accept", "note": str(n)}
        )
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(row[4]) for row in written(server)) == list(range(12))


def test_text_of_a_report_travels_as_data_whatever_it_holds(tmp_path):
    hostile = "\0\ud800<script>alert(1)</script>"
    report = gao.make_report(text=hostile + gao.TEXT[len(hostile) :])
    report.document = replace(report.document, title="</script><img src=x onerror=alert(1)>")
    with reviews.Server(reviews.Review([report], tmp_path / "d.csv")) as server:
        assert b"alert(1)" not in server.page
        kind, body = reviews._json(server.review.collect())
    assert kind == "application/json"
    assert json.loads(body)["reports"][0]["title"].endswith("onerror=alert(1)>")


def test_reports_without_a_place_can_be_reviewed(tmp_path):
    report = gao.make_report()
    report.located, report.claimed, report.grouped = (), (), ()
    data = reviews.Review([report], tmp_path / "d.csv").collect()
    assert data["reports"][0]["items"] == []
    assert data["base"]["levels"]


def test_a_port_that_is_taken_is_a_clear_error(review, server):
    with pytest.raises(DataError, match="cannot be used"):
        reviews.Server(review, server.server_port)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_the_command_serves_and_ends_cleanly_on_an_interrupt(tmp_path):
    decided, saved = tmp_path / "decided.csv", tmp_path / "saved.jsonl"
    exports.write(gao.make_report(), saved)
    command = [sys.executable, "-m", "geomap", "review", saved, "--no-open", "--who", "Ana", "--corrections", decided]
    # A shell's background jobs ignore the interrupt, and their children with them.
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    too_late = threading.Timer(120, process.kill)
    too_late.start()
    try:
        port, token = re.search(r"http://127\.0\.0\.1:(\d+)/#(\S+)", process.stderr.readline()).groups()
        assert "decisions go to" in process.stderr.readline()
        server = SimpleNamespace(server_port=int(port), url=f"#{token}")
        key = open_page(server)
        items = ask(server, "GET", "/data", **key)[2]["reports"][0]["items"]
        claim = next(item for item in items if item["kind"] == "claim")
        assert decide(server, key, key=claim["key"], decision="reject")[0] == 200
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    finally:
        too_late.cancel()
        process.kill()
        process.wait()
    assert (process.returncode, out) == (0, "")
    assert err == f"1 decision written to {decided}\n"
    assert corrections.read(decided)[0].place.startswith("not a claim: ")
