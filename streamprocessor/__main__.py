"""`python -m streamprocessor`, and the `streamprocessor` command."""

import signal
import sys


def main() -> None:
    """Run the command that the command line names; the process ends with its exit code."""
    for number in (signal.SIGUSR1, signal.SIGUSR2):  # they would end it before there is a log whose level they change
        signal.signal(number, signal.SIG_IGN)
    try:
        from streamprocessor.cli.main import commands

        commands(prog_name="streamprocessor")
    except KeyboardInterrupt:  # before a command could take it
        sys.exit(130)


if __name__ == "__main__":
    main()
