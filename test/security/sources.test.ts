import crypto from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { memoryStore } from '../../lib/index.js'
import { Browser } from '../support/browser.js'
import { EVERY_FRAMEWORK, placeOpener } from './kit.js'

const open = placeOpener()

afterEach(() => {
  jest.restoreAllMocks()
})

interface Source {
  readonly path: string
  readonly text: string
}

/** The sources without their comments. */
function sources(): Source[] {
  return ['lib', 'stores', 'auth', 'ops', 'pages'].filter(existsSync).flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => ({
        path: `${folder}/${name}`,
        text: readFileSync(`${folder}/${name}`, 'utf8').replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, ''),
      })),
  )
}

function linesThat(pattern: RegExp): string[] {
  return sources().flatMap(({ path, text }) =>
    text
      .split('\n')
      .filter((line) => pattern.test(line))
      .map((line) => `${path}: ${line.trim()}`),
  )
}

describe('the sources', () => {
  test('compare proofs and signatures in constant time only (T-28)', () => {
    const secret = String.raw`\b\w*(proof|verifier|signature|hmac|mac)\b`
    expect(
      linesThat(new RegExp(`${secret}\\s*[!=]==|[!=]==\\s*(\\w+\\.)*${secret}(?!\\.length)`, 'i')).filter(
        (line) => !line.includes('typeof proof !=='),
      ),
    ).toEqual([])
    expect(linesThat(/timingSafeEqual\(/).map((line) => line.split(':', 1)[0])).toEqual(['lib/token.ts', 'pages/form-token.ts'])
  })

  test('take random numbers from the generator of node:crypto and from nowhere else (T-6)', () => {
    // A random pause between two attempts is no secret.
    const other = linesThat(/Math\.random|randomUUID|pseudoRandomBytes|getRandomValues/).filter((line) => !line.includes('await delay('))
    expect(other).toEqual([])
    expect(
      linesThat(/randomBytes\(/)
        .map((line) => line.split(':', 1)[0])
        .sort(),
    ).toEqual(expect.arrayContaining(['lib/resolve-options.ts', 'lib/token.ts', 'lib/token.ts']))
  })

  test('name these algorithms and no others (T-27)', () => {
    // Redis names its scripts by their SHA-1 (EVALSHA), and a hash spreads sessions over memcached servers: neither protects anything.
    const named = sources()
      .filter(({ path }) => !/^stores\/(redis|memcache)/.test(path))
      .flatMap(({ text }) =>
        [...text.matchAll(/\b(?:hash|createHash|createHmac|hkdfSync|createCipheriv|createDecipheriv)\(\s*'([^']+)'/g)].map(
          ([, name]) => name,
        ),
      )
    expect([...new Set(named)].filter((name) => name !== 'aes-256-gcm')).toEqual(['sha256'])
    const weak = linesThat(/\b(md5|sha1|createCipher|pbkdf2|rc4|des)\b/i).filter((line) => !/^stores\/(redis|memcache)/.test(line))
    expect(weak).toEqual([])
  })

  test('never touch headersDistinct, which crashed Node on a header named __proto__ (T-81)', () => {
    expect(linesThat(/headersDistinct|trailersDistinct/)).toEqual([])
  })

  test('parse JSON in one place and evaluate nothing (T-75)', () => {
    expect(linesThat(/JSON\.parse\(/).every((line) => /^(lib\/values|stores\/(cookie|memcache|express-store|redis))/.test(line))).toBe(true)
    // The `eval` of Redis runs our own constant scripts there.
    const outsideRedis = linesThat(/\beval\(|new Function\(|node:vm|v8\.deserialize/).filter((line) => !line.startsWith('stores/redis'))
    expect(outsideRedis).toEqual([])
  })

  test('print nothing (T-35)', () => {
    // The command line is there to print.
    expect(linesThat(/\bconsole\.|process\.std(out|err)/).filter((line) => !line.startsWith('ops/cli/'))).toEqual([])
  })
})

describe('a random generator that fails', () => {
  test.each(EVERY_FRAMEWORK)('is an error on %s, and never a weak token (T-31)', async (framework) => {
    const { browser, store, port } = await open(framework)
    await browser.get('/sign-in')
    const stub = jest.spyOn(crypto, 'randomBytes').mockImplementation((() => {
      throw new Error('no entropy')
    }) as never)
    for (const visitor of [new Browser(port), browser]) {
      for (const path of ['/set', '/sign-in']) {
        const { status, setCookie } = await visitor.get(path)
        if (path === '/set' && visitor === browser) continue
        expect(status).toBeGreaterThanOrEqual(500)
        expect(setCookie).toEqual([])
      }
    }
    expect(stub).toHaveBeenCalled()
    expect(store.size).toBeLessThanOrEqual(1)
  })

  test('that repeats itself never puts two users into one record (T-5)', () => {
    const store = memoryStore()
    const terms = { id: 'id', idleMs: 1000, lifetimeMs: null, persistent: true, indexes: {} }
    const random = crypto.randomBytes
    let handles = 0
    const spy = jest.spyOn(crypto, 'randomBytes').mockImplementation(((size: number) => {
      if (size !== 16) return random(size)
      handles += 1
      return handles <= 2 ? Buffer.alloc(16, 7) : random(size)
    }) as never)
    const first = store.create({ values: { who: '"ann"' }, terms })
    const second = store.create({ values: { who: '"bob"' }, terms })
    expect(second.handle).not.toBe(first.handle)
    expect(store.load(first.token, { slide: false })).toMatchObject({ values: { who: '"ann"' } })
    spy.mockImplementation(((size: number) => (size === 16 ? Buffer.alloc(16, 7) : random(size))) as never)
    expect(() => store.create({ values: { who: '"eve"' }, terms })).toThrow(expect.objectContaining({ code: 'ERR_SESSION_STORE' }))
    expect(store.load(first.token, { slide: false })).toMatchObject({ values: { who: '"ann"' } })
  })
})
