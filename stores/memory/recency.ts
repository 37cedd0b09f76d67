// Who was used last. A list woven through its members: re-inserting into a Map would be shorter, but V8 keeps what was deleted in the
// hash chain until it rehashes, so that a busy key in a large Map costs thousands of steps, and the oldest key as many.

export interface Member<T> {
  older: T | null
  newer: T | null
}

export class Recency<T extends Member<T>> {
  // Private to the runtime too: a dump of the store goes through its Maps and does not get lost in the ring.
  #oldest: T | null = null
  #newest: T | null = null

  get oldest(): T | null {
    return this.#oldest
  }

  /** Marks the member as the one used last; takes it in if it is new. */
  touch(member: T): void {
    if (member === this.#newest) return
    this.remove(member)
    member.older = this.#newest
    if (this.#newest === null) this.#oldest = member
    else this.#newest.newer = member
    this.#newest = member
  }

  /** Does nothing for one that is not in the list. */
  remove(member: T): void {
    if (member.older !== null) member.older.newer = member.newer
    else if (member === this.#oldest) this.#oldest = member.newer
    if (member.newer !== null) member.newer.older = member.older
    else if (member === this.#newest) this.#newest = member.older
    member.older = null
    member.newer = null
  }
}
