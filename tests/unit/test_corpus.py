"""A corpus is the same whoever reads it, in which order, and whatever happens meanwhile."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import duckdb
import geopandas
import pandas as pd
import pyarrow.parquet as pq
import pytest

from geomap import corpus, frames, partitions, readers, records
from geomap.corpus import build
from geomap.errors import DataError, ReadError, ServiceError
from geomap.holdings import Item
from geomap.readers import Orders, Reader
from geomap.settings import Settings

ORDERS = Orders(settings=Settings(), limit_s=60.0)
SIDES = [("Malian", "Mopti", "Gao"), ("Kenyan", "Garissa", "Kismayo"), ("Polish", "Lublin", "Rzeszow")]
DAYS = ["2023-05-06", "2023-05-09", "2023-08-01"]
TABLES = ("documents", "locations", "claims", "tellings", "events", "members", "copies")


def reports(count=18):
    """Short reports of few movements by several papers, so that events meet across documents."""
    chance = random.Random(3)
    found = []
    for number in range(count):
        people, source, goal = SIDES[number % 3]
        words = (
            f"{people} troops left {source} for {goal} on Friday, the governor said. Paper {number} asked witnesses."
        )
        copied = " ".join(f"Line {each} of the agency's report is about the harvest." for each in range(12))
        text = f"{words} {copied}" if number in {4, 10} else words
        found.append({"id": f"d{number:02}", "published": chance.choice(DAYS), "text": text})
    return found


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def table(folder, name):
    return pd.concat([pd.read_parquet(path) for path in sorted((folder / name).glob("*.parquet"))], ignore_index=True)


def json_lines(folder):
    return [line for path in sorted(folder.iterdir()) for line in gzip.decompress(path.read_bytes()).splitlines()]


def plain(column):
    """Return the cells of a column as text; pandas has several words for nothing."""
    return [None if pd.isna(cell) else str(cell) for cell in column]


def content(folder):
    """Return the bytes of all files of a corpus, but for the manifest, which names its input."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != partitions.MANIFEST
    }


def rows(folder, *, numbered=True):
    """Return the rows of all tables as sets of text, whatever the partitions."""
    found = {}
    for name in TABLES:
        frame = table(folder, name).drop(columns=[] if numbered else ["number", "origin"], errors="ignore")
        found[name] = sorted(map(repr, frame.to_dict("records")))
    return found


@pytest.fixture(scope="module")
def scheduler():
    """Address of a scheduler with workers in this process, whose readers stay between tests."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1,
        threads_per_worker=2,
        processes=False,
        protocol="tcp://",
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
    ) as cluster:
        yield cluster.scheduler_address
    for waiting in readers._idle.values():
        while not waiting.empty():
            waiting.get().close()


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write(tmp_path_factory.mktemp("input") / "docs.jsonl", reports())


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, source, scheduler):
    """The corpus of a run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("undisturbed") / "corpus"
    build([source], folder, scheduler=scheduler, batch=3)
    return folder


# --- what is written ------------------------------------------------------------------------------------------------


def test_records_are_those_of_single_documents(undisturbed):
    from geomap import documents, pipeline

    lines = json_lines(undisturbed / "records")
    alone = [
        records.dumps(
            records.record(
                pipeline.extract(documents.from_fields(row, "x")),
                text=False,
            )
        )
        for row in reports()
    ]
    assert [line.decode() for line in lines] == alone


def test_tables_are_those_of_the_records(undisturbed):
    found = [json.loads(line) for line in json_lines(undisturbed / "records")]
    for layer in ("locations", "claims"):
        gdf = geopandas.read_parquet(undisturbed / layer)
        assert gdf.crs == frames.CRS
        expected = frames.to_gdf(found, layer)
        assert len(gdf) == len(expected) > 0
        assert gdf.geometry.to_wkb().tolist() == expected.geometry.to_wkb().tolist()
        for column in expected.columns.drop("geometry"):
            assert plain(gdf[column]) == plain(expected[column]), column


def test_every_file_of_a_layer_has_the_documented_schema(undisturbed):
    for name in TABLES:
        for path in (undisturbed / name).iterdir():
            schema = pq.read_schema(path)
            assert schema.equals(partitions.schema_of(name), check_metadata=True)
            assert schema.names == list(partitions.LAYERS[name])


