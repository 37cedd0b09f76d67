// What of a session comes back at the next login: the room that was open last, and the drafts.
import { ChatError } from '../chat/errors.js'

/** One key per room, so that two tabs that write to different people never overwrite each other's draft. */
const DRAFT = 'draft:'

export function draftKey(room) {
  return DRAFT + room
}

export function draftsIn(session) {
  const drafts = Object.entries(session.toJSON()).filter(([key]) => key.startsWith(DRAFT))
  return Object.fromEntries(drafts.map(([key, text]) => [key.slice(DRAFT.length), text]))
}

/** Throws a ChatError if it cannot be saved; the session stays as it is. */
export async function saveState(session, { database }) {
  const state = { room: session.get('room') ?? 'everybody', drafts: draftsIn(session) }
  try {
    await database.states.save(session.get('userId'), state)
  } catch (cause) {
    console.error(cause)
    const error = new ChatError(
      503,
      'STATE_NOT_SAVED',
      'You are still signed in: what you were writing could not be saved. Please try again in a moment.',
    )
    throw Object.assign(error, { cause, headers: { 'Retry-After': '1' } })
  }
}

/** After the sign-in. Forgotten only once the session has it, and then at once: a draft that is sent must not come back another time. */
export async function restoreState(session, state, { config, database }) {
  if (state === null) return
  session.set('room', state.room)
  if (config.storeCan.drafts) for (const [room, text] of Object.entries(state.drafts)) session.set(draftKey(room), text)
  await session.save()
  // If it cannot be forgotten it comes back once more: better than a login that fails.
  await database.states.forget(session.get('userId'), state).catch((error) => console.error(error))
}
