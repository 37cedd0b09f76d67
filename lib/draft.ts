// The data of one session in one request: what the store has, what the handler was handed, and what changed.
import { blank, changedValues } from './apply.js'
import { assertKey, assertSize, type DataChanges } from './data-changes.js'
import type { Collected, Restart, Slot } from './slot.js'
import type { SessionValues } from './store.js'
import { assertStorableKind, deadlineOf, fromText, readsAs, toText } from './values.js'

const NOTHING: SessionValues = Object.freeze(Object.create(null) as Record<string, string>)

const NO_CHANGES: DataChanges[] = []

const NO_KEYS: readonly string[] = []

/** Shared by all drafts that nobody has used yet; never written to. */
const NO_SLOTS: Map<string, Slot> = new Map()

/** What a draft must know of its session. */
export interface Drafted {
  /** Milliseconds since the session's creation, by the store's clock; judges keys with a time to live. */
  age(): number
  /** Data was changed, or handed out so that it may be. */
  touched(): void
}

export class Draft {
  #base: SessionValues
  /** Changes that are in the store, not applied here before somebody looks: mostly nobody does. */
  #arrived: DataChanges[] = NO_CHANGES
  #slots: Map<string, Slot> = NO_SLOTS
  #restart: Restart | null = null
  /** Written by this request and in the store already. */
  #saved: readonly string[] = NO_KEYS
  readonly #maxBytes: number
  readonly #session: Drafted

  constructor(stored: SessionValues | null, maxBytes: number, session: Drafted) {
    this.#base = stored ?? NOTHING
    this.#maxBytes = maxBytes
    this.#session = session
  }

  get(key: string): unknown {
    const slot = this.#slots.get(key)
    if (slot !== undefined) return this.#isOver(slot.deadline) ? undefined : slot.value
    const text = this.storedText(key)
    if (text === null) return undefined
    const value = fromText(key, text)
    // An object may be changed in place, so it is remembered and compared when the changes are collected.
    if (typeof value === 'object' && value !== null) {
      this.#keep({ key, value, deadline: deadlineOf(text), written: false })
    }
    return value
  }

  /** The value as a later request would read it: an id of a database driver is the text that its `toJSON` gives. */
  getAsStored(key: string): unknown {
    const slot = this.#slots.get(key)
    if (slot === undefined || !this.has(key) || typeof slot.value !== 'object') return this.get(key)
    return fromText(key, toText(key, slot.value, null))
  }

