"""Takes the pictures in docs/images: ``make screenshots``.

The pictures show the sample reports of data/reports, so that anybody can take them again. One of more than 300 KB is
an error.
"""

from __future__ import annotations

import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import chromium  # noqa: E402 - found only after the path is set
import corpora  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

import geomap  # noqa: E402
from geomap import maps  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REPORTS = ROOT / "data" / "reports"
IMAGES = ROOT / "docs" / "images"
BORDER = "2022-02-16-border-of-ukraine.txt"
DAYS = "2022-02-1*.txt"
DESKTOP, PHONE, PAPER = (1280, 800), (390, 844), (800, 1130)


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: which reports, at which size, after which steps of a reader."""

    name: str
    reports: tuple[str, ...] = (BORDER,)
    size: tuple[int, int] = DESKTOP
    clicks: tuple[str, ...] = ()
    dark: bool = False
    prints: bool = False
    invented: tuple[int, int] = (0, 0)
    """Places and movements of an invented collection, shown instead of the reports."""


def shots() -> list[Shot]:
    """Return the pictures to take."""
    days = tuple(sorted(path.name for path in REPORTS.glob(DAYS)))
    return [
        Shot("overview"),
        Shot("contradiction", clicks=("#events .card button",)),
        Shot("step", clicks=("#story", *("#step-on",) * 5)),
        Shot("phone", size=PHONE),
        Shot("dark", dark=True, clicks=("#tab-text",)),
        Shot("print", size=PAPER, prints=True),
        Shot("several", reports=days, clicks=("#back",)),
        Shot("big-map", invented=(50_000, 5_000)),
    ]


def take(shot: Shot, browser: Browser, folder: Path) -> Path:
    """Take one picture and return where it lies."""
    page_path = folder / f"{shot.name}.html"
    if any(shot.invented):
        title = "An invented collection: {:,} places, {:,} movements".format(*shot.invented)
        maps.write(maps.render(corpora.build(*shot.invented), title=title), page_path)
    else:
        maps.write(maps.render([geomap.extract(geomap.read(REPORTS / name)) for name in shot.reports]), page_path)
    width, height = shot.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if shot.dark else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(page_path.as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    for selector in shot.clicks:
        page.locator(selector).first.click()
        page.wait_for_timeout(300)
    if shot.prints:
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
    page.wait_for_timeout(500)
    target = IMAGES / f"{shot.name}.png"
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    # A palette keeps hatched maps under 300 KB; refined by k-means it has the rare colours of the legend as well.
    picture.quantize(256, kmeans=2, dither=Image.Dither.NONE).save(target, optimize=True)
    context.close()
    return target


def main() -> None:
    """Take all pictures."""
    executable = chromium.find()
    if executable is None:
        sys.exit("no browser: run python tests/chromium.py")
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=executable, args=chromium.arguments())
        for shot in shots():
            target = take(shot, browser, Path(folder))
            size = target.stat().st_size
            print(f"{target.relative_to(ROOT)}: {size / 1000:.0f} KB")
            if size > 300_000:  # noqa: PLR2004 - the limit that the docstring names
                sys.exit(f"{target} is larger than 300 KB")
        browser.close()


if __name__ == "__main__":
    main()
