import json
import os
import subprocess
import sys

from cutoutd.settings import Settings


def config(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cutoutd", "config", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_setting_is_shown_with_its_value_and_origin() -> None:
    shown = json.loads(config("--json", CUTOUTD_PORT="8123").stdout)
    assert set(shown) == set(Settings.model_fields)
    assert shown["port"] == {"value": 8123, "from": "environment"}
    assert shown["host"] == {"value": "127.0.0.1", "from": "default"}


def test_secrets_are_never_shown() -> None:
    for run in (config(CUTOUTD_API_KEYS="s3cret"), config("--json", CUTOUTD_API_KEYS="s3cret")):
        assert "s3cret" not in run.stdout + run.stderr


def test_a_wrong_setting_is_said_in_one_sentence_that_names_the_variable() -> None:
    run = config(CUTOUTD_PORT="many")
    assert run.returncode == 2
    assert "CUTOUTD_PORT" in run.stderr
    assert "Traceback" not in run.stderr
