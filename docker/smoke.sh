#!/bin/sh
# Try an image as a stranger would: read-only, without capabilities, one picture in and out.
#   docker/smoke.sh cutoutd:latest
set -eu
image=$1
name=cutoutd-smoke-$$
trap 'docker rm --force "$name" >/dev/null' EXIT
docker run --detach --name "$name" --read-only --tmpfs /tmp --cap-drop ALL \
    --security-opt no-new-privileges --publish 127.0.0.1::8000 \
    --env CUTOUTD_API_KEYS=smoke-test-of-the-image "$image" >/dev/null
base=http://$(docker port "$name" 8000/tcp | head -n 1)
for _ in $(seq 60); do
    curl --silent --fail "$base/readyz" >/dev/null && break
    sleep 1
done
curl --fail --silent --show-error "$base/readyz"
cutout=$(mktemp)
curl --fail --silent --show-error --header 'Authorization: Bearer smoke-test-of-the-image' \
    --form image=@src/cutoutd/web/playground/sample.jpg --output "$cutout" "$base/v1/remove-background"
head -c 4 "$cutout" | grep -q PNG
test "$(docker exec "$name" id -u)" = 65532
size=$(docker image inspect --format '{{.Size}}' "$image")
test "$size" -lt 400000000 || { echo "the image has $size bytes, more than 400 MB"; exit 1; }
echo "$image works; $size bytes"
