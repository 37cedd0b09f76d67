// Network addresses as text, which may be anybody's: read, and compared by what they mean.
import { isIP, isIPv4, isIPv6 } from 'node:net'

/** The longest that can be an address: IPv6 that ends in IPv4, in brackets, with a zone and a port. */
const MOST = 100

/** RFC 4291 2.5.5.2, IPv4-mapped; RFC 6052 2.1, what a translator between IPv6 and IPv4 makes of an IPv4 address. */
const IPV4_PREFIXES: ReadonlySet<string> = new Set(['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0'])

/** The address of an entry of `X-Forwarded-For`, without the port that some proxies add; `undefined` if there is none. */
export function addressIn(entry: string): string | undefined {
  if (entry.length > MOST) return undefined
  const text = entry.trim()
  const address = /^\[([^[\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  return isIP(address) === 0 ? undefined : address
}

/** Whether both are one address, however it is written; with `subnet`, of one network: IPv4 /24, IPv6 /64. What is no address equals its own text only. */
export function isSameAddress(one: string, other: string, subnet: boolean): boolean {
  if (one === other) return true
  const known = groupsOf(one)
  const presented = groupsOf(other)
  if (known === null || presented === null || known.length !== presented.length) return false
  const network = known.length === 4 ? 3 : 4
  return known.slice(0, subnet ? network : 8).every((group, place) => group === presented[place])
}

/** Four numbers of an IPv4 address, eight of an IPv6 address without its zone (RFC 4007 11: a name that only its host knows). */
function groupsOf(address: string): readonly number[] | null {
  const [plain = ''] = address.split('%', 1)
  if (isIPv4(plain)) return plain.split('.').map(Number)
  if (!isIPv6(plain)) return null
  const [head = '', tail = ''] = plain.split('::')
  const [before, after] = [groupsIn(head), groupsIn(tail)]
  const groups = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
  return isIPv4InIPv6(groups) ? bytesOf(groups.slice(6)) : groups
}

function groupsIn(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return Number.parseInt(part, 16)
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}

function isIPv4InIPv6(groups: readonly number[]): boolean {
  return IPV4_PREFIXES.has(
    groups
      .slice(0, 6)
      .map((group) => group.toString(16))
      .join(':'),
  )
}

function bytesOf(groups: readonly number[]): number[] {
  return groups.flatMap((group) => [group >> 8, group & 0xff])
}
