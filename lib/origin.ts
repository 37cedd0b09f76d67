// Where a session was made or signed in, as lists show it. Both parts may be hostile.
import type { IncomingMessage } from 'node:http'

export interface Origin {
  readonly address?: string
  readonly agent?: string
}

export function originOf(request: IncomingMessage & { readonly ip?: unknown }): Origin {
  const address = typeof request.ip === 'string' ? request.ip : request.socket.remoteAddress
  const agent = request.headers['user-agent']
  return {
    ...(address === undefined ? {} : { address: printable(address, 45) }),
    ...(agent === undefined ? {} : { agent: printable(agent, 256) }),
  }
}

function printable(text: string, most: number): string {
  return text.slice(0, most).replace(/[^\x20-\x7e]/g, '?')
}
