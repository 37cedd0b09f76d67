const COLUMNS = 'id, email, name, password_hash AS passwordHash'

export function userTable({ rows, run }) {
  const first = async (sql, values) => userOf((await rows(sql, values))[0])
  const byId = (id) => first(`SELECT ${COLUMNS} FROM users WHERE id = ?`, [id])

  return {
    /** Rejects with `EMAIL_TAKEN` if somebody has this address. */
    async create({ email, name, passwordHash }) {
      try {
        const values = [email, name, passwordHash, new Date().toISOString()]
        const { id } = await run('INSERT INTO users (email, name, password_hash, created_at) VALUES (?, ?, ?, ?)', values)
        return { id, email, name, passwordHash }
      } catch (error) {
        if (error.code !== 'ERR_DUPLICATE') throw error
        throw Object.assign(new Error('there is an account with this email address'), { code: 'EMAIL_TAKEN', cause: error })
      }
    },
    byEmail: (email) => first(`SELECT ${COLUMNS} FROM users WHERE email = ?`, [email]),
    byId,
    setPasswordHash: async (id, passwordHash) => void (await run('UPDATE users SET password_hash = ? WHERE id = ?', [passwordHash, id])),
    all: async () => (await rows('SELECT id, name FROM users ORDER BY name, id')).map(({ id, name }) => ({ id, name })),
    /** `null` as long as there is none. */
    firstId: async () => (await rows('SELECT MIN(id) AS id FROM users'))[0].id,
  }
}

function userOf(row) {
  if (row === undefined) return null
  const { id, email, name, passwordHash } = row
  return { id, email, name, passwordHash }
}
