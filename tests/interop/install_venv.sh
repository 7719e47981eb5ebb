#!/bin/sh
# Python is there but cannot make virtual environments: Debian and Ubuntu ship that part apart.
set -eu
python="$1"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
package="python${version}-venv"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing $package"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" >/dev/null
else
    echo "Virtual environments need a package of your system: apt-get install $package" >&2
    exit 1
fi
