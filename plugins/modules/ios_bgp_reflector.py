# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ios_bgp_reflector
short_description: Bring an IOS route reflector to what the plan wants
description:
  - Reads the running configuration over the host's network_cli connection, pushes the difference to the plan,
    reads back, keeps it where every line is there, and saves it.
  - Where a message of the terminal broke into the configuration, or its C(end) is missing, it is read again,
    up to three times in all. Nothing is sent where no reading was whole.
  - The push runs under C(configure terminal revert timer) where the router has C(archive). A refused line,
    lines that are not there afterwards, or a lost connection then take the router back to what it was.
    Without C(archive) the push is not guarded, and that is said.
  - Lines are typed in blocks, as many as the router takes in a second, and each answer is matched to its
    line. A push that takes longer than half of the revert timer winds it up again, so that it does not run
    out under it.
  - Ours are the peer-group O(peer_group), the prefix-list O(prefix_list), and the neighbours whose
    description names the cluster and the node. All else stays as it is.
  - A client that was made by hand and means the same is adopted. Its lines stay as they are, also with
    O(state=absent). One without a peer-group gets the prefix-list, where it has no filter, and
    O(maximum_prefix), where it has no limit. What its session would feel is named in RV(withheld).
  - Where such a client has its session up, the node's BIRD has to show it, in the observations of stage
    C(adoption) (M(telco.calico_bgp.bird_info)); otherwise nothing is sent. Check mode sends nothing and asks
    that only where there are such observations.
  - Each line that is sent has its reason, in RV(reasons) and as a comment in the diff.
  - A wanted line that is not sent because others would feel it is named in RV(withheld). What others feel of
    the lines that are sent is said in RV(notices).
  - Lines that IOS-XE does not take beside what the peer-group has (C(ao), C(advertise best-external)) are
    refused before anything is sent.
  - How the push went is written to C(push-NAME.json) in the run directory, and
    M(telco.calico_bgp.bgp_validate) judges it. The task fails on wrong options only, so that one router never
    ends the run of the others.
  - Secrets are masked in everything that is returned, shown or written.
extends_documentation_fragment:
  - telco.calico_bgp.attributes
attributes:
  diff_mode:
    support: full
    details:
      - BGP process and prefix-list only.
