import { inspect } from 'node:util'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { memoryStore, type SessionEventName, session } from '../../lib/index.js'
import { proofOf } from '../../lib/token.js'
import { appOf, inProduction, SECRET, stored, warnings } from '../lib/harness.js'
import { turn } from '../support/barrier.js'
import { Browser } from '../support/browser.js'
import { BACKEND_SECRET, FaultyStore } from '../support/faulty-store.js'
import type { Routes } from '../support/site.js'
import { EVERY_FRAMEWORK, partsOf, placeOpener, route, userOf, valueHeldBy } from './kit.js'

const open = placeOpener()

afterEach(() => {
  jest.restoreAllMocks()
})

/** Everything that is printed while the test runs. */
function printed(): () => string {
  const texts: string[] = []
  const keep = (...args: unknown[]): void => {
    texts.push(args.map((arg) => (typeof arg === 'string' ? arg : inspect(arg, { depth: 10 }))).join(' '))
  }
  for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) jest.spyOn(console, name).mockImplementation(keep)
  jest.spyOn(process, 'emitWarning').mockImplementation(keep as never)
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation(((text: unknown) => {
      keep(String(text))
      return true
    }) as never)
  }
  return () => texts.join('\n')
}

/** What an event says, without the request, which holds the cookie that the client sent. */
function told(event: object): string {
  const { request: _request, ...rest } = event as { request?: unknown }
  return inspect(rest, { depth: 10, showHidden: true })
}

