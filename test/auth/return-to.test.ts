import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { requireLogin, returnTo, withReturnTo } from '../../auth/index.js'
import { requestWith } from '../lib/harness.js'
import { HTML, shopOpener } from './kit.js'

const openShop = shopOpener()

/** So many addresses per run; another seed by FUZZ_SEED. */
const RUNS = 2500
const SEED = Number(process.env['FUZZ_SEED'] ?? 20261121)

/** A request for the login page with this query, and perhaps a body that was parsed. */
function asked(query: string, body?: unknown) {
  return Object.assign(requestWith({}, `/login?${query}`), body === undefined ? {} : { body })
}

function returned(value: string): string {
  return returnTo(asked(`returnTo=${encodeURIComponent(value)}`), '/fallback')
}

describe('the return address', () => {
  test.each([
    ['/', '/'],
    ['/account', '/account'],
    ['/account?tab=2&q=a%20b#top', '/account?tab=2&q=a%20b#top'],
    ['/search?q=a b+c', '/search?q=a%20b+c'],
    ['/ä/ö?ü', '/%C3%A4/%C3%B6?%C3%BC'],
    ['/a/../b', '/b'],
    ['/@ann', '/@ann'],
    ['/mail?to=ann@shop.example', '/mail?to=ann@shop.example'],
    ['/go?to=https://other.example//x', '/go?to=https://other.example//x'],
    ['/go?text=a%0D%0Ab%5C', '/go?text=a%0D%0Ab%5C'],
    ['/a//b', '/a//b'],
    ['/a%2Fb', '/a%2Fb'],
    ['/100%25', '/100%25'],
    ['/login/code', '/login/code'],
  ])('may be a path on the own site: %s', (value, expected) => {
    expect(returned(value)).toBe(expected)
  })

  test.each([
    '',
    'account',
    'https://evil.example',
    'https:evil.example',
    'https:/evil.example',
    '//evil.example',
    '///evil.example',
    '////evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '\\/evil.example',
    '/a\\b',
    'javascript:alert(1)',
    'data:text/html,x',
    'evil.example',
    'user@evil.example',
    '@evil.example',
    '.evil.example',
    ' //evil.example',
    ' /account',
    '\t//evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/\r/evil.example',
    '/\0/evil.example',
    '/\u0085/evil.example',
    '/account\r\nSet-Cookie: sid=x',
    '/.//evil.example',
    '/..//evil.example',
    '/x/..//evil.example',
    '/%2e//evil.example',
    '/x/%2E%2e//evil.example',
    '/%2F/evil.example',
    '/%2f%2fevil.example',
    '/%5cevil.example',
    '/%5C%5Cevil.example',
    '/%09/evil.example',
    '/x%0d%0aLocation:%20//evil.example',
    '/.%2f/evil.example',
    '/%252f/evil.example',
    '/%25252f/evil.example',
    '/%2525252525252525252f/evil.example',
    '/%2f%zz/evil.example',
    `/${'x'.repeat(2048)}`,
    `/${'ä'.repeat(400)}`,
  ])('is dropped if it is %j', (value) => {
    expect(returned(value)).toBe('/fallback')
  })

  test('is dropped if it leads to this page itself, however it is spelled', () => {
    for (const page of ['/login', '/login?returnTo=/x', '/LOGIN/', '/x/../login#top']) expect(returned(page)).toBe('/fallback')
  })

  test('is dropped if it is repeated, and is / if nothing else is said', () => {
    expect(returnTo(asked('returnTo=/a&returnTo=/b'))).toBe('/')
    expect(returnTo(asked('returnTo[]=/a'))).toBe('/')
    expect(returnTo(asked('next=/a'))).toBe('/')
  })

  test.each([
    ['a field of a form', { returnTo: '/a' }, '/a'],
    ['a repeated field', { returnTo: ['/a', '/b'] }, '/'],
    ['an object', { returnTo: { toString: (): string => '/a' } }, '/'],
    ['another site', { returnTo: '//evil.example' }, '/'],
    ['no field', {}, '/'],
    ['no object', 'returnTo=/a', '/'],
    ['nothing', null, '/'],
  ])('is taken from the body if the query has none: %s', (_, body, expected) => {
    expect(returnTo(asked('', body))).toBe(expected)
  })

  test('of the query goes before that of the body, even if it is dropped', () => {
    expect(returnTo(asked('returnTo=/query', { returnTo: '/body' }))).toBe('/query')
    expect(returnTo(asked('returnTo=//evil.example', { returnTo: '/body' }))).toBe('/')
  })

  test('goes along from page to page', () => {
    expect(withReturnTo('/login/code', asked('returnTo=/account'))).toBe('/login/code?returnTo=%2Faccount')
    expect(withReturnTo('/login/code?x=1#y', asked('returnTo=/account'))).toBe('/login/code?x=1&returnTo=%2Faccount#y')
    expect(withReturnTo('/login/code', asked('returnTo=//evil.example'))).toBe('/login/code')
    expect(withReturnTo('/login/code', asked('returnTo=/login/code'))).toBe('/login/code')
    expect(() => withReturnTo('https://evil.example', asked(''))).toThrow(/^withReturnTo: expected a path/)
  })
})

describe('whatever is asked for', () => {
  const OWN = 'https://own.example'
  const piece = fc.oneof(
    fc.constantFrom(
      '/',
      '//',
      '\\',
      '.',
      '..',
      '@',
      ':',
      '?',
      '#',
      '%',
      '%2f',
      '%5c',
      '%2e',
      '%25',
      '%09',
      '%00',
      '\t',
      '\n',
      '\r',
      '\0',
      ' ',
    ),
    fc.constantFrom('https:', 'javascript:', 'evil.example', 'own.example', '\u2028', '／', '。', '\ud800', '[::1]', '&', ';', '|'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  )
  const hostile = fc
    .tuple(fc.constantFrom('', '/', '/', '/', '//', '/.'), fc.array(piece, { maxLength: 12 }))
    .map(([start, rest]) => start + rest.join(''))

  test('the answer is on the own site, for browsers and for whoever decodes it on the way, fits a header, and stays what it is', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        // In a body there may be what no query can hold, such as half of a surrogate pair.
        const path = returnTo(asked('', { returnTo: value }), '/fallback')
        expect(path).toMatch(/^[\x21-\x7e]{1,2048}$/)
        expect(returned(path)).toBe(path)
        let decoded = path
        for (let layer = 0; layer < 3; layer++) {
          expect([value, new URL(decoded, OWN).origin]).toEqual([value, OWN])
          expect(decoded).toMatch(/^\/(?![/\\])/)
          decoded = decoded.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
          ;[decoded = ''] = decoded.split(/[?#]/, 1)
        }
      }),
      { numRuns: RUNS, seed: SEED },
    )
  })
})

test('a browser that is sent to the login page comes back to where it wanted to go', async () => {
  const shop = await openShop((app) => {
    app.use('/account', requireLogin({ redirectTo: '/login' }))
    app.get('/account', (req, res) => void res.send(`account ${req.query['tab']}`))
    app.post('/login', async (req, res) => {
      await req.session.signIn('ann')
      res.redirect(returnTo(req))
    })
  })
  const ann = shop.visitor()
  const { headers } = await ann.get('/account?tab=a%26b').set(HTML).expect(303)
  const back = await ann
    .post(headers['location'] as string)
    .set(HTML)
    .expect(302)
  await ann.get(back.headers['location'] as string).expect(200, 'account a&b')
})
