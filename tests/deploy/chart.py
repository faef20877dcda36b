"""Our Helm chart rendered by Helm itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

CHART = Path(__file__).parents[2] / "docker" / "helm" / "cutoutd"
VALUES = sorted((CHART / "ci").glob("*-values.yaml"))
"""What people deploy, one file each; the chart's own values.yaml is one more."""


def helm_program() -> str:
    """Helm, of the environment or the machine; skips without, which CI does not allow."""
    here = str(Path(sys.prefix) / "bin")
    program = shutil.which("helm", path=os.pathsep.join((here, os.environ["PATH"])))
    if program is None:
        assert not os.environ.get("CI"), "run tools/install_helm"
        pytest.skip("NOT TESTED: helm is not installed; tools/install_helm installs it")
    return program


def helm(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    """`helm words…`; skips as `helm_program` does."""
    return subprocess.run(
        [helm_program(), *map(str, words)], capture_output=True, text=True, check=False, timeout=60
    )


def render(values: Path | None = None, *settings: str) -> list[dict[str, Any]]:
    """Every object of the chart with this file of values, and settings as `web.replicas=3`."""
    rendered = _template(values, *settings)
    assert rendered.returncode == 0, rendered.stderr
    return [one for one in yaml.safe_load_all(rendered.stdout) if one]


def refusal(*settings: str) -> str:
    """What Helm says of values that it does not render."""
    rendered = _template(None, *settings)
    assert rendered.returncode != 0
    return rendered.stderr


def _template(values: Path | None, *settings: str) -> "subprocess.CompletedProcess[str]":
    files = [] if values is None else ["--values", values]
    given = [word for setting in settings for word in ("--set", setting)]
    return helm("template", "cut", CHART, *files, *given)
