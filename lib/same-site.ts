// Whether a request was made by a page of this site, or by no page at all.
import type { IncomingMessage } from 'node:http'

/** What the script of `steady-session/client` sends along; a page of another site would need our leave (CORS) to send it. */
export const STAY_HEADER = 'x-session-stay'

/** `none`: typed or clicked by the user himself. */
const OWN_SITE: readonly unknown[] = ['same-origin', 'same-site', 'none']

/** Browsers say on HTTPS where a request comes from; on plain HTTP, and in old ones, the origin does, or a header that no form can send. */
export function isFromThisSite({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return OWN_SITE.includes(site)
  if (headers.origin !== undefined) return hostOf(headers.origin) === (headers.host ?? headers[':authority'])
  return headers[STAY_HEADER] !== undefined
}

/** `null` for the opaque origin `null`, which is nobody's host. */
function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null
}
