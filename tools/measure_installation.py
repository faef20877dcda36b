"""Install cutoutd as a user does, and say how large that is and how long it took: `make size`.

A fresh environment, the locked requirements with their hashes, and the working tree; megabytes are
millions of bytes. More than MOST_MB is an error.
"""

import sys
import tempfile
import time
import venv
from collections.abc import Iterable
from pathlib import Path
from subprocess import run

ROOT = Path(__file__).parent.parent
MOST_MB = 320
"""Of site-packages, with pip and bytecode; decision 2 says what that leaves out."""


def megabytes(files: Iterable[Path]) -> float:
    """What these files hold together."""
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def install(folder: Path) -> Path:
    """Install into a new environment there; returns its site-packages."""
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    locked = str(ROOT / "requirements" / "runtime.txt")
    run([*pip, "install", "--require-hashes", "-r", locked], check=True)
    run([*pip, "install", "--no-deps", "--no-build-isolation", str(ROOT)], check=True)
    return next(folder.glob("lib/python*/site-packages"))


def main() -> None:
    """Print the figures; exit with 1 if it is too large."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        packages = install(Path(folder))
        seconds = time.monotonic() - began
        whole = megabytes(packages.rglob("*"))
        bytecode = megabytes(packages.rglob("*.pyc"))
        by_package = {one.name: megabytes(one.rglob("*")) for one in packages.iterdir()}
    print(f"{whole:.0f} MB, {bytecode:.0f} of them bytecode; {seconds:.0f} s")
    for name in sorted(by_package, key=by_package.__getitem__, reverse=True)[:8]:
        print(f"{by_package[name]:8.1f} {name}")
    sys.exit(whole > MOST_MB and f"That is more than {MOST_MB} MB.")


if __name__ == "__main__":
    main()
