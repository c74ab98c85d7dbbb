# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual lab: Calico-like nodes, IOS-like route reflectors and a Kubernetes API in one process tree.

`python -m lab up` starts it, `python -m lab down` ends it. What is real: BIRD 1.6.8 on the nodes, FRR's bgpd
as route reflector, kube-apiserver with etcd, kernel routes and forwarding. What is imitated: confd and Felix
(lab/agent), the command line of IOS (lab/ios), kubelets and controllers (the objects they would write are
written once).

Everything runs below one daemon that is init of its own namespaces (lab/daemon.py): kill it and nothing is
left."""
