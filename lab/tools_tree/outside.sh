#!/bin/sh
# outside.sh PROGRAM [ARGUMENT...]: runs a program of the machine from inside the tools tree, where the machine itself
# would run it. enter.sh has opened the machine's mount namespace (7) and root (8) before it entered the tree, and the
# process that became ./invoke keeps them open: HVLAB_OUTSIDE is its folder in /proc.
set -eu
exec nsenter --mount="${HVLAB_OUTSIDE:?}/fd/7" --root="$HVLAB_OUTSIDE/fd/8" -- \
    env -u HVLAB_OUTSIDE -u HVLAB_OUTSIDE_PATH PATH="${HVLAB_OUTSIDE_PATH:?}" "$@"
