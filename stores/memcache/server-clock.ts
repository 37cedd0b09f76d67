// The present by memcached's own clock. It tells the time among its statistics and in whole seconds only, so it is asked once in a while, and
// the monotonic clock of this process carries on what it said: whoever sets this machine's clock moves no session's end.

/** What it tells is cut to the second, and as old as its last tick. */
const BEHIND_MS = 2000
/** A machine that was suspended finds its monotonic clock behind. */
const ASK_AGAIN_MS = 60_000

export class ServerClock {
  /** The server's time less the monotonic one; `null` as long as the server has told nothing. */
  private aheadMs: number | null = null
  private askedAt: number = Number.NEGATIVE_INFINITY
  private answered = false

  /** Whether the server has told its time, or that it tells none. */
  get isAnswered(): boolean {
    return this.answered
  }

  /** Whether the next request should go behind a question. */
  get isDue(): boolean {
    return performance.now() - this.askedAt >= ASK_AGAIN_MS
  }

  /** Of a server that tells nothing this process's clock must do. */
  now(): number {
    return this.aheadMs === null ? Date.now() : Math.floor(performance.now() + this.aheadMs)
  }

  /** The server may be another one by now, or did not answer. */
  forgetQuestion(): void {
    this.askedAt = Number.NEGATIVE_INFINITY
  }

  /** A question is on its way; what is returned takes the answer, in seconds since the epoch. */
  asked(): (seconds: number) => void {
    const askedAt = performance.now()
    this.askedAt = askedAt
    return (seconds) => {
      this.answered = true
      if (!(seconds > 0)) return
      const answeredAt = performance.now()
      const least = seconds * 1000
      const most = least + BEHIND_MS + answeredAt - askedAt
      // What may be right stays: then time takes no leaps, and processes whose own clocks are right agree to the millisecond.
      this.aheadMs = Math.min(Math.max(this.now(), least), most) - answeredAt
    }
  }
}
