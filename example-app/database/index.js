// All that the chat keeps beside its sessions. Whoever uses it does not know which database it is.
import { DatabaseError } from './errors.js'
import { messageTable } from './messages.js'
import { stateTable } from './states.js'
import { userTable } from './users.js'

/** `file:path/of/chat.db` (SQLite, made on demand) or `mysql://…` (MySQL, MariaDB). Rejects with a DatabaseError if it cannot be opened. */
export async function openDatabase(url) {
  const connection = await openConnection(url)
  return {
    users: userTable(connection),
    messages: messageTable(connection),
    states: stateTable(connection),
    /** Rejects with a DatabaseError if it does not answer. */
    ping: async () => void (await connection.rows('SELECT 1')),
    close: () => connection.close(),
  }
}

/** The driver of the other one is not even loaded. */
async function openConnection(url) {
  try {
    if (url.startsWith('mysql:')) return await (await import('./mysql.js')).openMysql(url)
    return (await import('./sqlite.js')).openSqlite(url.slice('file:'.length))
  } catch (cause) {
    if (cause.code !== 'ERR_DATABASE') throw cause
    throw new DatabaseError(`cannot be opened (${cause.cause.code ?? 'unknown error'}); is DATABASE_URL right?`, { cause })
  }
}
