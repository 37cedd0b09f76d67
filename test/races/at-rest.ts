// Promise 5: neither what the backend keeps nor what listeners and error handlers are told works as a cookie.
import { inspect } from 'node:util'
import { describe, expect } from '@jest/globals'
import { parseToken } from '../../lib/token.js'
import type { Browser } from '../support/browser.js'
import { answer, type Routes } from '../support/site.js'
import type { Race, RaceSetup } from './races.js'

const ROUTES: Routes = {
  '/start': (req, res) => {
    req.session.cart = ['apple']
    answer(res, 'started')
  },
  '/signin': async (req, res) => {
    await req.session.signIn(7, { keep: true })
    answer(res, 'signed in')
  },
  '/write': (req, res) => {
    req.session.cart.push('pear')
    answer(res, 'written')
  },
  '/signout': async (req, res) => {
    await req.session.signOut()
    answer(res, 'signed out')
  },
}

/** The secret parts of all that the store gave out and the browser was sent. */
function secretsOf(race: Race, values: readonly string[]): string[] {
  const ofTokens = race.store.issued.flatMap((token) => [token, parseToken(token)?.verifier ?? token])
  return [...ofTokens, ...values]
}

function expectNoneIn(text: string, secrets: readonly string[]): void {
  expect(secrets.length).toBeGreaterThan(3)
  // Compared without `toContain`, whose message would be as long as the dump.
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
}

/** Visits the paths; gives all values of the cookie that came back. */
async function visit(browser: Browser, ...paths: readonly string[]): Promise<string[]> {
  const values: string[] = []
  for (const path of paths) {
    await browser.get(path)
    values.push(browser.cookies.get('sid') ?? '')
  }
  return values.filter((value) => value !== '')
}

export function atRest(setup: RaceSetup): void {
  const { rule } = setup.proving(5)

  describe('at rest', () => {
    rule('a dump of the backend holds nothing that works as a cookie, after a sign-in and further writes', async () => {
      const race = await setup.start(ROUTES)
      const values = await visit(race.browser(), '/start', '/signin', '/write')
      const handles = [...new Set(race.site.events.flatMap(({ handle }) => handle ?? []))]
      expect(handles).toHaveLength(1)
      const dump = await race.dump(handles)
      if (dump === null) return
      expect(handles.filter((handle) => !dump.includes(handle))).toEqual([])
      expectNoneIn(dump, secretsOf(race, values))
    })

    rule('no event, no error and no answer’s body holds anything that works as a cookie, failures of the store included', async () => {
      const race = await setup.start(ROUTES)
      const browser = race.browser()
      const values = await visit(browser, '/start', '/signin')
      const copy = browser.copy()
      for (const [operation, path] of [
        ['update', '/write'],
        ['load', '/write'],
        ['destroy', '/signout'],
      ] as const) {
        race.store.fail(operation, 'reject')
        values.push(...(await visit(browser, path)))
      }
      values.push(...(await visit(browser, '/write', '/signout')), ...(await visit(copy, '/start')))
      expect(race.site.events.length).toBeGreaterThan(5)
      expect(race.site.errors).toHaveLength(3)
      const told = race.site.events.map((event) => inspect({ ...event, request: undefined }, { depth: 10 }))
      const failed = race.site.errors.map((error) => inspect(error, { depth: 10 }))
      expectNoneIn([...told, ...failed].join('\n'), secretsOf(race, values))
    })
  })
}
