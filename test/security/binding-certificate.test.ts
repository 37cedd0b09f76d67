// The option `bind.certificate`, over mutual TLS.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectHttp2, createSecureServer } from 'node:http2'
import { Agent, createServer, request, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type BindOptions, memoryStore, type SessionStore, session } from '../../lib/index.js'
import { SECRET } from '../support/site.js'
import { eventsOf, factsOf, listenerOf } from './binding-kit.js'

interface Identity {
  readonly key: string
  readonly cert: string
}

let folder: string
let ca: string
/** Of the server, of two clients, and of a stranger whom nobody vouches for. */
let ids: Readonly<Record<'server' | 'ann' | 'bob' | 'stranger', Identity>>
const afterwards: (() => unknown)[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'steady-session-tls-'))
  ca = selfSigned('authority').cert
  ids = { server: signed('server'), ann: signed('ann'), bob: signed('bob'), stranger: selfSigned('stranger') }
})
afterEach(async () => {
  for (const work of afterwards.splice(0).reverse()) await work()
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe('a session that is bound to the certificate of its client', () => {
  test('is used with this certificate only: not with another, with none, or with one that nobody vouches for', async () => {
    const { visit, store, seen } = await open({ certificate: 'exact' })
    const cookie = (await visit(ids.ann, '/sign-in')).cookie
    expect(await factsOf(store, 'ann')).toMatchObject([{ certificate: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/) }])
    expect(await visit(ids.ann, '/', cookie)).toMatchObject({ user: 'ann', cookie: '' })
    for (const other of [ids.bob, ids.stranger, null]) expect(await visit(other, '/', cookie)).toMatchObject({ user: 'nobody', cookie: '' })
    expect(seen.map(({ name, what }) => what ?? name)).toEqual([
      ['certificate'],
      'rejected',
      ['certificate'],
      'rejected',
      ['certificate'],
      'rejected',
    ])
    expect(await visit(ids.ann, '/', cookie)).toMatchObject({ user: 'ann' })
  })

  test('ends with onMismatch: end', async () => {
    const { visit, seen } = await open({ certificate: 'exact', onMismatch: 'end' })
    const { cookie } = await visit(ids.ann, '/sign-in')
    expect(await visit(null, '/', cookie)).toMatchObject({ user: 'nobody' })
    expect(seen.map(({ name }) => name)).toEqual(['mismatch', 'ended'])
    expect(await visit(ids.ann, '/', cookie)).toMatchObject({ user: 'nobody' })
  })

  test('is used again over a connection that resumes an earlier one', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { visit, server } = await open({ certificate: 'exact' })
      const resumed: boolean[] = []
      server.on('secureConnection', (socket: TLSSocket) => resumed.push(socket.isSessionReused()))
      // One request per connection; the agent keeps the TLS session.
      const agent = new Agent({ keepAlive: false, maxVersion: version, ca, ...ids.ann, servername: 'localhost' })
      const { cookie } = await visit(ids.ann, '/sign-in', '', agent)
      expect(await visit(ids.ann, '/', cookie, agent)).toMatchObject({ user: 'ann' })
      expect(resumed).toEqual([false, true])
      agent.destroy()
    }
  })

  test('is not, if it was made without one, until the next sign-in', async () => {
    const { visit, store } = await open({ certificate: 'exact' })
    const { cookie } = await visit(null, '/sign-in')
    for (const identity of [ids.ann, ids.bob, null]) expect(await visit(identity, '/', cookie)).toMatchObject({ user: 'ann' })
    const bound = (await visit(ids.bob, '/sign-in', cookie)).cookie
    expect(await visit(ids.ann, '/', bound)).toMatchObject({ user: 'nobody' })
    expect(await visit(ids.bob, '/', bound)).toMatchObject({ user: 'ann' })
    expect(await factsOf(store, 'ann')).toHaveLength(1)
  })

  test('is bound to none by a sign-in without one, where a mismatch is only logged', async () => {
    const { visit, store, seen } = await open({ certificate: 'log' })
    const { cookie } = await visit(ids.ann, '/sign-in')
    const unbound = (await visit(null, '/sign-in', cookie)).cookie
    expect(await factsOf(store, 'ann')).toMatchObject([{ certificate: '' }])
    expect(seen).toMatchObject([{ name: 'mismatch', action: 'logged', what: ['certificate'] }])
    await visit(ids.bob, '/', unbound)
    expect(seen).toHaveLength(1)
  })

  test('is not, unless the option says so', async () => {
    const { visit, store } = await open({ userAgent: 'exact' })
    await visit(ids.ann, '/sign-in')
    const [facts] = await factsOf(store, 'ann')
    expect(facts).not.toHaveProperty('certificate')
  })
})

