"""`python -m tests.ops.dashboards.pictures`: what the dashboards show of the last load, into build/dashboards.

There is no Grafana from a package registry, but its components are on npm: panels are drawn by those, from the JSON of
the dashboards and from what Prometheus answered in test_panels.py.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import click
from playwright.sync_api import sync_playwright

from deploy.grafana.definitions.__main__ import BOARDS, texts
from tests.harness.clients import NPM
from tests.harness.system import ROOT

FOLDER = ROOT / "build" / "dashboards"
SERIES = FOLDER / "series.json"
SOURCE = Path(__file__).parent / "drawing"
WIDTH_PIXELS, DRAWING_MS = 1456, 3_000


def bundled() -> Path:
    """The drawing program with all that it is made of, as one script; made where it isn't there or is older."""
    folder = FOLDER / "drawing"
    script = folder / "draw.js"
    sources = list(SOURCE.iterdir())
    if script.exists() and script.stat().st_mtime > max(path.stat().st_mtime for path in sources):
        return script
    shutil.copytree(SOURCE, folder, dirs_exist_ok=True)
    subprocess.run(NPM, cwd=folder, check=True)
    loaders = [f"--loader:.{kind}=dataurl" for kind in ("svg", "ttf", "woff2")]
    define = '--define:process.env.NODE_ENV="production"'
    words = ["node_modules/.bin/esbuild", "draw.jsx", "--bundle", "--outfile=draw.js", "--jsx=automatic", define]
    subprocess.run([*words, *loaders, "--log-level=error"], cwd=folder, check=True)
    return script


def draw() -> list[Path]:
    """Draw each dashboard; the pictures."""
    script, kept = bundled(), json.loads(SERIES.read_text())
    chromium = shutil.which("chromium")
    pictures = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for board in BOARDS:
            page = browser.new_page(viewport={"width": WIDTH_PIXELS, "height": 1000})
            page.on("pageerror", lambda error: click.echo(error))
            page.goto(script.with_name("index.html").as_uri())
            asked = [json.loads(texts()[f"{board.uid}.json"]), kept["series"][board.uid]]
            bottom = page.evaluate(
                "([dashboard, series, from, to]) => draw(dashboard, series, from, to)",
                [*asked, 1000 * kept["from_seconds"], 1000 * kept["to_seconds"]],
            )
            page.set_viewport_size({"width": WIDTH_PIXELS, "height": bottom + 20})
            page.wait_for_timeout(DRAWING_MS)
            pictures.append(FOLDER / f"{board.uid}.png")
            page.screenshot(path=pictures[-1])
            page.close()
        browser.close()
    return pictures


if __name__ == "__main__":
    for picture in draw():
        click.echo(picture)
