# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BIRD's three files in the form confd writes them (Calico's templates bird, bird_aggr and bird_ipam, v3.33),
and what older releases wrote in other words (forms.py)."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable, Sequence

from lab.agent.forms import Form
from lab.agent.objects import Block, Filter, Node, Objects, Pool, RefusedError, Rule, Settings
from lab.agent.peers import Peerings, Protocol, global_asn, listen_port
from lab.agent.values import is_ipv4

# BIRD counts with 31 bits; Calico maps kernel metrics to LOCAL_PREF by subtracting them from this.
GREATEST = 2147483647
METRIC = 1024
OVERRIDE = 200
LONGEST_SYMBOL = 64
HASH_LENGTH = 16
KERNEL_METRIC = f"""\
  if (defined(source) && (source = RTS_BGP) && !defined(krt_metric)) then {{
      krt_metric = {METRIC};
      if (defined(bgp_local_pref)) then {{
          krt_metric = {GREATEST} - bgp_local_pref;
      }}
      if (krt_metric < {METRIC}) then {{
          preference = {OVERRIDE};
      }}
  }}
"""
TTL = """\
  ttl security off;
  multihop;
"""
IMPORT_PREFERENCE = f"""\
    if (defined(bgp_local_pref)&&(bgp_local_pref > {GREATEST - METRIC})) then
      preference = {OVERRIDE};
"""
EXPORT_METRIC = f"""\
    if (defined(source) && source = RTS_BGP && defined(bgp_local_pref)) then {{
      krt_metric = {GREATEST} - bgp_local_pref;
    }} else {{
      if (!defined(krt_metric)) then {{ krt_metric = {METRIC}; }}
      bgp_local_pref = {GREATEST} - krt_metric;
    }}
"""
_OPERATORS = {"Equal": "=", "NotEqual": "!=", "In": "~", "NotIn": "!~"}


def main_file(objects: Objects, node: Node, peerings: Peerings, router_id: str | None) -> str:
    """bird.cfg. `router_id`: an address, `hash` for one made from the node's name, or None for the node's
    own."""
    log = objects.settings.get(node.name, Settings()).log or objects.settings.get("", Settings()).log
    states = {"none": "", "debug": "  debug all;\n"}.get(log, "  debug { states };\n")
    long_debug = "  debug { states, routes, filters, events };\n"
    everything = long_debug if objects.form.long_debug and log in ("", "info") else states
    asn = node.asn if node.asn is not None else global_asn(objects)
    port = listen_port(objects, node.name)
    listen = f"listen bgp port {port};\n" if port else ""
    functions = "".join(filter_functions(each) for _name, each in sorted(objects.filters.items()))
    protocols = "".join(bgp_protocol(each, objects) for each in peerings.protocols)
    return f"""\
function apply_communities ()
{{
}}

template kernel kernel_template {{
  learn;
  persist;
  scan time 2;
  import all;
}}

template direct direct_template {{
{states}\
  interface -"cali*", -"kube-ipvs*", "*";
}}

include "bird_aggr.cfg";
include "bird_ipam.cfg";

router id {_router_id(router_id, node)};
{listen}
protocol kernel from kernel_template {{
  export filter calico_kernel_programming;
  graceful restart;
  merge paths on;
}}

protocol device {{
{states}\
  scan time 2;
}}

protocol direct from direct_template {{
}}

template bgp bgp_template {{
{everything}\
  description "Connection to BGP peer";
  local as {asn};
  gateway recursive;
  add paths on;
  graceful restart;
  connect delay time 2;
  connect retry time 5;
  error wait time 5,30;
}}

# -------------- BGP Filters ------------------
{functions or "# No v4 BGPFilters configured" + chr(10)}
{protocols or "# No BGP peers configured for this node" + chr(10)}"""


def aggregation_file(blocks: Iterable[Block], form: Form) -> str:
    """bird_aggr.cfg for the blocks of one node: a route for each, and what is announced of it."""
    seen = (each for each in blocks if each.labelled or not form.labels)
    announced = sorted({each.cidr for each in seen if each.state in ("confirmed", "") and is_ipv4(each.cidr)})
    routes = "".join(f"   route {cidr} blackhole;\n" for cidr in announced if not cidr.endswith("/32"))
    tests = "".join(
        f"      if ( net = {cidr} ) then {{ accept; }}\n"
        + (f"      if ( net ~ {cidr} && krt_metric < {METRIC} ) then {{ accept; }}\n" if form.metrics else "")
        + f"      if ( net ~ {cidr} ) then {{ reject; }}\n"
        for cidr in announced
    )
    return f"""\
template static static_template {{
{routes}}}
protocol static from static_template {{
}}

# Aggregation of routes on this host; export the block, nothing beneath it.
function calico_aggr ()
{{
{tests}}}
"""


def pools_file(objects: Objects) -> str:
    """bird_ipam.cfg: which pools are exported to peers and programmed into the kernel.

    RefusedError where BIRD is to write IPIP routes, which only Calico's own can."""
    mine = [pool for pool in objects.pools.values() if is_ipv4(pool.cidr)]
    tunnel = ' || (ifname ~ "tunl0")' if objects.form.tunnel else ""
    inside = _lines(f"  if (net ~ {pool.cidr}) then {{ reject; }}" for pool in mine if not pool.export)
    outside = _lines(f"  if (net ~ {pool.cidr}) then {{ accept; }}" for pool in mine if pool.export)
    kernel = _lines(_kernel_statement(pool, objects.programs) for pool in mine)
    return f"""\
function reject_local_routes () {{
  if (defined(ifname)) then {{
     if (ifname ~ "bpf*.cali") then {{
        reject;
     }}
  }}
}}

function calico_export_to_bgp_peers(bool internal_peer) {{
{inside}\
  if (internal_peer) then {{
    if (defined(ifname)) then {{
      if ((ifname ~ "*.cali") || (ifname ~ "*.calico"){tunnel}) then {{
        reject;
      }}
    }}
  }}
  reject_local_routes();
  apply_communities();
  calico_aggr();
{outside}\
}}

filter calico_kernel_programming {{
{KERNEL_METRIC if objects.form.metrics else ""}\
{kernel}\
  accept;
}}
"""


