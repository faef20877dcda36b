"""The documentation is complete, and what it shows runs."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from tests.scenes import ball, decoded, encoded

from cutoutd import errors
from cutoutd.cli import app
from cutoutd.web.dialects import ALL

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
HOME = "http://127.0.0.1:8000"
RUN = [
    ROOT / "README.md",
    DOCS / "quickstart.md",
    DOCS / "migrate.md",
    DOCS / "migrate/removebg.md",
]
"""Pages whose `sh`, `python` and `js` blocks run as they stand; `console` blocks are only shown."""

NPM_CLIENTS = Path(sys.prefix) / "clients" / "node_modules"
PYTHON_CLIENTS = Path(sys.prefix) / "clients" / "python"

CODE = (".py", ".js", ".c", ".yaml")

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)[^)]*\)")


PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]

CURRENT = [page for page in PAGES if not page.name.startswith("000")]
"""All but the records of decisions, which stay as they were written."""


def spans(page: Path) -> list[str]:
    """What stands in code marks within the page's text."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text)


def blocks() -> Iterator[tuple[str, str, str]]:
    for page in RUN:
        for number, (language, text) in enumerate(_BLOCK.findall(page.read_text()), start=1):
            if language in ("sh", "python", "js"):
                yield f"{page.parent.name}-{page.name}-{number}", language, text


def need_npm_clients() -> None:
    """Skip without them; in CI that is a failure."""
    if (NPM_CLIENTS / "axios").exists():
        return
    assert not os.environ.get("CI"), "run make clients"
    pytest.skip("NOT TESTED: the npm clients are not installed; `make clients` installs them")


def command_names() -> list[str]:
    group = typer.main.get_command(app)
    assert hasattr(group, "commands")
    return sorted(group.commands)


def error_codes() -> list[str]:
    kinds = [one for one in vars(errors).values() if isinstance(one, type)]
    return sorted({kind.code for kind in kinds if issubclass(kind, errors.CutoutError)})


def commands_shown() -> list[tuple[str, str]]:
    """(page, words) of every `$ cutoutd …` and `$ make …` in a block, wherever it stands."""
    shown = re.compile(
        r"(?:^\$ |^\s*|\| )(?:[A-Z_]+=\S+ )*((?:cutoutd|make) [^|#>&\n]*)", re.MULTILINE
    )
    return [
        (page.name, words.strip())
        for page in PAGES
        for language, text in _BLOCK.findall(page.read_text())
        if language in ("sh", "console")
        for words in shown.findall(text.replace("\\\n", " "))
    ]


@pytest.mark.parametrize(("page", "words"), commands_shown())
def test_a_command_that_is_shown_exists_with_its_options(page: str, words: str) -> None:
    program, *rest = words.split()
    if program == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert [word for word in rest if "=" not in word and word not in targets] == []
        return
    command = typer.main.get_command(app)
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
    assert not hasattr(command, "commands"), f"{words}: no such command"
    known = {
        name
        for parameter in command.get_params(typer.Context(command))
        for name in parameter.opts + parameter.secondary_opts
    }
    options = [word.partition("=")[0] for word in rest if word.startswith("-") and word != "-"]
    assert [option for option in options if option not in known] == []


@pytest.mark.parametrize(
    ("language", "text"), [pytest.param(*block[1:], id=block[0]) for block in blocks()]
)
def test_what_a_page_shows_runs(language: str, text: str, server: str, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(encoded(ball(), "JPEG", quality=92))
    text = text.replace(HOME, server).replace("curl ", "curl --silent --show-error --fail ")
    if language == "js":
        need_npm_clients()
    command = {
        "sh": ["bash", "-ec", text],
        "python": [sys.executable, "-W", "ignore", "-c", text],
        "js": ["node", "-e", text],
    }[language]
    environment = {
        **os.environ,
        "NODE_PATH": str(NPM_CLIENTS),
        "PYTHONPATH": str(PYTHON_CLIENTS),
        "PYTHON": sys.executable,
    }
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    written = list(tmp_path.glob("*.png"))
    assert written or ".png" not in text
    assert all(decoded(picture.read_bytes()).width for picture in written)


def test_the_readmes_table_names_every_dialect() -> None:
    readme = (ROOT / "README.md").read_text()
    names = {dialect.router.tags[0] for dialect in ALL.values() if dialect.name != "native"}
    assert [name for name in names if f"| {name} `" not in readme] == []
    assert "our own API" in readme


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_readmes_links_lead_somewhere() -> None:
    for target in _LINK.findall((ROOT / "README.md").read_text()):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("command", command_names())
def test_every_command_is_explained(command: str) -> None:
    assert f"`cutoutd {command}`" in (DOCS / "cli.md").read_text()


@pytest.mark.parametrize("code", error_codes())
def test_every_error_code_is_explained(code: str) -> None:
    assert f"| `{code}` |" in (DOCS / "errors.md").read_text()


def test_every_reason_of_a_rejected_source_is_explained() -> None:
    named = (errors.SourceRejected.__doc__ or "").split("below.")[1]
    page = (DOCS / "errors.md").read_text()
    for reason in re.findall(r"\w+", named):
        assert f"| `{reason}` |" in page


MADE_UP = {
    "acme.py",
    "test_acme.py",
    "acme.md",
    "acme.toml",
    "cutoutd-small@3.onnx",
    "hats.onnx",
    "model.onnx",
    "model.toml",
    "strokes.json",
    "index.js",
} | {
    "utils.py",
    "openapi.json",
}
"""Files that pages name as examples, as users' own, or as what there is none of."""


@pytest.mark.parametrize("page", CURRENT, ids=lambda page: page.stem)
def test_a_file_that_a_page_names_is_there(page: Path) -> None:
    name = re.compile(r"(?!@)[\w./@-]*\w\.(?:py|toml|yaml|yml|js|c|h|json|md|sh|onnx)\b")
    named = {found for span in spans(page) for found in name.findall(span)}
    gone = {found for found in named if not any(ROOT.glob(f"*/**/{found.lstrip('/')}"))}
    gone = {found for found in gone if not (ROOT / found).exists()}
    assert {Path(found).name for found in gone} <= MADE_UP


@pytest.mark.parametrize("name", ["architecture", "imaging"])
def test_a_name_that_a_page_about_the_code_uses_is_in_the_code(name: str) -> None:
    folders = [ROOT / folder for folder in ("src", "tests", "tools", "docker")]
    files = [file for folder in folders for file in folder.rglob("*") if file.suffix in CODE]
    texts = [file.read_text() for file in [*files, ROOT / "pyproject.toml"]]
    known = {word for text in texts for word in re.findall(r"\w+", text)}
    known |= {file.stem for file in files} | {file.name for file in ROOT.iterdir()}
    page = " ".join(spans(DOCS / f"{name}.md"))
    assert set(re.findall(r"[A-Za-z_]\w{2,}", page)) - known == set()


PROVEN = re.findall(r"`tests/([\w/]+\.py)::(\w+)`", (DOCS / "threat-model.md").read_text())


@pytest.mark.parametrize(("file", "name"), PROVEN)
def test_every_test_that_the_threat_model_names_exists(file: str, name: str) -> None:
    assert re.search(rf"^(async )?def {name}\(", (ROOT / "tests" / file).read_text(), re.MULTILINE)


def test_the_threat_model_names_tests() -> None:
    assert len(PROVEN) > 25
