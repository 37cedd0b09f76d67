import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { originAnew, originOf } from '../../lib/origin.js'
import { requestWith } from './harness.js'

const UNBOUND = { bind: null }
const BOUND = { proxy: undefined, bind: { ip: 'off', userAgent: 'off', certificate: 'exact', onMismatch: 'reject' } } as const

interface From {
  readonly headers?: Readonly<Record<string, string>>
  /** What Express makes of the request. */
  readonly ip?: unknown
  readonly socket?: object
}

function requestFrom({ headers, socket = {}, ...rest }: From): IncomingMessage {
  const request = Object.assign(requestWith(headers), rest)
  Object.defineProperty(request, 'socket', { value: { remoteAddress: '127.0.0.1', ...socket } })
  return request
}

function addressOf(proxy: boolean | undefined, from: From): string | undefined {
  return originOf({ proxy, ...UNBOUND }, requestFrom(from)).address
}

describe('the address', () => {
  const forwarded = { 'x-forwarded-for': '203.0.113.66, 192.0.2.7' }

  test('is that of the connection, unless a proxy is trusted', () => {
    for (const proxy of [undefined, false]) expect(addressOf(proxy, { headers: forwarded })).toBe('127.0.0.1')
    expect(addressOf(false, { headers: forwarded, ip: '203.0.113.66' })).toBe('127.0.0.1')
  })

  test('is what Express makes of it by its trust proxy', () => {
    expect(addressOf(undefined, { headers: forwarded, ip: '203.0.113.66' })).toBe('203.0.113.66')
    expect(addressOf(true, { headers: forwarded, ip: '203.0.113.66' })).toBe('203.0.113.66')
  })

  test('is the last one that was forwarded, with proxy: true, since those before it may be the client’s own', () => {
    expect(addressOf(true, { headers: forwarded })).toBe('192.0.2.7')
    expect(addressOf(true, { headers: forwarded, ip: '127.0.0.1' })).toBe('192.0.2.7')
    expect(addressOf(true, { headers: { 'x-forwarded-for': '[2001:db8::7]:443' } })).toBe('2001:db8::7')
    expect(addressOf(true, {})).toBe('127.0.0.1')
  })

  test.each(['unknown', '', ',', '192.0.2.7,', '192.0.2.7, unknown', '\u0000', `${'9'.repeat(65_536)}`, `1.2.3.4, ${'x,'.repeat(30_000)}`])(
    'is that of the connection if what was forwarded is none (case %#)',
    (header) => {
      expect(addressOf(true, { headers: { 'x-forwarded-for': header } })).toBe('127.0.0.1')
      expect(addressOf(undefined, { ip: header })).toBe('127.0.0.1')
      expect(addressOf(true, { ip: header })).toBe('127.0.0.1')
    },
  )

  test('is none of a connection that is gone', () => {
    expect(originOf({ proxy: undefined, ...UNBOUND }, requestFrom({ socket: { remoteAddress: undefined } }))).toEqual({})
  })
})

describe('the agent', () => {
  test('is cut and made printable, and equal to itself', () => {
    const origin = (agent: string) => originOf({ proxy: undefined, ...UNBOUND }, requestFrom({ headers: { 'user-agent': agent } })).agent
    expect(origin('x'.repeat(65_536))).toBe('x'.repeat(256))
    expect(origin('a\u0000\u001b[31m\r\nb\u00e9\u{1f98a}')).toBe('a??[31m??b???')
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (agent) => {
        expect(origin(agent)).toMatch(/^[\x20-\x7e]{0,256}$/)
        expect(origin(origin(agent) ?? '')).toBe(origin(agent))
      }),
    )
  })
})

describe('the certificate', () => {
  const socket = { authorized: true, getPeerX509Certificate: () => ({ fingerprint256: 'AB:CD' }) }

  test('is that of a client whose certificate was verified, if sessions are bound to it', () => {
    expect(originOf(BOUND, requestFrom({ socket })).certificate).toBe('AB:CD')
    for (const other of [
      { authorized: false },
      { authorized: undefined },
      { getPeerX509Certificate: () => undefined },
      { getPeerX509Certificate: undefined },
    ]) {
      expect(originOf(BOUND, requestFrom({ socket: { ...socket, ...other } }))).not.toHaveProperty('certificate')
    }
    const untouched = {
      authorized: true,
      getPeerX509Certificate: () => {
        throw new Error('asked')
      },
    }
    for (const bind of [null, { ...BOUND.bind, ip: 'exact', certificate: 'off' } as const]) {
      expect(originOf({ proxy: undefined, bind }, requestFrom({ socket: untouched }))).not.toHaveProperty('certificate')
    }
  })
})

test('a new token forgets what is not known any more', () => {
  const before = { address: '192.0.2.7', agent: 'curl', certificate: 'AB:CD' }
  expect(originAnew(BOUND, requestFrom({}), before)).toEqual({ address: '127.0.0.1', agent: '', certificate: '' })
  expect(originAnew(BOUND, requestFrom({}))).toEqual({ address: '127.0.0.1' })
})
