// The other processes of this site, if the sessions are in Redis: what one of them tells, all others hear.
import { createAdapter } from '@socket.io/redis-adapter'
import { createClient } from 'redis'

const KEY = 'steady-session-chat'
const EVENT = 'chat'
/** A connection that died silently is found out by then. */
const PING_EVERY_MS = 2000
const LONGEST_PAUSE_MS = 500

/** What a single process needs: there is nobody to tell. */
const ALONE = { tell() {}, hear() {}, onGap() {}, close() {} }

export async function joinProcesses(io, store) {
  if (!/^rediss?:/.test(store ?? '')) return ALONE
  const gaps = new Set()
  const gap = () => {
    for (const listener of gaps) listener()
  }
  const [publisher, subscriber] = await Promise.all([connect(store), connect(store)])
  const tell = (kind, what) => io.serverSideEmit(EVENT, kind, what)
  // What was published while Redis was away is lost to everybody.
  swallowFailures(publisher)
  publisher.on('ready', () => tell('gap'))
  subscriber.on('ready', gap)
  io.adapter(createAdapter(publisher, subscriber, { key: KEY }))
  io.on(EVENT, (kind) => kind === 'gap' && gap())
  return {
    /** Tells all others, not this one. */
    tell,
    /** Calls `listener` with what others tell of this kind. */
    hear: (kind, listener) => io.on(EVENT, (told, what) => told === kind && listener(what)),
    /** Calls `listener` whenever something may not have been heard. */
    onGap: (listener) => gaps.add(listener),
    close: () => {
      publisher.destroy()
      subscriber.destroy()
    },
  }
}

async function connect(url) {
  const socket = { reconnectStrategy: (tries) => Math.min(25 * 2 ** tries, LONGEST_PAUSE_MS) }
  const client = createClient({ url, pingInterval: PING_EVERY_MS, commandsQueueMaxLength: 1000, socket })
  // It connects again by itself; without a listener the error would end the process.
  client.on('error', () => {})
  await client.connect()
  return client
}

/** The adapter does not wait for its calls, so nobody else would. */
function swallowFailures(client) {
  const publish = client.publish.bind(client)
  client.publish = (...args) => publish(...args).catch(() => {})
}
