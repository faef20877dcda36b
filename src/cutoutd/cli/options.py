"""The options of a removal on the command line: every one of `cutoutd.options`, by the same name.

They are made when the command is run, not when this program starts: `--help` of the others stays
quick.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperCommand

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


OTHER_NAMES: Final = {
    "background": "--bg-color",
    "smooth": "--post-process-mask",
    "invert": "--inverse-mask",
}
"""As the command called them before the API's names were its own."""
GIVEN: Final = "cutoutd.options"
"""Where the options that were given wait for the command."""
OWN_GROUP: Final = "Options"


class OptionsCommand(TyperCommand):
    """A command that takes every option of a removal as well, grouped in its help."""

    _extended = False

    def get_params(self, ctx: Any) -> Any:
        """The command's own options, then those of the table."""
        if not self._extended:
            self.params = [*self.params, *table_options()]
            self._extended = True
        return super().get_params(ctx)

    def invoke(self, ctx: Any) -> Any:
        """Keep the table's options for `given_options`, and call the command with its own."""
        names = {one.name for one in table_options()}
        ctx.meta[GIVEN] = {
            str(name): ctx.params.pop(name) for name in tuple(ctx.params) if name in names
        }
        return super().invoke(ctx)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """One section for each group of options."""
        groups: dict[str, list[tuple[str, str]]] = {}
        named = group_names()
        for one in self.get_params(ctx):
            record = one.get_help_record(ctx)
            if record is not None:
                groups.setdefault(named.get(str(one.name), OWN_GROUP), []).append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)


def given_options(ctx: typer.Context) -> dict[str, Any]:
    """The table's options that were given, by name, as they were written."""
    return {name: value for name, value in ctx.meta[GIVEN].items() if value is not None}


@cache
def table_options() -> tuple[Any, ...]:
    """The table's options, as the command line's library has them."""
    from cutoutd.options.table import RemovalOptions

    def take(**_: object) -> None: ...

    parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_option(name, field),
            annotation=bool | None if _is_flag(field) else str | None,
        )
        for name, field in RemovalOptions.model_fields.items()
    ]
    take.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    take.__annotations__ = {one.name: one.annotation for one in parameters}
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(take)
    return tuple(typer.main.get_command(app).params)


def group_names() -> Mapping[str, str]:
    """The group that each option belongs to, as its class is described."""
    from cutoutd.options.fields import Options
    from cutoutd.options.table import RemovalOptions

    kinds: list[type[Options]] = [
        one for one in RemovalOptions.__mro__ if issubclass(one, Options) and one is not Options
    ]
    names: dict[str, str] = {}
    for kind in reversed(kinds[1:]):
        title = (kind.__doc__ or "").rstrip(".")
        names |= dict.fromkeys(kind.model_fields, title) | names
    return names | {"preset": "Preset"}


def _option(name: str, field: "FieldInfo") -> Any:
    dashed = name.replace("_", "-")
    flag = f"--{dashed}/--no-{dashed}" if _is_flag(field) else f"--{dashed}"
    others = [OTHER_NAMES[name]] if name in OTHER_NAMES else []
    others += [f"--{other}" for other in _other_names(field)]
    return typer.Option(
        None,
        flag,
        *others,
        help=f"{field.description}.",
        metavar=None if _is_flag(field) else _metavar(field),
        show_default=False,
        autocompletion=_completer(_models if name == "model" else partial(words_of, field)),
    )


def _is_flag(field: "FieldInfo") -> bool:
    return field.annotation is bool


def _other_names(field: "FieldInfo") -> list[str]:
    from pydantic import AliasChoices

    alias = field.validation_alias
    return [str(one) for one in alias.choices[1:]] if isinstance(alias, AliasChoices) else []


def _metavar(field: "FieldInfo") -> str:
    words = words_of(field)
    return f"[{'|'.join(words)}]" if 0 < len(words) < 6 else "VALUE"


def words_of(field: "FieldInfo") -> list[str]:
    """The words that an option may be, where it is one of some."""
    from pydantic import TypeAdapter

    if _is_flag(field):
        return []
    annotated: Any = field.annotation
    if field.metadata:
        annotated = Annotated[annotated, *field.metadata]
    schema = TypeAdapter(annotated).json_schema()
    return [str(word) for word in _enum(schema, schema.get("$defs", {}))]


def _enum(schema: Any, shared: Any) -> list[object]:
    if "$ref" in schema:
        return _enum(shared[schema["$ref"].rsplit("/", 1)[-1]], shared)
    if "items" in schema:
        return _enum(schema["items"], shared)
    found = [*schema.get("enum", [])]
    for part in schema.get("anyOf", []):
        found += _enum(part, shared)
    return found


def _models() -> list[str]:
    from cutoutd.segmentation.models import EMBEDDED
    from cutoutd.segmentation.published import PUBLISHED

    return [spec.name for spec in (EMBEDDED, *PUBLISHED)]


def _completer(words: Callable[[], list[str]]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        return [word for word in words() if word.startswith(incomplete)]

    return complete
