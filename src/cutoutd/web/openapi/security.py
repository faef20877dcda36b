"""How a key is shown, as OpenAPI says it; `web.presented_key` reads them."""

from collections.abc import Mapping
from typing import Any, Final

BEARER: Final = "bearer"
API_KEY: Final = "apiKey"

SCHEMES: Final[Mapping[str, Mapping[str, Any]]] = {
    BEARER: {
        "type": "http",
        "scheme": "bearer",
        "description": "`Authorization: Bearer KEY`. A server without keys asks for none.",
    },
    API_KEY: {
        "type": "apiKey",
        "in": "header",
        "name": "X-Api-Key",
        "description": "The same key, where an API's clients send it in this header.",
    },
    "key": {
        "type": "apiKey",
        "in": "header",
        "name": "key",
        "description": "The same key; ModelsLab's clients also send it as `key` in the body.",
    },
    "authorizationKey": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Authorization: Key KEY`, as clients of fal send it.",
    },
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "The same key as the password; the name is not looked at.",
    },
    "picsartKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Picsart-API-Key",
        "description": "The same key, as Picsart's clients send it.",
    },
    "apiKeyHeader": {
        "type": "apiKey",
        "in": "header",
        "name": "API-KEY",
        "description": "The same key, as Slazzer's clients send it.",
    },
    "rmToken": {
        "type": "apiKey",
        "in": "header",
        "name": "Rm-Token",
        "description": "The same key, as removal.ai's clients send it.",
    },
    "rapidApiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-RapidAPI-Key",
        "description": "The same key, as clients of RapidAPI send it.",
    },
}
"""By the name under which a `Dialect` states it; every one is read everywhere."""
