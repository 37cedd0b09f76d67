// What must not get through: foreign forms, hostile texts, large bodies, stores that cannot.
import { describe, expect, test } from '@jest/globals'
import express from 'express'
import express4 from 'express4'
import * as fc from 'fast-check'
import { memoryStore, session } from '../../lib/index.js'
import { html } from '../../pages/html.js'
import { type SessionPagesOptions, sessionPages } from '../../pages/index.js'
import { OTHER_SECRET, SECRET } from '../lib/harness.js'
import { FaultyStore } from '../support/faulty-store.js'
import { type Site, siteOpener, tokenIn, type Visitor } from './kit.js'

const open = siteOpener()

const endOthers = (visitor: Visitor, fields: object, headers: Record<string, string> = {}) =>
  visitor.post('/sessions/end-others').set(headers).type('form').send(fields)

async function twoOfAnn(site: Site): Promise<{ ann: Visitor; other: Visitor; token: string }> {
  const [ann, other] = [await site.signedIn('ann'), await site.signedIn('ann')]
  return { ann, other, token: tokenIn(await ann.get('/sessions')) }
}

describe('a form', () => {
  test.each<[string, (token: string) => object]>([
    ['without a token', () => ({})],
    ['with an empty one', () => ({ token: '' })],
    ['with one that was changed', (token) => ({ token: token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A') })],
    ['with another nonce', (token) => ({ token: `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}` })],
    ['with one that is too long', (token) => ({ token: `${token}A` })],
    ['with two', (token) => ({ token: [token, token] })],
  ])('%s is a 403 and changes nothing', async (_, fields) => {
    const site = await open()
    const { ann, token } = await twoOfAnn(site)
    const { text } = await endOthers(ann, fields(token)).expect(403)
    expect(text).toContain('Nothing was changed')
    expect(await site.sessions.count({ user: 'ann' })).toBe(2)
  })

  test('with the token of another session, or of before the sign-in, is a 403', async () => {
    const site = await open()
    const { ann, other, token } = await twoOfAnn(site)
    await endOthers(other, { token }).expect(403)
    await ann.post('/in/ann')
    await endOthers(ann, { token }).expect(403)
    await endOthers(ann, { token: tokenIn(await ann.get('/sessions')) }).expect(303)
  })

  test('has another token each time, all of which are good', async () => {
    const site = await open()
    const { ann, token } = await twoOfAnn(site)
    const second = tokenIn(await ann.get('/sessions'))
    expect(second).not.toBe(token)
    await endOthers(ann, { token: second }).expect(303)
    await endOthers(ann, { token }).expect(303)
  })

  test.each([
    ['Sec-Fetch-Site: cross-site', { 'Sec-Fetch-Site': 'cross-site' }, 403],
    ['a foreign origin', { Origin: 'https://evil.example' }, 403],
    ['an opaque origin', { Origin: 'null' }, 403],
    ['Sec-Fetch-Site: same-origin', { 'Sec-Fetch-Site': 'same-origin' }, 303],
  ])('with the right token and %s is answered by %3$s', async (_, headers, status) => {
    const site = await open()
    const { ann, token } = await twoOfAnn(site)
    await endOthers(ann, { token }, headers).expect(status)
    expect(await site.sessions.count({ user: 'ann' })).toBe(status === 303 ? 1 : 2)
  })

  test('made under a secret that was rotated is still good', async () => {
    const store = memoryStore()
    const before = await open({ session: { store } })
    const after = await open({ session: { store, secret: [OTHER_SECRET, SECRET] } })
    const { ann, token } = await twoOfAnn(before)
    const cookie = String((await ann.post('/in/ann')).headers['set-cookie']).split(';', 1)[0] as string
    const fresh = tokenIn(await ann.get('/sessions'))
    const post = (sent: string) => after.visitor().post('/sessions/end-others').set('Cookie', cookie).type('form').send({ token: sent })
    await post(token).expect(403)
    await post(fresh).expect(303)
  })

  test('is read up to 8 KB, and only as a form', async () => {
    const site = await open()
    const { ann, token } = await twoOfAnn(site)
    await endOthers(ann, { token, filler: 'x'.repeat(9000) }).expect(413)
    await ann.post('/sessions/end-others').send({ token }).expect(415)
    await endOthers(ann, { token, filler: 'x'.repeat(7000) }).expect(303)
  })

  test.each([
    ['express.urlencoded', [express.urlencoded()]],
    ['express.json alone', [express.json()]],
    ['express.json of Express 4, which leaves an empty body behind', [express4.json()]],
  ])('is understood behind %s', async (_, before) => {
    const site = await open({ before })
    const { ann, token } = await twoOfAnn(site)
    await endOthers(ann, { token }).expect(303)
  })

  test('that is given up half-way harms nothing', async () => {
    const site = await open()
    const { ann } = await twoOfAnn(site)
    const cut = ann.post('/sessions/end-others').set('Content-Type', 'application/x-www-form-urlencoded').set('Content-Length', '100')
    cut.write('token=')
    setTimeout(() => cut.abort(), 50)
    await cut.then(
      () => {},
      () => {},
    )
    await ann.get('/sessions').expect(200)
  })
})

describe('every answer', () => {
  test('sets the headers that keep everything foreign out, also where it refuses', async () => {
    const site = await open()
    const { ann } = await twoOfAnn(site)
    const answers = [
      await ann.get('/sessions'),
      await endOthers(ann, {}),
      await site.visitor().get('/sessions'),
      await (await site.signedIn('root')).get('/sessions/admin'),
    ]
    for (const { headers, text } of answers) {
      expect(headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        'cache-control': 'no-store',
        'referrer-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
      })
      expect(text).not.toMatch(/<script|<style|\sstyle=|\son\w+=/i)
    }
  })

  test('holds nothing that works as a cookie', async () => {
    const site = await open()
    const visitors = [await site.signedIn('root'), await site.signedIn('ann')]
    const cookies = await Promise.all(visitors.map(async (visitor) => String((await visitor.post('/in/root')).headers['set-cookie'])))
    const [root] = visitors as [Visitor]
    const pages = [await root.get('/sessions'), await root.get('/sessions/admin'), await root.get('/sessions/end-others')]
    for (const { text } of pages)
      for (const cookie of cookies) {
        const [, verifier = ''] = /^sid=[\w-]{22}\.([\w-]{43})/.exec(cookie) ?? []
        expect(verifier).toHaveLength(43)
        expect(text).not.toContain(verifier)
      }
  })

  test('is a style sheet that is asked for anew', async () => {
    const site = await open()
    const first = await site.visitor().get('/sessions/style.css').expect(200).expect('Content-Type', 'text/css; charset=utf-8')
    await site.visitor().get('/sessions/style.css').set('If-None-Match', String(first.headers['etag'])).expect(304)
  })
})

describe('hostile texts', () => {
  const hostile = fc.string({ unit: fc.constantFrom(...'<>"\'`&/= ascriptimgonerror!-[]{}();\u2028'), minLength: 1, maxLength: 60 })

  test('become text, whatever they are', () => {
    void fc.assert(
      fc.property(fc.string({ unit: 'binary' }), hostile, (one, two) => {
        const { text } = html`<p title="${one}">${[two, html`<b>${one}</b>`]}</p>`
        expect(text.replace(/^<p title="[^"<>]*">[^<>]*<b>[^<>"]*<\/b><\/p>$/s, '')).toBe('')
      }),
    )
  })

  test('of agents, users and queries add no tag and no attribute to a page', async () => {
    const site = await open({ pages: { authorize: () => true } })
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (agent, query) => {
        await site.sessions.endEverything()
        const printable = agent.replace(/[^\x20-\x7e]/g, '')
        const plain = await site.signedIn('plain')
        const bad = await site.signedIn(`u${agent}`, printable)
        const pages = [
          '/sessions',
          '/sessions/admin',
          `/sessions/admin?user=${encodeURIComponent(query)}&after=${encodeURIComponent(query)}&sort=age`,
        ]
        for (const path of pages) {
          const expected = shapeOf((await plain.get(path.split('?')[0] as string).expect(200)).text)
          for (const tag of shapeOf((await bad.get(path).expect(200)).text)) expect(expected.concat(KNOWN)).toContain(tag)
        }
      }),
      { numRuns: 8 },
    )
  })

  /** What only some pages have. */
  const KNOWN = ['p class', 'li', 'a href rel', 'nav class aria-label', 'ul', 'option value', 'option value selected', 'a class href']

  /** Each tag with the names of its attributes. */
  function shapeOf(text: string): string[] {
    return [...text.matchAll(/<([a-z]\w*)((?:\s+[\w-]+(?:="[^"]*")?)*)\s*\/?>/g)].map(([, name, attributes = '']) =>
      [name, ...[...attributes.matchAll(/([\w-]+)(?:="[^"]*")?/g)].map(([, attribute]) => attribute)].join(' '),
    )
  }
})

describe('a store', () => {
  test('that cannot list is a page that explains, with 501', async () => {
    const site = await open({ session: { store: 'cookie' } })
    const root = await site.signedIn('root')
    for (const path of ['/sessions', '/sessions/end-others', '/sessions/admin'])
      expect((await root.get(path).expect(501)).text).toContain('a store that cannot list or find them')
  })

  test('that fails is the business of the error handler', async () => {
    const store = new FaultyStore(memoryStore())
    const site = await open({ session: { store } })
    const ann = await site.signedIn('ann')
    store.fail('load', 'reject')
    await ann.get('/sessions').expect(503)
  })
})

describe('the options', () => {
  const sessions = session({ secret: SECRET })
  test.each<[string, unknown, RegExp]>([
    ['no sessions', {}, /^sessions: /],
    ['nothing', undefined, /^sessions: /],
    ['another function as sessions', { sessions: () => {} }, /^sessions: /],
    ['an unknown name', { sessions, authorise: () => true }, /^authorise: unknown option/],
    ['no function', { sessions, authorize: true }, /^authorize: /],
    ['a title that is no text', { sessions, title: 7 }, /^title: /],
    ['a home on another site', { sessions, home: '//evil.example' }, /^home: expected a path on the own site/],
    ['a home that is no text', { sessions, home: 7 }, /^home: /],
    ['an unknown text', { sessions, texts: { devices: 'x' } }, /^texts: unknown text 'devices'/],
    ['a text that is none', { sessions, texts: { end: 1 } }, /^texts: expected 'end'/],
    ['a language that is none', { sessions, texts: { lang: 'no such language' } }, /^texts: 'no such language'/],
  ])('refuse %s', (_, options, message) => {
    expect(() => sessionPages(options as SessionPagesOptions)).toThrow(message)
  })
})
