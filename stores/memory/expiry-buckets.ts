// Handles by the time at which they are to be looked at. Sliding moves deadlines only forward, so a handle may wait in its bucket
// until that is due and be filed again: a load does no work here, and a sweep looks at nothing that is not due.

export class ExpiryBuckets {
  private readonly buckets: Map<number, Set<string>> = new Map()
  private readonly widthMs: number
  /** Number of the newest bucket that was taken. */
  private taken: number = Number.NEGATIVE_INFINITY

  constructor(widthMs: number) {
    this.widthMs = widthMs
  }

  /** Files the handle and returns the number of its bucket. */
  file(handle: string, deadline: number): number {
    const number = this.bucketOf(deadline)
    const bucket = this.buckets.get(number) ?? new Set()
    this.buckets.set(number, bucket)
    bucket.add(handle)
    return number
  }

  remove(handle: string, number: number): void {
    const bucket = this.buckets.get(number)
    if (bucket === undefined) return
    bucket.delete(handle)
    if (bucket.size === 0) this.buckets.delete(number)
  }

  /** The bucket that a deadline belongs to; never one that was taken already, since nobody would look there again. */
  bucketOf(deadline: number): number {
    return Math.max(Math.ceil(deadline / this.widthMs), this.taken + 1)
  }

  /** Takes out every handle whose bucket is due. The caller removes or files each of them. */
  takeDue(now: number): string[] {
    const newest = Math.floor(now / this.widthMs)
    const due: string[] = []
    for (const number of this.dueNumbers(newest)) {
      for (const handle of this.buckets.get(number) ?? []) due.push(handle)
      this.buckets.delete(number)
    }
    this.taken = Math.max(this.taken, newest)
    return due
  }

  /** Counts up from the last sweep; after a long pause (or a leap of the clock) it is cheaper to ask which buckets there are. */
  private dueNumbers(newest: number): number[] {
    const span = newest - this.taken
    if (span > this.buckets.size) return [...this.buckets.keys()].filter((number) => number <= newest)
    return Array.from({ length: Math.max(span, 0) }, (_, step) => this.taken + 1 + step)
  }
}