options:
  plan:
    description: The plan (RV(telco.calico_bgp.bgp_plan#module:path)).
    type: path
    required: true
  state:
    description:
      - V(present) makes the router reflect for exactly the planned clients, V(absent) removes what is ours.
      - V(drained) shuts down the sessions of all planned clients, in one line where a peer-group has only
        those; V(undrained) starts them again. Nothing here asks whether other reflectors carry the routes.
    type: str
    default: present
    choices: [present, absent, drained, undrained]
  peer_group:
    description: Name of the peer-group of the clients. Each cluster needs one of its own.
    type: str
    default: CALICO
  prefix_list:
    description: Name of the prefix-list that filters the clients in both directions. Each cluster needs one
      of its own. Empty means that filters are left as they are.
    type: str
    default: CALICO
  cluster_id:
    description:
      - BGP cluster id, a number or its dotted form. Reaches all iBGP neighbours, see O(process_wide).
      - Without it, whatever the router has stays.
    type: str
  timers:
    description:
      - Timers of the sessions. An existing session takes them up when it is next set up.
      - Without it, whatever the router has stays.
    type: dict
    suboptions:
      keepalive:
        description: Seconds. A third of O(timers.hold) by default.
        type: int
      hold:
        description: Seconds, V(0) or 3 and more. Three times O(timers.keepalive) by default.
        type: int
  graceful_restart:
    description:
      - Graceful restart. Where the process has neighbours of others, the peer-group alone gets it. The times,
        which reach all neighbours, stay as they are then, see O(process_wide).
      - Without it, or empty, whatever the router has stays.
    type: dict
    suboptions:
      restart_time:
        description: Seconds that the neighbours wait for a router that restarts, 1 to 3600.
        type: int
      stalepath_time:
        description: Seconds that the router keeps the routes of a neighbour that restarts, 1 to 3600.
        type: int
  password:
    description:
      - Password of the sessions, in clear text, 1 to 25 characters of ASCII without C(?) and C("). Empty, or
        without it, whatever the router has stays.
      - What the router shows encrypted cannot be compared and is named in RV(withheld).
    type: str
  update_source:
    description: Interface whose address the router uses, for example V(Loopback0). Without it, whatever the
      router has stays.
    type: str
  maximum_prefix:
    description: Warn where a client announces more prefixes. It never ends the session. Without it, whatever
      the router has stays.
    type: int
  passive:
    description: Whether the clients alone open the sessions. Proposed, and not set, for clients made by hand.
    type: bool
    default: true
  log_neighbor_changes:
    description: Whether the router logs sessions that go up or down. V(false) leaves that as it is.
    type: bool
    default: true
  disable_additional_paths:
    description:
      - Whether the sessions are kept from additional paths, where the address family or the peer-group has
        them. The line resets sessions that are up, see O(allow_session_reset).
      - V(false) leaves that as it is.
    type: bool
    default: true
  interconnect:
    description:
      - Whether the reflector has a session with each other reflector of the plan that has this as well, iBGP
        and no client. It carries routes between nodes that have lost one reflector each.
      - A session with another reflector that somebody made by hand stays as it is, also with V(false).
    type: bool
    default: false
  send_community:
    description: Whether the router sends the nodes the standard communities of routes. Proposed, and not set,
      for clients made by hand. V(false) leaves that as it is.
    type: bool
    default: true
  no_export:
    description:
      - Whether the router sets NO_EXPORT on what comes from the nodes, so that no neighbour of another AS is
        sent it. Neighbours of the own AS are.
      - It is done by a route-map of its own, named after O(peer_group), which V(false) takes away again.
      - Proposed, and not set, for clients made by hand.
    type: bool
    default: false
  table_map:
    description:
      - Whether the router keeps the prefixes of the cluster out of its own routing table, by a C(table-map)
        in address family IPv4. It still sends them to the nodes. Refused without O(off_path), without
        O(prefix_list), and where the address family has another C(table-map).
      - It is done by a route-map of its own, named after O(peer_group), which V(false) takes away again.
      - Reaches the routes of all neighbours, see O(process_wide).
    type: bool
    default: false
  off_path:
    description: Whether no packet to a pod comes to the router, neither of nodes nor of others. O(table_map)
      needs that, as there would be no route for it.
    type: bool
    default: false
  process_wide:
    description: Whether to send lines that reach all neighbours of the process, although neighbours of others
      would feel them.
    type: bool
    default: false
  allow_session_reset:
    description:
      - Whether to send lines that reset existing sessions. Otherwise such a push is refused and the sessions
        are named.
      - Without effect with O(state=absent), which ends the sessions of its clients by intent.
    type: bool
    default: false
  revert_minutes:
    description: Minutes until a router that is lost during the push goes back by itself, 1 to 120. Needs
      C(archive) on the router. A long push winds the timer up again.
    type: int
    default: 5
  save:
    description: >-
      Whether to save the configuration where the BGP part of the startup configuration means something else.
      C(write memory) saves the whole running configuration.
    type: bool
    default: true
requirements:
  - cisco.ios (Ansible collection)
  - ansible.netcommon (Ansible collection)
notes:
  - The user needs privilege level 15, or C(ansible_become) with the method C(enable).
seealso:
  - module: telco.calico_bgp.ios_bgp_info
author:
  - telco.calico_bgp contributors (@telco)
"""

EXAMPLES = r"""
- name: Bring the route reflector to the plan
  telco.calico_bgp.ios_bgp_reflector:
    plan: "{{ plan.path }}"
    cluster_id: "1"
    timers: {keepalive: 10, hold: 30}
    graceful_restart: {restart_time: 120, stalepath_time: 360}
  register: push
# push: {"outcome": "applied", "guarded": true, "resets": [], "withheld": [], "adopted": [],
#        "commands": ["ip prefix-list CALICO seq 5 permit 10.244.0.0/16 ge 26 le 32", ...], ...}

- name: Take our clients off the route reflector
  telco.calico_bgp.ios_bgp_reflector:
    plan: "{{ plan.path }}"
    state: absent
"""

RETURN = r"""
outcome:
  description:
    - V(unchanged), there was nothing to push.
    - V(applied), pushed and read back whole.
    - V(planned), would be pushed, in check mode.
    - V(refused), nothing was sent.
    - V(reverted), the router did not take a line and went back to what it was.
    - V(partial), the router did not take a line and did not go back, or not whole. RV(msg) says what is
      there.
    - V(lost), the router does not answer, or no longer.
  returned: success
  type: str
msg:
  description: What went wrong in words, also where the lines are in place and are not saved.
  returned: success
  type: str
commands:
  description: The lines of the difference, in order, secrets masked. Whether they were sent, RV(outcome)
    tells. Of this list, as of each other one, the first 50; the run's file V(push-HOST.json) has all.
  returned: success
  type: list
  elements: str
  sample:
    - neighbor 192.168.1.10 peer-group CALICO
    - neighbor 192.168.1.10 description calico_bgp prod/node-a
reasons:
  description: Why each of RV(commands) is sent, and what turns it off, secrets masked.
  returned: success
  type: list
  elements: str
  sample:
    - "bgp cluster-id 1: the cluster id that was asked for; off without cisco_rr_cluster_id"
withheld:
  description: Wanted lines that are left alone, with the reason.
  returned: success
  type: list
  elements: str
notices:
  description: What RV(commands) do beside what they are sent for, as sentences. For example, where routes of
    the nodes go to neighbours of others, or where the router keeps a password in its configuration log.
  returned: success
  type: list
  elements: str
adopted:
  description: Addresses of planned clients that were made by hand, mean the same and stay as they are.
  returned: success
  type: list
  elements: str
resets:
  description: Addresses whose existing sessions the lines reset.
  returned: success
  type: list
  elements: str
pending:
  description: Addresses whose existing sessions take up timers or capabilities when they are next set up.
  returned: success
  type: list
  elements: str
guarded:
  description: Whether a revert timer guarded the push (or would, in check mode).
  returned: success
  type: bool
said:
  description: What the router said to lines that it took, secrets masked.
  returned: success
  type: list
  elements: str
  sample:
    - "% Warning: A hold time of less than 20 seconds increases the chances of peer flapping"
diff:
  description: BGP process and prefix-list of the router, before and after, secrets masked. Comments in the
    latter say why a line is sent.
  returned: when there is a difference, and C(--diff) asks for it
  type: dict
"""
