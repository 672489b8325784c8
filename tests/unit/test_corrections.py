"""A person's decisions: how they are read, appended and applied."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import gao
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geomap import corrections
from geomap.corrections import Correction
from geomap.errors import DataError

HEAD = "document,words,place,who,when,why\n"


def fix(words="Gao", place="not a place", document="gao", who="Ana", why=""):
    return Correction(document=document, words=words, place=place, who=who, when="2024-01-02", why=why)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "decided.csv"


def test_what_is_appended_is_read_in_its_order(path):
    corrections.append(path, [fix()])
    corrections.append(path, [fix("Kidal", "geonames:1"), fix("#1", '"a", b', document="#x", why="=1+1")])
    assert list(corrections.read(path)) == [
        fix(),
        fix("Kidal", "geonames:1"),
        fix("#1", '"a", b', document="#x", why="=1+1"),
    ]
    assert path.read_text(encoding="utf-8").count("document") == 1


def test_rows_that_are_there_are_never_touched(path):
    start = "# decided by hand\n" + HEAD + '*,Gao,"1, 2",Bo,2020,\n'
    path.write_text(start, encoding="utf-8")
    corrections.append(path, [fix()])
    text = path.read_text(encoding="utf-8")
    assert text.startswith(start)
    assert [row.who for row in corrections.read(path)] == ["Bo", "Ana"]


def test_cells_cannot_run_in_a_spreadsheet(path):
    corrections.append(path, [fix("=cmd|' /C calc'!A0", why="@x", who="+1")])
    assert "\"'=cmd" in path.read_text(encoding="utf-8")
    assert corrections.read(path)[0] == fix("=cmd|' /C calc'!A0", why="@x", who="+1")


cells = st.text(st.characters(codec="utf-8"), max_size=40).map(lambda text: " ".join(text.replace("\0", "").split()))


@given(words=cells, why=cells, who=cells, place=cells.filter(bool))
@settings(max_examples=150, deadline=None)
def test_any_text_comes_back(tmp_path_factory, words, why, who, place):
    path = tmp_path_factory.mktemp("decided") / "decided.csv"
    row = fix(words, place, who=who, why=why)
    corrections.append(path, [row, row])
    assert corrections.read(path) == (row, row)


@pytest.mark.parametrize("torn", ['"gao","Kidal', '"gao","Kidal","not a pl', '"gao","Kidal","1, 2","B', "gao,Kidal"])
def test_a_row_that_a_crash_cut_off_swallows_none_after_it(path, torn):
    corrections.append(path, [fix()])
    with path.open("a", encoding="utf-8") as file:
        file.write(torn)
    corrections.append(path, [fix("Ménaka", "geonames:2")])
    read = corrections.read(path)
    assert (read[0], read[-1]) == (fix(), fix("Ménaka", "geonames:2"))
    assert len(path.read_text(encoding="utf-8").splitlines()) == 4


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
def test_a_full_disk_takes_the_new_row_back_and_keeps_the_old_ones(path):
    corrections.append(path, [fix()])
    before = path.read_bytes()
    code = f"""
        import resource, signal
        from geomap import corrections
        from geomap.errors import DataError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) + 20}, {len(before) + 20}))
        try:
            corrections.append({str(path)!r}, [corrections.Correction("d", "w" * 99, "p", "", "", "")])
        except DataError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, capture_output=True, text=True)
    assert "cannot be written" in done.stdout
    assert path.read_bytes() == before


def test_many_processes_append_without_losing_a_row(path):
    code = """
        import sys
        from geomap import corrections
        for number in range(20):
            corrections.append(sys.argv[1], [corrections.Correction("d", "w", "p", sys.argv[2], str(number), "")])
    """
    command = [sys.executable, "-c", textwrap.dedent(code), path]
    processes = [subprocess.Popen([*command, who]) for who in ("Ana", "Bo", "Cy")]
    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0]
    rows = corrections.read(path)
    assert sorted((row.who, int(row.when)) for row in rows) == [
        (who, n) for who in ("Ana", "Bo", "Cy") for n in range(20)
    ]


def test_a_file_of_something_else_is_not_appended_to_silently(path):
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="must name the columns"):
        corrections.append(path, [fix()])
    assert path.read_text(encoding="utf-8") == "a,b\n1,2\n"


def test_a_file_with_its_columns_in_another_order_keeps_it(path):
    path.write_text("who,remark,words,document,place,when,why\nBo,?,Gao,*,a place,2020,\n", encoding="utf-8")
    corrections.append(path, [fix()])
    assert path.read_text(encoding="utf-8").splitlines()[-1] == '"Ana","","Gao","gao","not a place","2024-01-02",""'
    assert corrections.read(path)[1] == fix()


@pytest.mark.parametrize("name", ["missing/decided.csv", "nul\0byte", "."])
def test_a_file_that_cannot_be_written_is_a_clear_error(tmp_path, name):
    with pytest.raises(DataError, match=r"cannot be written|cannot read"):
        corrections.append(f"{tmp_path}/{name}", [fix()])


# ------------------------------------------------------------------------------------------------- claims


def decide(*fixes):
    report = gao.make_report()
    return corrections.correct_claims(report.claimed, report.document, fixes)


QUOTE = gao.TEXT[:50]


def test_a_rejected_claim_is_set_apart_and_says_who():
    kept, rejected = decide(fix(QUOTE, "not a claim", why="an exercise"))
    assert [claim.id for claim in kept] == ["c2"]
    assert [(claim.id, claim.decided_by, claim.reasons) for claim in rejected] == [
        ("c1", "Ana", ("indicative", "Ana: an exercise"))
    ]


def test_an_accepted_claim_says_who():
    kept, rejected = decide(fix(QUOTE.upper().replace(" ", "\n "), "A claim"))
    assert ([claim.decided_by for claim in kept], rejected) == (["Ana", None], [])


@pytest.mark.parametrize(
    ("fixes", "left"),
    [
        ([fix(QUOTE, "not a claim: left")], ["c2"]),
        ([fix(QUOTE, "not a claim: stay")], ["c1", "c2"]),
        ([fix(QUOTE, "not a claim", document="*")], ["c2"]),
        ([fix(QUOTE, "not a claim", document="other")], ["c1", "c2"]),
        ([fix(QUOTE, "not a claim"), fix(QUOTE, "a claim")], ["c1", "c2"]),
        ([fix(QUOTE, "not a claim"), fix(QUOTE, "as found")], ["c1", "c2"]),
        ([fix(QUOTE, "not a claim", document="*"), fix(QUOTE, "as found: left")], ["c1", "c2"]),
        ([fix(QUOTE, "as found: left"), fix(QUOTE, "not a claim", document="*")], ["c1", "c2"]),
        ([fix(QUOTE, "not a place")], ["c1", "c2"]),
        ([fix("Gao", "not a claim")], ["c1", "c2"]),
    ],
)
def test_which_claims_a_decision_is_about(fixes, left):
    assert [claim.id for claim in decide(*fixes)[0]] == left


def test_decisions_on_claims_say_nothing_of_places():
    document = gao.make_report().document
    assert corrections.decisions_on_places([fix("Gao", "not a claim"), fix("Gao", "as found")], document) == {}
    decided = corrections.decisions_on_places(
        [fix("Gao", "geonames:1"), fix("Gao", "as found"), fix("Kidal")], document
    )
    assert set(decided) == {"kidal"}
