// Where a session was made or signed in: lists show it, and sessions can be bound to it. Every part may be hostile.
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { addressIn } from './network-address.js'
import type { SessionConfig } from './options.js'
import { ownText } from './own-text.js'

export interface Origin {
  readonly address?: string
  readonly agent?: string
  /** SHA-256 of the client's certificate; only looked at if sessions are bound to it. */
  readonly certificate?: string
}

type OriginConfig = Pick<SessionConfig, 'proxy' | 'bind'>

export function originOf(config: OriginConfig, request: IncomingMessage): Origin {
  const address = addressOf(config.proxy, request)
  const agent = request.headers['user-agent']
  const certificate = config.bind === null || config.bind.certificate === 'off' ? undefined : certificateOf(request)
  return {
    ...(address === undefined ? {} : { address: printable(address, 45) }),
    ...(agent === undefined ? {} : { agent: printable(agent, 256) }),
    ...(certificate === undefined ? {} : { certificate }),
  }
}

/** For a new token: what this request does not know must not stay from before, as terms do that are not named. */
export function originAnew(config: OriginConfig, request: IncomingMessage, before: Origin = {}): Origin {
  return {
    ...(before.address === undefined ? {} : { address: '' }),
    ...(before.agent === undefined ? {} : { agent: '' }),
    ...(before.certificate === undefined ? {} : { certificate: '' }),
    ...originOf(config, request),
  }
}

/** Forwarded addresses are believed only if Express trusts the proxy, or the option `proxy` says so. */
function addressOf(proxy: boolean | undefined, request: IncomingMessage & { readonly ip?: unknown }): string | undefined {
  const { remoteAddress } = request.socket
  if (proxy === false) return remoteAddress
  // Express has counted the proxies; but what came through them is text, and may be no address.
  const counted = typeof request.ip === 'string' ? addressIn(request.ip) : undefined
  if (counted !== undefined && (proxy === undefined || counted !== remoteAddress)) return counted
  return (proxy === true ? lastForwarded(request.headers['x-forwarded-for']) : undefined) ?? remoteAddress
}

/** The entry that the nearest proxy added; those before it may be the client's own. */
function lastForwarded(header: string | string[] | undefined): string | undefined {
  const text = String(header ?? '')
  return addressIn(text.slice(text.lastIndexOf(',') + 1))
}

/** Only of a client whose certificate this process itself has verified: a header could be anybody's. */
function certificateOf({ socket }: IncomingMessage): string | undefined {
  const { authorized, getPeerX509Certificate } = socket as Partial<TLSSocket>
  return authorized === true ? getPeerX509Certificate?.call(socket as TLSSocket)?.fingerprint256 : undefined
}

function printable(text: string, most: number): string {
  return ownText(text.slice(0, most).replace(/[^\x20-\x7e]/g, '?'))
}
