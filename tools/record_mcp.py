"""Record a session of the official MCP client with `cutoutd mcp`: what docs/mcp.md shows.

python -m tools.record_mcp FOLDER PHOTO
"""

import json
import sys

import anyio

from mcp import Client, StdioServerParameters

CALLS = (
    ("remove_background", "PHOTO"),
    ("remove_background", "../outside.jpg"),
    ("remove_background", "missing.jpg"),
)
SHOWN_CHARS = 300


async def record(folder: str, photo: str) -> None:
    """Print each call and its answer; of an image only how large it is."""
    words = ["-m", "cutoutd", "mcp", "--root", folder]
    async with Client(StdioServerParameters(command=sys.executable, args=words)) as client:
        print("-> tools/list")
        for tool in (await client.list_tools()).tools:
            print(f"<- {tool.name}: {(tool.description or '').splitlines()[0]}")
        for name, path in CALLS:
            arguments = {"path": path.replace("PHOTO", photo)}
            print(f"-> {name} {json.dumps(arguments)}")
            result = await client.call_tool(name, arguments)
            for part in result.content:
                if part.type == "image":
                    print(f"<- image: {part.mime_type}, {len(part.data) * 3 // 4} bytes")
                elif part.type == "text":
                    print(f"<- {'error: ' if result.is_error else ''}{part.text[:SHOWN_CHARS]}")


if __name__ == "__main__":
    anyio.run(record, *sys.argv[1:3])
