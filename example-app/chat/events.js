// What a browser may say over its socket, and the answer to it.
import { ChatError } from './errors.js'
import { checked, draft, EVERYBODY, lastRead } from './validation.js'

/** Somebody who writes is there, so the session's idle expiry starts again; what a page does by itself must not keep it alive. */
const EVENTS = new Map([
  ['send', { answer: send, slide: true }],
  ['draft', { answer: saveDraft, slide: true }],
  ['read', { answer: saveRead, slide: false }],
])

/** Answers one event. Whatever is wrong with it is an answer, too. */
export async function answer(chat, connection, [name, ...args]) {
  const reply = typeof args.at(-1) === 'function' ? args.pop() : () => {}
  try {
    await chat.limits.event(connection.user.id)
    const event = EVENTS.get(name)
    if (event === undefined) throw new ChatError(404, 'UNKNOWN_EVENT', 'The chat knows nothing of this kind.')
    const session = await chat.ends.ask(connection, event)
    if (session === null) throw new ChatError(401, 'NOT_SIGNED_IN', 'Your session has ended. Please sign in.')
    reply({ ok: true, ...(await event.answer(chat, { connection, session, input: args[0] })) })
  } catch (error) {
    reply({ ok: false, ...explained(error) })
  }
}

/** Everybody who may see the message gets it, this browser included; see sockets.js. */
async function send({ delivery }, { connection, input }) {
  const { message } = await delivery.post({ ...Object(input), from: connection.user.id })
  return { message }
}

/** One key of the session for each room, so that tabs that write in different rooms never meet. */
async function saveDraft({ database, shareDraft }, { connection, session, input }) {
  const { room, text } = checked(draft, input)
  await assertRoom(database, room)
  shareDraft(connection, { room, text })
  await save(session, () => (text === '' ? session.delete(`draft:${room}`) : session.set(`draft:${room}`, text)))
}

async function saveRead({ database }, { session, input }) {
  const { room } = checked(lastRead, input)
  if (session.get('room') === room) return
  await assertRoom(database, room)
  await save(session, () => session.set('room', room))
}

async function assertRoom(database, room) {
  if (room !== EVERYBODY && !(await database.users.byId(Number(room)))) {
    throw new ChatError(404, 'WRONG_ROOM', 'There is no such conversation.')
  }
}

/** A session that travels in its cookie is changed by responses alone. */
async function save(session, change) {
  try {
    change()
    await session.save()
  } catch (error) {
    if (error.code !== 'ERR_SESSION_CLOSED') throw error
    throw new ChatError(501, 'NOT_SAVED', 'Where this site keeps its sessions, a live connection cannot save anything.')
  }
}

/** Status and message of an error, for whom it may concern; what is our own fault is logged. */
export function explained(error) {
  const { code, status = 500 } = error
  if (code === 'ERR_SESSION_STORE')
    return { status: 503, code, message: 'The session store does not answer. Please try again in a moment.' }
  if (code === 'ERR_DATABASE') return { status: 503, code, message: 'The database does not answer. Please try again in a moment.' }
  if (code === 'ERR_SESSION_DATA' || code === 'ERR_SESSION_TOO_LARGE')
    return { status: 413, code, message: 'Your drafts take up too much room.' }
  if (code === 'ERR_SESSION_GONE') return { status: 401, code, message: 'Your session has ended. Please sign in.' }
  if (error instanceof ChatError) return { status, code, message: error.message }
  console.error(error)
  return { status: 500, code: 'INTERNAL', message: 'Something went wrong. Please try again.' }
}
