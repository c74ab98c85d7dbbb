#!/bin/sh
# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Prints a Python that the set-up can run with: 3.11 to 3.14, a real interpreter; tools/worlds.py chooses those the
# project runs with. Version managers put shims on PATH that choose an interpreter by folder or fail; their folders
# are looked at last, and resolved.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
plain=$(printf '%s' "${PATH:-/usr/bin:/bin}" | tr ':' '\n' | grep -v '/shims/*$' | tr '\n' ':')
wanted='import sys; (3, 11) <= sys.version_info[:2] <= (3, 14) or sys.exit(1); print(sys.executable)'
for python in "${PYTHON:-}" "$here/.venv/bin/python" python3 python3.11 python3.14 python3.13 python3.12; do
    [ -n "$python" ] || continue
    for path in "$plain/usr/bin:/bin" "${PATH:-/usr/bin:/bin}"; do
        if found=$(PATH=$path "$python" -c "$wanted" 2>/dev/null) && [ -n "$found" ]; then
            printf '%s\n' "$found"
            exit 0
        fi
    done
done
echo "Python 3.11 to 3.14 is needed and none was found: install it (Debian: apt-get install python3), or name it in PYTHON." >&2
exit 1
