// A client that costs little: keep-alive connections, one request at a time on each, no parsing beyond what ends a response.

/** `connect()` opens a stream to the server. Each connection keeps the cookies that it was given last, as a browser does. */
export async function openConnections(connect, count) {
  const connections = []
  for (let i = 0; i < count; i++) connections.push(new Connection(await connect()))
  return connections
}

/** Sends `requests` requests over all connections together; `awake`: see `stayAwake`. */
export async function fire(connections, { path, withCookie }, requests, awake) {
  let left = requests
  const work = async (connection) => {
    while (left-- > 0) await connection.send('GET', path, withCookie)
  }
  const sleep = awake ? stayAwake() : () => {}
  await Promise.all(connections.map(work))
  sleep()
}

/** Never waits in the kernel: to wake a client on the same machine costs the server up to a tenth of a request, and that is no work of an application. */
function stayAwake() {
  let turn = setImmediate(function again() {
    turn = setImmediate(again)
  })
  return () => clearImmediate(turn)
}

class Connection {
  #stream
  #received = ''
  #settle = null
  #cookies = new Map()
  #cookie = ''

  constructor(stream) {
    this.#stream = stream
    stream.setEncoding('latin1')
    stream.on('data', (chunk) => this.#take(chunk))
    stream.on('error', (error) => this.#settle?.reject(error))
    stream.on('close', () => this.#settle?.reject(new Error('the server closed the connection')))
  }

  /** Gives this connection a session of its own; resolves to its cookie. */
  async seed() {
    await this.send('POST', '/seed', false)
    return this.#cookie
  }

  /** Resolves once the whole response is there. */
  send(method, path, withCookie) {
    const cookie = withCookie ? `Cookie: ${this.#cookie}\r\n` : ''
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      if (this.#stream.destroyed) return reject(new Error('the server closed the connection'))
      this.#stream.write(
        `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nUser-Agent: bench\r\n${cookie}Content-Length: 0\r\n\r\n`,
      )
    })
  }

  close() {
    this.#settle = null
    this.#stream.destroy()
  }

  #take(chunk) {
    this.#received += chunk
    const headEnd = this.#received.indexOf('\r\n\r\n')
    if (headEnd === -1) return
    const length = Number(/content-length: (\d+)/i.exec(this.#received)[1])
    if (this.#received.length < headEnd + 4 + length) return
    const response = this.#received
    this.#received = ''
    this.#keepCookies(response)
    if (response.startsWith('HTTP/1.1 200 ')) this.#settle.resolve()
    else this.#settle.reject(new Error(response.slice(0, 500)))
  }

  #keepCookies(response) {
    const given = [...response.matchAll(/^set-cookie: ([^=]+)=([^;\r]*)/gim)]
    if (given.length === 0) return
    for (const [, name, value] of given) this.#cookies.set(name, value)
    this.#cookie = Array.from(this.#cookies, ([name, value]) => `${name}=${value}`).join('; ')
  }
}
