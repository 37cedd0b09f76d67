// The other tabs of this browser: what one of them learns, all know; and one asks at a time.
import type { SessionStatus } from '../lib/status-report.js'
import { isStatus } from './server.js'

/** Longer than a request may take. */
const TURN_MS = 15_000

export class Tabs {
  readonly #name: string
  readonly #hear: (status: SessionStatus) => void
  #channel: BroadcastChannel | undefined

  constructor(url: string, hear: (status: SessionStatus) => void) {
    this.#name = `steady-session ${url}`
    this.#hear = hear
  }

  open(): void {
    this.#channel ??= this.#listen()
  }

  /** What was told before still arrives. */
  close(): void {
    this.#channel?.close()
    this.#channel = undefined
  }

  tell(status: SessionStatus): void {
    this.#channel?.postMessage(status)
  }

  /** Runs when no other tab is at it; at once where the browser has no locks (on plain HTTP), and if a tab keeps its turn for too long. */
  async inTurn(work: () => Promise<void>): Promise<void> {
    const locks = navigator.locks as LockManager | undefined
    let begun = false
    const begin = (): Promise<void> => {
      begun = true
      return work()
    }
    if (locks === undefined) return begin()
    try {
      await locks.request(this.#name, { signal: AbortSignal.timeout(TURN_MS) }, begin)
    } catch (error) {
      if (begun) throw error
      await begin()
    }
  }

  #listen(): BroadcastChannel {
    const channel = new BroadcastChannel(this.#name)
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (isStatus(data)) this.#hear(data)
    }
    return channel
  }
}
