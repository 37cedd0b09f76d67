import { connect as connectSocket } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Arrival } from '../../lib/exchange.js'
import { loadSession } from '../../lib/load.js'
import { isPromise } from '../../lib/maybe.js'
import { readSessionCookies } from '../../lib/session-cookie.js'
import { joinToken, newHandle, newVerifier } from '../../lib/token.js'
import { memoryStore } from '../../stores/memory.js'
import { appOf, requestWith, SECRET } from '../lib/harness.js'
import { Browser } from '../support/browser.js'
import { siteOpener } from '../support/site.js'

/** At least so many headers per run; another seed by FUZZ_SEED. */
const RUNS = 50_000
const SEED = Number(process.env['FUZZ_SEED'] ?? 20261121)

const TERMS = { id: 'id', idleMs: 1e9, lifetimeMs: null, persistent: true, indexes: { userId: 'ann' } }

/** The cookies that a client may have in its hands: two live ones, an old one of the first session, one of nothing, one by another secret. */
interface Hand {
  readonly live: readonly [string, string]
  readonly old: string
  readonly unknown: string
  readonly foreign: string
}

/** Text that is put together from good cookies and broken ones. */
function headers(hand: Hand): fc.Arbitrary<string> {
  const good = [...hand.live, hand.old, hand.unknown, hand.foreign]
  const any = fc.constantFrom(...good)
  const at = fc.nat({ max: 109 })
  const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code))
  const latin = fc.string({ unit: byte, maxLength: 40 })
  /** White space inside of a value; a long run is what a careless pattern walks through again from every place in it. */
  const spaced = (times: number): fc.Arbitrary<string> =>
    fc
      .tuple(any, at, fc.constantFrom(' ', '\t', ' \t', '\v', '\u00a0'), any)
      .map(([before, i, space, after]) => before.slice(0, i) + space.repeat(times / space.length) + after)
  const mutated = fc.oneof(
    { weight: 4, arbitrary: any },
    fc.tuple(any, at, byte).map(([value, i, sign]) => value.slice(0, i) + sign + value.slice(i + 1)),
    fc.tuple(any, at).map(([value, i]) => value.slice(0, i)),
    fc.tuple(any, latin).map(([value, more]) => value + more),
    fc.tuple(latin, any).map(([more, value]) => more + value),
    fc.tuple(any, any, at).map(([a, b, i]) => a.slice(0, i) + b.slice(i)),
    fc.tuple(any, any).map(([a, b]) => `${a.slice(0, 22)}${b.slice(22, 66)}${a.slice(66)}`),
    any.map((value) => value.replaceAll('+', '-').replaceAll('/', '_')),
    any.map((value) => `${value}=`),
    any.map((value) => encodeURIComponent(value)),
    any.map((value) => value.replace('.', '%2e')),
    any.map((value) => `"${value}"`),
    any.map((value) => `s:${value}`),
    any.map((value) => value.toUpperCase()),
    any.map((value) => value.split('').reverse().join('')),
    spaced(2),
    spaced(40),
    latin,
  )
  const name = fc.oneof(
    { weight: 6, arbitrary: fc.constant('sid') },
    fc.constantFrom('SID', ' sid', 'sid ', 'sid[]', '%73id', '__Host-sid', '__proto__', 'xsid', ''),
    latin,
  )
  const pair = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(name, mutated).map(([key, value]) => `${key}=${value}`) },
    latin,
    fc.constantFrom('sid', 'sid=', '=', '%', '%zz', '\0', '"', '\\', ',', '$Version=1', 'sid==', 'sid=;sid'),
  )
  const separator = fc.constantFrom(';', '; ', ';;', ' ; ', ',', '&', '\t;\t', '')
  const soup = fc.array(fc.tuple(pair, separator), { maxLength: 8 }).map((parts) => parts.flat().join(''))
  const block = fc.tuple(
    fc.constantFrom(';', '=', 'sid=', 'sid=;', ' ', '"\\', '%', '\0', `sid=${hand.unknown};`, `sid=${hand.foreign};`),
    soup,
  )
  const huge = block.map(([part, rest]) => `${part.repeat(Math.floor(15_000 / part.length))};${rest}`)
  const gaping = fc.tuple(soup, spaced(15_000), soup).map(([before, value, after]) => `${before};sid=${value};${after}`)
  return fc.oneof({ weight: 600, arbitrary: soup }, { weight: 2, arbitrary: huge }, { weight: 1, arbitrary: gaping })
}

/** What the header says, read the slow and simple way: the values under exactly our name, undecoded. */
function valuesIn(header: string): string[] {
  return header.split(';').flatMap((pair) => {
    const value = /^[ \t]*sid=(.*)$/s.exec(pair)?.[1]
    return value === undefined ? [] : trimmed(value)
  })
}

/** Without spaces and tabs at both ends; `trim` takes more than RFC 9110 calls white space. */
function trimmed(text: string): string {
  const inner = text.replace(/^[ \t]+/, '')
  let end = inner.length
  while (end > 0 && ' \t'.includes(inner.charAt(end - 1))) end--
  return inner.slice(0, end)
}

