/** Rejects if the work takes longer; what comes of it later is nobody's. */
export function within<T>(ms: number, work: PromiseLike<T>, options: { readonly holdsProcess: boolean }): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not done within ${ms} ms`)), ms)
    if (!options.holdsProcess) timer.unref()
    work.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}
