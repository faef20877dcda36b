"""Parts of a page that the code writes, each between two marks that readers do not see.

    <!-- layers: written by make generate -->   what the maker of that name gives
    <!-- code: errors.py NotFound -->           that definition, as its file has it
    <!-- code: imaging/trimap.py docstring -->  what a file says of itself

Each ends with its own name: `<!-- /layers -->`, `<!-- /code -->`. Files are named from src/cutoutd
or from the root of the repository.
"""

import ast
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent

_CODE = re.compile(r"<!-- code: (\S+) (\S+) -->\n.*?<!-- /code -->", re.DOTALL)


def with_sections(page: str, texts: Mapping[str, str]) -> str:
    """The page with these texts between the marks of their names.

    Raises ValueError for a text whose marks are not there, or not once.
    """
    for name, text in texts.items():
        first, last = f"<!-- {name}: written by make generate -->", f"<!-- /{name} -->"
        marked = re.compile(f"{re.escape(first)}\n.*?{re.escape(last)}", re.DOTALL)
        if len(marked.findall(page)) != 1:
            raise ValueError(f"The page needs {first} and {last}, once.")
        page = marked.sub(lambda _, new=f"{first}\n\n{text}\n{last}": new, page)
    return page


def with_quotes(page: str, root: Path = ROOT) -> str:
    """The page with every quotation of code as the code is now.

    Raises ValueError for one whose file or definition is gone.
    """

    def quotation(found: re.Match[str]) -> str:
        file, name = found.groups()
        text = quoted(_located(file, root).read_text(), name)
        return f"<!-- code: {file} {name} -->\n\n```python\n{text}\n```\n\n<!-- /code -->"

    return _CODE.sub(quotation, page)


def quoted(source: str, name: str) -> str:
    """A function, a class, a `Class.method`, or the `docstring` of a whole file.

    Raises ValueError if there is none of that name.
    """
    tree = ast.parse(source)
    if name == "docstring":
        return f'"""{ast.get_docstring(tree)}\n"""'
    node: ast.Module | _Definition = tree
    for part in name.split("."):
        node = _defined_in(node, part)
    assert not isinstance(node, ast.Module)
    first = min((decorator.lineno for decorator in node.decorator_list), default=node.lineno)
    lines = source.splitlines()[first - 1 : node.end_lineno]
    return textwrap.dedent("\n".join(lines))


_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _defined_in(node: ast.Module | _Definition, name: str) -> _Definition:
    for inner in node.body:
        if isinstance(inner, _Definition) and inner.name == name:
            return inner
    raise ValueError(f"There is no {name} any more; quote something else.")


def _located(file: str, root: Path) -> Path:
    for place in (root / "src" / "cutoutd" / file, root / file):
        if place.is_file():
            return place
    raise ValueError(f"There is no file {file} any more; quote another.")
