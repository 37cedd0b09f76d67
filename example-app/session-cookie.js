// Takes the session cookie apart, to show it. The middleware does not need this.

const PARTS = /^([\w-]{22})\.([\w-]{43})\.(.+)$/

/** The parts of the cookie as the browser sent it, or null. The verifier is secret: only its length leaves this function. */
export function describeSessionCookie(header, name = 'sid') {
  const pair = (header ?? '').split(/;\s*/).find((one) => one.startsWith(`${name}=`))
  const parts = PARTS.exec(pair?.slice(name.length + 1) ?? '')
  if (parts === null) return null
  const [, handle, verifier, signature] = parts
  return { name, handle, verifier: '•'.repeat(verifier.length), signature }
}
