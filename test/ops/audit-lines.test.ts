// No log injection (ASVS 5.0, 16.4.1; T-37): whatever strangers and users are called, one event is one line that says what happened.
import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { pino } from 'pino'
import type { SessionEvents } from '../../lib/events.js'
import { session } from '../../lib/index.js'
import { printable } from '../../ops/audit/printable.js'
import { type AuditedEvent, type AuditOptions, audit } from '../../ops/audit.js'
import { appOf } from '../../ops/sessions-app.js'
import { requestWith, SECRET } from '../lib/harness.js'
import { faultsOf, type Trail, trail } from './kit.js'

const FORGED = '\r\n{"level":"info","event":"signedIn","user":"root"}\n'
const HOSTILE = [
  FORGED,
  '\u2028',
  '\u2029',
  '\u0085',
  '\u001b[2J',
  '\u202eanna',
  '\u0000',
  '\ud800',
  '"},{"',
  '\\u{1b}',
  '__proto__',
  '',
  '💥'.repeat(400),
]

const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...HOSTILE), { maxLength: 5 }).map((parts) => parts.join('')),
)

const happening = fc.record({
  name: fc.constantFrom<AuditedEvent>(
    'created',
    'changed',
    'ended',
    'rejected',
    'mismatch',
    'reuse',
    'limitDenied',
    'storeError',
    'commitFailed',
  ),
  handle: fc.option(hostile, { nil: undefined }),
  userId: fc.option(hostile, { nil: undefined }),
  agent: fc.option(hostile, { nil: undefined }),
  forwarded: fc.option(hostile, { nil: undefined }),
  ip: fc.option(hostile, { nil: undefined }),
  id: fc.option(hostile, { nil: undefined }),
  keys: fc.array(hostile, { maxLength: 60 }),
  text: hostile,
})

type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never

function eventOf({ name, handle, userId, agent, forwarded, ip, id, keys, text }: Happening): SessionEvents[AuditedEvent] {
  const headers = {
    ...(agent === undefined ? {} : { 'user-agent': agent }),
    ...(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }),
  }
  const request = Object.assign(requestWith(headers), { ip, id }) as IncomingMessage
  const reason = { ended: text, rejected: 'signature', limitDenied: undefined }[name as string]
  const error = Object.assign(new Error(text), { code: text, operation: text, timedOut: text })
  const others = { keys, error, what: ['agent'], action: 'rejected', limit: 'perAddress', ...(reason === undefined ? {} : { reason }) }
  return { handle, userId, request, ...others } as unknown as SessionEvents[AuditedEvent]
}

async function told(happenings: readonly Happening[], options: AuditOptions): Promise<void> {
  const sessions = session({ secret: SECRET, proxy: true })
  const stop = audit(sessions, { maxWaiting: 100_000, ...options })
  for (const each of happenings) appOf('test', sessions).events.emit(each.name, eventOf(each) as never)
  await stop()
  await sessions.close()
}

const BURSTS = ['rejected', 'limitDenied', 'storeError', 'commitFailed']

/** As many lines as events; those that come in bursts once for each operation that failed. */
function linesFor(happenings: readonly Happening[]): number {
  const names = happenings.map(({ name, text }, n) => {
    if (!BURSTS.includes(name)) return String(n)
    return /^[a-z]{1,20}$/i.test(text) && (name === 'storeError' || name === 'commitFailed') ? `${name} ${text}` : name
  })
  return new Set(names).size
}

function expectFaithful(kept: Trail, happenings: readonly Happening[]): void {
  const records = kept.records()
  expect(records).toHaveLength(linesFor(happenings))
  for (const { event } of records) expect(happenings.map(({ name }) => name)).toContain(event)
}

describe('a hostile text', () => {
  test('makes no second line, and no line that the schema does not allow', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 8 }), async (happenings) => {
        const kept = trail()
        await told(happenings, { destination: kept })
        expectFaithful(kept, happenings)
      }),
      { numRuns: 300 },
    )
  })

  test("makes no second line in an application's pino log either, and what stands there is the same record", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 1, maxLength: 8 }), async (happenings) => {
        const lines: string[] = []
        await told(happenings, { logger: pino({ redact: ['password'] }, { write: (line: string) => void lines.push(line) }) })
        expect(lines).toHaveLength(linesFor(happenings))
        for (const line of lines) {
          expect(line).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}]+\n$/u)
          expect(line.match(/"time":/g)).toHaveLength(2)
          const { audit: record, msg } = JSON.parse(line) as { audit: { event: string }; msg: string }
          expect(faultsOf(record)).toBeNull()
          expect(msg).toBe(`session ${record.event}`)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('is harmless to whoever decodes the line and prints it', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(JSON.parse(JSON.stringify(printable(text, 256)))).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*$/u)
      }),
    )
  })

  test('of one user never reads like that of another', () => {
    const taken = new Map<string, string>()
    fc.assert(
      fc.property(fc.oneof(hostile, fc.constantFrom('\u001b', '\\u{1b}', '\\\\u{1b}', '\\u{5c}u{1b}')), (text) => {
        fc.pre(text.length <= 256)
        const shown = printable(text, 256)
        expect(taken.get(shown) ?? text).toBe(text)
        taken.set(shown, text)
      }),
      { numRuns: 1000 },
    )
  })

  test('has an end', () => {
    expect(printable('x'.repeat(10_000), 256)).toBe(`${'x'.repeat(255)}…`)
  })
})
