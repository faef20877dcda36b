"""Compile the kernels of src/cutoutd/imaging/c into one library beside kernels.py.

Without a C compiler the package is whole all the same: NumPy does the same work, slower. With
CUTOUTD_KERNELS=required in the environment that is an error, as images and releases want it.
"""

import os
import shlex
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LIBRARY = "src/cutoutd/imaging/libkernels.so"
SOURCES = "src/cutoutd/imaging/c"
FLAGS = ("-O3", "-std=c11", "-shared", "-fPIC", "-fvisibility=hidden")
FLAGS += ("-fno-math-errno", "-fno-trapping-math", "-Wall", "-Wextra")
"""Floats as IEEE 754 has them: rounding may not depend on the compiler's mood."""


class KernelsHook(BuildHookInterface[Any]):
    """Runs before a wheel is packed, and for an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and name the wheel after the platform that the library is for."""
        del version
        if not self._compiled():
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{platform}"
        build_data["pure_python"] = False
        build_data["artifacts"].append(LIBRARY)

    def _compiled(self) -> bool:
        library = Path(self.root, LIBRARY)
        library.unlink(missing_ok=True)
        made = library.with_suffix(".tmp")  # A server that runs keeps the file that it mapped.
        compiler = shlex.split(os.environ.get("CC", "cc"))
        sources = [str(file) for file in sorted(Path(self.root, SOURCES).glob("*.c"))]
        try:
            more = shlex.split(os.environ.get("CFLAGS", ""))
            command = [*compiler, *FLAGS, *more, "-o", str(made), *sources, "-lm"]
            subprocess.run(command, check=True)  # noqa: S603 - The compiler that CC names.
        except (OSError, subprocess.CalledProcessError) as exc:
            if os.environ.get("CUTOUTD_KERNELS") == "required":
                raise
            self.app.display_warning(f"Without compiled kernels imaging is slower: {exc}")
            return False
        made.replace(library)
        return True