def test_events_meet_across_documents(undisturbed):
    events, members = table(undisturbed, "events"), table(undisturbed, "members")
    claims = table(undisturbed, "claims")
    assert events["documents"].max() > 1
    assert len(events) < len(table(undisturbed, "tellings"))
    keys = sorted(zip(members["document"], members["claim"], strict=True))
    assert keys == sorted(zip(claims["document"], claims["id"], strict=True))
    assert sorted(claim for each in events["claims"] for claim in each) == sorted(f"{a}:{b}" for a, b in keys)
    copies = table(undisturbed, "copies")
    assert sorted(copies["document"]) == ["d04", "d10"]
    lines = [json.loads(line) for line in json_lines(undisturbed / "stories")]
    assert [line["id"] for line in lines] == events["id"].tolist()


def test_other_tools_read_it(undisturbed):
    import dask_geopandas

    ((count,),) = duckdb.sql(
        f"SELECT COUNT(*) FROM '{undisturbed}/claims/*.parquet' AS c JOIN '{undisturbed}/members/*.parquet' AS m "
        "ON m.document = c.document AND m.claim = c.id WHERE c.published >= DATE '2023-05-01'"
    ).fetchall()
    assert count == len(table(undisturbed, "claims"))
    gdf = dask_geopandas.read_parquet(undisturbed / "locations")
    assert gdf.crs == frames.CRS
    assert len(gdf) == len(table(undisturbed, "locations"))


def test_manifest_names_what_is_there(undisturbed):
    manifest = json.loads((undisturbed / partitions.MANIFEST).read_text())
    named = {name for part in manifest["partitions"] for name in part["files"]} | set(manifest["merged"])
    assert named == set(content(undisturbed))
    assert (manifest["documents"], manifest["errors"]) == (18, 0)
    assert [part["first"] for part in manifest["partitions"]] == list(range(0, 18, 3))


# --- the same in every way ------------------------------------------------------------------------------------------


def test_same_bytes_again(tmp_path, source, undisturbed, scheduler):
    build([source], tmp_path / "corpus", scheduler=scheduler, batch=3)
    assert content(tmp_path / "corpus") == content(undisturbed)


def test_size_of_partitions_changes_no_row(tmp_path, source, undisturbed, scheduler):
    build([source], tmp_path / "corpus", scheduler=scheduler, batch=7)
    assert rows(tmp_path / "corpus") == rows(undisturbed)


class Collection(list):
    """Documents that need no file."""

    read_share = 0.5


def sizes(collection, most=corpus.BATCH):
    return [len(batch.items) for batch in corpus._batches(Collection(collection), most)]


def test_partitions_grow_with_the_collection():
    small = item("x", "Troops moved.")
    assert sizes([small] * 90) == [40, 40, 10]
    few, many = sizes([small] * 2_000), sizes([small] * 50_000)
    # The same ones at the beginning, whatever comes later.
    assert many[: len(few) - 1] == few[:-1]
    assert max(few) <= 2_000 / 40
    assert max(many) == corpus.BATCH
    assert len(many) < 400
    assert sizes([small] * 7, most=3) == [3, 3, 1]
    # A partition of long documents is cut by their length.
    assert sizes([item("x", "a" * 3_000_000)] * 5) == [2, 2, 1]
    numbers = [(batch.number, batch.first) for batch in corpus._batches(Collection([small] * 90), 200)]
    assert numbers == [(0, 0), (1, 40), (2, 80)]


def test_parts_of_events_are_cut_by_rows_and_by_length():
    point, long = SimpleNamespace(shapes=(b"x" * 21,)), SimpleNamespace(shapes=(b"x" * 1_500_000, b""))
    assert [len(part) for part in corpus._parts([])] == [0]
    assert [len(part) for part in corpus._parts([point] * 2_100)] == [1_000, 1_000, 100]
    assert [len(part) for part in corpus._parts([long] * 5)] == [2, 2, 1]


