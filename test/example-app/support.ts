// The chat as a process of its own, and people who use it without a browser.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { afterAll, beforeAll } from '@jest/globals'
import { buildPackage } from '../support/build.js'

export const SECRET = 'a secret of the tests, of more than 32 bytes'
export const PASSWORD = 'correct horse battery staple'

export type Environment = Readonly<Record<string, string>>

export interface Chat {
  readonly url: string
  readonly port: number
  /** Where its database lies, and whatever a test wants to lay beside it. */
  readonly folder: string
  readonly process: ChildProcess
  /** What it wrote to standard output and standard error. */
  output(): string
  /** SIGTERM; resolves to the exit code once it has ended. */
  stop(): Promise<number | null>
  /** Somebody who is not signed in. */
  stranger(): Visitor
  /** Somebody with an account who is signed in. */
  signUp(name: string): Promise<Visitor>
}

/** Starts `example-app/<script>` on a free port, with a new SQLite database unless `DATABASE_URL` names another. */
export async function startChat(env: Environment = {}, { script = 'server.js' } = {}): Promise<Chat> {
  await buildPackage()
  const folder = await mkdtemp(join(tmpdir(), 'steady-session-chat-'))
  const child = spawn(process.execPath, [resolve('example-app', script)], {
    env: {
      ...process.env,
      NODE_ENV: 'development',
      PORT: '0',
      SESSION_SECRET: SECRET,
      // Hundreds of sign-ups and sign-ins: at the cost of production, which refuses this one, they would take most of the time.
      ...(env['NODE_ENV'] === 'production' ? {} : { PASSWORD_COST: '4' }),
      DATABASE_URL: `file:${join(folder, 'chat.db')}`,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const killed = (): boolean => child.kill('SIGKILL')
  process.once('exit', killed)
  const ended = once(child, 'close').then(([code]) => code as number | null)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const stop = async (): Promise<number | null> => {
    process.off('exit', killed)
    child.kill('SIGTERM')
    const code = await ended
    await rm(folder, { recursive: true, force: true })
    return code
  }
  const url = await listening(child, () => output).catch(async (error) => {
    await stop()
    throw error
  })
  const stranger = (): Visitor => new Visitor(url)
  const signUp = async (name: string): Promise<Visitor> => {
    const visitor = stranger()
    await visitor.register(name)
    return visitor
  }
  return { url, port: Number(new URL(url).port), folder, process: child, output: () => output, stop, stranger, signUp }
}

type Visitors<Names extends readonly string[]> = { readonly [N in keyof Names]: Visitor }

/** For a file or a `describe`: a chat that runs until its tests are through, and people who are signed in. `env` is asked when it starts. */
export function chatFixture<const Names extends readonly string[]>(
  names: Names,
  env: () => Environment = () => ({}),
): [chat: Chat, ...people: Visitors<Names>] {
  // Filled in by the hook, so that tests can hold it as a constant; so are the visitors.
  const chat = {} as Chat
  beforeAll(async () => {
    Object.assign(chat, await startChat(env()))
  })
  afterAll(() => chat.stop())
  return [chat, ...visitorFixtures(names, () => chat)]
}

/** For a file or a `describe`: people who sign up, one after the other, once their chat runs. */
export function visitorFixtures<const Names extends readonly string[]>(names: Names, chat: () => Chat): Visitors<Names> {
  const visitors = names.map((name) => Object.assign(new Visitor(''), { name }))
  beforeAll(async () => {
    for (const visitor of visitors) {
      visitor.url = chat().url
      await visitor.register(visitor.name)
    }
  })
  return visitors as Visitors<Names>
}

/** The address that it prints; rejects with its own words if it ends instead. */
function listening(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', () => {
      const [, url] = /Listening on (http:\S+)/.exec(output()) ?? []
      if (url !== undefined) resolve(url)
    })
    child.once('close', (code) => reject(new Error(`the chat ended with ${code}:\n${output()}`)))
  })
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Of a redirect; else `''`. */
  readonly location: string
  json(): unknown
}

type Fields = Readonly<Record<string, string>>

