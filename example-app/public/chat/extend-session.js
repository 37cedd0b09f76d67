// A session that travels in its cookie is changed by responses alone, and what goes over a live connection has none. So that somebody who writes is not
// taken for somebody who is away, a response is asked for now and then.

const EVERY_MS = 30_000

let last = Number.NEGATIVE_INFINITY

export function extendSession() {
  if (performance.now() - last < EVERY_MS) return
  last = performance.now()
  // If it fails, the warning comes, and asks.
  fetch('/session/stay', { method: 'POST', headers: { 'x-session-stay': '1' } }).catch(() => {})
}
