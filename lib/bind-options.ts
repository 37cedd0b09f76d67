// The option `bind`: what of a visitor must be as it was when the session was made.
import type { SessionStore } from './store.js'

export interface BindOptions {
  /** The network address: `'exact'`, or `'subnet'` (IPv4 /24, IPv6 /64). Default `'off'`. */
  readonly ip?: 'off' | 'log' | 'subnet' | 'exact'
  /** The `User-Agent`. Default `'off'`. */
  readonly userAgent?: 'off' | 'log' | 'exact'
  /** The certificate that the client showed to this process over mutual TLS. Default `'off'`. */
  readonly certificate?: 'off' | 'log' | 'exact'
  /** Whether a session that does not fit is only not used by this request (`'reject'`, the default), or ends in the store. */
  readonly onMismatch?: 'reject' | 'end'
}

export type BindPolicy = Readonly<Required<BindOptions>>

const CHOICES: Readonly<Record<keyof BindOptions, readonly string[]>> = {
  ip: ['off', 'log', 'subnet', 'exact'],
  userAgent: ['off', 'log', 'exact'],
  certificate: ['off', 'log', 'exact'],
  onMismatch: ['reject', 'end'],
}

const NAMES = Object.keys(CHOICES) as (keyof BindOptions)[]

/** `null`: nothing is compared, and no request pays for it. Throws a `TypeError` that begins with the option's name. */
export function bindPolicy(option: unknown, store: SessionStore): BindPolicy | null {
  if (option === undefined) return null
  if (typeof option !== 'object' || option === null || Array.isArray(option)) {
    throw new TypeError("bind: expected an object such as { ip: 'subnet', onMismatch: 'reject' }")
  }
  const unknown = Object.keys(option).find((name) => !Object.hasOwn(CHOICES, name))
  if (unknown !== undefined) throw new TypeError(`bind.${unknown}: unknown; known are ${NAMES.join(', ')}`)
  const chosen = Object.fromEntries(NAMES.map((name) => [name, choice(name, (option as Record<string, unknown>)[name])]))
  const policy = Object.freeze(chosen) as unknown as BindPolicy
  if (policy.onMismatch === 'end' && store.cannot?.includes('revoke')) {
    throw new TypeError(`bind.onMismatch: 'end' needs a store that can end a session; the ${store.name} store needs revocation for it`)
  }
  return policy.ip === 'off' && policy.userAgent === 'off' && policy.certificate === 'off' ? null : policy
}

function choice(name: keyof BindOptions, value: unknown): string {
  const [first = '', ...others] = CHOICES[name]
  if (value === undefined) return first
  if (typeof value === 'string' && CHOICES[name].includes(value)) return value
  const quoted = [first, ...others].map((each) => `'${each}'`)
  throw new TypeError(`bind.${name}: expected ${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`)
}
