// Ends that other processes on this Redis are told of: published on a channel of the namespace, heard on a connection of its own that is opened when somebody
// asks for it and kept up from then on. What is published while it is away is lost: the session itself is gone all the same.
import { setTimeout as delay } from 'node:timers/promises'
import { SessionStoreError } from '../../lib/errors.js'
import type { StoreEvent } from '../../lib/store.js'
import { newHandle } from '../../lib/token.js'
import type { RedisDriver, Subscription } from './driver.js'
import { ANNOUNCE } from './ending-scripts.js'
import { storeError } from './errors.js'
import type { Keys } from './keys.js'
import type { ScriptRunner } from './script-runner.js'

type Ended = Extract<StoreEvent, { readonly type: 'endedElsewhere' }>
export type Announcement = Omit<Ended, 'type'>

const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 500
/** Connecting and subscribing. */
const ATTEMPT_MS = 2000
/** A connection that died silently is found out by then. */
const PING_EVERY_MS = 3000
const PING_MS = 1000

export class Announcements {
  private readonly runner: ScriptRunner
  private readonly driver: RedisDriver
  private readonly keys: Keys
  private readonly channel: string
  /** Told along, so that nobody hears himself. */
  private readonly self: string = newHandle()
  private readonly listeners: ((event: StoreEvent) => void)[] = []
  private readonly closing: AbortController = new AbortController()
  private hearing: Promise<void> | null = null

  constructor(runner: ScriptRunner, driver: RedisDriver, keys: Keys) {
    this.runner = runner
    this.driver = driver
    this.keys = keys
    this.channel = `${keys.ns}ended`
  }

  async announce(ended: Announcement): Promise<void> {
    const { handle, userId, reason } = ended
    await this.runner.run('announce', ANNOUNCE, [this.keys.ns], [this.channel, JSON.stringify({ by: this.self, handle, userId, reason })])
  }

  listen(listener: (event: StoreEvent) => void): void {
    this.listeners.push(listener)
  }

  /** Resolves once announcements are heard. Tries go on until `close`, whatever becomes of the promise. */
  subscribe(): Promise<void> {
    this.hearing ??= new Promise((resolve, reject) => {
      this.keepHearing(resolve).then(() => reject(closed()), reject)
    })
    this.hearing.catch(() => {})
    return this.hearing
  }

  close(): void {
    this.closing.abort()
  }

  private async keepHearing(heard: () => void): Promise<void> {
    const { signal } = this.closing
    let pause = FIRST_PAUSE_MS
    while (!signal.aborted) {
      const lost = new AbortController()
      try {
        const subscription = await this.open(AbortSignal.any([signal, lost.signal]), () => lost.abort())
        heard()
        pause = FIRST_PAUSE_MS
        await untilLost(subscription, AbortSignal.any([signal, lost.signal]))
        subscription.end()
      } catch (error) {
        if (error instanceof TypeError) throw storeError('subscribe', error)
      }
      await delay(pause, undefined, { signal, ref: false }).catch(() => {})
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
    }
  }

  /** One that comes too late is ended when it comes. */
  private async open(given: AbortSignal, lost: () => void): Promise<Subscription> {
    const opening = this.driver.subscribe(this.channel, (text) => this.hear(text), lost)
    try {
      return await within(ATTEMPT_MS, opening, given)
    } catch (error) {
      opening.then((late) => late.end()).catch(() => {})
      throw error
    }
  }

  /** Whoever may publish may have written it. */
  private hear(text: string): void {
    const { by, handle, userId, reason } = fieldsOf(text)
    if (by === this.self || typeof handle !== 'string' || typeof reason !== 'string') return
    const event: Ended = { type: 'endedElsewhere', handle, userId: typeof userId === 'string' ? userId : undefined, reason }
    for (const listener of this.listeners) {
      try {
        listener(event)
      } catch {
        // The listener's failure is its own.
      }
    }
  }
}

async function untilLost({ ping }: Subscription, lost: AbortSignal): Promise<void> {
  while (!lost.aborted) {
    try {
      await delay(PING_EVERY_MS, undefined, { signal: lost, ref: false })
      if (ping !== undefined) await within(PING_MS, ping(), lost)
    } catch {
      return
    }
  }
}

async function within<T>(ms: number, work: Promise<T>, given: AbortSignal): Promise<T> {
  const done = new AbortController()
  const late = delay(ms, undefined, { signal: AbortSignal.any([given, done.signal]), ref: false }).then(() => {
    throw new Error('too late')
  })
  work.catch(() => {})
  try {
    return await Promise.race([work, late])
  } finally {
    done.abort()
  }
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function closed(): SessionStoreError {
  return new SessionStoreError('subscribe', 'failed: the store was closed', { unknown: false })
}
