# Sourced by the scripts that use buildah where there is no Docker: install it where it is missing, and make
# the base that the Dockerfile names, once, from Debian's own packages (python:3.13-slim is the same Debian
# with python.org's Python). Sets `work`, `base` and `volumes`.
# shellcheck shell=bash
work=$PWD/build/image
base=docker.io/library/python:3.13-slim
mkdir -p "$work"
missing=()
for program in buildah mmdebstrap; do
    command -v $program >/dev/null || missing+=("$program")
done
[ -f /usr/share/keyrings/debian-archive-keyring.gpg ] || missing+=(debian-archive-keyring)
if ((${#missing[@]})); then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
export BUILDAH_ISOLATION=chroot CONTAINERS_STORAGE_CONF=$work/storage.conf
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$work/store" "$work/run" >"$work/storage.conf"

if ! buildah inspect --type image "$base" >/dev/null 2>&1; then
    echo "== the base: Debian's own packages"
    mmdebstrap --quiet --variant=minbase --include=ca-certificates,python3,python3-venv trixie "$work/base.tar"
    container=$(buildah from scratch)
    buildah add --quiet "$container" "$work/base.tar" / >/dev/null
    buildah config --env PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin "$container"
    buildah run "$container" -- ln -s /usr/bin/python3 /usr/local/bin/python
    buildah commit --quiet --rm "$container" "$base" >/dev/null
    rm "$work/base.tar"
fi

volumes=() # This machine's certificates and pip's configuration, which are not the image's business.
for host in /etc/ssl/certs/ca-certificates.crt /etc/pip.conf; do
    [ ! -f $host ] || volumes+=(--volume "$host:$host:ro")
done
