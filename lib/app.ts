// What all requests of one `session(...)` share.
import { withDeadline } from './deadline.js'
import { type Hearing, shareEnds, tellEnd } from './elsewhere.js'
import type { SessionError } from './errors.js'
import { SessionEmitter } from './events.js'
import type { Outside, SessionConfig, SessionOptions } from './options.js'
import { resolveOptions } from './resolve-options.js'
import type { MaybePromise, SessionChanges, SessionStore } from './store.js'
import { type StoreCall, type StoreCalls, storeCalls, timedCalls } from './store-calls.js'
import { StoreGate } from './store-gate.js'
import { type TokenSigner, tokenSigner } from './token-signer.js'

export interface SessionApp {
  readonly config: SessionConfig
  readonly events: SessionEmitter
  readonly signer: TokenSigner
  /** One warning per code. */
  warn(code: string, message: string): void
  /** Of sessions that other processes end, where the store can say so. */
  readonly hearing: Hearing
  /** `null` once the store has been reached; until then what to wait for. */
  connecting(): Promise<void> | null
  /** One store call: after the first connection, within its deadline, failures reported. */
  readonly call: StoreCall
  /** The store's own, called likewise. */
  readonly load: SessionStore['load']
  readonly update: SessionStore['update']
  /** Resolves once no store call is under way, or after `storeTimeout`, when none can matter any more. */
  drained(): Promise<void>
}

export function createApp(options: SessionOptions, outside: Outside): SessionApp {
  const warn = onceEach()
  const config = resolveOptions(options, outside, warn)
  const events = new SessionEmitter()
  const report = (error: unknown): never => {
    events.emit('storeError', { error: error as SessionError })
    throw error
  }
  if (config.production && config.store.name === 'memory') {
    warn('MEMORY_STORE', 'store: sessions live in the memory of this one process and end with it; choose a shared store for production')
  }
  const connecting = connection(config, (error) => {
    warn('CONNECT', `the session store could not be reached: ${error instanceof Error ? error.message : 'unknown error'}`)
    return report(error)
  })
  config.store.listen?.((event) => tellEnd(events, event))
  const hearing = shareEnds(events, config.store)
  const gate = new StoreGate()
  return {
    config,
    events,
    signer: tokenSigner(config),
    warn,
    hearing,
    connecting,
    ...callsOf(config, events, connecting, storeCalls(config.storeTimeoutMs, report, gate)),
    drained: () => gate.drained(config.storeTimeoutMs),
  }
}

type Calls = Pick<SessionApp, 'call' | 'load' | 'update'>

/** After the first connection, and timed if somebody listens. */
function callsOf({ store }: SessionConfig, events: SessionEmitter, connecting: SessionApp['connecting'], untimed: StoreCalls): Calls {
  const timed = timedCalls(untimed.call, (call) => events.emit('storeCall', call))
  const call: StoreCall = (operation, ask, onLate) => {
    const caller = events.hears('storeCall') ? timed : untimed.call
    const pending = connecting()
    return pending === null ? caller(operation, ask, onLate) : pending.then(() => caller(operation, ask, onLate))
  }
  const method = <A, B, T>(operation: string, ask: (a: A, b: B) => MaybePromise<T>): ((a: A, b: B) => MaybePromise<T>) => {
    const direct = untimed.method(operation, ask)
    return (a, b) => (connecting() === null && !events.hears('storeCall') ? direct(a, b) : call(operation, () => ask(a, b)))
  }
  return {
    call,
    load: method('load', (token: string, options: { readonly slide: boolean }) => store.load(token, options)),
    update: method('update', (token: string, changes: SessionChanges) => store.update(token, changes)),
  }
}

/** Connects in the background; a connection that failed is tried again by the next request that needs it. */
function connection(config: SessionConfig, fail: (error: unknown) => never): () => Promise<void> | null {
  const { store, connectTimeoutMs } = config
  let pending: Promise<void> | null = null
  let connected = store.ready === undefined
  const connect = (): Promise<void> => {
    const attempt = Promise.resolve(withDeadline('connect', connectTimeoutMs, async () => store.ready?.()))
    return attempt.then(() => {
      connected = true
    }, fail)
  }
  const current = (): Promise<void> | null => {
    if (connected) return null
    if (pending === null) {
      pending = connect().finally(() => {
        pending = null
      })
      pending.catch(() => {})
    }
    return pending
  }
  void current()
  return current
}

function onceEach(): (code: string, message: string) => void {
  const said = new Set<string>()
  return (code, message) => {
    if (said.has(code)) return
    said.add(code)
    process.emitWarning(message, { type: 'SteadySessionWarning', code: `STEADY_SESSION_${code}` })
  }
}
