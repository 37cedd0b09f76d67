// Any store, with faults at will: each fault is for the next call of one operation.
import type {
  LoadedSession,
  MaybePromise,
  SessionChanges,
  SessionIndex,
  SessionRecord,
  SessionStore,
  StoredSession,
  StoreEvent,
  StoreLimit,
  UpdateResult,
} from '../../lib/index.js'
import { deferred, type Gate, gate, turn } from './barrier.js'

export type Operation = 'create' | 'load' | 'update' | 'rotate' | 'destroy'

type Rule = (call: () => MaybePromise<unknown>) => MaybePromise<unknown>

/** Stands in the error of a failed backend; must never be seen by a client. */
export const BACKEND_SECRET = 'redis://app:hunter2@10.0.0.7:6379'

export function backendError(): Error {
  return Object.assign(new Error(`connect ECONNREFUSED ${BACKEND_SECRET}`), { code: 'ECONNREFUSED' })
}

export class FaultyStore implements SessionStore {
  readonly name: string
  readonly index?: SessionIndex
  readonly sealsToken?: boolean
  readonly tokenParts?: number
  readonly cannot?: readonly StoreLimit[]
  readonly ready?: () => MaybePromise<void>
  readonly close?: () => MaybePromise<void>
  readonly end?: (handle: string) => MaybePromise<boolean>
  readonly listen?: (listener: (event: StoreEvent) => void) => void
  /** Every call that came, in order. */
  readonly calls: Operation[] = []
  /** Every token that the store gave out, in order, also those whose answer never arrived. */
  readonly issued: string[] = []
  readonly #hung: (() => void)[] = []
  readonly #inner: SessionStore
  readonly #rules: { readonly operation: Operation; readonly rule: Rule }[] = []
  readonly #waiting: { readonly operation: Operation; readonly tell: () => void }[] = []

  constructor(inner: SessionStore) {
    this.#inner = inner
    this.name = inner.name
    if (inner.index !== undefined) this.index = this.#watch(inner.index)
    if (inner.sealsToken !== undefined) this.sealsToken = inner.sealsToken
    if (inner.tokenParts !== undefined) this.tokenParts = inner.tokenParts
    if (inner.cannot !== undefined) this.cannot = inner.cannot
    if (inner.ready !== undefined) this.ready = inner.ready.bind(inner)
    if (inner.close !== undefined) this.close = inner.close.bind(inner)
    if (inner.end !== undefined) this.end = inner.end.bind(inner)
    if (inner.listen !== undefined) this.listen = inner.listen.bind(inner)
  }

