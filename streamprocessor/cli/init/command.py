"""`init`: a folder to begin in, with a commented model of one's own and its settings."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streamprocessor.errors import OperatorError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from streamprocessor.cli.init.model_text import BusinessAnswers

MODEL_FILE, SCHEMA_FILE = "scoring.yaml", "scoring.schema.json"


class TemplateName(click.ParamType):
    """The name of a model that comes along."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name, where there is such a model; else all are named."""
        from streamprocessor.cli.init.templates import template_names
        from streamprocessor.contract.strict_yaml.located import unknown

        names = template_names()
        if value not in names:
            self.fail(unknown(value, tuple(names)), param, ctx)
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """The names that begin so."""
        from click.shell_completion import CompletionItem

        from streamprocessor.cli.init.templates import template_names

        return [CompletionItem(each) for each in template_names() if each.startswith(incomplete)]


@click.command()
@click.argument("folder", default=".")
@click.option(
    "--template",
    type=TemplateName(),
    help="One of the models that come along, instead of the questions; a wrong name lists them.",
)
@click.option("--yes", is_flag=True, help="Ask nothing: take what is proposed.")
@click.option("--overwrite", is_flag=True, help="Write over files that are there already.")
def init(folder: str, template: str | None, yes: bool, overwrite: bool) -> None:
    """Write a scoring model of your own and its settings into FOLDER (here, unless named), by five questions.

    The files are scoring.yaml, commented, to be changed in any editor; scoring.schema.json, by which editors complete
    and check it; and streamprocessor.env, the settings of all commands that are run in the folder.
    """
    from streamprocessor.cli.init.folder import refuse_existing, write_folder
    from streamprocessor.cli.init.model_text import model_text, settings_text
    from streamprocessor.cli.init.templates import template_text
    from streamprocessor.cli.terminal.settings_file import SETTINGS_FILE
    from streamprocessor.contract.model_file.read_model import model_schema_text, parse_model

    target = Path(folder)
    if not overwrite:
        refuse_existing(target, (MODEL_FILE, SETTINGS_FILE))
    text = model_text(_answers(yes)) if template is None else template_text(template, SCHEMA_FILE)
    parse_model(text, MODEL_FILE)
    write_folder(
        target, {MODEL_FILE: text, SCHEMA_FILE: model_schema_text(), SETTINGS_FILE: settings_text()}, SETTINGS_FILE
    )
    _tell(target)


def _answers(yes: bool) -> BusinessAnswers:
    from streamprocessor.cli.init.businesses import read_businesses
    from streamprocessor.cli.init.model_text import usual_answers
    from streamprocessor.cli.init.questions import ask

    businesses = read_businesses()
    if yes:
        return usual_answers(businesses[0])
    try:
        return ask(businesses)
    except click.Abort as error:
        message = (
            "wanted five answers; got an end before the last, and nothing was written: --yes takes what is proposed"
        )
        raise OperatorError(message) from error


def _tell(target: Path) -> None:
    from streamprocessor.cli.terminal.program import typed
    from streamprocessor.cli.terminal.settings_file import SETTINGS_FILE

    click.echo(f"{target / MODEL_FILE}: what contacts do, and the points for it; open it and change what you like")
    click.echo(f"{target / SETTINGS_FILE}: the settings of commands that are run in this folder")
    click.echo("Next:")
    if target.resolve() != Path.cwd():
        click.echo(f"  {shlex.join(['cd', str(target)])}")
    for words in (("model", "check"), ("up",)):
        click.echo(f"  {typed(*words, folder=target)}")
