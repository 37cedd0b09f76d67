// The one way a message is stored and goes out, whether it came by form, by script or by socket.
import { EventEmitter } from 'node:events'
import { ChatError } from './errors.js'
import { createLimits } from './limits.js'
import { checked, newMessage } from './validation.js'

export function createDelivery({ database, limits = createLimits() }) {
  const events = new EventEmitter()

  /**
   * Stores what `from` (a user's id) says, and tells the listeners. A message that is sent again, with the same `clientId`, is the same message: it is stored
   * and told once, and `isNew` is false.
   */
  async function post({ from, ...input }) {
    await limits.message(from)
    const { clientId, to, text } = checked(newMessage, input)
    await assertRecipient(from, to)
    const { message, isNew } = await database.messages.add({ clientId, from, to, text })
    assertSame(message, { to, text })
    if (isNew) events.emit('message', message)
    return { message, isNew }
  }

  async function assertRecipient(from, to) {
    if (to === null) return
    if (to === from) throw new ChatError(400, 'WRONG_RECIPIENT', 'You cannot write to yourself. Choose somebody else, or everybody.')
    if (!(await database.users.byId(to))) throw new ChatError(404, 'WRONG_RECIPIENT', 'The person you are writing to is not here.')
  }

  return {
    limits,
    post,
    /** Calls `listener` for every new message that this process has stored; returns a function that stops it. */
    on: (name, listener) => {
      events.on(name, listener)
      return () => events.off(name, listener)
    },
  }
}

/** Anything else would be lost without a word. */
function assertSame(stored, { to, text }) {
  if (stored.text === text && (stored.to?.id ?? null) === to) return
  throw new ChatError(409, 'CLIENT_ID_USED', 'Another message has this id already. Send it with an id of its own.')
}
