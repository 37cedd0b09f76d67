// Who may see and end everybody's sessions.
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { startChat, Visitor } from './support.js'

const mayAdminister = async (visitor: Visitor): Promise<number> => (await visitor.get('/devices/admin')).status
const isOffered = async (visitor: Visitor): Promise<boolean> => (await visitor.get('/chat')).text.includes('href="/devices/admin"')

test('outside of production the first account is an administrator, and the accounts of ADMIN_EMAILS', async () => {
  const chat = await startChat({ ADMIN_EMAILS: 'Boss@Example.org, chief@example.org' })
  expect(chat.output()).toContain('ADMIN_EMAILS: boss@example.org has no account yet; make it before somebody else does')
  const first = await chat.signUp('First')
  const second = await chat.signUp('Second')
  const boss = chat.stranger()
  await boss.register('Boss', 'boss@EXAMPLE.org')
  expect(await Promise.all([first, second, boss].map(mayAdminister))).toEqual([200, 403, 200])
  expect(await Promise.all([first, second, boss].map(isOffered))).toEqual([true, false, true])
  expect(await chat.stranger().get('/devices/admin')).toMatchObject({ status: 303, location: expect.stringContaining('/login') })

  const { text } = await boss.get('/devices/admin')
  const [, token = ''] = /name="token" value="([\w-]+)"/.exec(text) ?? []
  const end = await boss.send('POST', '/devices/admin/end-user', {}, new URLSearchParams({ token, user: String(second.id) }))
  expect([end.status, await second.isSignedIn()]).toEqual([303, false])
  await chat.stop()
})

test('in production only the accounts of ADMIN_EMAILS are, and every cookie needs HTTPS', async () => {
  const chat = await startChat({ NODE_ENV: 'production', ADMIN_EMAILS: 'boss@example.org', TRUST_PROXY: '1' })
  /** As through a proxy that speaks HTTPS with the browser. */
  class Secured extends Visitor {
    override send(method: string, path: string, headers: Record<string, string> = {}, body?: string | URLSearchParams) {
      return super.send(method, path, { 'x-forwarded-proto': 'https', ...headers }, body)
    }
  }
  const first = new Secured(chat.url)
  await first.register('First')
  const boss = new Secured(chat.url)
  await boss.register('Boss', 'boss@example.org')
  expect(await Promise.all([first, boss].map(mayAdminister))).toEqual([403, 200])
  const cookies = (await new Secured(chat.url).get('/login')).headers.getSetCookie()
  expect(cookies).toEqual([expect.stringMatching(/^__Host-csrf=[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/)])
  expect((await first.get('/login')).headers.get('strict-transport-security')).toMatch(/^max-age=/)
  await chat.stop()
})

test('the chat says what is wrong with its environment, and does not start', async () => {
  const start = (env: Record<string, string>): Promise<string> => startChat(env).then(() => 'started', String)
  expect(await start({ NODE_ENV: 'production', SESSION_SECRET: '' })).toMatch(
    /SESSION_SECRET: required in production and with any store but memory; make one with: openssl rand/,
  )
  expect(await start({ NODE_ENV: 'production', PASSWORD_COST: '13' })).toMatch(/PASSWORD_COST: at least 14 in production/)
  expect(await start({ PORT: 'http', SESSION_STORE: 'mongo' })).toMatch(
    /PORT: expected a whole number\nSESSION_STORE: expected memory, cookie/,
  )
  expect(await start({ DATABASE_URL: 'mysql://root:geheim@127.0.0.1:1/chat' })).toMatch(
    /database: cannot be opened \(ECONNREFUSED\); is DATABASE_URL right\?/,
  )
  expect(await start({ DATABASE_URL: `file:${join('/dev/null', 'chat.db')}` })).toMatch(/database: cannot be opened/)
})
