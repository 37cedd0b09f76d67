// One thing to do later, by the monotonic clock.

/** A longer timer than 2^31 ms rings at once; and a timer stands still while the machine sleeps. So no step is long. */
const STEP_MS = 30_000

/** The wall clock went on by so much while the monotonic one stood. */
const SLEPT_MS = 5_000

export class Alarm {
  readonly #ring: () => void
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(ring: () => void) {
    this.#ring = ring
  }

  /** Rings in so many milliseconds, or once the machine wakes up. Replaces what was set before. */
  set(delayMs: number): void {
    this.clear()
    this.#step(performance.now() + delayMs)
  }

  clear(): void {
    clearTimeout(this.#timer)
  }

  #step(due: number): void {
    const [begun, wall] = [performance.now(), Date.now()]
    this.#timer = setTimeout(
      () => {
        const now = performance.now()
        // Somebody who sets the clock makes it ring early, too, which costs one request.
        const slept = Date.now() - wall - (now - begun) > SLEPT_MS
        if (now >= due || slept) this.#ring()
        else this.#step(due)
      },
      Math.min(Math.max(due - begun, 0), STEP_MS),
    )
  }
}
