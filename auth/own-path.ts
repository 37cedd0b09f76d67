// Return addresses: paths on the own site, and nothing else (OWASP ASVS 5.0, 3.7.2; CWE-601).

/** Stands for the own site, whatever its name is; `.invalid` is nobody's (RFC 2606). */
const OWN = 'http://own.invalid'

/** What proxies and servers pass on; more is no address of a page. */
const MAX_LENGTH = 2048

/** Nobody encodes a path more often by mistake. */
const MAX_LAYERS = 4

/** Browsers read `\` as `/`, and skip tabs and line breaks wherever they stand. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const MISREAD = /[\\\u0000-\u001f\u007f-\u009f]/

/**
 * The path, query and fragment as a browser would write them, or `null` for whatever may lead away from the own site: another scheme or host, `//`,
 * a backslash, a control character, also if they appear only after dots are resolved (`/.//evil.example`), or after somebody on the way decodes the path.
 */
export function ownPath(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > MAX_LENGTH || !staysHere(value)) return null
  let [path = ''] = value.split(/[?#]/, 1)
  for (let layer = 0; ; layer++) {
    const decoded = decodedOnce(path)
    if (decoded === path) break
    if (layer === MAX_LAYERS || !staysHere(decoded)) return null
    path = decoded
  }
  const written = inOwnSite(value)
  return written.length > MAX_LENGTH ? null : written
}

/** With the parameter added, or replaced. The page is one of the own site. */
export function withParameter(page: string, name: string, value: string): string {
  const url = new URL(page, OWN)
  url.searchParams.set(name, value)
  return url.pathname + url.search + url.hash
}

/** Whether both name the same page, as routers see it: whatever the query, the case and a slash at the end. */
export function isSamePage(one: string, other: string): boolean {
  return pageOf(one) === pageOf(other)
}

function pageOf(path: string): string {
  const [page = ''] = path.split(/[?#]/, 1)
  return page.toLowerCase().replace(/\/+$/, '')
}

function staysHere(text: string): boolean {
  if (!/^\/(?!\/)/.test(text) || MISREAD.test(text)) return false
  const { origin, pathname } = new URL(text, OWN)
  return origin === OWN && !pathname.startsWith('//')
}

function inOwnSite(text: string): string {
  const { pathname, search, hash } = new URL(text, OWN)
  return pathname + search + hash
}

/** One layer of percent-encoding less, for ASCII alone: it never throws, and nothing else is dangerous. */
function decodedOnce(path: string): string {
  return path.replace(/%([0-7][\da-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
