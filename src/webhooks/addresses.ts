/**
 * @file Which addresses a webhook may go to: those of the public internet. The service stands where its clients do not, and must
 * not be made to call what only it can reach. Sources: IANA, IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890).
 */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

const RESERVED_IPV4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  // Multicast, and all that is reserved, the broadcast included.
  ['224.0.0.0', 3],
];

/** Within 2000::/3, outside of which nothing is public: what stands for an IPv4 address or is not routed. */
const RESERVED_IPV6: readonly (readonly [network: string, prefix: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const reserved = new BlockList();
for (const [network, prefix] of RESERVED_IPV4) reserved.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of RESERVED_IPV6) reserved.addSubnet(network, prefix, 'ipv6');

const global = new BlockList();
global.addSubnet('2000::', 3, 'ipv6');

const familyOf = (address: string) => (isIPv4(address) ? 'ipv4' : 'ipv6');

const isPublic = (address: string): boolean =>
  !reserved.check(address, familyOf(address)) && (isIPv4(address) || global.check(address, 'ipv6'));

/** What `WEBHOOK_ALLOW` names beside the public internet. */
export interface Allowed {
  readonly hosts: ReadonlySet<string>;
  readonly networks: BlockList;
}

const HOST = /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i;

/** Of a URL: IPv6 addresses stand in brackets there. */
export const plainHost = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();

function addNetwork(networks: BlockList, text: string): boolean {
  const [network = '', prefix, ...rest] = text.split('/');
  if (rest.length > 0 || isIP(network) === 0) return false;
  const bits = isIPv6(network) ? 128 : 32;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (length < 0 || length > bits) return false;
  networks.addSubnet(network, length, familyOf(network));
  return true;
}

/** @returns null where a part of the text is no host, address or network */
export function parseAllowed(text: string): Allowed | null {
  const hosts = new Set<string>();
  const networks = new BlockList();
  for (const part of text.split(',').map((one) => one.trim())) {
    if (part === '') continue;
    if (addNetwork(networks, plainHost(part))) continue;
    if (!HOST.test(part)) return null;
    hosts.add(part.toLowerCase());
  }
  return { hosts, networks };
}

/** @param host that was asked for; `address` is what it stands for at the moment of the connection */
export function isAllowed(host: string, address: string, { hosts, networks }: Allowed): boolean {
  // What a zone index names is never public.
  const [plain = ''] = address.split('%');
  return hosts.has(plainHost(host)) || networks.check(plain, familyOf(plain)) || isPublic(plain);
}

/** RFC 6761, section 6.3: these names stand for the host itself, whatever a resolver says. */
const LOOPBACK_NAME = /^(.*\.)?localhost\.?$/;

const LOOPBACK = ['127.0.0.1', '::1'] as const;

const isRefused = (host: string, allowed: Allowed): boolean =>
  LOOPBACK_NAME.test(host)
    ? !LOOPBACK.some((address) => isAllowed(host, address, allowed))
    : isIP(host) !== 0 && !isAllowed(host, host, allowed);

/** Why a webhook cannot go to this URL, as far as it can be told without a name being resolved. */
export function refusalOf(url: string, allowed: Allowed): string | null {
  const host = plainHost(new URL(url).hostname);
  return isRefused(host, allowed) ? `${host} is no address of the public internet` : null;
}
