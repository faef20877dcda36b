"""The MCP server: three tools over the official SDK, the extra `mcp`."""

import base64 as b64
import json
from collections.abc import Callable
from typing import Annotated, Any, TypeAlias, TypeVar

from anyio import to_thread
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ContentBlock, ImageContent, TextContent, ToolAnnotations
from pydantic import Field, ValidationError

from cutoutd.errors import CutoutError
from cutoutd.mcp.jobs import Finished, Jobs
from cutoutd.mcp.removal import Removal, Wish
from cutoutd.options.refusal import invalid_from, no_such
from cutoutd.segmentation.sessions import Sessions

MOST_WAIT_S = 300
INSTRUCTIONS = (
    "Removes the background of images on this machine. Paths are relative to the folders that the "
    "server was given."
)

T = TypeVar("T")
Content: TypeAlias = list[ContentBlock]
Wait = Annotated[float, Field(ge=0, le=MOST_WAIT_S, description="Seconds to wait for the image")]


class Server(MCPServer):
    """Wrong arguments are answered with one sentence that names them."""

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        """As the SDK calls a tool. Raises ToolError, also for an argument that no tool has."""
        schemas = {tool.name: tool.input_schema for tool in await self.list_tools()}
        known = schemas.get(name, {}).get("properties", arguments)
        for wrong in (one for one in arguments if one not in known):
            raise ToolError(no_such(wrong, known, what="argument").message)
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if isinstance(error.__cause__, ValidationError):
                raise ToolError(invalid_from(error.__cause__.errors()).message) from error
            raise


def server_of(removal: Removal, jobs: Jobs, models: Sessions) -> MCPServer:
    """A server with the tools remove_background, list_models and job_status."""
    server = Server("cutoutd", instructions=INSTRUCTIONS)
    _add_removal(server, removal, jobs)
    _add_questions(server, jobs, models)
    return server


def _add_removal(server: MCPServer, removal: Removal, jobs: Jobs) -> None:
    @server.tool(
        structured_output=False,
        annotations=ToolAnnotations(destructive_hint=False, open_world_hint=True),
    )
    async def remove_background(
        *,
        path: Annotated[str | None, Field(description="An image file below the roots")] = None,
        url: Annotated[str | None, Field(description="The http(s) URL of an image")] = None,
        base64: Annotated[str | None, Field(description="An image, base64-encoded")] = None,
        output: Annotated[
            str | None,
            Field(description="File to write; otherwise NAME-cutout.png beside a path"),
        ] = None,
        background: Annotated[str | None, Field(description="A colour: #rrggbb or a name")] = None,
        preset: Annotated[
            str | None, Field(description="amazon, ebay, shopify, etsy, avatar and others")
        ] = None,
        size: Annotated[str | None, Field(description="The canvas in px: 2000x2000")] = None,
        crop: Annotated[bool, Field(description="Cut away what holds no subject")] = False,
        mask: Annotated[bool, Field(description="The mask instead of the cutout")] = False,
        model: Annotated[str | None, Field(description="A name from list_models")] = None,
        format: Annotated[str, Field(description="png, webp, jpeg or avif")] = "png",  # noqa: A002
        wait_s: Wait = 60,
    ) -> Content:
        """Remove the background of one image, given by path, url or base64.

        Answers with a file (for a path, or where output is given) and the image itself, at most
        1024 px of it where there is a file. What takes longer than wait_s: ask job_status.
        """
        chosen = {"background": background, "preset": preset, "size": size, "model": model}
        options: dict[str, Any] = {key: value for key, value in chosen.items() if value}
        options |= {"format": format, **({"crop": True} if crop else {})}
        wish = Wish(path=path, url=url, base64=base64, output=output, mask=mask, options=options)
        number = await _said(lambda: jobs.start(lambda: removal.perform(wish)))
        return _content(number, await _said(lambda: jobs.wait(number, wait_s)))


def _add_questions(server: MCPServer, jobs: Jobs, models: Sessions) -> None:
    @server.tool(structured_output=False, annotations=ToolAnnotations(read_only_hint=True))
    async def job_status(job: Annotated[int, Field(ge=1)], wait_s: Wait = 0) -> Content:
        """What became of an image that took longer: running, or the finished image."""
        return _content(job, await _said(lambda: jobs.wait(job, wait_s)))

    @server.tool(structured_output=False, annotations=ToolAnnotations(read_only_hint=True))
    async def list_models() -> Content:
        """The models, whether each can be used now, and whether it takes prompts."""

        def rows() -> list[dict[str, Any]]:
            default = models.registry.named(None).name
            return [
                {
                    "name": one.name,
                    "default": one.name == default,
                    "usable": models.usable(one.name),
                    "licence": one.licence,
                    "prompts": one.prompts,
                }
                for one in models.registry.values()
            ]

        return [TextContent(type="text", text=json.dumps(await _said(rows), indent=1))]


async def _said(ask: Callable[[], T]) -> T:
    """In a thread; what goes wrong on purpose becomes the tool's own sentence."""
    try:
        return await to_thread.run_sync(ask)
    except CutoutError as error:
        raise ToolError(error.message) from error


def _content(number: int, finished: Finished | None) -> Content:
    if finished is None:
        said: dict[str, Any] = {"job": number, "status": "running"}
        return [TextContent(type="text", text=json.dumps(said))]
    said = {"job": number, "status": "succeeded", **finished.said}
    image = ImageContent(
        type="image", data=b64.b64encode(finished.image).decode(), mime_type="image/png"
    )
    return [TextContent(type="text", text=json.dumps(said)), image]