function expectedUser(header: string, hand: Hand): 'live' | 'none' | 'either' {
  const values = new Set(valuesIn(header))
  const present = hand.live.filter((value) => values.has(value))
  // More candidates than are looked at: which of them are is not promised.
  if (valuesIn(header).length > 4) return present.length === 0 ? 'none' : 'either'
  return present.length === 1 ? 'live' : 'none'
}

describe('hostile Cookie headers', () => {
  test(`(${RUNS} of them) never throw, never reach the store unsigned, and authenticate only an unchanged live cookie (T-46, T-4, T-83)`, () => {
    const store = memoryStore()
    const app = appOf({ store })
    const [one, two, before] = [0, 1, 2].map(() => store.create({ values: { userId: '"ann"' }, terms: TERMS }).token) as [
      string,
      string,
      string,
    ]
    const rotated = store.rotate(before, {})?.token as string
    const { seal } = app.signer
    const hand: Hand = {
      live: [seal(one), seal(rotated)],
      old: seal(before),
      unknown: seal(joinToken(newHandle(), newVerifier())),
      foreign: appOf({ secret: `${SECRET}, but another` }).signer.seal(two),
    }
    const signed = new Map([...hand.live, hand.old, hand.unknown].map((value) => [value.slice(0, 66), value]))
    const loaded: string[] = []
    const load = store.load.bind(store)
    store.load = (token, options) => {
      loaded.push(token)
      return load(token, options)
    }
    let runs = 0
    let found = 0
    fc.assert(
      fc.property(headers(hand), (header) => {
        runs += 1
        loaded.length = 0
        const request = requestWith({ cookie: header })
        const arrival = loadSession(app, request, readSessionCookies(app, request))
        if (isPromise(arrival)) throw new Error('the memory store answers at once')
        const values = valuesIn(header)
        for (const token of loaded) {
          assert(/^[\w-]{22}\.[\w-]{43}$/.test(token), 'a token of another form reached the store')
          assert(values.includes(signed.get(token) ?? ''), 'a token that was not signed reached the store')
        }
        assert(loaded.length <= 4, 'more than four candidates were looked up')
        check(arrival, header, hand)
        if (arrival.found !== null) found += 1
      }),
      { numRuns: RUNS, seed: SEED },
    )
    expect(runs).toBeGreaterThanOrEqual(RUNS)
    // The generator is no good if it never hits.
    expect(found).toBeGreaterThan(1000)
    expect(store.size).toBe(3)
  }, 60_000)

  function check({ found, several }: Arrival, header: string, hand: Hand): void {
    const expected = expectedUser(header, hand)
    assert(expected === 'either' || expected === (found === null ? 'none' : 'live'), `expected ${expected}`)
    const value = hand.live.find((each) => each.slice(0, 66) === found?.cookie.token)
    assert(found === null || valuesIn(header).includes(value ?? ''), 'a cookie that was changed was accepted')
    assert(!several || hand.live.every((each) => valuesIn(header).includes(each)), 'one live session was taken for several')
  }
})

/** `expect` costs more than what is tested here. */
function assert(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new Error(problem)
}

describe('hostile Cookie headers over HTTP', () => {
  const open = siteOpener()

  /** The answer to a request with these bytes in its Cookie header. */
  function visit(port: number, header: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connectSocket(port, '127.0.0.1')
      let text = ''
      socket.setEncoding('latin1').on('data', (part) => {
        text += part
      })
      socket.on('error', reject)
      socket.on('close', () => resolve(text))
      socket.end(Buffer.from(`GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: ${header}\r\n\r\n`, 'latin1'))
    })
  }

  test('are answered, each of them, and let nobody in who holds no unchanged live cookie', async () => {
    const { port, errors } = await open({
      framework: 'Express 5',
      options: {},
      routes: {
        '/in': async (request, response) => {
          await request.session.signIn('ann')
          response.end()
        },
        '/who': (request, response) => void response.end(`who: ${String(request.session.get('userId') ?? 'nobody')}.`),
      },
    })
    const signIn = async (): Promise<string> => {
      const browser = new Browser(port)
      await browser.get('/in')
      return browser.cookies.get('sid') ?? ''
    }
    const { seal } = appOf().signer
    const foreign = appOf({ secret: `${SECRET}, but another` }).signer.seal(joinToken(newHandle(), newVerifier()))
    const hand: Hand = {
      live: [await signIn(), await signIn()],
      old: seal(joinToken(newHandle(), newVerifier())),
      unknown: seal(joinToken(newHandle(), newVerifier())),
      foreign,
    }
    const samples = fc.sample(headers(hand), { numRuns: 400, seed: SEED }).map((header) => header.replaceAll('\r', '').replaceAll('\n', ''))
    let live = 0
    for (const header of samples) {
      const answer = await visit(port, header)
      expect(answer).toMatch(/^HTTP\/1\.1 (200|400|431) /)
      const expected = expectedUser(trimmed(header), hand)
      if (!answer.startsWith('HTTP/1.1 200') || expected === 'either') continue
      expect(answer).toMatch(expected === 'live' ? /who: ann\./ : /who: nobody\./)
      if (expected === 'live') live += 1
    }
    expect([live > 10, errors]).toEqual([true, []])
  }, 30_000)
})
