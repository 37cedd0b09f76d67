// Random requests of one browser against a reference model that knows nothing of drafts, proofs and rotations.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decorate } from '../../lib/answer.js'
import { commit } from '../../lib/commit.js'
import type { Exchange } from '../../lib/exchange.js'
import { memoryStore } from '../../stores/memory.js'
import { type AnySession, appOf, clockAt, DAY, exchangeFor, HOUR } from '../lib/harness.js'

const RUNS = 1500
const SEED = Number(process.env['FUZZ_SEED'] ?? 20261121)

type Data = Record<string, unknown>

type Operation =
  | { readonly do: 'set'; readonly key: string; readonly value: unknown }
  | { readonly do: 'delete' | 'take' | 'push'; readonly key: string }
  | { readonly do: 'clear' | 'signOut' | 'regenerate' | 'save' | 'increment' }
  | { readonly do: 'signIn' | 'become'; readonly user: string }

interface Visit {
  readonly wait: number
  readonly operations: readonly Operation[]
}

const KEYS = ['a', 'b', 'list', '__proto__', 'get'] as const

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      key: fc.constantFrom(...KEYS),
      value: fc.oneof(fc.integer(), fc.constant([1]), fc.constant(null)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'take' as const, 'push' as const), key: fc.constantFrom(...KEYS) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('clear' as const, 'signOut' as const, 'regenerate' as const, 'save' as const, 'increment' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('signIn' as const, 'become' as const), user: fc.constantFrom('ann', 'bob') }) },
)

const visit: fc.Arbitrary<Visit> = fc.record({
  wait: fc.constantFrom(0, 0, HOUR, 5 * DAY, 13 * DAY, 14 * DAY),
  operations: fc.array(operation, { maxLength: 6 }),
})

/** A session as the model sees it. */
interface Stored {
  data: Data
  user: unknown
  startedAt: number
  seenAt: number
  /** Counts the tokens: a new number, a new token. */
  token: number
}

class Model {
  stored: Stored | null = null
  data: Data = {}
  #written: Set<string> = new Set()
  #rotates = false
  #saved = false
  #tokens = 0

  arrive(now: number): void {
    if (this.stored !== null && (now >= this.stored.seenAt + 14 * DAY || now >= this.stored.startedAt + 30 * DAY)) this.stored = null
    if (this.stored !== null) this.stored.seenAt = now
    this.#begin(this.stored === null ? {} : structuredClone(this.stored.data))
  }

  /** Whether the operation belongs to what the model knows. A save in the same request ends what counts as "set in this request". */
  takes({ do: name }: Operation): boolean {
    return !(this.#saved && (name === 'signIn' || name === 'become'))
  }

  apply(operation: Operation, now: number): void {
    if (operation.do === 'set') this.#write(operation.key, structuredClone(operation.value))
    // In place: it is saved, but it is not this request's own as a key that was set is.
    else if (operation.do === 'push') this.data[operation.key] = [...(this.data[operation.key] as unknown[]), 2]
    else if (operation.do === 'delete' || operation.do === 'take') delete this.data[operation.key]
    else if (operation.do === 'become') this.#write('userId', operation.user)
    else if (operation.do === 'signIn') this.#signIn(operation.user)
    else if (operation.do === 'increment') this.#increment(now)
    else if (operation.do === 'save') this.commit(now, true)
    else if (operation.do === 'clear') this.#begin({}, this.#rotates)
    else {
      this.stored = null
      this.#begin({})
    }
  }

  commit(now: number, saved = false): void {
    this.#saved ||= saved
    if (this.stored === null && Object.keys(this.data).length === 0 && !this.#rotates) return
    if (this.stored !== null && this.stored.user !== this.data['userId'] && !this.#rotates) {
      this.#keepWritten()
      this.#rotates = true
    }
    const isNew = this.stored === null || this.#rotates
    const { startedAt, seenAt, token } = isNew ? { startedAt: now, seenAt: now, token: ++this.#tokens } : (this.stored as Stored)
    this.stored = { data: structuredClone(this.data), user: this.data['userId'], startedAt, seenAt, token }
    this.#rotates = false
  }

  #begin(data: Data, rotates = false): void {
    this.data = Object.assign(Object.create(null), data)
    this.#written = new Set()
    this.#rotates = rotates
    if (!rotates) this.#saved = false
  }

  #write(key: string, value: unknown): void {
    this.data[key] = value
    this.#written.add(key)
  }

  #signIn(user: string): void {
    this.#keepWritten()
    this.#write('userId', user)
    this.#rotates = true
  }

