// A session cookie without a login form, for supertest, Playwright and the like.
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { SessionApp } from '../lib/app.js'
import { Exchange } from '../lib/exchange.js'
import { APP, type Sessions } from '../lib/sessions.js'

export interface TestCookie {
  readonly name: string
  readonly value: string
  /** `name=value`, as the `Cookie` header takes it. */
  readonly header: string
}

/**
 * Stores a session with this data and returns its cookie. Data that names a user (`{ userId: 7 }`, or what the option `user` reads) makes a
 * signed-in session. supertest: `.set('Cookie', cookie.header)`; Playwright: `context.addCookies([{ ...cookie, url }])`.
 */
export async function cookieFor(sessions: Sessions, data: Readonly<Record<string, unknown>>): Promise<TestCookie> {
  const app = (sessions as unknown as Record<typeof APP, SessionApp>)[APP]
  await sessions.ready()
  const exchange = new Exchange(app, secureRequest(), { found: null, lost: false, several: false, degraded: null }, null)
  for (const [key, value] of Object.entries(data)) exchange.state.draft.set(key, value, null)
  await exchange.session.save()
  const { stored } = exchange.state
  if (stored === null) throw new TypeError('cookieFor: expected data to keep, such as { userId: 7 }')
  const value = app.signer.seal(stored.token)
  return { name: app.config.key, value, header: `${app.config.key}=${value}` }
}

function secureRequest(): IncomingMessage {
  return new IncomingMessage(Object.assign(new Socket(), { encrypted: true }))
}
