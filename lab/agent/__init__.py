# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What confd and Felix do on a Calico node, as far as the lab needs it.

Pure: `objects` reads Calico objects and refuses every field it does not know, `peers` decides who peers with
whom, `bird` writes BIRD's files in confd's form, `render` ties them together. `live` watches the API and
applies the result. Calico's rules: projectcalico/calico, confd/pkg/backends/calico (client.go,
bgp_processor.go) and its templates."""
