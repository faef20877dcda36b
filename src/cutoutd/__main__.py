"""`python -m cutoutd` and the `cutoutd` command."""

import sys


def main() -> None:
    """Run the command line."""
    from cutoutd.cli import run

    sys.exit(run())


if __name__ == "__main__":
    main()
