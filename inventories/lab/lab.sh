#!/bin/sh
# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The inventory of the running lab; $CALICO_BGP_LAB names its state directory where that is not .lab of the checkout.
checkout=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
python=$checkout/.venv/bin/python
[ -x "$python" ] || python=python3
PYTHONPATH=$checkout exec "$python" -m lab inventory "$@"
