import { Router } from 'express'
import { ChatError } from '../chat/errors.js'
import { checked, EVERYBODY, olderMessages, room as rooms } from '../chat/validation.js'
import { signedIn } from '../security/signed-in.js'
import { chatPage } from '../views/chat.js'
import { wantsJson } from './errors.js'
import { draftKey, draftsIn } from './last-state.js'

/** Messages of a page. */
const PAGE = 50

export function chatRoutes({ config, database, delivery, isAdmin }) {
  const router = Router()
  const isUser = signedIn({ database })

  router.get('/chat', isUser, async (req, res) => {
    const { with: room, before } = checked(olderMessages, req.query)
    await assertRoom(room, res.locals.user)
    // Written only if it is another one: a page that is read again costs the store one command.
    if (req.session.get('room') !== room) req.session.set('room', room)
    await show(req, res, { room, before, drafts: draftsIn(req.session), notice: req.session.take('notice') })
  })

  router.get('/messages', isUser, async (req, res) => {
    const { with: room, before } = checked(olderMessages, req.query)
    await assertRoom(room, res.locals.user)
    // One more than is shown tells whether there are more.
    const found = await database.messages.inRoom(res.locals.user.id, room, { before, limit: PAGE + 1 })
    res.json({ messages: found.slice(-PAGE), more: found.length > PAGE })
  })

  router.post('/sendComment', isUser, async (req, res) => {
    const { user } = res.locals
    const given = req.body ?? {}
    try {
      const { message, isNew } = await delivery.post({ from: user.id, clientId: given.clientId, to: given.to, text: given.text })
      const room = String(message.to?.id ?? EVERYBODY)
      req.session.delete(draftKey(room))
      if (wantsJson(req)) return res.status(isNew ? 201 : 200).json({ message })
      res.redirect(303, room === EVERYBODY ? '/chat' : `/chat?with=${room}`)
    } catch (error) {
      if (!(error instanceof ChatError) || wantsJson(req)) throw error
      await showAgain(req, res, error)
    }
  })

  /** The page from which it was sent, with what was written and why it did not go out. */
  async function showAgain(req, res, error) {
    const { to, text } = req.body ?? {}
    const room = to === '' ? EVERYBODY : to
    if (!(await isRoom(room, res.locals.user))) throw error
    res.status(error.status).set(error.headers ?? {})
    const drafts = { ...draftsIn(req.session), [room]: typeof text === 'string' ? text : '' }
    await show(req, res, { room, drafts, problem: error.message })
  }

  async function show(req, res, { room, before, ...given }) {
    const { user } = res.locals
    const [people, messages, admin] = await Promise.all([
      database.users.all(),
      database.messages.inRoom(user.id, room, { before, limit: PAGE }),
      isAdmin(user.id),
    ])
    const shared = { csrfToken: req.csrfToken(), can: config.storeCan, isAdmin: admin, warnBefore: config.warnBefore }
    res.send(chatPage({ ...shared, user, room, people, messages, before, ...given }))
  }

  async function assertRoom(room, user) {
    if (await isRoom(room, user)) return
    throw new ChatError(404, 'NO_SUCH_ROOM', 'There is nobody with this number to write with.')
  }

  async function isRoom(room, user) {
    if (room === EVERYBODY) return true
    return rooms.safeParse(room).success && Number(room) !== user.id && (await database.users.byId(Number(room))) !== null
  }

  return router
}
