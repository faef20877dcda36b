"""What the build does beside packing: compile the kernels, and make README.md fit for PyPI.

The kernels of src/cutoutd/imaging/c become one library beside kernels.py. The compiler is the one
that CC names, or else the machine's. Where none works, it is Zig's, which comes as a wheel and is
asked for only there: pip installs it for the time of the build. As a script, this says by its exit
status whether the machine has one: 0 if it does.
"""

import os
import platform
import re
import shlex
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

PACKAGE = "src/cutoutd/imaging"
LIBRARY = {"win32": "kernels.dll", "darwin": "libkernels.dylib"}.get(sys.platform, "libkernels.so")
"""As kernels.py looks for it."""
FLAGS = ("-O3", "-std=c11", "-shared", "-fPIC", "-Wall", "-Wextra")
FLAGS += ("-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math")
"""No -ffast-math, nothing fused: results must not depend on the compiler."""
COMPILERS = () if sys.platform == "win32" else ("cc", "gcc", "clang")
"""Windows' own takes other flags."""
ZIG = "ziglang==0.17.*"
ZIG_COMPILER = (sys.executable, "-m", "ziglang", "cc", "-mcpu=baseline", "-s")
MISSING = (
    "cutoutd needs a C compiler to be installed from source: on Debian and Ubuntu, "
    "apt install gcc libc6-dev; anywhere, pip install 'ziglang==0.17.*' beside hatchling."
)
REPOSITORY = "https://github.com/cutoutd/cutoutd"
RAW = "https://raw.githubusercontent.com/cutoutd/cutoutd"
RELATIVE = re.compile(r"(!?)(\[[^]]*\])\((?![a-z]+:|#)([^)]+)\)")
"""An image or a link in Markdown that leads to a file of the repository."""


class ReadmeHook(MetadataHookInterface):
    """Runs whenever the project's metadata are read."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Take README.md as the description, its links and images with their whole addresses."""
        text = Path(self.root, "README.md").read_text("utf-8")
        whole = RELATIVE.sub(_with_address, text)
        metadata["readme"] = {"content-type": "text/markdown", "text": whole}


def _with_address(link: re.Match[str]) -> str:
    image, words, target = link.groups()
    base = f"{RAW}/main" if image else f"{REPOSITORY}/blob/main"
    return f"{image}{words}({base}/{target})"


class KernelsHook(BuildHookInterface[Any]):
    """Runs before a wheel is packed, and for an editable installation."""

    def dependencies(self) -> list[str]:
        """A compiler, where the machine has none."""
        return [] if find_compiler() else [ZIG]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and name the wheel after the platform that the library is for."""
        del version
        compiler = find_compiler() or (ZIG_COMPILER if find_spec("ziglang") else None)
        if compiler is None:
            self.app.abort(MISSING)
        library = Path(self.root, PACKAGE, LIBRARY)
        sources = sorted(Path(self.root, PACKAGE, "c").glob("*.c"))
        with TemporaryDirectory(dir=library.parent) as folder:
            made = Path(folder, LIBRARY)
            if not run_compiler(compiler, sources, made):
                self.app.abort(f"The C compiler failed: {shlex.join(compiler)}")
            made.replace(library)  # A server that runs keeps the file that it mapped.
        build_data["tag"] = f"py3-none-{platform_tag()}"
        build_data["pure_python"] = False
        build_data["artifacts"].append(f"{PACKAGE}/{LIBRARY}")


def find_compiler() -> tuple[str, ...] | None:
    """The command that CC names, or the first of the usual ones that can make a library here."""
    if named := os.environ.get("CC"):
        return tuple(shlex.split(named))
    with TemporaryDirectory() as folder:
        source = Path(folder, "probe.c")
        source.write_text("#include <math.h>\n#include <stdlib.h>\nint probe;\n")
        for name in COMPILERS:
            if run_compiler((name,), [source], Path(folder, LIBRARY), quiet=True):
                return (name,)
    return None


def run_compiler(
    compiler: tuple[str, ...], sources: list[Path], library: Path, *, quiet: bool = False
) -> bool:
    """Whether the library could be made."""
    more = shlex.split(os.environ.get("CFLAGS", "")) + shlex.split(os.environ.get("ARCHFLAGS", ""))
    words = [*compiler, *FLAGS, *more, "-o", str(library), *map(str, sources), "-lm"]
    caches = dict.fromkeys(("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR"), str(library.parent))
    said = subprocess.DEVNULL if quiet else None
    try:
        run = subprocess.run(  # noqa: S603 - The compiler that the machine or CC names.
            words, check=False, env={**os.environ, **caches}, stdout=said, stderr=said
        )
    except OSError:
        return False
    return run.returncode == 0


def platform_tag() -> str:
    """The platform that the library is for, as wheels name it."""
    found = sysconfig.get_platform()
    if "ARCHFLAGS" not in os.environ:  # A Python for two machines; the compiler makes one's.
        found = found.replace("universal2", platform.machine())
    return found.replace("-", "_").replace(".", "_")


if __name__ == "__main__":
    sys.exit(0 if find_compiler() else 1)
