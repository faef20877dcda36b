#!/bin/sh
# Take out of an environment what never runs there, then compile what does: docker/trim.sh /opt/cutoutd
#
# Out go the tools that built it, the packages' own tests, sources in C, and the copy of ONNX Runtime
# for programs in C. Byte code is kept of what is imported; writing it for all would add 30 MB.
set -eu
environment=$1
"$environment/bin/python" -m pip uninstall --quiet --yes \
    editables hatchling pathspec pluggy tomlkit trove-classifiers
packages=$("$environment/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
cd "$packages"
find . -type d \( -name tests -o -name test \) -prune -exec rm -rf {} +
find . -type f \( -name '*.c' -o -name '*.h' -o -name '*.a' -o -name '*.pyx' -o -name '*.pyi' \) -delete
rm -rf onnxruntime/capi/libonnxruntime.so.* onnxruntime/transformers onnxruntime/tools
find . -type d -name __pycache__ -prune -exec rm -rf {} +
CUTOUTD_DATA_DIR=/tmp/trim "$environment/bin/cutoutd" doctor
CUTOUTD_DATA_DIR=/tmp/trim "$environment/bin/cutoutd" openapi >/dev/null
"$environment/bin/python" -c '
from importlib import import_module
for name in ("uvicorn.protocols.http.httptools_impl", "uvicorn.lifespan.on", "cutoutd.cli.worker", "cutoutd.storage.s3",
             "cutoutd.jobs.procrastinate", "psycopg", "redis", "pi_heif", "opentelemetry.sdk.trace.export",
             "opentelemetry.exporter.otlp.proto.http.trace_exporter", "opentelemetry.instrumentation.asgi"):
    import_module(name)'
rm -rf /tmp/trim
"$environment/bin/python" -m pip uninstall --quiet --yes pip
