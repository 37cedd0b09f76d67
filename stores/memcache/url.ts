// `memcache://[username:password@]host[:port][,host[:port] …]`: no URL by the standard, which knows one host only.

export interface ParsedUrl {
  /** As the option `servers` takes them. */
  readonly servers: readonly string[]
  readonly username: string | undefined
  readonly password: string | undefined
}

/** Throws a `TypeError` that does not show the text: it may hold a password. */
export function parseUrl(url: unknown): ParsedUrl {
  const [, login, servers] = (typeof url === 'string' && /^memcache:\/\/(?:([^@]*)@)?([^@/?#\s]+)\/?$/.exec(url)) || []
  if (servers === undefined) throw wrong()
  if (login === undefined) return { servers: servers.split(','), username: undefined, password: undefined }
  const [, username = '', password = ''] = /^([^:]*):(.*)$/.exec(login) ?? []
  return { servers: servers.split(','), username: decoded(username), password: decoded(password) }
}

/** SASL needs both of them. */
function decoded(text: string): string {
  try {
    if (text !== '') return decodeURIComponent(text)
  } catch {
    // A `%` that stands for itself must be written `%25`.
  }
  throw wrong()
}

function wrong(): TypeError {
  return new TypeError(
    'url: expected memcache://host:port, several servers as memcache://host:port,host:port, a login as memcache://username:password@host:port, percent-encoded',
  )
}