def test_order_of_documents_changes_nothing_but_numbers(tmp_path, undisturbed, scheduler):
    shuffled = random.Random(1).sample(reports(), 18)
    source = write(tmp_path / "docs.jsonl", shuffled)
    build([source], tmp_path / "corpus", scheduler=scheduler, batch=3)
    found, expected = rows(tmp_path / "corpus", numbered=False), rows(undisturbed, numbered=False)
    for each in (found, expected):
        # Where it lies, and which of two copies comes first, is all that the order decides.
        each["documents"] = [row.replace("docs.jsonl", "") for row in each["documents"]]
    assert found == expected


# --- stopped and gone on with ---------------------------------------------------------------------------------------


class StoppedError(Exception):
    pass


def stop_after(partitions_done):
    """Return what stops a run once so many partitions are written."""
    seen = []

    def show(progress):
        seen.append(progress.documents)
        if len({each for each in seen if each}) == partitions_done:
            raise StoppedError

    return show


def test_stopped_and_gone_on_with(tmp_path, source, undisturbed, scheduler):
    folder = tmp_path / "corpus"
    with pytest.raises(StoppedError):
        build([source], folder, scheduler=scheduler, batch=3, show=stop_after(2))
    assert not (folder / partitions.MANIFEST).exists()
    done = content(folder)
    # The line that was being written, a file that was being written, and one that was damaged since.
    with (folder / partitions.PROGRESS).open("a") as file:
        file.write('{"partition": 4, "fil')
    (folder / "claims" / ".part-00004.x.parquet").write_bytes(b"half")
    (folder / ".merging-x").mkdir()
    (folder / ".merging-x" / "stories.sqlite").write_bytes(b"half")
    whole = sorted((folder / "claims").glob("part-*"))
    whole[0].write_bytes(b"")
    seen = []
    build([source], folder, scheduler=scheduler, batch=3, resume=True, show=seen.append)
    assert content(folder) == content(undisturbed)
    assert seen[-2].skipped == 3 * (len(whole) - 1)
    assert seen[-2].documents == 18 - seen[-2].skipped
    assert set(done) - {partitions.PROGRESS} < set(content(folder))


def test_whole_corpus_is_not_read_again(tmp_path, source, undisturbed, scheduler):
    folder = tmp_path / "corpus"
    shutil.copytree(undisturbed, folder)
    seen = []
    build([source], folder, scheduler=scheduler, batch=3, resume=True, show=seen.append)
    assert max(each.documents for each in seen) == 0
    assert content(folder) == content(undisturbed)


def test_other_input_is_refused(tmp_path, source, undisturbed, scheduler):
    folder = tmp_path / "corpus"
    shutil.copytree(undisturbed, folder)
    with pytest.raises(DataError, match="not empty"):
        build([source], folder, scheduler=scheduler, batch=3)
    with pytest.raises(DataError, match="other options"):
        build([source], folder, scheduler=scheduler, batch=4, resume=True)
    other = write(tmp_path / "other.jsonl", reports(3))
    with pytest.raises(DataError, match="another input"):
        build([other], folder, scheduler=scheduler, batch=3, resume=True)
    with pytest.raises(DataError, match="holds no corpus"):
        build([other], tmp_path, scheduler=scheduler, resume=True)
    assert content(folder) == content(undisturbed)


# --- workers that die or are cut off ----------------------------------------------------------------------------------


def test_worker_killed_in_mid_run(tmp_path, source, undisturbed):
    """Workers of its own, one of which is killed (SIGKILL) once the first partition is written."""
    killed = []

    def kill(progress):
        if progress.documents and not killed:
            found = worker_processes()
            os.kill(found[0], signal.SIGKILL)
            killed.append(found[0])

    build([source], tmp_path / "corpus", workers=2, batch=3, show=kill)
    assert killed
    assert content(tmp_path / "corpus") == content(undisturbed)


def worker_processes():
    """Return the ids of the Dask workers that this process started, those that hold readers first."""
    import psutil

    children = psutil.Process().children(recursive=True)
    reading = {child.ppid() for child in children if "readers.serve" in " ".join(child.cmdline())}
    mine = [child.pid for child in children if child.pid in reading and child.pid != os.getpid()]
    assert mine, "no worker has begun to read"
    return mine


QUICK = {
    "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "4s",
}


