import { connect, createServer, type Http2Server, type IncomingHttpHeaders } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { requireLogin, returnTo } from '../../auth/index.js'
import { session } from '../../lib/index.js'
import { SECRET } from '../support/site.js'

const sessions = session({ secret: SECRET })
const guard = requireLogin({ redirectTo: '/login' })
let server: Http2Server

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve))
  await sessions.close()
})

/** One request on a connection of its own. */
function ask(headers: Readonly<Record<string, string>>): Promise<IncomingHttpHeaders & { readonly body: string }> {
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return new Promise((resolve, reject) => {
    const stream = client.request({ ...headers })
    let head: IncomingHttpHeaders = {}
    let body = ''
    stream.on('response', (received) => {
      head = received
    })
    stream.setEncoding('utf8').on('data', (chunk) => {
      body += chunk
    })
    stream.on('end', () => client.close(() => resolve({ ...head, body })))
    stream.on('error', reject)
    stream.end()
  })
}

test('over HTTP/2 the same rules hold', async () => {
  server = createServer((request, response) => {
    sessions(request, response, () => {
      if (request.url.startsWith('/login')) return void request.session.signIn('ann').then(() => response.end(returnTo(request)))
      guard(request, response, () => response.end('account'))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  expect(await ask({ ':path': '/account' })).toMatchObject({ ':status': 401, body: expect.stringContaining('login_required') })
  const form = {
    ':path': '/save',
    ':method': 'POST',
    ':authority': 'shop.example',
    accept: 'text/html',
    referer: 'http://shop.example/edit',
  }
  expect(await ask(form)).toMatchObject({ ':status': 303, location: '/login?returnTo=%2Fedit' })
  const login = await ask({ ':path': '/login?returnTo=%2Fedit' })
  expect(login.body).toBe('/edit')
  const cookie = login['set-cookie']?.[0]?.split(';', 1)[0] ?? ''
  expect(await ask({ ':path': '/account', cookie })).toMatchObject({ ':status': 200, body: 'account' })
})
