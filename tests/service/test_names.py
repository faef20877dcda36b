"""The names of what is stored: honoured where they are safe, and never guessable."""

import re
from dataclasses import replace

import pytest

from cutoutd.command import ImageFormat, Output, RemoveBackground, Source
from cutoutd.service.names import artifact_keys, fingerprint

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
COMMAND = RemoveBackground(sources=(Source(url="http://host/a.png"),))


@pytest.mark.parametrize(
    ("folder", "prefix", "pattern"),
    [
        ("generations", None, rf"generations/{UUID}\.png"),
        ("out", "mine-", rf"out/mine-{UUID}\.png"),
        ("../../etc", "../x", rf"-\.\.-etc/-x{UUID}\.png"),
        ("", "", rf"generations/{UUID}\.png"),
        ("inputs", None, rf"_inputs/{UUID}\.png"),
        ("a b/c", "ü/", rf"a-b-c/--{UUID}\.png"),
        ("...", ".hidden", rf"generations/hidden{UUID}\.png"),
        ("a" * 300, "p" * 300, rf"a{{64}}/p{{64}}{UUID}\.png"),
    ],
)
def test_names_are_honoured_safely_and_never_guessable(
    folder: str, prefix: str | None, pattern: str
) -> None:
    (key,) = artifact_keys(COMMAND, folder, prefix)
    assert re.fullmatch(pattern, key), key


def test_every_output_has_a_key_with_the_ending_of_its_format() -> None:
    outputs = (
        Output(format=ImageFormat.JPEG),
        Output(format=ImageFormat.WEBP),
        Output(base64=True),
        Output(format=ImageFormat.AUTO),
    )
    command = RemoveBackground(sources=COMMAND.sources * 2, outputs=outputs)
    keys = artifact_keys(command, "generations", None)
    assert len(set(keys)) == 8
    endings = [key.rsplit("-", 1)[1] for key in keys]
    assert endings[:4] == ["0.jpg", "1.webp", "2.base64", "3"]


def test_a_fingerprint_tells_commands_and_dialects_apart() -> None:
    other = replace(COMMAND, model="u2net")
    prints = {fingerprint(COMMAND, "a"), fingerprint(COMMAND, "b"), fingerprint(other, "a")}
    assert len(prints) == 3