class Hosts:
    """A scheduler and workers, each a process of its own; the workers in network namespaces where that is allowed."""

    def __init__(self, folder, *, separate):
        self.separate = separate
        self.started = []
        self.names = []
        self.file = folder / "scheduler.json"
        host = "0.0.0.0" if separate else "127.0.0.1"
        self.start(
            "scheduler",
            "--host",
            host,
            "--port",
            "0",
            "--dashboard-address",
            "127.0.0.1:0",
            "--scheduler-file",
            self.file,
        )
        deadline = time.monotonic() + 60
        while not self.file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        self.port = json.loads(self.file.read_text())["address"].rsplit(":", 1)[1]
        self.address = f"tcp://127.0.0.1:{self.port}"

    def start(self, *words, prefix=()):
        command = [*prefix, sys.executable, "-m", "distributed.cli.dask_" + words[0], *map(str, words[1:])]
        process = subprocess.Popen(command, env={**os.environ, **QUICK}, stderr=subprocess.DEVNULL)
        self.started.append(process)
        return process

    def start_worker(self, number):
        prefix, scheduler = (), self.address
        if self.separate:
            name, outside, inside = f"gm{os.getpid()}n{number}", f"10.231.{number}.1", f"10.231.{number}.2"
            link = f"gm{os.getpid() % 100000}v{number}"
            ip("netns", "add", name)
            self.names.append((name, link))
            ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("address", "add", f"{outside}/30", "dev", link)
            ip("link", "set", link, "up")
            for words in (("address", "add", f"{inside}/30", "dev", "eth0"), ("link", "set", "eth0", "up")):
                ip("-n", name, *words)
            ip("-n", name, "link", "set", "lo", "up")
            prefix, scheduler = ("ip", "netns", "exec", name), f"tcp://{outside}:{self.port}"
        options = ("--nthreads", "1", "--no-nanny", "--name", f"w{number}", "--memory-limit", "0")
        return self.start("worker", scheduler, *options, prefix=prefix)

    def cut_off(self, number):
        """Cut a worker off the network, or freeze it, so that it does not answer any more and does not know it."""
        if self.separate:
            ip("link", "set", self.names[number][1], "down")
        else:
            os.kill(self.started[1 + number].pid, signal.SIGSTOP)

    def close(self):
        for process in self.started:
            with contextlib.suppress(OSError):
                process.kill()
            process.wait(20)
        for name, link in self.names:
            subprocess.run(["ip", "link", "delete", link], check=False, capture_output=True)
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def require_namespaces():
    """Skip where no network namespaces may be made."""
    if shutil.which("ip") is None:
        pytest.skip("network namespaces need the command ip (package iproute2)")
    name = f"gm{os.getpid()}try"
    done = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True, text=True)
    subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)
    if done.returncode:
        pytest.skip(f"network namespaces may not be made here: {done.stderr.strip()}")


@pytest.mark.parametrize("separate", [False, True], ids=["frozen", "unplugged"])
def test_worker_cut_off_in_mid_run(tmp_path, source, undisturbed, separate):
    """A scheduler and two workers; the one that has work is cut off once a partition is written."""
    if separate:
        require_namespaces()
    hosts = Hosts(tmp_path, separate=separate)
    cut = []

    def cut_off(progress):
        from distributed import Client

        if not progress.documents or cut:
            return
        with Client(hosts.address, set_as_default=False, timeout=60) as client:
            info = client.scheduler_info(n_workers=-1)["workers"]
            busy = [info[address]["name"] for address, tasks in client.processing().items() if tasks]
        hosts.cut_off(int(busy[0][1:]))
        cut.append(busy[0])

    try:
        for number in range(2):
            hosts.start_worker(number)
        from distributed import Client

        with Client(hosts.address, set_as_default=False, timeout=60) as client:
            client.wait_for_workers(2, timeout=60)
        build([source], tmp_path / "corpus", scheduler=hosts.address, batch=3, show=cut_off)
        with Client(hosts.address, set_as_default=False, timeout=60) as client:
            left = [each["name"] for each in client.scheduler_info(n_workers=-1)["workers"].values()]
    finally:
        hosts.close()
    assert cut
    assert cut[0] not in left
    assert content(tmp_path / "corpus") == content(undisturbed)


