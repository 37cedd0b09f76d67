// From what `session(…)` returned to what it is made of.
import type { SessionApp } from '../lib/app.js'
import { APP, type Sessions } from '../lib/sessions.js'

export function appOf(caller: string, sessions: Sessions): SessionApp {
  const app = (sessions as unknown as Partial<Record<typeof APP, SessionApp>> | undefined)?.[APP]
  if (app === undefined) throw new TypeError(`${caller}: expected what session(…) returned`)
  return app
}

/** Throws a `TypeError` that begins with the name of an option that is not one of these. */
export function assertKnown(caller: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options))
    if (!known.includes(name)) throw new TypeError(`${name}: not an option of ${caller}; there are ${known.join(', ')}`)
}
