import type { ServerResponse } from 'node:http'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { HoldHooks } from '../lib/hold-hooks.js'
import { answerTo, asyncHooks, type Handler, held, hooksWith, syncHooks, withoutCookie } from './support/hold-exchange.js'

// Every way to misuse a response, too: what Node throws, returns and sends is the yardstick.

type Method = (...args: unknown[]) => unknown
type Call = readonly [method: string, ...args: unknown[]]

const NAMES = [
  'X-A',
  'x-a',
  'X-B',
  'Set-Cookie',
  'set-cookie',
  'Vary',
  'Content-Length',
  'Connection',
  'Transfer-Encoding',
  'Expect',
  'bad name',
  '',
]
const VALUES: unknown[] = ['1', '2', 5, ['a=1', 'b=2'], 'bad\nvalue', undefined, 'chunked', '3']
const CHUNKS: unknown[] = ['x', '', 'hello', Buffer.from('bytes'), new Uint8Array(3), 'big', null, undefined, 5, {}]

const name = fc.constantFrom(...NAMES)
const value = fc.constantFrom(...VALUES)
const status = fc.constantFrom<unknown>(200, 201, 204, 304, 404, 999, 99, 1000, '200', undefined)
const chunk = fc.constantFrom(...CHUNKS)
const encoding = fc.constantFrom<unknown>(undefined, 'utf8', 'latin1', 'base64', 'bogus')
const headers = fc.oneof(
  fc.dictionary(name, value, { maxKeys: 4 }),
  fc.array(fc.constantFrom<unknown>(...NAMES, '1'), { maxLength: 6 }),
  fc.array(fc.tuple(name, value), { maxLength: 3 }),
)

const call: fc.Arbitrary<Call> = fc.oneof(
  fc.tuple(fc.constant('setHeader'), name, value),
  fc.tuple(fc.constant('appendHeader'), name, value),
  fc.tuple(fc.constant('removeHeader'), name),
  fc.tuple(fc.constant('getHeader'), fc.constantFrom('X-A', 'x-b', 'Vary')),
  fc.tuple(fc.constant('writeHead'), status, headers),
  fc.tuple(fc.constant('writeHead'), status, fc.constantFrom('Reason', 'bad\nreason'), headers),
  fc.tuple(fc.constant('write'), chunk, encoding),
  fc.tuple(fc.constant('write'), chunk, fc.constant('callback')),
  fc.tuple(fc.constant('end'), chunk, encoding, fc.constant('callback')),
  fc.tuple(fc.constant('end'), fc.constant('callback')),
  fc.tuple(fc.constantFrom('end', 'flushHeaders', 'cork', 'writeProcessing', 'writeContinue')),
  fc.tuple(fc.constant('set'), fc.constant('statusCode'), status),
  fc.tuple(fc.constant('set'), fc.constant('statusMessage'), fc.constantFrom('Fine', 'bad\nmessage')),
)

/** Since Node 22 a corked chunk of an unknown encoding breaks Node's own bookkeeping when it is uncorked. */
function survivable(calls: readonly Call[]): boolean {
  return !(calls.some(([method]) => method === 'cork') && calls.some((given) => given.includes('bogus')))
}

/** What a handler can see. Events and callbacks come later when the response does, so their order among the calls is not compared. */
interface Sight {
  calls: unknown[]
  /** By the index of the call. */
  callbacks: Record<number, unknown>
  errors: unknown[]
  events: string[]
}

function perform(calls: readonly Call[], sight: Sight, res: ServerResponse): void {
  for (const [index, [method, ...given]] of calls.entries()) {
    const callback = (error?: Error): void => void (sight.callbacks[index] = unlessFinished(error) ?? 'called')
    const args = given.map((arg) => (arg === 'callback' ? callback : copy(arg)))
    sight.calls.push([method, outcomeOf(res, method, args), res.headersSent, res.writableEnded, res.statusCode])
  }
  if (!res.writableEnded) sight.calls.push(outcomeOf(res, 'end', []))
}

function outcomeOf(res: ServerResponse, method: string, args: unknown[]): unknown {
  try {
    if (method === 'set') return Reflect.set(res, String(args[0]), args[1])
    const answer = Reflect.apply(Reflect.get(res, method) as Method, res, args)
    return answer === res ? 'res' : answer
  } catch (error) {
    return describe(error)
  }
}

/** Errors of Node are not of the `Error` that Jest shows to a test. */
function describe(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return error
  const { name, code, message } = error as { name?: unknown; code?: unknown; message?: unknown }
  return { name, code, message }
}

/** A second `end` is told that the first has finished, or not, if it has not yet: a matter of time. */
function unlessFinished(error: NodeJS.ErrnoException | undefined): unknown {
  return error?.code === 'ERR_STREAM_ALREADY_FINISHED' ? undefined : describe(error)
}

/** Node may write into the arrays that it is given. */
function copy(arg: unknown): unknown {
  if (arg === 'big') return 'y'.repeat(70_000)
  return Array.isArray(arg) ? arg.map(copy) : arg
}

async function observe(calls: readonly Call[], hooks?: () => HoldHooks): Promise<Sight & { bytes: string; cookies: number }> {
  const sight: Sight = { calls: [], callbacks: {}, errors: [], events: [] }
  const handler: Handler = (req, res) => {
    res.on('error', (error) => sight.errors.push(describe(error)))
    for (const event of ['finish', 'close']) res.on(event, () => sight.events.push(event))
    // The client waits for the end of the connection, whatever the response says about it.
    const { socket } = req
    res.on('close', () => socket.end())
    perform(calls, sight, res)
    // A head that cannot be rendered leaves a response that cannot be ended.
    if (!res.writableEnded) socket.destroy()
  }
  return { ...sight, ...withoutCookie(await answerTo(hooks ? held(handler, hooks) : handler)) }
}

const promised = (): HoldHooks => hooksWith({ beforeFirstByte: async () => {}, beforeEnd: async () => {} })

for (const [mode, hooks] of [
  ['at once', syncHooks],
  ['in the same turn', promised],
  ['in a later turn', asyncHooks],
] as const) {
  test(`a response held by a commit done ${mode} behaves as Node's own, whatever the handler calls`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 8 }).filter(survivable), async (calls) => {
        const bare = await observe(calls)
        const answer = await observe(calls, hooks)
        expect(answer).toEqual({ ...bare, cookies: /^HTTP.1.1 [2-9]/m.test(bare.bytes) ? 1 : 0 })
      }),
      { numRuns: 400 },
    )
  }, 120_000)
}
