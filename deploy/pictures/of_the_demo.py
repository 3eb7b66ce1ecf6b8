"""Takes the README's pictures of a real demo: the terminal as it is drawn, the page as Chromium shows it.

Run as `python -m deploy.pictures.of_the_demo`: a minute, with a Kafka and a data folder of its own, and Chromium. `make
pictures` does not, since no two demos are equal.
"""

from __future__ import annotations

import asyncio
import io
import re
import shutil
import tempfile

import click
from playwright.async_api import async_playwright
from rich.console import Console
from rich.terminal_theme import MONOKAI

from deploy.pictures.graphs import PICTURES
from streamprocessor.cli.demo.board import Board
from streamprocessor.cli.demo.run import DemoPlan, run_demo
from streamprocessor.cli.demo.screen import picture
from streamprocessor.cli.local.local_system import LocalKafka, kafka_for
from streamprocessor.settings import Settings

TAKEN_AFTER_SECONDS, SECONDS = 60, 150
COLUMNS = 118
WIDTH, HEIGHT = 1280, 720
PATIENCE_MS = 60_000

_PAGE = re.compile(r"the page, with its API, is ready on (http://[\w.:]+)")
_VIEW = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_WEB_FONT = re.compile(r"@font-face \{.*?\}", re.DOTALL)


class Camera:
    """A screen of the demo that keeps what is drawn last, and where the page is."""

    def __init__(self) -> None:
        """Nothing is drawn yet."""
        self.board, self.now_ms = Board(), 0
        self.page_url = ""

    def say(self, sentence: str) -> None:
        """Print the sentence, and look whether it tells of the page."""
        click.echo(sentence)
        if (ready := _PAGE.search(sentence)) is not None:
            self.page_url = ready[1]

    def news(self, line: str) -> None:
        """Nothing: the picture shows the news."""

    def draw(self, board: Board, now_ms: int) -> None:
        """Keep what is to be drawn."""
        self.board, self.now_ms = board, now_ms
        board.rates(now_ms)  # which are of the last few draws


def terminal_svg(board: Board, now_ms: int) -> str:
    """The picture that the demo draws in a terminal, as SVG that asks nobody for fonts and has a size of its own."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(picture(board, now_ms))
    svg = _WEB_FONT.sub("", console.export_svg(title="make demo", theme=MONOKAI))
    return _VIEW.sub(r'width="\1" height="\2" viewBox="0 0 \1 \2"', svg, count=1)


async def take_page(address: str, token: str) -> None:
    """Photograph the list of contacts, as somebody who signed in."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        context = await browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        answer = await context.request.post(f"{address}/api/session", data={"token": token})
        assert answer.ok, await answer.text()
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(f"{address}/contacts")
        await page.locator("tbody tr").nth(5).wait_for()
        await page.screenshot(path=PICTURES / "page.png")
        await browser.close()


async def take_all(kafka: LocalKafka, camera: Camera) -> None:
    """Play the demo, and take both pictures of it."""
    demo = asyncio.ensure_future(run_demo(kafka, DemoPlan(1000, 60.0, 1, SECONDS, model_given=False), camera))
    while not camera.page_url:  # noqa: ASYNC110 - the demo's screen is told, and tells nobody
        await asyncio.sleep(0.5)
    await asyncio.sleep(TAKEN_AFTER_SECONDS)
    (PICTURES / "terminal.svg").write_text(terminal_svg(camera.board, camera.now_ms))
    token = (kafka.settings.data_path / "api-tokens").read_text().strip().partition("=")[2]
    await take_page(camera.page_url, token)
    await demo


def main() -> None:
    """Take the pictures."""
    with tempfile.TemporaryDirectory(prefix="streamprocessor-pictures-") as folder:
        ports = {"metrics_port": 0, "collector_port": 0, "delivery_port": 0, "api_port": 0, "kafka_port": 0}
        of_the_demo = {"model": "deploy/demo.yaml", "topic_prefix": "demo-", "inbox": "deploy/demo-inbox.yaml"}
        settings = Settings.model_validate({**ports, **of_the_demo, "data_dir": folder})
        with kafka_for(settings, click.echo) as kafka:
            asyncio.run(take_all(kafka, Camera()))


if __name__ == "__main__":
    main()
