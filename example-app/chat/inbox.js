// What one socket is to receive: each message once, from the moment it connects, whatever it missed before.

/**
 * Two processes that store messages at the same moment tell of them in either order, so the last one that came is not proof that all before it did: so many ids
 * back we look, and so many milliseconds.
 */
const OVERLAP = 20
const OVERLAP_MS = 2000
/** Most messages that a browser is sent to catch up; one that was away for longer loads the page. */
const MAX_MISSED = 200
/** Ids that are remembered. */
const KEPT = 1000

export class Inbox {
  #socket
  #user
  #database
  #delivered = new Set()
  /** The highest id that is known to have come; null until then. */
  #last = null
  #room
  /** What comes until the browser has been told what it missed; then null. */
  #waiting = []

  constructor({ socket, user, database }) {
    this.#socket = socket
    this.#user = user
    this.#database = database
  }

  /** A message that was just stored. */
  deliver(message) {
    if (this.#waiting !== null) this.#waiting.push(message)
    else if (this.#isNew(message)) this.#socket.emit('message', message)
  }

  /**
   * Tells the browser what it missed. `after` is its last message, or null: then `room` is where it is. One that does not say which messages it has `seen` is
   * told of newer ones only, so that nothing comes twice.
   */
  async welcome({ after, seen, room }) {
    this.#last = after
    this.#room = room
    for (const id of [...(seen ?? []), ...(after === null ? [] : [after])]) this.#delivered.add(id)
    const { messages, more } = await this.#missed(after)
    const newer = seen === undefined ? messages.filter(({ id }) => id > (after ?? 0)) : messages
    const missed = [...newer, ...this.#waiting].filter((message) => this.#isNew(message)).sort((a, b) => a.id - b.id)
    this.#waiting = null
    this.#socket.emit('welcome', { me: this.#user, missed, more })
  }

  /** Looks for what may have been lost on the way from another process. */
  async catchUp() {
    if (this.#waiting !== null) return
    let missed
    do {
      missed = await this.#missed(this.#last)
      for (const message of missed.messages) this.deliver(message)
    } while (missed.more)
  }

  #missed(after) {
    return after === null ? this.#inRoom() : this.#since(after)
  }

  async #inRoom() {
    return { messages: await this.#database.messages.inRoom(this.#user.id, this.#room, { limit: MAX_MISSED }), more: false }
  }

  async #since(last) {
    const found = await this.#database.messages.since(this.#user.id, Math.max(0, last - OVERLAP), { limit: OVERLAP + MAX_MISSED + 1 })
    const lastSeen = found.find(({ id }) => id === last)
    const from = lastSeen === undefined ? Number.POSITIVE_INFINITY : Date.parse(lastSeen.sentAt) - OVERLAP_MS
    const late = found.filter(({ id, sentAt }) => id <= last && Date.parse(sentAt) >= from)
    const newer = found.filter(({ id }) => id > last)
    return { messages: [...late, ...newer.slice(0, MAX_MISSED)], more: newer.length > MAX_MISSED }
  }

  #isNew({ id }) {
    if (this.#delivered.has(id)) return false
    this.#delivered.add(id)
    if (this.#delivered.size > KEPT) this.#delivered.delete(this.#delivered.values().next().value)
    this.#last = Math.max(this.#last ?? 0, id)
    return true
  }
}
