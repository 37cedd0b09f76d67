const SELECT = `SELECT m.id, m.client_id, m.from_id, f.name AS from_name, m.to_id, t.name AS to_name, m.text, m.sent_at
  FROM messages m JOIN users f ON f.id = m.from_id LEFT JOIN users t ON t.id = m.to_id`

export function messageTable({ rows, insertInOrder }) {
  const select = async (rest, values) => (await rows(`${SELECT} ${rest}`, values)).map(messageOf)
  const sent = async (from, clientId) => (await select('WHERE m.from_id = ? AND m.client_id = ?', [from, clientId]))[0]

  return {
    /** A message that its sender has stored before, known by `clientId`, is not stored again: `isNew` is false. */
    async add({ clientId, from, to, text }) {
      const isNew = await insert({ clientId, from, to, text })
      return { message: await sent(from, clientId), isNew }
    },

    /** The last ones of a room, or the last before a message; the oldest first. */
    async inRoom(userId, room, { before = Number.MAX_SAFE_INTEGER, limit }) {
      const newestFirst = `AND m.id < ? ORDER BY m.id DESC LIMIT ${whole(limit)}`
      const found =
        room === 'everybody'
          ? await select(`WHERE m.to_id IS NULL ${newestFirst}`, [before])
          : await select(`WHERE ((m.from_id = ? AND m.to_id = ?) OR (m.from_id = ? AND m.to_id = ?)) ${newestFirst}`, [
              userId,
              Number(room),
              Number(room),
              userId,
              before,
            ])
      return found.reverse()
    },

    /** What this user may see and what came after a message, over all rooms; the oldest first. */
    since: async (userId, afterId, { limit }) =>
      select(`WHERE m.id > ? AND (m.to_id IS NULL OR m.to_id = ? OR m.from_id = ?) ORDER BY m.id LIMIT ${whole(limit)}`, [
        afterId,
        userId,
        userId,
      ]),
  }

  async function insert({ clientId, from, to, text }) {
    try {
      const values = [clientId, from, to, text, new Date().toISOString()]
      await insertInOrder('INSERT INTO messages (client_id, from_id, to_id, text, sent_at) VALUES (?, ?, ?, ?, ?)', values)
      return true
    } catch (error) {
      if (error.code === 'ERR_DUPLICATE') return false
      throw error
    }
  }
}

function messageOf({ id, client_id, from_id, from_name, to_id, to_name, text, sent_at }) {
  const to = to_id === null ? null : { id: to_id, name: to_name }
  return { id, clientId: client_id, from: { id: from_id, name: from_name }, to, text, sentAt: sent_at }
}

/** It stands in the SQL, since MySQL takes no number from JavaScript there. */
function whole(limit) {
  if (Number.isInteger(limit) && limit > 0) return limit
  throw new TypeError('limit: expected a positive whole number')
}
