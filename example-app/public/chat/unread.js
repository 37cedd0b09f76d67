// Which messages nobody has looked at yet, by room: shared by all tabs of this browser, and still there after a reload. Only numbers are kept.

const MOST_UNREAD = 100
const MOST_SEEN = 200

export class Unread {
  #memory

  /** `changed`: another tab read something, or heard of something new. */
  constructor({ memory, changed }) {
    this.#memory = memory
    addEventListener('storage', changed)
  }

  /** The last message that reached this browser; `null`: none yet. */
  get last() {
    return this.#memory.read('last', null)
  }

  /** It is in front of somebody's eyes. */
  saw(ids) {
    const seen = this.#memory.read('seen', [])
    const others = ids.filter((id) => !seen.includes(id))
    if (others.length > 0) this.#memory.write('seen', [...seen, ...others].slice(-MOST_SEEN))
  }

  /** It came over the network. Whether no tab had it before. */
  reached(id) {
    const isNew = !this.#memory.read('seen', []).includes(id)
    this.saw([id])
    if (id > (this.last ?? 0)) this.#memory.write('last', id)
    return isNew
  }

  add(room, id) {
    const unread = this.#memory.read('unread', {})
    this.#memory.write('unread', { ...unread, [room]: [...(unread[room] ?? []), id].slice(-MOST_UNREAD) })
  }

  clear(room) {
    const { [room]: here, ...others } = this.#memory.read('unread', {})
    if (here !== undefined) this.#memory.write('unread', others)
  }

  count(room) {
    return this.#memory.read('unread', {})[room]?.length ?? 0
  }

  get total() {
    return Object.values(this.#memory.read('unread', {})).reduce((sum, ids) => sum + ids.length, 0)
  }
}
