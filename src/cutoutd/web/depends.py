"""What routes ask the web framework for: the context, and links as their caller needs them."""

from typing import Annotated, cast

from fastapi import Depends, Request

from cutoutd.web.context import Context
from cutoutd.web.links import Links


def context_of(request: Request) -> Context:
    """The context of the application that serves this request."""
    return cast("Context", request.app.state.context)


def links_of(request: Request) -> Links:
    """Links as this caller needs them."""
    context = context_of(request)
    return Links(context.options.links.base_for(request), context.service.files.url)


ContextDep = Annotated[Context, Depends(context_of)]
LinksDep = Annotated[Links, Depends(links_of)]
