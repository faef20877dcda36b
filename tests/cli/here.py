"""The command line in this process: what a shell would see, without the start of a process."""

from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from cutoutd.cli import run


@dataclass(frozen=True)
class Finished:
    """As `subprocess.CompletedProcess`."""

    returncode: int
    stdout: bytes
    stderr: bytes


def cutoutd(*words: str | Path, given: bytes = b"", **environment: str) -> Finished:
    """`cutoutd words…` with these bytes on its standard input."""
    with CliRunner().isolation(input=given, env=environment) as (out, err, _):
        try:
            code = run([str(word) for word in words])
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        return Finished(code, out.getvalue(), err.getvalue())
