"""Install cutoutd as a user does, and say how large that is and how long it took: `make size`.

A fresh environment, the locked requirements with their hashes, and the working tree, once without
the server and once with it; megabytes are millions of bytes. More than MOST_MB is an error.
"""

import sys
import tempfile
import time
import venv
from collections.abc import Iterable
from pathlib import Path
from subprocess import run

ROOT = Path(__file__).parent.parent
MOST_MB = {"library": 190, "runtime": 260}
"""What the packages have, by the name of the lock, without the bytecode that Python adds."""
BUILD_TOOLS = (
    "editables",
    "hatchling",
    "pathspec",
    "pluggy",
    "tomlkit",
    "trove-classifiers",
    "pip",
)
"""What the locks have beside cutoutd's own needs, and what a user had before."""
TRY = """
from cutoutd import remove_background
sample = {sample!r}
assert remove_background(sample).tobytes()[:4] == b"\\x89PNG"
"""


def megabytes(files: Iterable[Path]) -> float:
    """What these files hold together."""
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def install(lock: str, folder: Path) -> Path:
    """Install into a new environment there and cut out one image; returns its site-packages."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    run([*pip, "--require-hashes", "-r", str(ROOT / "requirements" / f"{lock}.txt")], check=True)
    run([*pip, "--no-deps", "--no-build-isolation", str(ROOT)], check=True)
    sample = str(ROOT / "src" / "cutoutd" / "web" / "playground" / "sample.jpg")
    run([*pip[:-1], "uninstall", "--yes", *BUILD_TOOLS], check=True)
    run([python, "-c", TRY.format(sample=sample)], check=True, cwd=folder)
    return next(folder.glob("lib/python*/site-packages"))


def measure(lock: str) -> str | None:
    """Print the figures; says what is wrong, if something is."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        packages = install(lock, Path(folder))
        seconds = time.monotonic() - began
        whole = megabytes(packages.rglob("*"))
        bytecode = megabytes(packages.rglob("*.pyc"))
        by_package = {one.name: megabytes(one.rglob("*")) for one in packages.iterdir()}
    own = whole - bytecode
    print(f"{lock}: {own:.0f} MB, and {bytecode:.0f} MB of bytecode; {seconds:.0f} s")
    for name in sorted(by_package, key=by_package.__getitem__, reverse=True)[:8]:
        print(f"{by_package[name]:8.1f} {name}")
    return f"{lock} is more than {MOST_MB[lock]} MB." if own > MOST_MB[lock] else None


def main() -> None:
    """Measure both; exit with 1 if one is too large."""
    wrong = [words for words in map(measure, MOST_MB) if words]
    sys.exit("\n".join(wrong) or None)


if __name__ == "__main__":
    main()
