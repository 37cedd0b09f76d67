// Whether a session comes from where it was made or signed in, as far as the option `bind` asks.
import type { IncomingMessage } from 'node:http'
import type { SessionApp } from '../app.js'
import type { BindPolicy } from '../bind-options.js'
import type { BoundFact, SessionEvents } from '../events.js'
import type { FoundSession } from '../exchange.js'
import { isSameAddress } from '../network-address.js'
import { type Origin, originOf } from '../origin.js'
import { type MaybePromise, USER_INDEX } from '../store.js'

export interface Mismatch {
  readonly what: readonly BoundFact[]
  /** One of them is more than logged. */
  readonly matters: boolean
}

/** Gives the session back, or nothing. */
export type BindingCheck = (found: FoundSession) => MaybePromise<FoundSession | null>

/** `null`: the option is off. The request is looked at before the load, since its client may be gone after it. */
export function bindingCheck(app: SessionApp, request: IncomingMessage): BindingCheck | null {
  const { bind } = app.config
  if (bind === null) return null
  const presented = originOf(app.config, request)
  // Of a connection that has broken nothing can be known any more: that must not end a session.
  const ends = bind.onMismatch === 'end' && presented.address !== undefined && !request.socket.destroyed
  return (found) => {
    const mismatch = mismatchOf(bind, found.loaded.facts, presented)
    if (mismatch === null) return found
    const tell = teller(app, request, found, mismatch.what)
    if (!mismatch.matters) return tell('logged', found)
    return ends ? end(app, found, tell) : tell('rejected', null)
  }
}

/** A session is bound to what was known when it was made or signed in; `null`: everything that matters is the same. */
export function mismatchOf({ ip, userAgent, certificate }: BindPolicy, bound: Origin, presented: Origin): Mismatch | null {
  const address = ip !== 'off' && !isSame(bound.address, presented.address, (a, b) => isSameAddress(a, b, ip === 'subnet'))
  const agent = userAgent !== 'off' && !isSame(bound.agent, presented.agent)
  const shown = certificate !== 'off' && !isSame(bound.certificate, presented.certificate)
  if (!address && !agent && !shown) return null
  const what: BoundFact[] = []
  if (address) what.push('address')
  if (agent) what.push('agent')
  if (shown) what.push('certificate')
  return { what, matters: (address && ip !== 'log') || (agent && userAgent !== 'log') || (shown && certificate !== 'log') }
}

/** `''`: unknown at the last sign-in. */
function isSame(bound: string | undefined, presented: string | undefined, equal: (a: string, b: string) => boolean = Object.is): boolean {
  return bound === undefined || bound === '' || (presented !== undefined && equal(bound, presented))
}

type Tell = <T>(action: SessionEvents['mismatch']['action'], result: T) => T

/** One event for all that differs. */
function teller({ events }: SessionApp, request: IncomingMessage, { loaded }: FoundSession, what: readonly BoundFact[]): Tell {
  const { handle, facts } = loaded
  const userId = facts.indexes[USER_INDEX]
  return (action, result) => {
    events.emit('mismatch', { handle, userId, what, action, request })
    if (action === 'ended') events.emit('ended', { handle, userId, reason: 'mismatch', request })
    if (action === 'rejected') events.emit('rejected', { handle, reason: 'mismatch', request })
    return result
  }
}

/** If the store fails, so does the request: as with a sign-out, nobody may believe that the session has ended. */
async function end(app: SessionApp, { loaded }: FoundSession, tell: Tell): Promise<null> {
  try {
    const wasThere = await app.call('destroy', () => app.config.store.destroy(loaded.token))
    return tell(wasThere ? 'ended' : 'rejected', null)
  } catch (error) {
    tell('rejected', null)
    throw error
  }
}
