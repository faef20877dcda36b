import json

from tests.cli.here import Finished, cutoutd

from cutoutd.server.settings import Settings


def config(*words: str, **environment: str) -> Finished:
    return cutoutd("config", *words, **environment)


def test_every_setting_is_shown_with_its_value_and_origin() -> None:
    shown = json.loads(config("--json", CUTOUTD_PORT="8123").stdout)
    assert set(shown) == set(Settings.model_fields)
    assert shown["port"] == {"value": 8123, "from": "environment"}
    assert shown["host"] == {"value": "127.0.0.1", "from": "default"}


def test_secrets_are_never_shown() -> None:
    for run in (
        config(CUTOUTD_API_KEYS="s3cret-s3cret-s3cret"),
        config("--json", CUTOUTD_API_KEYS="s3cret-s3cret-s3cret"),
    ):
        assert b"s3cret-s3cret-s3cret" not in run.stdout + run.stderr


def test_a_wrong_setting_is_said_in_one_sentence_that_names_the_variable() -> None:
    run = config(CUTOUTD_PORT="many")
    assert run.returncode == 2
    assert b"CUTOUTD_PORT" in run.stderr
    assert b"Traceback" not in run.stderr
