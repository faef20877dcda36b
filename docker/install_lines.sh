#!/usr/bin/env bash
# Run the quickstart's install lines of pip, pipx and uv as they are written, each in a fresh Debian
# that has Python and nothing else (no compiler), until the server answers; say how long each took.
# After `make image-daemonless`, whose base it takes.
#   docker/install_lines.sh [WORD]      only the lines with this word
set -euo pipefail
cd "$(dirname "$0")/.."
export BUILDAH_ISOLATION=chroot CONTAINERS_STORAGE_CONF=$PWD/build/image/storage.conf
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
volumes=()
for host in /etc/ssl/certs/ca-certificates.crt /etc/pip.conf; do
    [ ! -f $host ] || volumes+=(--volume "$host:$host:ro")
done
container=
finish() { [ -z "$container" ] || buildah rm "$container" >/dev/null; }
trap finish EXIT

tried=0
while IFS= read -r line; do
    container=$(buildah from --pull-never docker.io/library/python:3.13-slim)
    run() { timeout 900 buildah run "${volumes[@]}" --env CUTOUTD_PORT="$port" --env PIPX_BIN_DIR=/usr/bin --env PATH=/usr/bin:/bin \
        --env SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt --workingdir /clone "$container" -- sh -c "$1"; }
    git archive --output build/image/clone.tar HEAD
    buildah add --quiet "$container" build/image/clone.tar /clone >/dev/null
    case $line in # The tool that the line is for comes from PyPI, beside the clone.
    pipx*) run 'python3 -m venv /tool && /tool/bin/pip -q install pipx && ln -s /tool/bin/pipx /usr/bin/' ;;
    uvx*) run 'python3 -m venv /tool && /tool/bin/pip -q install uv && ln -s /tool/bin/uv /tool/bin/uvx /usr/bin/' ;;
    esac
    run 'cp src/cutoutd/web/playground/sample.jpg photo.jpg'
    began=$SECONDS
    case $line in
    *serve)
        # The last word makes way for a server that leaves by itself, once it has been asked.
        run "($line) & until python3 -c 'import urllib.request as u; u.urlopen(\"http://127.0.0.1:$port/readyz\")' 2>/dev/null
            do kill -0 \$! || exit 1; sleep 0.5; done; kill \$(pidof -x cutoutd) \$! 2>/dev/null; true" ;;
    *) run "$line" ;;
    esac || { echo "FAILED: $line"; exit 1; }
    echo "$((SECONDS - began)) s: $line"
    tried=$((tried + 1))
    buildah rm "$container" >/dev/null
    container=
done < <(sed -n '/^## Other ways/,/^## The image/ s/^\$ //p' docs/quickstart.md | grep -v '^docker' | grep -- "${1:-}")
echo "$tried lines ran as they are written"
