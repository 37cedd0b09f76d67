// The WebSocket: comes back by itself, and asks for what was missed meanwhile.
import { io } from '/socket.io/socket.io.esm.min.js'

/** How long an answer may take before what was asked counts as not arrived. */
const ANSWER_MS = 8_000
/** After the server hung up: soon, but not all at once. After it refused: later. */
const AGAIN_MS = { closed: 250, refused: 2_000 }
const SPREAD_MS = { closed: 750, refused: 3_000 }

export class Connection {
  #socket
  #listener
  #welcomed = false
  #retry

  /** `after()`: the last message that was seen. The listener has `welcome`, `message`, `draft`, `people`, `ended` and `state`. */
  constructor({ after, listener }) {
    this.#listener = listener
    this.#socket = io({ transports: ['websocket'], auth: (give) => give({ after: after() }) })
    this.#listen()
    addEventListener('online', () => this.#back())
    addEventListener('offline', () => this.#say())
  }

  get isOpen() {
    return this.#welcomed && this.#socket.connected
  }

  /** The server's answer; `null` if none came. */
  async ask(event, content) {
    if (!this.isOpen) return null
    try {
      return await this.#socket.timeout(ANSWER_MS).emitWithAck(event, content)
    } catch {
      return null
    }
  }

  #listen() {
    const { welcome, message, draft, people } = this.#listener
    this.#socket.on('message', message)
    this.#socket.on('draft', draft)
    this.#socket.on('people', people)
    this.#socket.on('welcome', (news) => {
      this.#welcomed = true
      this.#say()
      welcome(news)
    })
    this.#socket.on('bye', ({ reason }) => {
      if (reason !== 'rotated') this.#listener.ended(reason)
    })
    this.#socket.on('disconnect', () => this.#broke())
    this.#socket.on('connect_error', ({ data }) => this.#broke(data))
  }

  /** Socket.IO tries again by itself, unless the server itself refused or closed. */
  #broke({ status, message } = {}) {
    this.#welcomed = false
    this.#say(message)
    if (status === 401) void this.#askForSession()
    const how = status === undefined || status === 401 ? 'closed' : 'refused'
    if (!this.#socket.active) this.#again(AGAIN_MS[how] + Math.random() * SPREAD_MS[how])
  }

  /** A cookie that was replaced at this moment is no end: the next attempt has the new one. */
  async #askForSession() {
    const response = await fetch('/session/status', { cache: 'no-store' }).catch(() => null)
    const status = response?.ok ? await response.json() : null
    if (status?.signedIn === false) this.#listener.ended('signedOut')
  }

  #back() {
    this.#say()
    this.#again(0)
  }

  #again(delayMs) {
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => {
      if (!this.#socket.connected) this.#socket.disconnect().connect()
    }, delayMs)
  }

  #say(problem) {
    if (this.isOpen && navigator.onLine) this.#listener.state('open', 'Connected')
    else if (!navigator.onLine) this.#listener.state('closed', 'Offline. What you write is sent when you are back.')
    else this.#listener.state('closed', problem ?? 'Connecting…')
  }
}