  /** The text that the store has for the key, `null` if it is absent, dropped or past its time to live. */
  storedText(key: string): string | null {
    const text = this.#stored[key]
    if (text === undefined || this.#isDropped(key)) return null
    return this.#isOver(deadlineOf(text)) ? null : text
  }

  has(key: string): boolean {
    const slot = this.#slots.get(key)
    if (slot === undefined) return this.storedText(key) !== null
    return slot.value !== undefined && !this.#isOver(slot.deadline)
  }

  set(key: string, value: unknown, ttlMs: number | null): void {
    assertKey(key)
    assertStorableKind(key, value)
    const deadline = ttlMs === null || value === undefined ? null : Math.round(this.#session.age() + ttlMs)
    this.#keep({ key, value, deadline, written: true })
  }

  delete(key: string): void {
    assertKey(key)
    this.#keep({ key, value: undefined, deadline: null, written: true })
  }

  /** Drops all data, also keys that this request never saw. */
  clear(): void {
    this.#session.touched()
    this.#slots = NO_SLOTS
    this.#saved = NO_KEYS
    this.#restart = { keep: [] }
  }

  /**
   * Drops what this request did not write itself, but for the keys in `keep`. An object that was only changed in place is a stranger's, unless
   * it says who the user is.
   */
  restart(named: readonly string[], decidesUser: (key: string) => boolean): void {
    const keep = [...named, ...this.#saved]
    for (const [key, slot] of this.#slots) {
      if (slot.written || keep.includes(key)) continue
      if (decidesUser(key) && !readsAs(slot.value, slot.deadline, this.#stored[key])) this.#slots.set(key, { ...slot, written: true })
      else this.#slots.delete(key)
    }
    this.#restart = { keep: this.#restart === null ? keep : this.#restart.keep.filter((key) => keep.includes(key)) }
  }

  keys(): string[] {
    const keys = Object.keys(this.#stored).filter((key) => this.#slots.has(key) === false && this.storedText(key) !== null)
    for (const key of this.#slots.keys()) if (this.has(key)) keys.push(key)
    return keys
  }

  /** Whether the handler wrote this key, or might have changed it in place. */
  touches(key: string): boolean {
    return this.#restart !== null || this.#slots.has(key)
  }

  /** A draft of the same stored data without this request's changes. */
  original(): Draft {
    return new Draft(this.#stored, this.#maxBytes, this.#session)
  }

  /** What must be saved, or `null`. Throws `SessionDataError` for what cannot be. */
  collect(): Collected | null {
    if (this.#slots.size === 0 && this.#restart === null) return null
    const set = blank()
    const slots: Slot[] = []
    const unset: string[] = []
    for (const slot of this.#slots.values()) {
      const { key, value, deadline } = slot
      const before = this.#isDropped(key) ? undefined : this.#stored[key]
      if (!slot.written && readsAs(value, deadline, before)) continue
      const text = value === undefined ? undefined : toText(key, value, deadline)
      if (text === before) continue
      slots.push(slot)
      if (text === undefined) unset.push(key)
      else set[key] = text
    }
    if (slots.length === 0 && this.#restart === null) return null
    const changes: DataChanges = this.#restart === null ? { set, unset } : { clear: this.#restart, set, unset }
    assertSize(this.#stored, changes, this.#maxBytes)
    return { changes, slots, restart: this.#restart }
  }

  /** The collected changes are in the store now; what the handler changed meanwhile stays to be saved. */
  accept(collected: Collected): void {
    this.#arrived = [...this.#arrived, collected.changes]
    if (this.#restart === collected.restart) this.#restart = null
    for (const slot of collected.slots) {
      const { key } = slot
      this.#remember(key, slot.value !== undefined)
      if (this.#slots.get(key) !== slot) continue
      if (typeof slot.value === 'object' && slot.value !== null) this.#slots.set(key, { ...slot, written: false })
      else this.#forget(key)
    }
  }

  /** Back to what is stored; the changes of this request are forgotten. */
  reset(stored: SessionValues): void {
    this.#base = stored
    this.#arrived = NO_CHANGES
    this.#slots = NO_SLOTS
    this.#restart = null
  }

  /** The store has this text for the key now (`null`: nothing); forgets the value that led to it. */
  settle(key: string, text: string | null, basis: unknown): void {
    this.#base = changedValues(this.#stored, text === null ? { unset: [key] } : { set: { [key]: text } })
    if (this.#slots.get(key) === basis) this.#slots.delete(key)
    this.#remember(key, text !== null)
  }

  /** The stored session is gone; what remains is what this request wrote. */
  forgetStored(): void {
    const age = this.#session.age()
    for (const [key, slot] of this.#slots) {
      if (!slot.written) this.#slots.delete(key)
      else if (slot.deadline !== null) this.#slots.set(key, { ...slot, deadline: Math.max(0, Math.round(slot.deadline - age)) })
    }
    this.#base = NOTHING
    this.#arrived = NO_CHANGES
    this.#restart = null
  }

  /** A draft as this one would be if the key had this value. */
  probe(key: string, value: unknown): Draft {
    const probe = this.original()
    probe.#slots = new Map(this.#slots)
    probe.#restart = this.#restart
    probe.set(key, value, null)
    return probe
  }

  /** Milliseconds that the key has left of its own; `null`: as long as the session. */
  ttlLeft(key: string): number | null {
    const slot = this.#slots.get(key)
    const deadline = slot === undefined ? deadlineOf(this.#stored[key] ?? '') : slot.deadline
    return deadline === null ? null : deadline - this.#session.age()
  }

  /** The text that the store has for the key, whatever became of it here. */
  rawText(key: string): string | null {
    return this.#stored[key] ?? null
  }

  /** The text of a value that the handler wrote: `null` if deleted, `undefined` if it did not write the key. */
  writtenText(key: string): string | null | undefined {
    const slot = this.#slots.get(key)
    if (slot === undefined || (!slot.written && readsAs(slot.value, slot.deadline, this.#stored[key]))) return undefined
    return slot.value === undefined || this.#isOver(slot.deadline) ? null : toText(key, slot.value, slot.deadline)
  }

  /** The text, unless its key's time to live is over. */
  current(text: string | null): string | null {
    return text === null || this.#isOver(deadlineOf(text)) ? null : text
  }

  /** Whether nothing was handed out or changed. */
  get isUntouched(): boolean {
    return this.#slots.size === 0 && this.#restart === null
  }

  /** Whether data that this request never saw is to be dropped. */
  get restarts(): boolean {
    return this.#restart !== null
  }

  /** Throws `SessionDataError` if the key must not have this text. */
  assertFits(key: string, text: string): void {
    assertKey(key)
    assertSize(this.#stored, { set: { [key]: text } }, this.#maxBytes)
  }

  /** Whether the handler wrote the key itself. */
  isWritten(key: string): boolean {
    return this.#slots.get(key)?.written === true
  }

  /** Identifies the handler's latest write of the key, for `settle`. */
  slotOf(key: string): unknown {
    return this.#slots.get(key)
  }

  get #stored(): SessionValues {
    if (this.#arrived !== NO_CHANGES) {
      for (const changes of this.#arrived) this.#base = changedValues(this.#base, changes)
      this.#arrived = NO_CHANGES
    }
    return this.#base
  }

  #remember(key: string, isThere: boolean): void {
    if (this.#saved.includes(key) === isThere) return
    this.#saved = isThere ? [...this.#saved, key] : this.#saved.filter((saved) => saved !== key)
  }

  #forget(key: string): void {
    // A Map that shrinks is made anew, and mostly nothing is left.
    if (this.#slots.size > 1) this.#slots.delete(key)
    else this.#slots = NO_SLOTS
  }

  #keep(slot: Slot): void {
    if (this.#slots === NO_SLOTS) {
      this.#slots = new Map()
      this.#session.touched()
    }
    this.#slots.set(slot.key, slot)
  }

  #isDropped(key: string): boolean {
    return this.#restart !== null && !this.#restart.keep.includes(key)
  }

  #isOver(deadline: number | null): boolean {
    return deadline !== null && this.#session.age() >= deadline
  }
}