def test_all_workers_gone_is_said(tmp_path, source, undisturbed, scheduler):
    """A scheduler whose only worker dies and does not come back; the run is gone on with elsewhere."""
    hosts = Hosts(tmp_path, separate=False)
    folder = tmp_path / "corpus"

    def kill(progress):
        if progress.documents:
            hosts.started[1].kill()

    try:
        hosts.start_worker(0)
        with pytest.raises(ServiceError, match=r"no worker for 2 s; start workers.*--resume"):
            build([source], folder, scheduler=hosts.address, batch=3, patience_s=2.0, show=kill)
    finally:
        hosts.close()
    assert not (folder / partitions.MANIFEST).exists()
    build([source], folder, scheduler=scheduler, batch=3, resume=True)
    assert content(folder) == content(undisturbed)


def test_workers_may_come_and_go(tmp_path, source, undisturbed):
    """The only worker dies, and another one comes."""
    hosts = Hosts(tmp_path, separate=False)
    replaced = []

    def replace(progress):
        if progress.documents and not replaced:
            hosts.started[-1].kill()
            replaced.append(hosts.start_worker(1))

    try:
        hosts.start_worker(0)
        build([source], tmp_path / "corpus", scheduler=hosts.address, batch=3, show=replace)
    finally:
        hosts.close()
    assert replaced
    assert content(tmp_path / "corpus") == content(undisturbed)


def test_no_scheduler_is_said(tmp_path, source, monkeypatch):
    monkeypatch.setattr(corpus, "_CONNECT_S", 1)
    with pytest.raises(ServiceError, match=r"tcp://127\.0\.0\.1:9"):
        build([source], tmp_path / "corpus", scheduler="tcp://127.0.0.1:9")


# --- documents that mean harm -----------------------------------------------------------------------------------------


def item(id, text):
    return Item(id=id, source="test", form="fields", data=json.dumps({"id": id, "text": text}).encode())


ENDLESS = "Troops moved to Gao on Friday. " * 500_000
GOOD = item("good", reports()[0]["text"])


@pytest.fixture(scope="module")
def reader():
    """A reader that is started once."""
    reader = Reader(ORDERS)
    yield reader
    reader.close()


def record_of(reader, item):
    return json.loads(reader.read(item).line)


def test_what_is_slow_is_given_up(reader):
    """What is counted is processor time, so that a busy machine changes nothing."""
    hasty = Reader(Orders(settings=Settings(), limit_s=3.0))
    try:
        whole = record_of(hasty, GOOD)
        slow = record_of(hasty, item("slow", ENDLESS))
        assert (slow["id"], slow["error"]) == ("slow", "reading it takes longer than 3 s")
        assert slow["claims"] == []
        assert record_of(hasty, GOOD) == whole == record_of(reader, GOOD)
    finally:
        hasty.close()


def test_what_waits_is_given_up_by_the_clock(reader, monkeypatch):
    """A process that uses no processor time, such as one that is frozen, does not hold up the run either."""
    whole = record_of(reader, GOOD)
    monkeypatch.setattr(readers, "_SLACK", 1 / ORDERS.limit_s)
    os.kill(reader._process.pid, signal.SIGSTOP)
    assert record_of(reader, GOOD)["error"] == "reading it takes longer than 60 s"
    monkeypatch.undo()
    assert record_of(reader, GOOD) == whole


def test_crash_is_survived(reader, monkeypatch):
    whole = record_of(reader, GOOD)
    assert whole["claims"]
    reader._process.kill()
    reader._process.wait()
    assert record_of(reader, GOOD) == whole
    # Killed between two documents it is started anew; killed by a document, that one is given up.
    os.kill(reader._process.pid, signal.SIGSTOP)
    receive = readers._receive

    def die(process):
        process.kill()
        return receive(process)

    monkeypatch.setattr(readers, "_receive", die)
    found = record_of(reader, item("crash", "Troops moved."))
    monkeypatch.undo()
    assert (found["id"], found["error"]) == ("crash", "reading it takes more memory than there is, or crashes")
    assert record_of(reader, GOOD) == whole


