import { describe, expect, test } from '@jest/globals'
import { type SessionOptions, session } from '../../lib/index.js'
import { appOf, SECRET } from './harness.js'

function sentence(bind: unknown, options: SessionOptions = {}): string {
  try {
    session({ secret: SECRET, ...options, bind: bind as never })
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    return (error as Error).message
  }
  throw new Error('the option was taken')
}

describe('the option bind', () => {
  test('is off by default, and where all that it names is off', () => {
    for (const bind of [{}, { ip: 'off' }, { ip: 'off', userAgent: 'off', certificate: 'off', onMismatch: 'end' }] as const) {
      expect(appOf({ bind }).config.bind).toBeNull()
    }
    expect(appOf().config.bind).toBeNull()
  })

  test('is completed, and what the caller changes afterwards has no effect', () => {
    const bind: { certificate: 'off' | 'exact' } = { certificate: 'exact' }
    const { config } = appOf({ bind })
    bind.certificate = 'off'
    expect(config.bind).toEqual({ ip: 'off', userAgent: 'off', certificate: 'exact', onMismatch: 'reject' })
    expect(Object.isFrozen(config.bind)).toBe(true)
  })

  test.each([
    [true, 'bind: expected an object'],
    [null, 'bind: expected an object'],
    ['subnet', 'bind: expected an object'],
    [['ip'], 'bind: expected an object'],
    [{ ip: true }, "bind.ip: expected 'off', 'log', 'subnet' or 'exact'"],
    [{ ip: null }, "bind.ip: expected 'off', 'log', 'subnet' or 'exact'"],
    [{ userAgent: 'subnet' }, "bind.userAgent: expected 'off', 'log' or 'exact'"],
    [{ certificate: 'constructor' }, "bind.certificate: expected 'off', 'log' or 'exact'"],
    [{ onMismatch: 'destroy' }, "bind.onMismatch: expected 'reject' or 'end'"],
    [{ agent: 'exact' }, 'bind.agent: unknown; known are ip, userAgent, certificate, onMismatch'],
    [{ toString: 'exact' }, 'bind.toString: unknown'],
  ])('is refused at the start if it is %j', (bind, beginning) => {
    expect(sentence(bind)).toContain(beginning)
    expect(sentence(bind).startsWith(beginning)).toBe(true)
  })

  test('does not promise to end what the store cannot end', () => {
    const bind = { ip: 'subnet', onMismatch: 'end' }
    expect(sentence(bind, { store: 'cookie' })).toMatch(
      /^bind\.onMismatch: 'end' needs a store that can end a session; the cookie store needs/,
    )
    expect(appOf({ store: 'cookie', bind: { ip: 'subnet' } }).config.bind).not.toBeNull()
    expect(appOf({ store: 'cookie', revocation: 'memory', bind: { ip: 'subnet', onMismatch: 'end' } }).config.bind).not.toBeNull()
  })
})
