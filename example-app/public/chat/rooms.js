// The messages of each room, as far as this page has them.

export class Rooms {
  #me
  #rooms = new Map()

  constructor({ me }) {
    this.#me = me
  }

  /** The room in which this user sees the message. */
  roomOf({ from, to }) {
    if (to === null) return 'everybody'
    return String(from.id === this.#me ? to.id : from.id)
  }

  /** Ascending; `undefined`: not asked for yet. */
  in(room) {
    return this.#rooms.get(room)
  }

  /** Whether it was not there before. A room that nobody has opened gets it from the server later. */
  add(message) {
    const room = this.in(this.roomOf(message))
    if (room === undefined || room.messages.some(({ id }) => id === message.id)) return false
    const at = room.messages.findLastIndex(({ id }) => id < message.id)
    room.messages.splice(at + 1, 0, message)
    return true
  }

  /** What the page came with. */
  put(room, { messages, hasOlder }) {
    this.#rooms.set(room, { messages, hasOlder })
  }

  /** The newest of a room. */
  async load(room) {
    const { messages, more } = await this.newest(room)
    this.put(room, { messages, hasOlder: more })
    return this.in(room)
  }

  /** As the server has them now. */
  newest(room) {
    return ask(`/messages?with=${room}`)
  }

  /** Those before the first. */
  async loadOlder(room) {
    const known = this.in(room)
    const { messages, more } = await ask(`/messages?with=${room}&before=${known.messages[0].id}`)
    known.messages.unshift(...messages)
    known.hasOlder = more
    return messages
  }

  /** So much was missed that it is simpler to ask anew. */
  forget() {
    this.#rooms.clear()
  }
}

async function ask(path) {
  const response = await fetch(path, { headers: { accept: 'application/json' }, cache: 'no-store' })
  if (!response.ok) throw Object.assign(new Error(`the server answered ${response.status}`), { status: response.status })
  return response.json()
}