test('a session over HTTP/2 is bound to the certificate, too', async () => {
  const sessions = session({ secret: SECRET, bind: { certificate: 'exact' } })
  const listener = listenerOf('node:http', sessions)
  const server = createSecureServer({ ca, ...ids.server, requestCert: true, rejectUnauthorized: false }, listener as never)
  const port = await listen(server)
  const visit = (identity: Identity | null, path: string, cookie = ''): Promise<{ user: string; cookie: string }> =>
    new Promise((resolve, reject) => {
      const client = connectHttp2(`https://localhost:${port}`, { ca, ...identity })
      client.on('error', reject)
      const stream = client.request({ ':path': path, cookie })
      let [body, given] = ['', '']
      stream.on('response', (headers) => (given = headers['set-cookie']?.[0]?.split(';')[0] ?? ''))
      stream.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      stream.on('end', () => client.close(() => resolve({ user: JSON.parse(body).user, cookie: given })))
    })
  const { cookie } = await visit(ids.ann, '/sign-in')
  const users = [await visit(ids.ann, '/', cookie), await visit(ids.bob, '/', cookie), await visit(null, '/', cookie)]
  expect(users.map(({ user }) => user)).toEqual(['ann', 'nobody', 'nobody'])
})

interface Visited {
  readonly user: unknown
  /** The session cookie that came, as it is sent back. */
  readonly cookie: string
}

type Visit = (identity: Identity | null, path: string, cookie?: string, agent?: Agent) => Promise<Visited>

async function open(bind: BindOptions) {
  const store: SessionStore = memoryStore()
  const sessions = session({ secret: SECRET, store, bind })
  const server = createServer({ ca, ...ids.server, requestCert: true, rejectUnauthorized: false }, listenerOf('node:http', sessions))
  const port = await listen(server)
  const visit: Visit = (identity, path, cookie = '', agent = undefined) =>
    new Promise((resolve, reject) => {
      const headers = { cookie }
      const sent = request({ host: '127.0.0.1', servername: 'localhost', port, path, ca, ...identity, headers, agent: agent ?? false })
      sent.on('error', reject)
      sent.on('response', async (response) => {
        let body = ''
        for await (const chunk of response.setEncoding('utf8')) body += chunk
        resolve({ user: JSON.parse(body).user, cookie: response.headers['set-cookie']?.[0]?.split(';')[0] ?? '' })
      })
      sent.end()
    })
  return { visit, server: server as Server, store, seen: eventsOf(sessions) }
}

async function listen(server: {
  listen(port: number, host: string, done: () => void): unknown
  address(): unknown
  close(done: () => void): unknown
}) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterwards.push(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return (server.address() as AddressInfo).port
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
}

function newKey(name: string): readonly string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`, '-subj', `/CN=${name}`]
}

function selfSigned(name: string): Identity {
  openssl('req', '-x509', '-days', '2', ...newKey(name), '-out', `${name}.crt`)
  return read(name)
}

function signed(name: string): Identity {
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost\n')
  openssl('req', '-new', ...newKey(name), '-out', `${name}.csr`)
  const by = ['-CA', 'authority.crt', '-CAkey', 'authority.key', '-CAcreateserial', '-days', '2', '-extfile', 'names']
  openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, ...by)
  return read(name)
}

function read(name: string): Identity {
  return { key: readFileSync(join(folder, `${name}.key`), 'utf8'), cert: readFileSync(join(folder, `${name}.crt`), 'utf8') }
}
