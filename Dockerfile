# syntax=docker/dockerfile:1
# The CPU image: everything inside, the embedded model too; runs as nobody, writes only to /data.

FROM python:3.13-slim AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements/image.txt requirements/
RUN python -m venv /opt/cutoutd \
    && /opt/cutoutd/bin/pip install --no-cache-dir --no-compile --require-hashes -r requirements/image.txt
COPY pyproject.toml hatch_build.py mkdocs.yml README.md LICENSE CHANGELOG.md ./
COPY docs docs
COPY src src
COPY docker/trim.sh docker/
RUN /opt/cutoutd/bin/pip install --no-cache-dir --no-compile --no-deps --no-build-isolation . \
    && docker/trim.sh /opt/cutoutd

FROM python:3.13-slim
LABEL org.opencontainers.image.title="cutoutd" \
      org.opencontainers.image.description="The background-removal server you host yourself" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/cutoutd/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    CUTOUTD_HOST=0.0.0.0 \
    CUTOUTD_PORT=8000 \
    CUTOUTD_FIRST_KEY=true \
    CUTOUTD_DATA_DIR=/data
COPY --from=build /opt/cutoutd /opt/cutoutd
RUN install --directory --owner=65532 --group=65532 /data
USER 65532:65532
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
ENTRYPOINT ["cutoutd"]
CMD ["serve"]
