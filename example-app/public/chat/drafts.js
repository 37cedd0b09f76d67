// What was begun in each room. The session keeps it, for all tabs of this browser; what the server does not have, this tab keeps.

import { extendSession } from './extend-session.js'

const PAUSE_MS = 300
/** Of a server whose sessions a live connection cannot change. */
const NOT_HERE = 501

export class Drafts {
  #connection
  #memory
  #changed
  #texts
  /** Rooms whose text is still to be sent. */
  #unsent
  /** Rooms whose text the server told the other tabs but could not keep. */
  #unkept = new Set()
  #timer

  /** `changed(room, text)`: another tab wrote. */
  constructor({ connection, memory, saved, changed }) {
    this.#connection = connection
    this.#memory = memory
    this.#changed = changed
    const kept = memory.read('drafts', {})
    this.#texts = new Map(Object.entries({ ...saved, ...kept }))
    this.#unsent = new Set(Object.keys(kept))
  }

  in(room) {
    return this.#texts.get(room) ?? ''
  }

  /** Typed here: sent at the next pause. */
  write(room, text) {
    this.#texts.set(room, text)
    this.#unsent.add(room)
    this.#keep()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.send(), PAUSE_MS)
  }

  /** Typed in another tab. What is being typed here is newer. */
  hear({ room, text }) {
    if (this.#unsent.has(room) || this.in(room) === text) return
    this.#texts.set(room, text)
    this.#keep()
    this.#changed(room, text)
  }

  async send() {
    clearTimeout(this.#timer)
    await Promise.all([...this.#unsent].map((room) => this.#sendOne(room)))
  }

  /** The session is over, and took its drafts along: they are kept here for whoever signs in again in this tab. */
  keepAll() {
    for (const [room, text] of this.#texts) if (text !== '') this.#unsent.add(room)
    this.#keep()
  }

  async #sendOne(room) {
    const text = this.in(room)
    const answer = await this.#connection.ask('draft', { room, text })
    if (this.in(room) !== text) return
    const isRefused = answer?.status === NOT_HERE
    if (!isRefused && !answer?.ok) return
    if (isRefused) extendSession()
    if (isRefused && text !== '') this.#unkept.add(room)
    else this.#unkept.delete(room)
    this.#unsent.delete(room)
    this.#keep()
  }

  #keep() {
    const rooms = [...this.#unsent, ...this.#unkept]
    this.#memory.write('drafts', Object.fromEntries(rooms.map((room) => [room, this.in(room)])))
  }
}
