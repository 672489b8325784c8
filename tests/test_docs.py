"""The documentation is true: generated pages, examples, links and tables."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "data").glob("*.md")])


def load_generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["cli.md", "outputs.md"])
def test_generated_page_is_up_to_date(name):
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == load_generator().PAGES[name](), "run `make docs`"


def slug(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
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
    for page in (ROOT / "docs").glob("*.md"):
        assert f"docs/{page.name}" in text, page.name


def test_python_examples_run(monkeypatch, tmp_path, capsys):
    (tmp_path / "data").symlink_to(ROOT / "data")
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    for example in re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(example, "README.md", "exec"), {})
    assert "withdrawal" in capsys.readouterr().out
    assert "<html" in (tmp_path / "out" / "map.html").read_text(encoding="utf-8").lower()


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
