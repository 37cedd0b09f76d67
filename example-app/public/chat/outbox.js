// What was written and has not arrived yet. Sent again, under the same id, until the server has it: so it arrives once, however often it is sent.

const LATER_MS = 2_000

export class Outbox {
  #connection
  #memory
  #entries
  #isBusy = false
  #listener

  /** The listener has `sent(entry, message)` and `changed(entry)`. */
  constructor({ connection, memory, listener }) {
    this.#connection = connection
    this.#memory = memory
    this.#listener = listener
    this.#entries = memory.read('outbox', [])
  }

  in(room) {
    return this.#entries.filter((entry) => entry.room === room)
  }

  add(entry) {
    this.#entries.push(entry)
    this.#keep()
    void this.send()
  }

  /** It has arrived, or nobody wants it any more. */
  remove(clientId) {
    const entry = this.#entries.find((one) => one.clientId === clientId)
    this.#entries = this.#entries.filter((one) => one !== entry)
    this.#keep()
    return entry
  }

  retry(clientId) {
    const entry = this.#entries.find((one) => one.clientId === clientId)
    if (entry !== undefined) this.#note(entry, undefined)
    void this.send()
  }

  /** One after the other, so that they arrive in the order in which they were written. */
  async send() {
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      let entry = this.#next()
      while (entry !== undefined && (await this.#sendOne(entry))) entry = this.#next()
    } finally {
      this.#isBusy = false
    }
  }

  #next() {
    return this.#connection.isOpen ? this.#entries.find(({ problem }) => problem === undefined) : undefined
  }

  /** Whether to go on. */
  async #sendOne(entry) {
    const { clientId, to, text } = entry
    const answer = await this.#connection.ask('send', { clientId, to, text })
    if (answer === null) return this.#connection.isOpen
    if (answer.ok) {
      this.remove(clientId)
      this.#listener.sent(entry, answer.message)
    } else if (answer.status === 429 || answer.status >= 500) {
      // It is not the message that is wrong: later it will do.
      await new Promise((resolve) => setTimeout(resolve, LATER_MS))
    } else {
      this.#note(entry, answer.message)
    }
    return true
  }

  #note(entry, problem) {
    entry.problem = problem
    this.#keep()
    this.#listener.changed(entry)
  }

  #keep() {
    this.#memory.write('outbox', this.#entries)
  }
}
