"""The documentation is true: generated pages, examples, links and tables, and the site that is built of it."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import lxml.html
import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = sorted([*ROOT.glob("*.md"), *DOCS, *(ROOT / "data").glob("*.md")])
FENCE = re.compile(r"(?:<!-- file: (\S+) -->\n)?^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
# Commands that no test can run as they stand, and where they are tested instead.
NOT_RUN = {
    r"https?://|--feed |--geocoder": "asks the network: unit/test_documents, test_feeds, test_geocoding_online",
    r"^geomap review ": "waits for a person: unit/test_reviews, browser/test_review",
    r"--geonames |--gazetteer ": "needs a download: unit/test_geonames, notebook 05",
    r"--png ": "needs a browser: browser/test_snapshot",
    r"^geomap corpus ": "run once, by the fixture `corpus`",
}
TEXT = """Title: Two battalions leave Agadez
Date: 2026-03-02
Source: https://example.org/agadez

Niger's defence ministry said on {day} that two battalions had left Agadez for the border with Libya. The rebels denied
on {day} that the battalions had left Agadez.

About 300 soldiers will move from Arlit to a camp 50 km north of Goma, the governor said.
"""


def load_generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["cli.md", "outputs.md", "corpus.md"])
def test_generated_page_is_up_to_date(name):
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == load_generator().PAGES[name](), "run `make docs`"


def slug(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_inside_the_project_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = page.parent / path if path else page
        assert linked.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {slug(heading) for heading in headings}, f"{page.name} links to {target}"


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 150


def test_every_page_of_the_documentation_is_linked_from_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for page in DOCS:
        assert f"]({page.relative_to(ROOT).as_posix()})" in text, page.name


# --- the site ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built as `make docs` does: a warning fails."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "-q", "-b", "html"]
    command += ["-d", str(folder / "doctrees"), str(ROOT / "docs"), str(folder / "html")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {path: lxml.html.fromstring(path.read_bytes()) for path in sorted((folder / "html").rglob("*.html"))}


def test_site_has_every_page(site):
    names = {path.as_posix() for path in site}
    for page in DOCS:
        assert any(name.endswith(f"/html/{page.relative_to(ROOT / 'docs').with_suffix('.html')}") for name in names)


def test_site_loads_nothing_from_the_network(site):
    loading = "//script/@src | //img/@src | //link[not(@rel='canonical')]/@href | //iframe/@src | //source/@src"
    for path, tree in site.items():
        assert not [each for each in tree.xpath(loading) if urlsplit(each).netloc], path.name
    root = next(path for path in site if path.name == "index.html").parent
    for sheet in root.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.search(r"@import\s+(url\()?['\"]?(https?:)?//|url\(['\"]?(https?:)?//", text), sheet.name


def test_links_of_the_site_lead_somewhere(site):
    anchors = {path.resolve(): {*tree.xpath("//@id"), *tree.xpath("//a/@name"), ""} for path, tree in site.items()}
    for path, tree in site.items():
        for link in tree.xpath("//a/@href"):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                assert parts.scheme in {"https", "mailto"}, f"{path.name}: {link}"
                continue
            linked = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
            assert linked.exists(), f"{path.name}: {link}"
            if linked in anchors:
                assert unquote(parts.fragment) in anchors[linked], f"{path.name}: {link}"


def test_every_public_name_is_in_the_reference(site):
    import geomap

    tree = next(tree for path, tree in site.items() if path.name == "api.html")
    described = {each.rpartition(".")[2] for each in tree.xpath("//dt/@id")}
    assert set(geomap.__all__) <= described


# --- examples ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """The corpus that the pages about archives read, made by the command that they give."""
    folder = tmp_path_factory.mktemp("archive")
    days = ("Sunday", "Saturday", "Friday")
    rows = [{"id": day, "published": "2026-03-02", "text": TEXT.format(day=day).split("\n\n", 1)[1]} for day in days]
    (folder / "archive.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    page = (ROOT / "docs" / "guides" / "archive.md").read_text(encoding="utf-8")
    command = re.search(r"^geomap (corpus .*)$", page, re.MULTILINE)[1]
    subprocess.run([sys.executable, "-m", "geomap", *shlex.split(command)], cwd=folder, check=True, capture_output=True)
    return folder / "corpus"


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with the files that the examples name."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    (tmp_path / "out").mkdir()
    for name, day in {"report": "Sunday", "monday": "Sunday", "tuesday": "Saturday", "wednesday": "Friday"}.items():
        (tmp_path / f"{name}.txt").write_text(TEXT.format(day=day), encoding="utf-8")
    row = {"id": "one", "published": "2026-03-02", "text": TEXT.format(day="Sunday").split("\n\n", 1)[1]}
    (tmp_path / "docs.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    # `--open` and matplotlib must not show windows.
    monkeypatch.setattr("webbrowser.open", lambda *_: True)
    return tmp_path


def commands(block):
    """Return the commands of a shell block, one a line, without comments."""
    lines = block.replace("\\\n", " ").splitlines()
    return [words for words in (shlex.split(line, comments=True) for line in lines) if words]


def follow(words, run):
    """Run a command of a page, or check it as far as that can be done here."""
    line = shlex.join(words)
    if words[0] == "geomap":
        known = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
        assert all(f"{word.partition('=')[0]} " in known for word in words if word.startswith("--")), line
        if not any(re.search(pattern, line) for pattern in NOT_RUN):
            outcome = run(*words[1:])
            assert outcome.code == 0, f"{line}: {outcome.err}"
    elif words[0] == "make":
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        assert words[1] in targets, line
    elif words[0] == "python":
        assert (ROOT / words[1]).exists(), line
    else:
        assert words[0] == "export", f"no test knows how to run: {line}"


WITH_EXAMPLES = [
    page for page in PAGES if re.search(r"^```(sh|python)$", page.read_text(encoding="utf-8"), re.MULTILINE)
]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_run(page, desk, run, request):
    text = page.read_text(encoding="utf-8")
    for name in ("corpus", "OUTDIR"):
        if f'"{name}/' in text:
            (desk / name).symlink_to(request.getfixturevalue("corpus"))
    names: dict[str, object] = {}
    for file, kind, block in FENCE.findall(text):
        if file:
            (desk / file).write_text(block, encoding="utf-8")
        if kind == "sh":
            for words in commands(block):
                follow(words, run)
        if kind == "python":
            exec(compile(block, str(page), "exec"), names)


def test_readme_example_finds_the_withdrawal_and_draws_it(desk, capsys):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = next(block for _, kind, block in FENCE.findall(text) if kind == "python")
    exec(compile(block, "README.md", "exec"), {})
    assert "withdrawal" in capsys.readouterr().out
    assert "<html" in (desk / "out" / "map.html").read_text(encoding="utf-8").lower()


def test_corrections_of_the_guide_are_in_the_format():
    text = (ROOT / "docs" / "guides" / "correct.md").read_text(encoding="utf-8")
    from geomap import corrections

    block = next(block for file, _, block in FENCE.findall(text) if file)
    rows = list(csv.DictReader(block.splitlines()))
    assert list(rows[0]) == ["document", "words", "place", "who", "when", "why"]
    assert {row["place"].casefold() for row in rows} & {corrections.NOT_A_PLACE}


def test_figures_are_pictures_with_a_name():
    figures = sorted((ROOT / "docs" / "figures").glob("*.svg"))
    shown = (ROOT / "docs" / "concepts.md").read_text(encoding="utf-8")
    for figure in figures:
        tree = lxml.etree.fromstring(figure.read_bytes())
        assert tree.get("aria-label"), figure.name
        assert f"](figures/{figure.name})" in shown
    assert len(figures) >= 4


def test_citation_names_the_version():
    import tomllib

    import yaml

    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert cited["version"] == project["version"]
    assert cited["license"] == project["license"]
    assert f"(version {project['version']})" in (ROOT / "docs" / "citing.md").read_text(encoding="utf-8")


def test_comparison_gives_our_figures_as_they_were_measured():
    measured = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8").split("### Cross-validated")[1]
    accuracies = {
        name: re.search(rf"^\| {name} \|[^|]*\|[^|]*\|[^|]*\| \*\*([\d.]+)\*\*", measured, re.MULTILINE)[1]
        for name in ("trnews", "geowebnews", "lgl")
    }
    table = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
    assert f"| geomap, cross-validated | {' | '.join(accuracies.values())} |" in table


# --- tables -----------------------------------------------------------------------------------------------------------


def test_every_module_is_in_the_architecture():
    table = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("## Rules")[0]
    modules = {path.stem for path in (ROOT / "geomap").glob("*.py")} - {"__init__", "__main__"} | {"lexicon"}
    assert modules == set(re.findall(r"`(\w+)`", table.split("| Module |")[1]))


def test_sample_reports_have_headers_and_a_length():
    from geomap import documents

    paths = sorted((ROOT / "data" / "reports").glob("*.txt"))
    assert len(paths) >= 3
    for path in paths:
        document = documents.read(path)
        assert document.title
        assert document.url
        assert document.published_from == "header"
        assert path.name.startswith(document.published.isoformat())
        assert 200 <= len(document.text[document.skip[0][1] :].split()) <= 400


def test_every_row_of_the_bad_input_table_is_tested():
    text = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    given = set(re.findall(r"^\| (.*?) \|", text.split("## Bad input")[1], re.MULTILINE)) - {"Given", "---"}
    tests = (ROOT / "tests" / "test_limits.py").read_text(encoding="utf-8")
    assert given == set(re.findall(r'@given\("(.*)"\)', tests))