def bgp_protocol(protocol: Protocol, objects: Objects) -> str:
    """One `protocol bgp` with its filters."""
    filters = [objects.filters[name] for name in protocol.filters if name in objects.filters]
    imports = "".join(f"    {function_name(each.name, 'import')}();\n" for each in filters if each.imports)
    exports = "".join(f"    {function_name(each.name, 'export')}();\n" for each in filters if each.exports)
    port = f" port {protocol.port}" if protocol.port else ""
    options = [
        f"  source address {protocol.source};\n" if protocol.source else "",
        "  passive on;\n" if protocol.passive else "",
        f"  graceful restart time {protocol.restart};\n" if protocol.restart is not None else "",
        f"  keepalive time {protocol.keepalive};\n" if protocol.keepalive is not None else "",
        f'  password "{protocol.password}";\n' if protocol.password else "",
    ]
    form = objects.form
    imported = f"filter {{\n{imports}{IMPORT_PREFERENCE if form.metrics else ''}    accept;\n  }}"
    if not form.metrics and protocol.name.startswith("Mesh_"):
        imported = "all"
    return f"""\
protocol bgp {protocol.name} from bgp_template {{
  neighbor {protocol.address}{port} as {protocol.asn};
{options[0]}\
{TTL if form.ttl else ""}\
  import {imported};
  export filter {{
{EXPORT_METRIC if form.metrics else ""}\
{exports}\
    calico_export_to_bgp_peers({str(protocol.same_as).lower()});
    reject;
  }};
{"".join(options[1:])}\
}}
"""


def filter_functions(bgp_filter: Filter) -> str:
    """The functions of one BGPFilter: one for each direction that has rules."""
    functions = [f"# v4 BGPFilter {bgp_filter.name}\n"] if bgp_filter.imports or bgp_filter.exports else []
    for direction, rules in (("import", bgp_filter.imports), ("export", bgp_filter.exports)):
        if rules:
            body = _lines((f"  {rule_statement(rule)}" for rule in rules), in_order=True)
            functions.append(f"function {function_name(bgp_filter.name, direction)}() {{\n{body}}}\n")
    return "".join(functions)


def function_name(name: str, direction: str) -> str:
    """The quoted name of a filter's function; names too long for BIRD are cut and end in a hash of the
    whole."""
    room = LONGEST_SYMBOL - len(f"bgp__{direction}FilterV4")
    if len(name) > room:
        digest = hashlib.sha256(name.encode()).hexdigest().upper()[:HASH_LENGTH]
        name = f"{name[: room - HASH_LENGTH - 1]}_{digest}"
    return f"'bgp_{name}_{direction}FilterV4'"


def rule_statement(rule: Rule) -> str:
    """One rule of a filter as BIRD says it."""
    conditions = []
    if rule.cidr:
        conditions.append(f"(net {_OPERATORS[rule.operator]} {_prefixes(rule)})")
    if rule.source:
        conditions.append("((defined(source))&&(source ~ [ RTS_BGP ]))")
    if rule.interface:
        conditions.append(f'((defined(ifname))&&(ifname ~ "{rule.interface}"))')
    action = f"{rule.action.lower()};"
    return f"if ({'&&'.join(conditions)}) then {{ {action} }}" if conditions else action


def _prefixes(rule: Rule) -> str:
    if not rule.has_lengths:
        return rule.cidr
    own = ipaddress.ip_network(rule.cidr, strict=False).prefixlen
    shortest = own if rule.shortest is None else max(own, rule.shortest)
    longest = 32 if rule.longest is None else min(32, rule.longest)
    return f"[ {rule.cidr}{{{shortest},{longest}}} ]"


def _kernel_statement(pool: Pool, programs: str) -> str:
    if pool.vxlan != "Never":
        return f"  if (net ~ {pool.cidr}) then {{ reject; }} # VXLAN routes are handled by Felix."
    if programs not in ("Enabled", "EnabledIPIPOnly" if pool.ipip != "Never" else "EnabledNoEncapOnly"):
        return f"  if (net ~ {pool.cidr}) then {{ reject; }} # Cluster routes are handled by Felix."
    if pool.ipip != "Never":
        raise RefusedError(f"IPPool {pool.name}: only Calico's own BIRD writes routes of IPIP.")
    return f"  if (net ~ {pool.cidr}) then {{ accept; }}"


def _router_id(option: str | None, node: Node) -> str:
    if option != "hash":
        return option or node.address
    first, *rest = hashlib.sha256(node.name.encode()).digest()[:4]
    # 224 and above are not unicast: no router id.
    return ".".join(str(byte) for byte in (first - 32 if first > 223 else first, *rest))


def _lines(lines: Iterable[str], in_order: bool = False) -> str:
    ordered: Sequence[str] = list(lines) if in_order else sorted(lines)
    return "".join(line + "\n" for line in ordered)
