// Random requests of one browser against a reference model that knows nothing of drafts, proofs and rotations.
import { expect } from '@jest/globals'
import fc from 'fast-check'
import { decorate } from '../../lib/answer.js'
import type { SessionApp } from '../../lib/app.js'
import { commit } from '../../lib/commit.js'
import type { Exchange } from '../../lib/exchange.js'
import type { SessionStore } from '../../lib/store.js'
import { type AnySession, appOf, DAY, exchangeFor, HOUR } from '../lib/harness.js'

const SEED = Number(process.env['FUZZ_SEED'] ?? 20261121)

type Data = Record<string, unknown>

type Operation =
  | { readonly do: 'set'; readonly key: string; readonly value: unknown }
  | { readonly do: 'delete' | 'take' | 'push'; readonly key: string }
  | { readonly do: 'clear' | 'signOut' | 'regenerate' | 'save' | 'increment' }
  | { readonly do: 'signIn' | 'remember' | 'become'; readonly user: string }

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
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('signIn' as const, 'remember' as const, 'become' as const),
      user: fc.constantFrom('ann', 'bob'),
    }),
  },
)

const visit: fc.Arbitrary<Visit> = fc.record({
  wait: fc.constantFrom(0, 0, HOUR, 5 * DAY, 13 * DAY, 14 * DAY, 59 * DAY),
  operations: fc.array(operation, { maxLength: 6 }),
})

interface Span {
  readonly idle: number
  readonly lifetime: number
}

const ORDINARY: Span = { idle: 14 * DAY, lifetime: 30 * DAY }
const REMEMBERED: Span = { idle: 60 * DAY, lifetime: 60 * DAY }

/** A session as the model sees it. */
interface Stored {
  data: Data
  user: unknown
  startedAt: number
  seenAt: number
  idle: number
  lifetime: number
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
  #span: Span = ORDINARY

  arrive(now: number): void {
    if (this.stored !== null && now >= Math.min(this.stored.seenAt + this.stored.idle, this.stored.startedAt + this.stored.lifetime))
      this.stored = null
    if (this.stored !== null) this.stored.seenAt = now
    this.#begin(this.stored === null ? {} : structuredClone(this.stored.data))
  }

  /** Whether the operation belongs to what the model knows. A save in the same request ends what counts as "set in this request". */
  takes({ do: name }: Operation): boolean {
    return !(this.#saved && (name === 'signIn' || name === 'remember' || name === 'become'))
  }

  apply(operation: Operation, now: number): void {
    if (operation.do === 'set') this.#write(operation.key, structuredClone(operation.value))
    // In place: it is saved, but it is not this request's own as a key that was set is.
    else if (operation.do === 'push') this.data[operation.key] = [...(this.data[operation.key] as unknown[]), 2]
    else if (operation.do === 'delete' || operation.do === 'take') delete this.data[operation.key]
    else if (operation.do === 'become') this.#write('userId', operation.user)
    else if (operation.do === 'signIn') this.#signIn(operation.user, this.stored?.user === operation.user ? this.stored : ORDINARY)
    else if (operation.do === 'remember') this.#signIn(operation.user, REMEMBERED)
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
      this.#span = ORDINARY
    }
    const isNew = this.stored === null || this.#rotates
    const span = this.#rotates ? this.#span : ORDINARY
    const times = isNew
      ? { startedAt: now, seenAt: now, token: ++this.#tokens, idle: span.idle, lifetime: span.lifetime }
      : (this.stored as Stored)
    this.stored = { ...times, data: structuredClone(this.data), user: this.data['userId'] }
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

  #signIn(user: string, { idle, lifetime }: Span): void {
    this.#keepWritten()
    this.#write('userId', user)
    this.#rotates = true
    this.#span = { idle, lifetime }
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

/** A store whose time can be moved. */
export interface World {
  readonly store: SessionStore
  wait(ms: number): unknown
}

/** One browser and the site it visits, in this process. */
class Client {
  readonly store: SessionStore
  readonly #app: SessionApp
  cookie: string | undefined
  readonly issued: string[] = []

  constructor(store: SessionStore) {
    this.store = store
    this.#app = appOf({ store })
  }

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
  async live(): Promise<string[]> {
    const loads = await Promise.all(this.issued.map((token) => this.store.load(token, { slide: false })))
    return this.issued.filter((_, index) => loads[index] !== null && loads[index] !== 'reused')
  }

  async users(): Promise<string[]> {
    const users = ['ann', 'bob']
    const counts = await Promise.all(users.map((user) => this.store.index?.count('userId', user)))
    return users.filter((_, index) => counts[index] === 1)
  }
}

async function perform(session: AnySession, operation: Operation): Promise<void> {
  if (operation.do === 'set') session.set(operation.key, structuredClone(operation.value))
  else if (operation.do === 'push') session.get(operation.key).push(2)
  else if (operation.do === 'delete') session.delete(operation.key)
  else if (operation.do === 'take') session.take(operation.key)
  else if (operation.do === 'become') session['userId'] = operation.user
  else if (operation.do === 'signIn') await session.signIn(operation.user)
  else if (operation.do === 'remember') await session.signIn(operation.user, { remember: '60d' })
  else if (operation.do === 'increment') await session.increment('n')
  else if (operation.do === 'clear') session.clear()
  else await session[operation.do]()
}

/** Lets browsers visit at random, and holds what they see against the model. Resolves to the number of new tokens. */
export async function compareWithModel(world: () => World, numRuns: number): Promise<number> {
  let rotations = 0
  await fc.assert(
    fc.asyncProperty(fc.array(visit, { minLength: 1, maxLength: 6 }), async (visits) => {
      const { store, wait } = world()
      const client = new Client(store)
      const model = new Model()
      let now = 0
      for (const visit of visits) {
        await wait(visit.wait)
        now += visit.wait
        model.arrive(now)
        const tokenBefore = model.stored?.token
        await visitOnce(client, model, visit.operations, now)
        if (model.stored !== null && model.stored.token !== tokenBefore) rotations += 1
        expect(await client.users()).toEqual(model.stored?.user === undefined ? [] : [model.stored.user])
        expect(await client.live()).toEqual(model.stored === null ? [] : client.issued.slice(-1))
      }
      for (const token of await client.live()) await store.destroy(token)
    }),
    { numRuns, seed: SEED },
  )
  return rotations
}

async function visitOnce(client: Client, model: Model, operations: readonly Operation[], now: number): Promise<void> {
  const exchange = await client.arrive()
  const compare = (): void => expect({ ...exchange.session.toJSON() }).toEqual({ ...model.data })
  compare()
  for (const each of operations) {
    if (!model.takes(each) || (each.do === 'push' && !Array.isArray(model.data[each.key]))) continue
    model.apply(each, now)
    await perform(exchange.session as AnySession, each)
    compare()
  }
  model.commit(now)
  await client.leave(exchange)
  compare()
}
