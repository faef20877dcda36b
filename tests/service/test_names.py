"""The names of what is stored: honoured where they are safe, and never guessable."""

import re
from dataclasses import replace

import pytest

from cutoutd.command import ImageFormat, Output, RemoveBackground, Source
from cutoutd.service.names import (
    artifact_keys,
    fingerprint,
    key_of,
    temporary_key,
    upload_key,
)

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


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8000", "https://cut.example.com/app", "https://s3.example/bucket/prefix"],
)
@pytest.mark.parametrize("ending", ["", "?X-Amz-Signature=a/b", "#top"])
def test_a_link_leads_to_its_key_whatever_its_address(address: str, ending: str) -> None:
    two = RemoveBackground(sources=COMMAND.sources * 2, outputs=(Output(),))
    keys = [
        *artifact_keys(two, "generations", "mine-", ".png"),
        temporary_key("image/jpeg"),
    ]
    for key in keys:
        assert key_of(f" {address}/{key}{ending}\n") == key


def test_an_uploads_id_leads_to_its_key() -> None:
    key = upload_key(b"bytes", folder="uploads")
    assert key_of(key.removeprefix("uploads/")) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.com/photo.jpg",
        "0" * 65,
        "https://" + "a/" * 100_000,
        "https://" + "0" * 8000,
    ],
)
def test_other_text_leads_to_no_key(text: str) -> None:
    assert key_of(text) is None


def test_a_link_leads_to_its_key_only_as_a_whole() -> None:
    key = temporary_key("image/png")
    for text in (key, f"ftp://host/{key}", f"https://host/?u=/{key}", f"https://host/{key}/more"):
        assert key_of(text) is None