  /** The next call fails and has no effect. */
  fail(operation: Operation, how: 'throw' | 'reject', error: unknown = backendError()): void {
    this.#next(operation, () => {
      if (how === 'throw') throw error
      return Promise.reject(error)
    })
  }

  /** The next call never answers and has no effect. */
  hang(operation: Operation): void {
    this.#next(operation, () => new Promise((_, reject) => this.#hung.push(() => reject(backendError()))))
  }

  /** Calls that hang fail after all: whoever closes need not wait for them. */
  release(): void {
    for (const fail of this.#hung.splice(0)) fail()
  }

  /** The next call waits at the gate before it has any effect. */
  holdCall(operation: Operation): Gate {
    const held = gate()
    this.#next(operation, (call) => held.pass().then(call))
    return held
  }

  /** The next call takes effect at once; its answer waits at the gate. */
  holdAnswer(operation: Operation): Gate {
    const held = gate()
    this.#next(operation, async (call) => {
      const answer = await call()
      await held.pass()
      return answer
    })
    return held
  }

  /** The next call takes effect, and fails all the same, as when the connection breaks. */
  loseAnswer(operation: Operation): void {
    this.#next(operation, async (call) => {
      await call()
      throw backendError()
    })
  }

  /** Resolves when the next such call has had its effect; ending by handle counts as `destroy`. */
  done(operation: Operation): Promise<void> {
    const { promise, resolve } = deferred()
    this.#waiting.push({ operation, tell: resolve })
    return promise
  }

  create(record: SessionRecord): MaybePromise<StoredSession> {
    return this.#run('create', () => this.#issue(this.#inner.create(record)))
  }

  load(token: string, options: { readonly slide: boolean }): MaybePromise<LoadedSession | 'reused' | null> {
    return this.#run('load', () => this.#inner.load(token, options))
  }

  update(token: string, changes: SessionChanges): MaybePromise<UpdateResult> {
    return this.#run('update', () => this.#inner.update(token, changes))
  }

  rotate(token: string, changes: SessionChanges): MaybePromise<StoredSession | null> {
    return this.#run('rotate', () => this.#issue(this.#inner.rotate(token, changes)))
  }

  destroy(token: string): MaybePromise<boolean> {
    return this.#run('destroy', () => this.#inner.destroy(token))
  }

  /** Which of the tokens that were ever given out still open a session, by their position in `issued`. */
  async live(): Promise<number[]> {
    const loads = await Promise.all(this.issued.map((token) => this.#inner.load(token, { slide: false })))
    return loads.flatMap((loaded, position) => (loaded === null || loaded === 'reused' ? [] : [position]))
  }

  #watch(index: SessionIndex): SessionIndex {
    return {
      find: (handle) => index.find(handle),
      list: (name, value, page) => index.list(name, value, page),
      count: (name, value) => index.count(name, value),
      end: (handle) => this.#announce('destroy', index.end(handle)),
      endBy: (name, value, options) => index.endBy(name, value, options),
      reassign: (name, from, to, text) => index.reassign(name, from, to, text),
      ...(index.admit && { admit: index.admit.bind(index) }),
      ...(index.reserve && { reserve: index.reserve.bind(index) }),
      ...(index.release && { release: index.release.bind(index) }),
    }
  }

  #next(operation: Operation, rule: Rule): void {
    this.#rules.push({ operation, rule })
  }

  #run<T>(operation: Operation, call: () => MaybePromise<T>): MaybePromise<T> {
    this.calls.push(operation)
    const at = this.#rules.findIndex((entry) => entry.operation === operation)
    const work = (): MaybePromise<T> => this.#announce(operation, call())
    if (at === -1) return work()
    const [entry] = this.#rules.splice(at, 1)
    return entry?.rule(work) as MaybePromise<T>
  }

  #announce<T>(operation: Operation, answer: MaybePromise<T>): MaybePromise<T> {
    const tell = (): void => {
      const at = this.#waiting.findIndex((entry) => entry.operation === operation)
      if (at !== -1) this.#waiting.splice(at, 1)[0]?.tell()
    }
    if (answer instanceof Promise) return answer.finally(tell)
    tell()
    return answer
  }

  #issue<T extends StoredSession | null>(answer: MaybePromise<T>): MaybePromise<T> {
    const note = (stored: T): T => {
      if (stored !== null) this.issued.push(stored.token)
      return stored
    }
    return answer instanceof Promise ? answer.then(note) : note(answer)
  }
}

/** A store whose every answer is a promise and takes a turn of the event loop, as one across a network. */
export function promised(inner: SessionStore): SessionStore {
  const later = async <T>(call: () => MaybePromise<T>): Promise<T> => {
    await turn()
    const answer = await call()
    await turn()
    return answer
  }
  return {
    name: inner.name,
    ...(inner.index === undefined ? {} : { index: inner.index }),
    ...(inner.listen === undefined ? {} : { listen: inner.listen.bind(inner) }),
    ...(inner.close === undefined ? {} : { close: inner.close.bind(inner) }),
    create: (record) => later(() => inner.create(record)),
    load: (token, options) => later(() => inner.load(token, options)),
    update: (token, changes) => later(() => inner.update(token, changes)),
    rotate: (token, changes) => later(() => inner.rotate(token, changes)),
    destroy: (token) => later(() => inner.destroy(token)),
  }
}
