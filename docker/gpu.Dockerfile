# syntax=docker/dockerfile:1
# The GPU image: CUDA and cuDNN from NVIDIA's base, ONNX Runtime's GPU build in the place of the CPU's.
#   docker build -f docker/gpu.Dockerfile -t cutoutd:gpu .   docker run --gpus all … cutoutd:gpu

FROM nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04 AS base
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

FROM base AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements/image.txt requirements/
RUN python3 -m venv /opt/cutoutd \
    && /opt/cutoutd/bin/pip install --no-cache-dir --no-compile --require-hashes -r requirements/image.txt \
    && version=$(/opt/cutoutd/bin/python -c 'import importlib.metadata as m; print(m.version("onnxruntime"))') \
    && /opt/cutoutd/bin/pip uninstall --yes onnxruntime \
    && /opt/cutoutd/bin/pip install --no-cache-dir --no-compile --no-deps "onnxruntime-gpu==$version"
COPY pyproject.toml hatch_build.py mkdocs.yml README.md LICENSE CHANGELOG.md ./
COPY docs docs
COPY src src
COPY docker/trim.sh docker/
RUN /opt/cutoutd/bin/pip install --no-cache-dir --no-compile --no-deps --no-build-isolation . \
    && docker/trim.sh /opt/cutoutd

FROM base
LABEL org.opencontainers.image.title="cutoutd, GPU" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/cutoutd/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    CUTOUTD_PROVIDER=cuda \
    CUTOUTD_HOST=0.0.0.0 \
    CUTOUTD_PORT=8000 \
    CUTOUTD_FIRST_KEY=true \
    CUTOUTD_DATA_DIR=/data
COPY --from=build /opt/cutoutd /opt/cutoutd
RUN install --directory --owner=65532 --group=65532 /data
USER 65532:65532
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
ENTRYPOINT ["cutoutd"]
CMD ["serve"]