/** Which page has the form of a path that is posted to. */
const PAGES: Fields = { '/login': '/login', '/register': '/register', '/password': '/password', '/password/confirm': '/password/confirm' }

/** Somebody with a cookie jar, who follows no redirects. */
export class Visitor {
  readonly jar: Map<string, string> = new Map()
  /** Of another process, to go on there. */
  url: string
  id = 0
  name = ''
  email = ''
  password = PASSWORD

  constructor(url: string) {
    this.url = url
  }

  /** As the header `Cookie`. */
  get cookie(): string {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** Somebody with the same cookies and account, such as another tab or a thief. */
  copy(): Visitor {
    const copy = Object.assign(new Visitor(this.url), { id: this.id, name: this.name, email: this.email, password: this.password })
    for (const [name, value] of this.jar) copy.jar.set(name, value)
    return copy
  }

  async send(method: string, path: string, headers: Fields = {}, body?: string | URLSearchParams): Promise<Answer> {
    const text = body?.toString()
    const type = body instanceof URLSearchParams ? { 'content-type': 'application/x-www-form-urlencoded' } : {}
    const length = text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) }
    const sent = request(this.url + path, {
      method,
      agent: false,
      headers: { accept: 'text/html', ...type, ...length, ...(this.jar.size > 0 && { cookie: this.cookie }), ...headers },
    })
    sent.end(text)
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    for (const line of response.headers['set-cookie'] ?? []) this.#keep(line)
    return answerOf(response, await textOf(response))
  }

  get(path: string, headers: Fields = {}): Promise<Answer> {
    return this.send('GET', path, headers)
  }

  /** Posts a form, with the token of the page that it stands on. */
  async form(path: string, fields: Fields = {}, { page = PAGES[path] ?? '/chat' } = {}): Promise<Answer> {
    const token = await this.csrfToken(page)
    return this.send('POST', path, {}, new URLSearchParams({ _csrf: token, ...fields }))
  }

  /** Posts as a script does. */
  async json(path: string, body: unknown, { page = '/chat' } = {}): Promise<Answer> {
    const token = await this.csrfToken(page)
    const headers = { accept: 'application/json', 'content-type': 'application/json', 'x-csrf-token': token }
    return this.send('POST', path, headers, JSON.stringify(body))
  }

  async csrfToken(page = '/chat'): Promise<string> {
    const { text, status } = await this.get(page)
    const [, token] = /name="_csrf" value="([^"]+)"/.exec(text) ?? []
    if (token === undefined) throw new Error(`no form on ${page}, which answers ${status}:\n${text}`)
    return token
  }

  /** Makes an account, which signs in. */
  async register(name: string, email = `${name.toLowerCase().replace(/\W/g, '')}-${randomUUID()}@example.org`): Promise<void> {
    Object.assign(this, { name, email })
    const answer = await this.json('/register', { email, name, password: this.password }, { page: '/register' })
    if (answer.status !== 201) throw new Error(`no account for ${name}: ${answer.status}\n${answer.text}`)
    this.id = (answer.json() as { id: number }).id
  }

  logIn(fields: Fields = {}): Promise<Answer> {
    return this.form('/login', { email: this.email, password: this.password, ...fields })
  }

  logOut(): Promise<Answer> {
    return this.form('/logout')
  }

  /** Whether the session is one of somebody who is signed in. */
  async isSignedIn(): Promise<boolean> {
    return (await this.get('/chat')).status === 200
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(/;\s*/)
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/.exec(pair) ?? []
    if (attributes.some((attribute) => /^max-age=0$/i.test(attribute))) this.jar.delete(name)
    else this.jar.set(name, value)
  }
}

function answerOf({ statusCode = 0, rawHeaders }: IncomingMessage, text: string): Answer {
  const headers = new Headers()
  for (let n = 0; n < rawHeaders.length; n += 2) headers.append(String(rawHeaders[n]), String(rawHeaders[n + 1]))
  return { status: statusCode, headers, text, location: headers.get('location') ?? '', json: () => JSON.parse(text) }
}
