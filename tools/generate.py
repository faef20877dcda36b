"""Write every file that the code knows best: `make generate`.

GENERATED names them. Run it after adding or changing a setting, a route, a dialect, a model, a
metric or a module; a test compares each file with what is made here.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.real.pages import real_brief
from tools.sections import with_quotes, with_sections

from benchmarks import tables
from cutoutd.cli.openapi import as_yaml
from cutoutd.server import app
from tools import collection, conformance, keywords, options, parameters, reference

ROOT = Path(__file__).parent.parent


def _openapi() -> str:
    return as_yaml(app.openapi())


def _page(name: str, **texts: Callable[[], str]) -> Callable[[], str]:
    """A page that people write, with what the code writes into it."""

    def made() -> str:
        page = (ROOT / name).read_text()
        return with_quotes(with_sections(page, {key: text() for key, text in texts.items()}))

    return made


GENERATED: Mapping[str, Callable[[], str]] = {
    "openapi.yaml": _openapi,
    collection.TARGET: collection.collection,
    "README.md": _page("README.md", conformance=conformance.summary, real=real_brief),
    keywords.TARGET: keywords.module,
    "docs/options.md": options.page,
    "docs/configuration.md": reference.configuration,
    "docs/routes.md": reference.routes,
    "docs/api/parameters.md": parameters.page,
    "docs/api/conformance.md": conformance.page,
    "docs/models.md": _page("docs/models.md", models=reference.models),
    "docs/operations.md": _page("docs/operations.md", metrics=reference.metrics),
    "docs/architecture.md": _page(
        "docs/architecture.md", tree=reference.tree, layers=reference.layers
    ),
    "docs/product-photos.md": _page("docs/product-photos.md", presets=reference.presets),
    "docs/style.md": _page("docs/style.md"),
    **{str(page.relative_to(ROOT)): text for page, text in tables.PAGES.items()},
}
"""By path from the root: what the file must hold."""


def main() -> None:
    """Write all of them, and say which have changed."""
    for path, made in GENERATED.items():
        text = made()
        if (ROOT / path).read_text() != text:
            (ROOT / path).write_text(text)
            print(path)


if __name__ == "__main__":
    main()
