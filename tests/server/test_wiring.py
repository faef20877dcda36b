from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cutoutd.errors import AuthenticationFailed, ConfigurationError
from cutoutd.server.config import config_of
from cutoutd.server.settings import Settings, load_settings
from cutoutd.server.wiring import open_server


def opens(data_dir: Path, **settings: Any) -> bool:
    config = config_of(load_settings(data_dir=data_dir, isolate=False, **settings))
    open_server(config).close()
    return True


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "cutoutd.example"])
def test_without_a_key_the_server_refuses_any_address_but_loopback(
    tmp_path: Path, host: str
) -> None:
    with pytest.raises(ConfigurationError, match="cutoutd keys create") as refusal:
        opens(tmp_path, host=host)
    assert "CUTOUTD_ALLOW_ANONYMOUS" in refusal.value.message


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_without_a_key_the_server_opens_on_loopback(tmp_path: Path, host: str) -> None:
    assert opens(tmp_path, host=host)


def test_a_key_or_a_word_opens_the_server_to_others(tmp_path: Path) -> None:
    assert opens(tmp_path, host="0.0.0.0", api_keys=("open-sesame-open-sesame",))
    assert opens(tmp_path, host="0.0.0.0", allow_anonymous=True)


def test_a_file_of_keys_counts(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(f'[[keys]]\nclient = "shop"\nsha256 = "{"0" * 64}"\n')
    assert opens(tmp_path, host="0.0.0.0", api_keys_file=file)


def test_a_file_of_keys_without_a_key_closes_the_server(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text("keys = []")
    settings = load_settings(
        data_dir=tmp_path, isolate=False, api_keys_file=file, allow_anonymous=True
    )
    with (
        closing(open_server(config_of(settings))) as server,
        pytest.raises(AuthenticationFailed),
    ):
        server.context.clients.authenticate(None)


@pytest.mark.parametrize("text", ["", "[[keys]]", "[[keys]\nclient"])
def test_a_file_of_keys_that_is_empty_or_half_written_keeps_the_server_from_starting(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="CUTOUTD_API_KEYS_FILE"):
        opens(tmp_path, api_keys_file=file)
    with pytest.raises(ConfigurationError, match="CUTOUTD_API_KEYS_FILE"):
        opens(tmp_path, api_keys_file=tmp_path / "missing.toml")


@pytest.mark.parametrize("keys", ["x", "a-key-of-16-chars, short", " ", ",", " , "])
def test_keys_that_are_short_or_none_at_all_are_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, keys: str
) -> None:
    monkeypatch.setenv("CUTOUTD_API_KEYS", keys)
    with pytest.raises(ConfigurationError, match="CUTOUTD_API_KEYS: "):
        load_settings()
    monkeypatch.setenv("CUTOUTD_API_KEYS", "")
    assert load_settings() == Settings()
