"""Measure the structure of src/, by its text alone: `python tools/measure_structure.py [COMMIT …]`.

A column for each commit (`A..B` is A and B), for the files as they lie here where none is given.
A room is what import-linter has a row for: a package or module directly below `cutoutd`, with all
that is in it. An edge is a room that imports another, wherever in a file the import stands; levels
are the rooms on the longest way down the edges. A function counts from its `def` to its last line.
"""

import ast
import io
import statistics
import subprocess
import sys
import tarfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent
PACKAGE = PurePosixPath("src/cutoutd")
CODE = (".py", ".c", ".h", ".js")

Files = Mapping[PurePosixPath, str]
Edges = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method, and its length in lines."""

    name: str
    lines: int


@dataclass(frozen=True, slots=True)
class Structure:
    """What one version of the code measures."""

    lines: Mapping[str, int]
    """By the ending of the file's name."""
    files: Mapping[PurePosixPath, int]
    """Python files and their lines."""
    functions: tuple[Function, ...]
    edges: Edges
    """Every room, and the rooms that it imports."""
    takes_settings: int
    """Functions with a parameter of type `Settings`."""


def files_here() -> Files:
    """The code as it lies in the working tree."""
    return {
        PurePosixPath(file.relative_to(ROOT)): file.read_text()
        for file in sorted((ROOT / PACKAGE).rglob("*"))
        if file.suffix in CODE
    }


def files_at(commit: str, root: Path = ROOT) -> Files:
    """The code as Git has it. Raises CalledProcessError if there is no such commit."""
    command = ["git", "archive", "--format=tar", commit, str(PACKAGE)]
    packed = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return {
            PurePosixPath(member.name): content.read().decode()
            for member in archive
            if PurePosixPath(member.name).suffix in CODE
            and (content := archive.extractfile(member)) is not None
        }


def measure(files: Files) -> Structure:
    """Count everything in these files, given by their path in the repository."""
    trees = {path: ast.parse(text) for path, text in files.items() if path.suffix == ".py"}
    functions = [node for tree in trees.values() for node in _functions_of(tree)]
    return Structure(
        lines={
            ending: sum(_lines(text) for path, text in files.items() if path.suffix == ending)
            for ending in CODE
        },
        files={path: _lines(files[path]) for path in trees},
        functions=tuple(Function(node.name, _length(node)) for node in functions),
        edges=_edges(trees),
        takes_settings=sum(map(_takes_settings, functions)),
    )


def levels(edges: Edges) -> int:
    """How many rooms the longest way down the edges visits. Raises ValueError for a circle."""

    @cache
    def below(room: str, above: frozenset[str]) -> int:
        if room in above:
            raise ValueError(f"{room} imports itself by way of others")
        return 1 + max((below(other, above | {room}) for other in edges[room]), default=0)

    return max((below(room, frozenset()) for room in edges), default=0)


def report(columns: Mapping[str, Structure]) -> str:
    """The figures as a Markdown table, a column for each version."""
    rows = {name: list(rows_of(structure)) for name, structure in columns.items()}
    names = [name for name, _ in next(iter(rows.values()))]
    cells = [
        [name, *(column[number][1] for column in rows.values())]
        for number, name in enumerate(names)
    ]
    head = [["", *columns], ["---"] * (len(columns) + 1)]
    return "".join(f"| {' | '.join(row)} |\n" for row in head + cells)


def rows_of(structure: Structure) -> Iterator[tuple[str, str]]:
    """Every figure, with its name."""
    python, functions = structure.files, structure.functions
    lengths = sorted(function.lines for function in functions)
    longest = max(functions, key=lambda function: function.lines)
    largest = max(python, key=lambda path: python[path])
    yield "lines of src (Python, C, JavaScript)", f"{sum(structure.lines.values()):,}"
    yield "lines of Python", f"{structure.lines['.py']:,}"
    yield "lines of C", f"{structure.lines['.c'] + structure.lines['.h']:,}"
    yield "lines of JavaScript", f"{structure.lines['.js']:,}"
    yield "Python files", str(len(python))
    yield "rooms (packages and modules below `cutoutd`)", str(len(structure.edges))
    yield "levels", str(levels(structure.edges))
    yield "import edges between rooms", str(sum(map(len, structure.edges.values())))
    yield "median file, lines", f"{statistics.median(python.values()):.0f}"
    yield "longest file, lines", f"{python[largest]} ({largest.relative_to(PACKAGE)})"
    yield "median function, lines", f"{statistics.median(lengths):.0f}"
    yield "90th percentile of functions, lines", str(lengths[len(lengths) * 9 // 10])
    yield "longest function, lines", f"{longest.lines} ({longest.name})"
    yield "functions that take Settings", str(structure.takes_settings)


def _functions_of(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _takes_settings(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    hints = [
        argument.annotation for argument in ast.walk(function.args) if isinstance(argument, ast.arg)
    ]
    return any(isinstance(hint, ast.Name) and hint.id == "Settings" for hint in hints)


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _lines(text: str) -> int:
    return len(text.splitlines())


def _edges(trees: Mapping[PurePosixPath, ast.Module]) -> Edges:
    modules = {_module_of(path): tree for path, tree in trees.items()}
    edges: dict[str, set[str]] = {_room_of(module): set() for module in modules}
    for module, tree in modules.items():
        for imported in _imported_by(tree, modules.keys()):
            edges[_room_of(module)].add(_room_of(imported))
    rooms = edges.keys() - {""}
    return {room: frozenset(edges[room] & rooms - {room}) for room in sorted(rooms)}


def _room_of(module: str) -> str:
    """The name below `cutoutd`; empty for what stands in its `__init__.py`."""
    return ".".join(module.split(".")[1:2])


def _module_of(path: PurePosixPath) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported_by(tree: ast.Module, modules: Collection[str]) -> Iterator[str]:
    """Our modules that these lines import; `from a import b` imports a.b if that is one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module in modules:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in modules else node.module


def main(words: Sequence[str]) -> None:
    """Print the table for the versions that these words name."""
    commits = [commit for word in words for commit in word.split("..")]
    columns = {commit: measure(files_at(commit)) for commit in commits}
    print(report(columns or {"here": measure(files_here())}), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
