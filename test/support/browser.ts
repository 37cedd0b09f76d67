// A small browser: a cookie jar over node:http, a connection of its own for every request.
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly setCookie: readonly string[]
  readonly body: string
  json(): unknown
}

export class Browser {
  /** Name → value. */
  readonly cookies: Map<string, string>
  readonly #port: number

  constructor(port: number, cookies: Iterable<[string, string]> = []) {
    this.#port = port
    this.cookies = new Map(cookies)
  }

  /** Somebody who holds the same cookies as this browser does now. */
  copy(): Browser {
    return new Browser(this.#port, this.cookies)
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request({ port: this.#port, host: '127.0.0.1', path, agent: false, headers: { ...this.#cookieHeader(), ...headers } })
      sent.on('response', (response) => this.#read(response).then(resolve, reject))
      sent.on('error', reject)
      sent.end()
    })
  }

  /** Obeys one `Set-Cookie`. */
  keep(line: string): void {
    const [pair = '', ...attributes] = line.split(/;\s*/)
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/.exec(pair) ?? []
    const isRemoval = attributes.some((attribute) => /^max-age=0$/i.test(attribute))
    if (isRemoval) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }

  #cookieHeader(): Record<string, string> {
    if (this.cookies.size === 0) return {}
    return { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
  }

  async #read(response: IncomingMessage): Promise<Answer> {
    let body = ''
    for await (const chunk of response.setEncoding('utf8')) body += chunk
    const setCookie = response.headers['set-cookie'] ?? []
    for (const line of setCookie) this.keep(line)
    return { status: response.statusCode ?? 0, headers: response.headers, setCookie, body, json: () => JSON.parse(body) as unknown }
  }
}