def test_reader_ends_with_its_owner():
    """A reader whose owner is killed does not stay behind."""
    code = (
        "from geomap.readers import *; from test_corpus import ORDERS, GOOD\n"
        "r = Reader(ORDERS); r.read(GOOD); print(r._process.pid, flush=True); import time; time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as owner:
        pid = int(owner.stdout.readline())
        owner.kill()
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(120)
    assert not psutil.pid_exists(pid)


@pytest.mark.parametrize(
    ("poison", "words"),
    [
        (Item(id="x", source="s", form="fields", data=b'{"text": "Troops \xff moved"}'), "not JSON in UTF-8"),
        (Item(id="x", source="s", form="fields", data=b"[" * 1_000_000), "not JSON in UTF-8"),
        (Item(id="x", source="s", form="file", name="a.txt", data=b"\x00\xff\xfe\x01" * 1000), "is not text"),
        (Item(id="x", source="s", form="file", name="a.html", data=b"<html>" + b"<div>" * 300_000), "no article"),
        (Item(id="x", source="s", form="error", error="larger than any report"), "larger than any report"),
    ],
)
def test_poison_gives_an_error(reader, poison, words):
    assert words in record_of(reader, poison)["error"]
    assert record_of(reader, GOOD)["error"] is None


def test_poisoned_documents_do_not_stop_a_run(tmp_path, undisturbed, scheduler):
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder / "docs.jsonl", reports())
    with (folder / "poison.jsonl").open("wb") as file:
        file.write(b'{"id": "utf", "text": "Troops \xff\xfe moved"}\n')
        file.write(json.dumps({"id": "letter", "text": "a" * 10_000_000}).encode() + b"\n")
        file.write(json.dumps({"id": "endless", "text": ENDLESS}).encode() + b"\n")
    (folder / "z-deep.html").write_bytes(b"<html><body>" + b"<div>" * 300_000)
    (folder / "z-bomb.jsonl.gz").write_bytes(gzip.compress(b'{"text": "' + b"a" * 40_000_000 + b'"}\n' * 2))
    seen = []
    build([folder], tmp_path / "corpus", scheduler=scheduler, batch=3, limit_s=8.0, show=seen.append)
    found = table(tmp_path / "corpus", "documents").set_index("document")
    errors = found["error"].dropna()
    assert "not JSON" in errors["poison.jsonl:line-1"]
    assert found["claims"]["letter"] == 0
    assert "longer than 8 s" in errors["endless"]
    assert "no article" in errors["z-deep.html"]
    assert "longer than 32 MB" in errors["z-bomb.jsonl.gz:line-1"]
    assert seen[-2].errors == len(errors)
    good = rows(undisturbed)
    for name in ("locations", "claims", "tellings"):
        assert rows(tmp_path / "corpus")[name] == good[name]
    lines = json_lines(tmp_path / "corpus" / "records")
    assert sum(json.loads(line)["error"] is not None for line in lines) == len(errors)


# --- the command line -------------------------------------------------------------------------------------------------


def test_command_line(tmp_path, source, undisturbed, scheduler, run):
    folder = tmp_path / "corpus"
    outcome = run("corpus", source, "-o", folder, "--scheduler", scheduler, "--batch", "3")
    assert outcome.code == 0
    assert outcome.out == ""
    assert "18 documents, 0 of them not read" in outcome.err
    assert content(folder) == content(undisturbed)
    assert run("corpus", source, "-o", folder, "--scheduler", scheduler).code == 1


def test_columns_are_named(tmp_path, scheduler, run):
    source = tmp_path / "docs.csv"
    source.write_text('name,body,day\na,"Malian troops left Mopti for Gao on Friday.",2023-05-06\n')
    options = ["--column", "text=body", "--column", "published=day", "--column", "id=name"]
    assert run("corpus", source, "-o", tmp_path / "corpus", "--scheduler", scheduler, *options).code == 0
    claims = table(tmp_path / "corpus", "claims")
    assert claims["document"].tolist() == ["a"]
    assert str(claims["event_date"][0]) == "2023-05-05"
    assert run("corpus", source, "-o", tmp_path / "other", "--column", "words=body").code == 2


def test_nothing_to_read_is_said(tmp_path):
    with pytest.raises(ReadError, match="does not exist"):
        build([tmp_path / "none"], tmp_path / "corpus")
    assert not (tmp_path / "corpus").exists()


def test_without_dask_it_says_what_to_install(tmp_path, source, monkeypatch):
    monkeypatch.setattr(corpus.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(DataError, match=r"geomap\[corpus\]"):
        build([source], tmp_path / "corpus")
