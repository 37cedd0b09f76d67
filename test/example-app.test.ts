import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

let server: ChildProcess
let origin: string

beforeAll(async () => {
  execFileSync(process.execPath, ['scripts/build.mjs'])
  server = spawn(process.execPath, ['example-app/server.js'], { env: { ...process.env, PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'] })
  origin = await new Promise((resolve, reject) => {
    server.stdout?.on('data', (chunk: Buffer) => resolve(/http:\S+/.exec(String(chunk))?.[0] ?? ''))
    server.on('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
})
afterAll(() => {
  server.kill()
})

/** A browser without scripts: keeps its cookie and follows redirects. */
class Browser {
  cookie = ''

  async open(path: string, form?: Record<string, string>): Promise<{ status: number; page: string; headers: Headers }> {
    const post = form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }
    const response = await fetch(origin + path, { ...post, headers: { cookie: this.cookie }, redirect: 'manual' })
    this.cookie = response.headers.getSetCookie().at(-1)?.split(';', 1)[0] ?? this.cookie
    if (response.status === 303) return this.open(response.headers.get('location') ?? '/')
    return { status: response.status, page: await response.text(), headers: response.headers }
  }
}

describe('the example application', () => {
  test('gives a visitor who only looks no cookie', async () => {
    const visitor = new Browser()
    const { page } = await visitor.open('/')
    expect(page).toContain('You are not signed in')
    expect(visitor.cookie).toBe('')
  })

  test('counts, keeps the count over a sign-in, and says goodbye', async () => {
    const ann = new Browser()
    await ann.open('/count', {})
    expect((await ann.open('/count', {})).page).toContain('<output class="count">2</output>')
    const before = ann.cookie

    const signedIn = await ann.open('/sign-in', { name: 'Ann' })
    expect(signedIn.page).toContain('You are signed in as Ann')
    expect(signedIn.page).toContain('<output class="count">2</output>')
    expect(ann.cookie).not.toBe(before)

    const signedOut = await ann.open('/sign-out', {})
    expect(signedOut.page).toContain('You signed out')
    expect(signedOut.page).toContain('<output class="count">0</output>')
  })

  test('shows the parts of the cookie but never its verifier', async () => {
    const ann = new Browser()
    const { page } = await ann.open('/sign-in', { name: 'Ann' })
    const [handle, verifier] = ann.cookie.slice('sid='.length).split('.')
    expect(page).toContain(handle)
    expect(page).not.toContain(verifier)
  })

  test('escapes a hostile name everywhere', async () => {
    const { page } = await new Browser().open('/sign-in', { name: '<script>alert(1)</script>' })
    expect(page).toContain('&lt;script&gt;')
    expect(page).not.toContain('<script')
  })

  test('forbids every script, and has none', async () => {
    const { headers, page } = await new Browser().open('/')
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'self';/)
    expect(page).not.toMatch(/<script|<style|style=| on\w+=/)
  })

  test('has a page for what is not there', async () => {
    const { status, page } = await new Browser().open('/nowhere')
    expect(status).toBe(404)
    expect(page).toContain('There is no such page.')
  })
})
