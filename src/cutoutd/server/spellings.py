"""How the environment spells what a setting holds: lists with commas, networks, keys."""

import ipaddress
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from cutoutd.net.addresses import parse_allowed

MIN_KEY_CHARS = 16
"""Of a key in the environment; shorter ones can be guessed."""


def _split(value: Any) -> Any:
    """Lists are written as `a, b, c` in the environment."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _some_keys(value: Any) -> Any:
    """Commas and spaces alone are no way to say that no key is needed."""
    keys = _split(value)
    if isinstance(value, str) and not keys:
        raise ValueError("there is no key in it; leave it unset, or name one")
    return keys


def _long_enough(keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    if any(len(key.get_secret_value()) < MIN_KEY_CHARS for key in keys):
        raise ValueError(
            f"a key must have at least {MIN_KEY_CHARS} characters; "
            "`openssl rand -hex 32` makes a good one"
        )
    return keys


def _allow_list(value: str) -> str:
    parse_allowed(value)
    return value


def _network(value: str) -> str:
    return str(ipaddress.ip_network(value, strict=False))


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split)]
Keys = Annotated[
    tuple[SecretStr, ...], NoDecode, BeforeValidator(_some_keys), AfterValidator(_long_enough)
]
NetworkText = Annotated[str, BeforeValidator(_network)]
Networks = Annotated[tuple[NetworkText, ...], NoDecode, BeforeValidator(_split)]
AllowList = Annotated[str, AfterValidator(_allow_list)]
