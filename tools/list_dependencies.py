"""Say of each thing that cutoutd depends on how large it is, its licence, and its last release.

    python -m tools.list_dependencies > build/dependencies.md

Sizes are megabytes of the installed files, without bytecode; licences are what the packages say;
the newest release is what pip finds where it is configured to look, so this needs the network.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
_NAME = re.compile(r"^[A-Za-z0-9._-]+")


def groups() -> Iterator[tuple[str, list[str]]]:
    """(the extra, or `library`; the names in it) as pyproject.toml has them."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    yield "library", [_name(one) for one in project["dependencies"]]
    for extra, needs in project["optional-dependencies"].items():
        yield extra, [_name(one) for one in needs]


def _name(requirement: str) -> str:
    found = _NAME.match(requirement)
    assert found is not None, requirement
    return found[0]


def megabytes(package: Distribution) -> float:
    """What its files hold, without bytecode."""
    files = [Path(str(package.locate_file(one))) for one in package.files or ()]
    return sum(one.stat().st_size for one in files if one.suffix != ".pyc" and one.is_file()) / 1e6


def licence_of(package: Distribution) -> str:
    """In the package's own words; the classifier where it has no expression."""
    said = _field(package, "License-Expression")
    classifiers = package.metadata.get_all("Classifier") or []
    named = [one.rsplit(" :: ", 1)[1] for one in classifiers if one.startswith("License ::")]
    first = (_field(package, "License") or "not said").splitlines()[0][:60]
    return said or ", ".join(named) or first


def _field(package: Distribution, name: str) -> str:
    return str(package.metadata[name]) if name in package.metadata else ""


def newest(name: str) -> str:
    """The newest release that pip finds; `?` where it cannot look."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "index", "versions", name],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"\((\S+)\)", asked.stdout)
    return found[1] if found else "?"


def row(group: str, name: str) -> str:
    """One line of the table."""
    try:
        package = distribution(name)
    except PackageNotFoundError:
        return f"| {name} | {group} | not installed here | | | {newest(name)} |"
    said = licence_of(package)
    size = f"{megabytes(package):.1f}"
    return f"| {name} | {group} | {size} | {said} | {package.version} | {newest(name)} |"


def main() -> None:
    """Print the table."""
    print("| package | of | MB | licence, as the package says it | here | newest |")
    print("|---|---|---|---|---|---|")
    for group, names in groups():
        for name in names:
            print(row(group, name))


if __name__ == "__main__":
    main()