  #keepWritten(): void {
    for (const key of Object.keys(this.data)) if (!this.#written.has(key)) delete this.data[key]
  }

  /** Of a stored session goes to the store at once, and takes a pending change of the token along. */
  #increment(now: number): void {
    if (this.stored !== null) this.commit(now, true)
    this.#write('n', ((this.data['n'] as number | undefined) ?? 0) + 1)
  }
}

/** One browser and the site it visits, in this process. */
class Client {
  readonly clock: ReturnType<typeof clockAt> = clockAt(Date.UTC(2026, 10, 21))
  readonly store = memoryStore({ clock: this.clock })
  readonly #app = appOf({ store: this.store })
  cookie: string | undefined
  readonly issued: string[] = []

  arrive(): Promise<Exchange> {
    return exchangeFor(this.#app, this.cookie)
  }

  async leave(exchange: Exchange): Promise<void> {
    await exchange.enqueue(() => commit(exchange.state, { explicit: false }))
    const headers = new Map<string, string | readonly string[]>()
    decorate(exchange, { get: (name) => headers.get(name), set: (name, value) => void headers.set(name, value) })
    for (const line of (headers.get('Set-Cookie') as readonly string[] | undefined) ?? []) {
      const value = line.slice(0, line.indexOf(';'))
      this.cookie = line.includes('Max-Age=0') ? undefined : value
      if (this.cookie !== undefined) this.issued.push(value.slice('sid='.length, 'sid='.length + 66))
    }
  }

  /** The tokens ever issued that still open a session. */
  live(): string[] {
    return this.issued.filter((token) => {
      const loaded = this.store.load(token, { slide: false })
      return loaded !== null && loaded !== 'reused'
    })
  }
}

async function perform(session: AnySession, operation: Operation): Promise<void> {
  if (operation.do === 'set') session.set(operation.key, structuredClone(operation.value))
  else if (operation.do === 'push') session.get(operation.key).push(2)
  else if (operation.do === 'delete') session.delete(operation.key)
  else if (operation.do === 'take') session.take(operation.key)
  else if (operation.do === 'become') session['userId'] = operation.user
  else if (operation.do === 'signIn') await session.signIn(operation.user)
  else if (operation.do === 'increment') await session.increment('n')
  else if (operation.do === 'clear') session.clear()
  else await session[operation.do]()
}

test('a browser that visits at random sees what the model says, and only its last token is alive', async () => {
  let rotations = 0
  await fc.assert(
    fc.asyncProperty(fc.array(visit, { minLength: 1, maxLength: 6 }), async (visits) => {
      const client = new Client()
      const model = new Model()
      for (const { wait, operations } of visits) {
        client.clock.now += wait
        const now = client.clock.now
        model.arrive(now)
        const tokenBefore = model.stored?.token
        const exchange = await client.arrive()
        expect({ ...exchange.session.toJSON() }).toEqual({ ...model.data })
        for (const each of operations) {
          if (!model.takes(each) || (each.do === 'push' && !Array.isArray(model.data[each.key]))) continue
          model.apply(each, now)
          await perform(exchange.session as AnySession, each)
          expect({ ...exchange.session.toJSON() }).toEqual({ ...model.data })
        }
        model.commit(now)
        await client.leave(exchange)
        expect({ ...exchange.session.toJSON() }).toEqual({ ...model.data })
        if (model.stored !== null && model.stored.token !== tokenBefore) rotations += 1
        const userIds = ['ann', 'bob'].filter((user) => client.store.index.count('userId', user) === 1)
        expect(userIds).toEqual(model.stored?.user === undefined ? [] : [model.stored.user])
        expect(client.live()).toEqual(model.stored === null ? [] : client.issued.slice(-1))
      }
    }),
    { numRuns: RUNS, seed: SEED },
  )
  // The generator is no good if nothing happens.
  expect(rotations).toBeGreaterThan(RUNS)
}, 60_000)
