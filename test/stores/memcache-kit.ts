// For the tests of the memcache store: sessions, and a look at what is in memcached, over its text protocol.
import { connect } from 'node:net'
import type { SessionTerms } from '../../lib/store.js'
import type { MemcacheStore } from '../../stores/memcache.js'
import { HOST } from '../servers/server-process.js'

/** A session of an hour's idle span and a day's lifetime, unless the terms say otherwise. */
export function record(terms: Partial<SessionTerms> = {}, values: Record<string, string> = {}) {
  return { values, terms: { id: 'id', idleMs: 3_600_000, lifetimeMs: 86_400_000, persistent: true, indexes: {}, ...terms } }
}

/** Sends a command; the answer up to and with its last line. */
export function ask(port: number, command: string, last: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, HOST, () => socket.write(`${command}\r\n`))
    let text = ''
    socket.once('error', reject)
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8')
      if (!last.test(text)) return
      socket.destroy()
      resolve(text)
    })
  })
}

/** The stored text of one key; `null` if it is not there. */
export async function storedText(port: number, key: string): Promise<string | null> {
  const answer = await ask(port, `get ${key}`, /END\r\n$/)
  return answer === 'END\r\n' ? null : answer
}

/** Seconds that an item has left, by memcached's own reckoning. */
export async function secondsLeft(port: number, key: string): Promise<number> {
  return Number(/ t(-?\d+)/.exec(await ask(port, `mg ${key} t`, /\r\n$/))?.[1])
}

export async function commandCount(port: number, name: string): Promise<number> {
  return Number(new RegExp(`STAT ${name} (\\d+)`).exec(await ask(port, 'stats', /END\r\n$/))?.[1])
}

export async function loadedValues(store: MemcacheStore, token: string): Promise<Record<string, string> | string | null> {
  const found = await store.load(token, { slide: true })
  return found === null || found === 'reused' ? found : { ...found.values }
}
