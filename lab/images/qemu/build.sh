#!/bin/sh
# Builds QEMU in a Debian root, from Debian's source package and the patches beside this script.
# /build holds: the source package, devices.mak, patches/. The result: /build/qemu-system-x86_64.
set -eu
cd /build
version=$(sed -n 's/^Version: //p' ./*.dsc | head -n 1)
dpkg-source --no-check --extract ./*.dsc source
cd source
for patch in ../patches/*.patch; do
    echo "applying ${patch##*/}"
    patch --strip=1 --forward --batch --fuzz=0 <"$patch"
done
cp ../devices.mak configs/devices/x86_64-softmmu/hvlab.mak
mkdir out
cd out
../configure --target-list=x86_64-softmmu --with-pkgversion="Debian $version with hvlab's patches" \
    --without-default-features --without-default-devices --with-devices-x86_64=hvlab \
    --enable-tcg --enable-kvm --enable-slirp --enable-fdt=system --disable-install-blobs
ninja -j "$(nproc)" qemu-system-x86_64
strip -o /build/qemu-system-x86_64 qemu-system-x86_64
