"""One vendor, five generations of one call: where each is and how its answers differ.

The request means the same everywhere; an id is good at every fetch address.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One generation of the API."""

    name: str
    removal: tuple[str, ...]
    """Where background removal is; the first is the documented one."""
    fetch: str
    """What `fetch_result` leads to, followed by the id."""
    classic: bool = False
    """Answers as the v5 documents have them: no `proxy_links`, other `meta`, other file names."""


V6 = Generation(
    name="v6",
    removal=(
        "/api/v6/image_editing/removebg_mask",
        "/api/v6/image_editing/removebg",
        "/api/v6/removebg_mask",
        "/api/v6/removebg",
    ),
    fetch="/api/v6/image_editing/fetch",
)
V5 = Generation(
    name="v5",
    removal=("/api/v5/removebg_mask", "/api/v5/image_editing/removebg_mask"),
    fetch="/api/v3/fetch",
    classic=True,
)
V1 = Generation(
    name="v1",
    removal=("/api/v1/image_editing/removebg_mask", "/api/v1/image_editing/removebg"),
    fetch="/api/v1/image_editing/fetch",
)
ENTERPRISE = Generation(
    name="enterprise",
    removal=(
        "/api/v1/enterprise/image_editing/removebg_mask",
        "/api/v1/enterprise/image_editing/removebg",
    ),
    fetch="/api/v1/enterprise/image_editing/fetch",
)
V8 = Generation(
    name="v8",
    removal=("/api/v8/images/background-removal",),
    fetch="/api/v8/images/fetch",
)

GENERATIONS = {one.name: one for one in (V6, V5, V1, ENTERPRISE, V8)}

FETCHES = (
    *(one.fetch for one in GENERATIONS.values()),
    "/api/v1/enterprise/fetch",
    "/api/v3/dreambooth/fetch",
    "/api/v4/dreambooth/fetch",
    "/api/v5/fetch",
    "/api/v6/fetch",
    "/api/v6/images/fetch",
    "/api/v6/realtime/fetch",
    "/api/v7/images/fetch",
)
"""Every address that clients ask for a job at: followed by the id, or with `request_id`."""
