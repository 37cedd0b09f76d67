// What the chat takes from outside, whether a form, a script or a socket sent it.
import { z } from 'zod'
import { ChatError } from './errors.js'

/** Most characters of a message and of a draft. */
export const MAX_TEXT = 2000
/** The room that everybody is in. All others are named by the id of whom one writes with. */
export const EVERYBODY = 'everybody'

const id = z.number('Expected a number.').int('Expected a whole number.').positive('Expected a positive number.')
/** In forms and addresses numbers are text. */
const idText = z.string('Expected text.').regex(/^[1-9]\d{0,14}$/, 'Expected the number of a user.')

/** Whom a message is for: null or '' is everybody. It has to be said, so that a private message never goes to everybody by a slip. */
const recipient = z.union([z.null(), z.literal('').transform(() => null), id, idText.transform(Number)], {
  error: 'Choose whom to write to: everybody, or one person.',
})

/** Browsers send line ends as CR LF, and count them as one character. Half a surrogate pair is not text, which a database would refuse. */
const text = z
  .string('Expected text.')
  .transform((given) => given.replace(/\r\n?/g, '\n').toWellFormed())
  .refine((given) => !hasControls(given), 'There are characters in it that cannot be shown.')
  .refine((given) => given.length <= MAX_TEXT, `It is longer than ${MAX_TEXT} characters. Please write less, or in parts.`)

/** What somebody says. */
export const newMessage = z.object({
  clientId: z.uuid('Every message needs an id of its own, a UUID.').toLowerCase(),
  to: recipient,
  text: text.transform((given) => given.trim()).refine((given) => given !== '', 'There is nothing in it. Please write something.'),
})

/** 'everybody', or the id of a user as text. */
export const room = z.union([z.literal(EVERYBODY), idText], { error: 'There is no such conversation.' })

/** What somebody has begun to write. */
export const draft = z.object({ room, text })

/** How far somebody has read; no `id`: nothing was written there yet. */
export const lastRead = z.object({ room, id: id.nullish() })

/**
 * What a browser has of the conversation when its socket connects: the last message, or null if it has none; and the ids of the last few, so that one
 * which another process stored at the same moment is not missed.
 */
export const position = z.object({
  after: id.nullish().transform((after) => after ?? null),
  seen: z.array(id).max(200).optional(),
})

/** Which messages a page asks for: those of a room, before one of them. */
export const olderMessages = z.object({
  with: room.default(EVERYBODY),
  before: idText.transform(Number).optional(),
})

/** The input as the schema makes it; throws a ChatError that says what is wrong with it. */
export function checked(schema, input) {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const field = issue.path.join('.')
  throw new ChatError(400, 'INVALID_INPUT', field === '' ? 'Expected an object with fields.' : `${field}: ${issue.message}`)
}

/** The room in which `userId` sees this message. */
export function roomOf(message, userId) {
  if (message.to === null) return EVERYBODY
  return String(message.from.id === userId ? message.to.id : message.from.id)
}

/** All but tab and line feed. */
function hasControls(given) {
  return /[\p{Cc}]/u.test(given.replace(/[\t\n]/g, ''))
}
