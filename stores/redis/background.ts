// What goes on behind a call that has been answered: it may fail, since whoever reads an index verifies it.

export class Background {
  private readonly pending: Set<Promise<void>> = new Set()

  add(work: Promise<unknown>): void {
    const done = (): void => {
      this.pending.delete(settled)
    }
    const settled: Promise<void> = work.then(done, done)
    this.pending.add(settled)
  }

  /** Resolves once all is done, or after that many milliseconds. */
  async settle(ms: number): Promise<void> {
    if (this.pending.size === 0) return
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise((resolve) => {
      timer = setTimeout(resolve, ms)
    })
    await Promise.race([this.untilEmpty(), enough])
    clearTimeout(timer)
  }

  private async untilEmpty(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending)
  }
}
