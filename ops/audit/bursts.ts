// What strangers can cause at will, and what comes by the thousand when the store is away, is one line per window: no log is flooded by
// forged cookies, and memory does not grow with them.
import type { AuditRecord } from './record.js'

const FROM_OUTSIDE: ReadonlySet<AuditRecord['event']> = new Set(['rejected', 'limitDenied', 'storeError', 'commitFailed'])

const MAX_ADDRESSES = 1000
const MAX_BURSTS = 100

/** Whether the event may come in bursts. */
export function comesInBursts({ event }: AuditRecord): boolean {
  return FROM_OUTSIDE.has(event)
}

interface Burst {
  readonly sample: AuditRecord
  readonly addresses: Set<string>
  /** What was the same in all of them. */
  same: Pick<AuditRecord, 'handle' | 'user' | 'address' | 'agent'>
  count: number
  last: string
}

export class Bursts {
  readonly #windowMs: number
  readonly #tell: (record: AuditRecord) => void
  readonly #bursts: Map<string, Burst> = new Map()
  #timer: NodeJS.Timeout | undefined

  constructor(windowMs: number, tell: (record: AuditRecord) => void) {
    this.#windowMs = windowMs
    this.#tell = tell
  }

  add(record: AuditRecord): void {
    const burst = this.#burstOf(record)
    burst.count += 1
    burst.last = record.time
    if (record.address !== null && burst.addresses.size < MAX_ADDRESSES) burst.addresses.add(record.address)
    burst.same = common(burst.same, record)
    // Unref'd: a window is no reason for a process to stay alive. Whoever stops the audit gets the lines of it.
    this.#timer ??= setTimeout(() => this.flush(), this.#windowMs).unref()
  }

  /** Ends the window: one line per event and reason. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const burst of this.#bursts.values()) this.#tell(lineOf(burst))
    this.#bursts.clear()
  }

  #burstOf(record: AuditRecord): Burst {
    const { event, reason, operation, code } = record
    const exact = [event, reason, operation, code].join(' ')
    const name = this.#bursts.has(exact) || this.#bursts.size < MAX_BURSTS ? exact : event
    const burst = this.#bursts.get(name) ?? { sample: record, addresses: new Set(), same: record, count: 0, last: record.time }
    this.#bursts.set(name, burst)
    return burst
  }
}

function common(one: Burst['same'], { handle, user, address, agent }: AuditRecord): Burst['same'] {
  return {
    handle: one.handle === handle ? handle : null,
    user: one.user === user ? user : null,
    address: one.address === address ? address : null,
    agent: one.agent === agent ? agent : null,
  }
}

/** `time` is the line's, so that the times of a log ascend. */
function lineOf({ sample, same, count, last, addresses }: Burst): AuditRecord {
  const { requestId, time: first, ...rest } = sample
  const { handle, user, address, agent } = same
  const only = count === 1 && requestId !== undefined ? { requestId } : {}
  return { ...rest, time: new Date().toISOString(), handle, user, address, agent, ...only, count, first, last, addresses: addresses.size }
}
