#!/usr/bin/env bash
# Build the image and try it where there is no Docker: buildah runs each step of the Dockerfile in a
# chroot, as root, on Linux. What is not Docker here: the base (docker/base.sh), and the runtime, which
# is a chroot with a read-only root, no capabilities and the image's own user.
#   docker/daemonless.sh [Dockerfile]
set -euo pipefail
cd "$(dirname "$0")/.."
file=${1:-Dockerfile}
. docker/base.sh

echo "== every step of $file"
buildah build --quiet --format docker --pull-never --layers=false "${volumes[@]}" \
    --tag cutoutd:daemonless --file "$file" . >/dev/null

container=$(buildah from --pull-never cutoutd:daemonless)
root=$(buildah mount "$container")
data=$(mktemp -d)
log=$(mktemp)
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    wait
    buildah rm "$container" >/dev/null
    rm -rf "$data" "$log"
}
trap finish EXIT
chown 65532:65532 "$data"

# The image's own environment, user and command, and nothing of this machine's.
config() { buildah inspect --format "{{range .Docker.Config.$1}}{{println .}}{{end}}" "$container"; }
mapfile -t environment < <(config Env | grep .)
mapfile -t command < <({ config Entrypoint; config Cmd; } | grep .)
user=$(buildah inspect --format '{{.Docker.Config.User}}' "$container")
start() {
    # shellcheck disable=SC2016 # Expanded by the inner shell.
    unshare --mount sh -euc '
        root=$1 data=$2 user=$3; shift 3
        mount --bind "$root" "$root"
        mount -o remount,bind,ro "$root"
        mount -t tmpfs tmpfs "$root/tmp"
        mount --bind "$data" "$root/data"
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" setpriv --reuid="${user%:*}" --regid="${user#*:}" --clear-groups \
            --bounding-set=-all --inh-caps=-all --no-new-privs env HOME=/ "$@"
    ' start "$root" "$data" "$user" "${environment[@]}" "$@"
}

echo "== a start with the image's defaults, on a free port"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
environment+=("CUTOUTD_PORT=$port")
start "${command[@]}" >"$log" 2>&1 &
server=$!
for _ in $(seq 120); do
    curl --silent --fail http://127.0.0.1:$port/readyz >/dev/null && break
    kill -0 $server || { cat "$log"; exit 1; }
    sleep 0.5
done
server=$(ps -o pid= --ppid $server | tr -d ' ') # What the shell in the background has become.
key=$(grep --only-matching 'cutoutd_[A-Za-z0-9_-]\{43\}' "$log")
cutout=$(mktemp)
curl --fail --silent --show-error --header "Authorization: Bearer $key" \
    --form image=@src/cutoutd/web/playground/sample.jpg --output "$cutout" \
    http://127.0.0.1:$port/v1/remove-background
head -c 4 "$cutout" | grep -q PNG
rm "$cutout"
test "$(curl --silent --output /dev/null --write-out '%{http_code}' http://127.0.0.1:$port/v1/models)" = 401
test "$(awk '/^Uid:/ {print $2}' /proc/"$server"/status)" = 65532
grep -q '^CapBnd:	0000000000000000$' /proc/"$server"/status
if start touch /opt/written 2>/dev/null; then
    echo "the root is writable"; exit 1
fi
start sh -c 'command -v gcc pip' && { echo "tools of the build are in the image"; exit 1; }
check=$(buildah inspect --format '{{range .Docker.Config.Healthcheck.Test}}{{println .}}{{end}}' "$container" | tail -n +2 | grep .)
mapfile -t check <<<"$check"
start "${check[@]//8000/$port}"
megabytes=$(($(du --summarize --block-size=1 --one-file-system "$root" | cut -f1) / 1000000))
own=$(($(du --summarize --block-size=1 --one-file-system "$root/opt/cutoutd" | cut -f1) / 1000000))
test "$own" -lt 300 || { echo "/opt/cutoutd has $own MB, more than 300"; exit 1; }
echo "$file works as uid 65532 on a read-only root: $megabytes MB, of them $own MB cutoutd and its packages"
