// Two ends of a connection that never leaves the process.
import { Duplex } from 'node:stream'

class End extends Duplex {
  other = null
  #resume = null

  _read() {
    const resume = this.#resume
    this.#resume = null
    resume?.()
  }

  // In a turn of the event loop of its own, as a socket would: node:http never gets to clean up otherwise.
  _write(chunk, _encoding, done) {
    setImmediate(() => this.other.take(chunk, done))
  }

  _final(done) {
    this.other.push(null)
    done()
  }

  take(chunk, done) {
    if (this.push(chunk)) done()
    else this.#resume = done
  }

  // What node:http asks of a socket.
  remoteAddress = '127.0.0.1'
  setTimeout() {
    return this
  }
  setNoDelay() {
    return this
  }
  setKeepAlive() {
    return this
  }
}

export function streamPair() {
  const [a, b] = [new End(), new End()]
  a.other = b
  b.other = a
  return [a, b]
}
