// MySQL or MariaDB, by mysql2. Values never stand in the SQL: statements are prepared by the server.
import { createPool } from 'mysql2/promise'
import { DatabaseError, DuplicateError } from './errors.js'
import { MYSQL } from './schema.js'

const CONNECT_MS = 2000
/** A server that accepts and never answers must not hang the site. */
const ANSWER_MS = 2000

export async function openMysql(uri) {
  const pool = createPool({ uri, charset: 'utf8mb4', connectionLimit: 10, connectTimeout: CONNECT_MS, maxIdle: 10 })

  /** With a connection, which is thrown away if what came of it is unknown. */
  async function withConnection(work) {
    const asked = pool.getConnection()
    try {
      const connection = await inTime(asked)
      const result = await inTime(work(async (sql, values = []) => (await connection.execute(sql, values))[0]))
      connection.release()
      return result
    } catch (cause) {
      const isDuplicate = cause.code === 'ER_DUP_ENTRY'
      asked.then(
        (connection) => (isDuplicate ? connection.release() : connection.destroy()),
        () => {},
      )
      throw isDuplicate ? new DuplicateError({ cause }) : new DatabaseError(`failed (${cause.code ?? 'unknown error'})`, { cause })
    }
  }

  try {
    await withConnection(async (ask) => {
      for (const sql of MYSQL) await ask(sql)
    })
  } catch (error) {
    await pool.end()
    throw error
  }

  return {
    rows: (sql, values) => withConnection((ask) => ask(sql, values)),
    run: (sql, values) => withConnection(async (ask) => inserted(await ask(sql, values))),
    insertInOrder: (sql, values) => withConnection((ask) => insertInOrder(ask, sql, values)),
    close: () => pool.end(),
  }
}

/** The driver's own timeouts do not cover all that it waits for. */
function inTime(work) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })), ANSWER_MS)
  })
  // What comes after the deadline fails nobody.
  work.catch(() => {})
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/**
 * By itself AUTO_INCREMENT gives ids in the order in which inserts begin: a row could become visible after one with a higher id, and who asks for all that came
 * after that one would miss it. So writers, of whatever process, wait for each other.
 */
async function insertInOrder(ask, sql, values) {
  await ask('START TRANSACTION')
  try {
    await ask('SELECT id FROM message_order FOR UPDATE')
    const result = inserted(await ask(sql, values))
    await ask('COMMIT')
    return result
  } catch (error) {
    // A connection that failed is thrown away, and its transaction with it.
    if (error.code === 'ER_DUP_ENTRY') await ask('ROLLBACK')
    throw error
  }
}

function inserted({ insertId, affectedRows }) {
  return { id: insertId, changes: affectedRows }
}
