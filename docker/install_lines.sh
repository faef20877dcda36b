#!/usr/bin/env bash
# Run the install lines of README and quickstart as they are written, as root on Linux: each in a fresh Debian
# that has Python and nothing else (no compiler; git and make for the line that asks for them), until a server
# answers with a cutout, or the command has written one. The times go to benchmarks/results/install-lines.json,
# and `make generate` writes them into the quickstart. Docker's lines are docker/daemonless.sh's.
#   docker/install_lines.sh [WORD]      only the lines with this word; the others keep what was recorded
set -euo pipefail
cd "$(dirname "$0")/.."
. docker/base.sh
record=benchmarks/results/install-lines.json
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=https://github.com/cutoutd/cutoutd
container=
rows=$(mktemp)
finish() { rm "$rows"; [ -z "$container" ] || buildah rm "$container" >/dev/null; }
trap finish EXIT

# README's lines are one way in, in steps; each line of the quickstart is a way of its own.
lines() {
    sed -n '/^```console$/,/^```$/ s/^\$ //p' README.md | paste -s -d '&' | sed 's/&make/ \&\& make/'
    sed -n '/^## Other ways/,/^## The image/ s/^\$ //p' docs/quickstart.md | grep -v '^docker'
}
run() {
    timeout 2400 buildah run "${volumes[@]}" --env CUTOUTD_PORT="$port" --env PIPX_BIN_DIR=/usr/bin --env PATH=/usr/bin:/bin \
        --env SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt --workingdir /clone "$container" -- sh -c "$1" </dev/null
}
# Once it is ready, a server cuts out the photo, and is ended with all that the line has started.
# shellcheck disable=SC2016 # Expanded by the inner shells.
served='
    setsid sh -c "$LINE" & line=$!
    until python3 -c "import urllib.request as u; u.urlopen(\"http://127.0.0.1:$CUTOUTD_PORT/readyz\")" 2>/dev/null
    do kill -0 $line || exit 1; sleep 0.5; done
    python3 -c "
import urllib.request as u
photo = open(\"/clone/photo.jpg\", \"rb\").read()
asked = u.Request(\"http://127.0.0.1:$CUTOUTD_PORT/v1/remove-background\", photo, {\"Content-Type\": \"image/jpeg\"})
assert u.urlopen(asked).read(4) == b\"\x89PNG\"" || failed=1
    kill -- -$line; wait $line; exit ${failed:-0}'
spent() { awk '{print $16 + $17}' /proc/$$/stat; } # Hundredths of a second on processors, by what has ended.

rm -rf "$work/origin.git" && git clone --quiet --bare --depth 1 "file://$PWD" "$work/origin.git"
while IFS= read -r line; do
    container=$(buildah from --pull-never "$base")
    git archive --output "$work/clone.tar" HEAD
    buildah add --quiet "$container" "$work/clone.tar" /clone >/dev/null
    case $line in # What the line needs beside Python comes before it: from Debian, or from PyPI.
    git*)
        run 'apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends git make' >/dev/null 2>&1
        buildah add --quiet "$container" "$work/origin.git" /origin.git >/dev/null
        run "git config --system url./origin.git.insteadOf $url && git config --system safe.directory '*'" ;;
    pipx*) run 'python3 -m venv /tool && /tool/bin/pip -q install pipx && ln -s /tool/bin/pipx /usr/bin/' ;;
    uvx*) run 'python3 -m venv /tool && /tool/bin/pip -q install uv && ln -s /tool/bin/uv /tool/bin/uvx /usr/bin/' ;;
    *dist/*) buildah add --quiet "$container" dist /clone/dist >/dev/null ;;
    esac
    run 'cp src/cutoutd/web/playground/sample.jpg photo.jpg'
    began=$SECONDS before=$(spent)
    case $line in
    *serve) run "LINE='${line//\'/\'\\\'\'}'; export LINE; $served" ;;
    *) run "$line && test -s photo-cutout.png" ;;
    esac || { echo "FAILED: $line"; exit 1; }
    python3 -c 'import json, sys; print(json.dumps({"line": sys.argv[1], "seconds": int(sys.argv[2]), "cpu_seconds": int(sys.argv[3]) // 100}))' \
        "$line" $((SECONDS - began)) $(($(spent) - before)) | tee -a "$rows"
    buildah rm "$container" >/dev/null
    container=
done < <(lines | grep -- "${1:-}")
echo "$(wc -l <"$rows") lines ran as they are written"
lines | python3 -c '
import json, sys
from pathlib import Path
sys.path.insert(0, ".")
from benchmarks.machine import facts
rows, record = Path(sys.argv[1]), Path(sys.argv[2])
known = {one["line"]: one for one in json.loads(record.read_text())["lines"]} if record.exists() else {}
known |= {one["line"]: one for one in map(json.loads, rows.read_text().splitlines())}
lines = [known[line] for line in sys.stdin.read().splitlines() if line in known]
record.write_text(json.dumps({"machine": facts(), "lines": lines}, indent=1) + "\n")' "$rows" $record
