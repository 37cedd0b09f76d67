// Who is online: whoever has a socket open, at whichever process.
import { randomUUID } from 'node:crypto'

/** Somebody who only goes from page to page was never away. */
const SETTLE_MS = 300
/** A process that says nothing for so long has gone, and its people with it. */
const TELL_EVERY_MS = 3000
const GONE_AFTER_MS = 3 * TELL_EVERY_MS

export function watchOnline({ connections, processes, database }) {
  const self = randomUUID()
  /** Id of a process → its users, and until when that holds. */
  const elsewhere = new Map()
  let shown = ''
  let settling

  processes.hear('online', ({ by, users }) => {
    elsewhere.set(by, { users, until: Date.now() + GONE_AFTER_MS })
    changed()
  })
  const telling = setInterval(() => {
    forgetGone()
    tell()
  }, TELL_EVERY_MS)
  telling.unref()

  function tell() {
    processes.tell('online', { by: self, users: connections.users() })
  }

  function forgetGone() {
    for (const [by, { until }] of elsewhere) if (until < Date.now() && elsewhere.delete(by)) changed()
  }

  function online() {
    return new Set([...connections.users(), ...[...elsewhere.values()].flatMap(({ users }) => users)])
  }

  async function people() {
    const here = online()
    return (await database.users.all()).map(({ id, name }) => ({ id, name, online: here.has(id) }))
  }

  /** Somebody has come or gone. */
  function changed() {
    settling ??= setTimeout(() => {
      settling = undefined
      tellAll().catch((error) => console.error('Who is online could not be told:', error))
    }, SETTLE_MS)
  }

  async function tellAll() {
    const now = [...online()].sort((a, b) => a - b).join()
    if (now === shown) return
    shown = now
    const list = await people()
    for (const { socket } of connections.all()) socket.emit('people', list)
  }

  return {
    people,
    changed: () => {
      tell()
      changed()
    },
    stop: () => {
      clearInterval(telling)
      clearTimeout(settling)
    },
  }
}
