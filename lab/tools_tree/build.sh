#!/bin/sh
# build.sh FOLDER KEY PACKAGE...: makes the tools tree FOLDER/root and FOLDER/manifest.json. As root, or as the root of a
# user namespace; then everything in the tree belongs to the user.
set -eu
release=bookworm
folder=$1 key=$2
shift 2
root=$folder/root

# The archive that this machine's apt uses, if it uses a Debian archive; else mmdebstrap's own choice.
mirror=${HVLAB_MIRROR-}
if [ -z "$mirror" ] && command -v apt-get >/dev/null; then
    mirror=$(apt-get indextargets --format "\$(ORIGIN)|\$(LABEL)|\$(SITE)" 'Created-By: Packages' |
        sed -n 's/^Debian|Debian|//p' | head -n 1)
fi
# Proxies and certificates that apt uses here, and whether it takes lists that are no longer valid.
if command -v apt-config >/dev/null; then
    apt-config dump | grep -E '^Acquire::(http|https|Check|ForceIPv|Retries)' >"$folder/apt.conf" || :
fi
{
    echo 'APT::Install-Recommends "false";'
    echo 'Acquire::Languages "none";'
} >>"$folder/apt.conf"

packages=$(IFS=,; echo "$*")
# shellcheck disable=SC2086  # $mirror: an address, or nothing
mmdebstrap --mode=root --variant=minbase --components=main,contrib --include="$packages" --skip=check/empty \
    --aptopt="$folder/apt.conf" --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    "$release" "$root" $mirror

# Where folders and files of the machine are mounted: enter.sh.
mkdir -p "$root/machine"
for file in etc/resolv.conf etc/hosts etc/localtime etc/pip.conf etc/ssl/certs/ca-certificates.crt; do
    rm -f "$root/$file"
    : >"$root/$file"
done
# In a user namespace /proc can only be mounted in a process namespace of one's own.
cat >"$root/usr/local/bin/mmdebstrap" <<'END'
#!/bin/sh
exec unshare --mount --pid --fork --kill-child --mount-proc /usr/bin/mmdebstrap "$@"
END
chmod 0755 "$root/usr/local/bin/mmdebstrap"
rm -rf "${root:?}"/dev/* "${root:?}"/boot/* "$root"/var/cache/apt/archives/*.deb
echo "$key" >"$root/etc/hvlab-tools"
chown -R 0:0 "$root"
chmod -R u+rwX "$root"
{
    printf '{"kind": "tools", "key": "%s", "release": "%s", "uses": [], "packages": {' "$key" "$release"
    dpkg-query --admindir="$root/var/lib/dpkg" -W -f '"${Package}": "${Version}", ' | sed 's/, $//'
    echo '}}'
} >"$folder/manifest.json"
rm -f "$folder/apt.conf"
