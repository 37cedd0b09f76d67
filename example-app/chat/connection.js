// One socket of one person: what it was opened with, and how it ends.
import { Inbox } from './inbox.js'

/** More than these waiting for their turn are a flood. */
const MAX_WAITING = 100

export class Connection {
  /** Looks at the session again, which ends then if nobody extends it; see ends.js. */
  timer
  endsAt = 0
  closed = false
  /** Events are answered in the order in which they came. */
  #turn = Promise.resolve()
  #waiting = 0

  constructor({ socket, user, handle, database }) {
    this.socket = socket
    this.user = user
    /** The public name of the session. */
    this.handle = handle
    /** The upgrade, whose cookie stays the same for as long as the connection does. */
    this.request = socket.request
    this.inbox = new Inbox({ socket, user, database })
  }

  /** Runs after what is under way; `work` never rejects. */
  inTurn(work) {
    this.#waiting += 1
    if (this.#waiting > MAX_WAITING) return this.interrupt()
    this.#turn = this.#turn.then(async () => {
      if (!this.closed) await work()
      this.#waiting -= 1
    })
  }

  /** The session has ended: says so, and hangs up. */
  close(bye) {
    if (this.closed) return
    this.leave()
    this.socket.emit('bye', bye)
    this.socket.disconnect(true)
  }

  /** Something else is wrong: the browser will connect again by itself. */
  interrupt() {
    this.leave()
    this.socket.conn.close()
  }

  /** Nothing happens on this connection any more. */
  leave() {
    this.closed = true
    clearTimeout(this.timer)
  }
}
