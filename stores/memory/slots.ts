// Places in a row: who walks along it meets each member that is there all the time exactly once, whoever comes and goes, and needs to remember a number only.

export class Slots<T> {
  private readonly members: (T | null)[] = []
  private readonly empty: number[] = []

  take(member: T): number {
    const slot = this.empty.pop() ?? this.members.length
    this.members[slot] = member
    return slot
  }

  free(slot: number): void {
    this.members[slot] = null
    this.empty.push(slot)
  }

  /** `next` is `null` after the last slot. */
  from(first: number, count: number): { readonly members: T[]; readonly next: number | null } {
    const end = first + count
    const members = this.members.slice(first, end).filter((member) => member !== null)
    return { members, next: end < this.members.length ? end : null }
  }
}
