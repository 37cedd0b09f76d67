// Meeting points for requests, so that a race happens the same way every time.

export interface Deferred {
  readonly promise: Promise<void>
  resolve(): void
}

/** Node 20 has no `Promise.withResolvers`. */
export function deferred(): Deferred {
  let resolve = (): void => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** Whoever comes waits until it is opened; `reached` tells when the first one has come. */
export interface Gate {
  readonly reached: Promise<void>
  pass(): Promise<void>
  open(): void
}

export function gate(): Gate {
  const reached = deferred()
  const opened = deferred()
  return {
    reached: reached.promise,
    pass() {
      reached.resolve()
      return opened.promise
    },
    open: opened.resolve,
  }
}

/** Lets nobody go on before `count` have come. */
export function barrier(count: number): () => Promise<void> {
  const all = deferred()
  let missing = count
  return () => {
    missing -= 1
    if (missing === 0) all.resolve()
    return all.promise
  }
}

/** A turn of the event loop: what is ready now has run then. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
