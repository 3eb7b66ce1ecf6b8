"""`python -m streamprocessor`, and the `streamprocessor` command."""

from streamprocessor.cli.entry import commands


def main() -> None:
    """Run the command that the command line names; the process ends with its exit code."""
    commands(prog_name="streamprocessor")


if __name__ == "__main__":
    main()