describe.each(EVERY_FRAMEWORK)('secrets on %s', (framework) => {
  test('stand in no log, warning, error or event, and in no header or body but Set-Cookie (T-35, T-21)', async () => {
    const output = printed()
    const store = new FaultyStore(memoryStore())
    const routes: Routes = {
      '/everything': route((session, request) => {
        console.log(session, { session }, request.session.info)
        return [session, session.info, session.id, inspect(session, { showHidden: true, depth: 20 }), JSON.stringify(session)]
      }),
      '/locals': (request, response) => {
        const { locals } = response as unknown as { locals?: object }
        response.end(inspect([locals, request.session], { depth: 20, showHidden: true }))
      },
      '/bad': route((session) => session.set('bad', { total: 1n })),
    }
    const { browser, port, sessions, errors } = await open(framework, { store, secret: ['short', SECRET] }, routes)
    const events: string[] = []
    const names = ['created', 'signedIn', 'rotated', 'changed', 'ended', 'gone', 'rejected', 'reuse', 'storeError'] as SessionEventName[]
    for (const name of names) sessions.on(name, (event) => events.push(told(event)))
    const values = new Set<string>()
    const answers: string[] = []
    const visit = async (path: string, who = browser): Promise<void> => {
      const { setCookie, headers, body } = await who.get(path)
      for (const line of setCookie) values.add(line.slice(4, line.indexOf(';')))
      answers.push(JSON.stringify({ ...headers, 'set-cookie': undefined }), body)
    }
    await visit('/set')
    const copy = browser.copy()
    for (const path of ['/everything', '/locals', '/sign-in', '/everything', '/write', '/info', '/bad', '/sign-in']) await visit(path)
    await visit('/user', copy)
    await visit('/user', new Browser(port, [['sid', `${valueHeldBy(browser).slice(0, -1)}x`]]))
    for (const operation of ['load', 'update', 'rotate', 'destroy'] as const) {
      store.fail(operation, 'reject')
      await visit(operation === 'load' ? '/user' : operation === 'update' ? '/write' : operation === 'rotate' ? '/sign-in' : '/sign-out')
      await visit('/sign-in')
    }
    await visit('/sign-out')
    const manager = inspect(await sessions.list({ user: 'ann' }), { depth: 20 })
    const seen = [
      output(),
      ...events,
      ...answers,
      manager,
      ...errors.map((error) => inspect({ ...(error as object), text: String(error) }, { depth: 3 })),
    ].join('\n')
    const issued = [...values].filter((value) => value !== '')
    expect(issued.length).toBeGreaterThanOrEqual(4)
    expect(events.length).toBeGreaterThan(10)
    for (const value of issued) {
      const { token, verifier } = partsOf(value)
      for (const secret of [value, token, verifier, proofOf(verifier)]) expect(seen.includes(secret)).toBe(false)
    }
    for (const secret of [SECRET, "short'", '"short"']) expect(seen.includes(secret)).toBe(false)
  })

  test('do not work when they come from a dump of the store (T-69)', async () => {
    const { browser, port, store } = await open(framework)
    const values: string[] = []
    for (const path of ['/set', '/sign-in', '/write', '/sign-in']) {
      await browser.get(path)
      values.push(valueHeldBy(browser))
    }
    const dump = inspect(store, { depth: 20, showHidden: true, maxArrayLength: null, maxStringLength: null })
    expect(dump).toContain(partsOf(valueHeldBy(browser)).handle)
    for (const value of values)
      for (const secret of [value, partsOf(value).token, partsOf(value).verifier]) expect(dump).not.toContain(secret)
    // Whoever has the dump, and even the secret, still has no cookie.
    const { handle } = partsOf(valueHeldBy(browser))
    const texts = new Set(dump.match(/[\w-]{43}/g) ?? [])
    expect(texts.size).toBeGreaterThan(0)
    for (const text of texts) expect(await userOf(new Browser(port, [['sid', appOf().signer.seal(`${handle}.${text}`)]]))).toBe('nobody')
    expect(await userOf(browser)).toBe('ann')
  })

  test('of the backend do not reach the client when it fails (T-38)', async () => {
    printed()
    const store = new FaultyStore(memoryStore())
    const { browser, errors } = await inProduction(() => open(framework, { store, cookie: { secure: false } }))
    // Connect looks at NODE_ENV when it is loaded, and so shows a stack here; Express was made for production.
    const revealing = framework === 'Connect' ? /ECONNREFUSED|10\.0\.0\.7|hunter2/ : /ECONNREFUSED|10\.0\.0\.7|hunter2|\.ts:|\.js:|at /
    await browser.get('/sign-in')
    for (const [operation, path] of [
      ['load', '/user'],
      ['update', '/write'],
      ['rotate', '/sign-in'],
    ] as const) {
      store.fail(operation, 'reject')
      const { status, body, headers, setCookie } = await browser.get(path)
      expect([status, setCookie, headers['retry-after']]).toEqual([503, [], '1'])
      expect(`${body}${JSON.stringify(headers)}`).not.toMatch(revealing)
      // Express prints the error later.
      await turn()
    }
    expect(errors).toHaveLength(3)
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'ERR_SESSION_STORE', status: 503, expose: false, cause: expect.any(Error) })
      expect((error as Error).message).not.toContain(BACKEND_SECRET)
    }
  })

  test('an error of the store authenticates nobody and logs nobody out', async () => {
    const store = new FaultyStore(memoryStore())
    const { browser } = await open(framework, { store })
    await browser.get('/sign-in')
    store.fail('load', 'reject')
    const failed = await browser.get('/user')
    expect([failed.status, failed.setCookie, failed.body.includes('ann')]).toEqual([503, [], false])
    expect(await userOf(browser)).toBe('ann')
  })
})

test('what session() returns shows no secret to whoever prints it, nor does its configuration (T-35)', async () => {
  const secrets = [SECRET, 'an older secret, which still verifies what it signed']
  for (const store of [memoryStore(), new FaultyStore(memoryStore())]) {
    const sessions = session({ secret: secrets, store })
    const app = appOf({ secret: secrets, store })
    await stored(store, { userId: 'ann' })
    const shown = [sessions, { sessions }, [sessions], app, app.config, { ...app.config }, Object.values(app), Object.entries(sessions)]
    for (const value of shown) {
      const text = inspect(value, { depth: 8, showHidden: false })
      for (const secret of secrets) expect(text).not.toContain(secret)
    }
    expect(JSON.stringify([app, app.config, sessions])).not.toMatch(/secret/i)
    expect(app.config.secrets).toEqual(secrets)
  }
})

test('a weak secret does not stand in its own warning, a strong one in no error (T-35)', () => {
  const warned = warnings()
  appOf({ secret: 'hunter2' })
  expect(warned.text()).not.toContain('hunter2')
  expect(() => appOf({ secret: [SECRET, ''] })).toThrow(/^(?!.*a secret for tests).*$/)
})
