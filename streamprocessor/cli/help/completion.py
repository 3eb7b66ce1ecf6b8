"""`completion`: what a shell needs to complete commands, options and their values."""

from __future__ import annotations

import click

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script by which SHELL completes commands, options, and values such as templates and topics.

    For one shell: `source <(streamprocessor completion bash)`, in fish `streamprocessor completion fish | source`. For
    all that are opened from now on, put that line into ~/.bashrc, ~/.zshrc (after compinit) or
    ~/.config/fish/config.fish.
    """
    from click.shell_completion import get_completion_class

    name = "streamprocessor"
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(ctx.find_root().command, {}, name, f"_{name.upper()}_COMPLETE").source())
