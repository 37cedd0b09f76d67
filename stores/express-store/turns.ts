// Writers of one session take turns, so that none writes between another's read and write. Within this process: others do not know of it.

/** Longer than any call's deadline: a store that never answers must not hold the session for ever, even once it is back. */
const LONGEST_TURN_MS = 10_000

export class Turns {
  readonly #last: Map<string, Promise<unknown>> = new Map()

  /** Resolves or rejects as `work` does, which begins when those before it are through, in the order of the calls. */
  take<T>(handle: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(handle)
    const turn = before === undefined ? work() : settled(before).then(work)
    this.#last.set(handle, turn)
    const leave = (): void => {
      if (this.#last.get(handle) === turn) this.#last.delete(handle)
    }
    turn.then(leave, leave)
    return turn
  }
}

function settled(turn: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LONGEST_TURN_MS).unref()
    const done = (): void => {
      clearTimeout(timer)
      resolve()
    }
    turn.then(done, done)
  })
}
