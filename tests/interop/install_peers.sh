#!/bin/sh
# Real programs that tests talk to. What cannot be installed is skipped by the tests, by name.
set -u
PATH="$PATH:/usr/sbin:/sbin" # nginx is not in everybody's
missing=""
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need curl curl
need openssl openssl
need promtool prometheus
need nginx nginx-light
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "not installed, their tests are skipped:$missing"
    exit 0
fi
echo "installing peers for tests:$missing"
apt-get update -qq >/dev/null 2>&1
for package in $missing; do
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 \
        || echo "could not be installed, its tests are skipped: $package"
done
exit 0
