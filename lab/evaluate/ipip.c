/* Copyright: (c) 2026, telco.calico_bgp contributors
 * GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * IP in IP (RFC 2003) for kernels without CONFIG_NET_IPIP, as two programs for tc.
 *
 * The tunnel device is one end of a veth pair. Its neighbour entries carry the outer addresses: hardware address
 * 02:00:a.b.c.d for the node a.b.c.d, so that an ordinary route (via NODE dev TUNNEL onlink) says where to.
 * Needs no header files. UNDERLAY is the index of the underlay's interface, given to the compiler.
 */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

/* The beginning of struct __sk_buff, which is kernel ABI (include/uapi/linux/bpf.h). */
struct skb {
	u32 before[19];
	u32 data;
	u32 data_end;
};

struct ethernet {
	u8 destination[6];
	u8 source[6];
	u16 type;
};

struct ipv4 {
	u8 version_length;
	u8 tos;
	u16 total;
	u16 id;
	u16 fragment;
	u8 ttl;
	u8 protocol;
	u16 checksum;
	u32 source;
	u32 destination;
};

/* struct bpf_redir_neigh */
struct next_hop {
	u32 family;
	u32 address[4];
};

static long (*store_bytes)(struct skb *skb, u32 offset, const void *from, u32 length, u64 flags) = (void *)9;
static long (*adjust_room)(struct skb *skb, int difference, u32 mode, u64 flags) = (void *)50;
static long (*redirect_neigh)(u32 index, struct next_hop *to, int length, u64 flags) = (void *)152;

enum { PASS = 0, DROP = 2 };
enum { AF_INET = 2, ETHERNET_IPV4 = 0x0800, PROTOCOL_IPIP = 4, DONT_FRAGMENT = 0x4000 };
/* BPF_ADJ_ROOM_MAC; BPF_F_ADJ_ROOM_FIXED_GSO keeps the segments of offloaded packets as long as they are. */
enum { BEHIND_ETHERNET = 1, FIXED_GSO = 1, ENCAPSULATES_IPV4 = 2 };

#define SWAP(x) __builtin_bswap16(x)
#define SECTION(name) __attribute__((section(name), used))

static inline __attribute__((always_inline)) u16 checksum(const struct ipv4 *header)
{
	const u16 *words = (const u16 *)header;
	u32 sum = 0;

#pragma unroll
	for (int i = 0; i < 10; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* On egress of the tunnel device: put an outer header in front, and send it on the underlay. */
SECTION("classifier/wrap") int wrap(struct skb *skb)
{
	struct ethernet *frame = (void *)(u64)skb->data;
	struct ipv4 *inner = (void *)(frame + 1);
	struct ipv4 outer = {.version_length = 0x45, .ttl = 64, .protocol = PROTOCOL_IPIP};
	struct next_hop hop = {.family = AF_INET};

	if ((void *)(inner + 1) > (void *)(u64)skb->data_end || frame->type != SWAP(ETHERNET_IPV4))
		return DROP;
	__builtin_memcpy(&outer.source, &frame->source[2], 4);
	__builtin_memcpy(&outer.destination, &frame->destination[2], 4);
	outer.tos = inner->tos;
	outer.total = SWAP((u16)(SWAP(inner->total) + sizeof(outer)));
	outer.fragment = inner->fragment & SWAP(DONT_FRAGMENT);
	outer.checksum = checksum(&outer);
	hop.address[0] = outer.destination;
	if (adjust_room(skb, sizeof(outer), BEHIND_ETHERNET, FIXED_GSO | ENCAPSULATES_IPV4))
		return DROP;
	if (store_bytes(skb, sizeof(struct ethernet), &outer, sizeof(outer), 0))
		return DROP;
	return redirect_neigh(UNDERLAY, &hop, sizeof(hop), 0);
}

/* On ingress of the underlay: take the outer header off; the inner packet goes on as received there. */
SECTION("classifier/unwrap") int unwrap(struct skb *skb)
{
	struct ethernet *frame = (void *)(u64)skb->data;
	struct ipv4 *outer = (void *)(frame + 1);

	if ((void *)(outer + 1) > (void *)(u64)skb->data_end || frame->type != SWAP(ETHERNET_IPV4))
		return PASS;
	if (outer->version_length != 0x45 || outer->protocol != PROTOCOL_IPIP)
		return PASS;
	return adjust_room(skb, -(int)sizeof(*outer), BEHIND_ETHERNET, FIXED_GSO) ? DROP : PASS;
}

char license_text[] SECTION("license") = "GPL";
