// SQLite within this process, by libsql. Its calls are synchronous and take microseconds; several processes may share the file.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'libsql'
import { DatabaseError, DuplicateError } from './errors.js'
import { SQLITE } from './schema.js'

const BUSY_MS = 2000

export function openSqlite(file) {
  const database = opened(file)
  const statements = new Map()

  function statement(sql) {
    if (!statements.has(sql)) statements.set(sql, database.prepare(sql))
    return statements.get(sql)
  }

  async function run(sql, values = []) {
    return asked(() => {
      const { lastInsertRowid, changes } = statement(sql).run(...values)
      return { id: Number(lastInsertRowid), changes }
    })
  }

  return {
    rows: async (sql, values = []) => asked(() => statement(sql).all(...values)),
    run,
    /** One writer at a time: the ids rise in the order of commits by themselves. */
    insertInOrder: run,
    close: async () => {
      statements.clear()
      database.close()
    },
  }
}

function opened(file) {
  return asked(() => {
    mkdirSync(dirname(file), { recursive: true })
    const database = new Database(file)
    database.pragma(`busy_timeout = ${BUSY_MS}`)
    database.pragma('journal_mode = WAL')
    // With WAL this loses nothing when the process dies.
    database.pragma('synchronous = NORMAL')
    database.pragma('foreign_keys = ON')
    for (const sql of SQLITE) database.exec(sql)
    return database
  })
}

function asked(work) {
  try {
    return work()
  } catch (cause) {
    if (cause.code === 'SQLITE_CONSTRAINT_UNIQUE') throw new DuplicateError({ cause })
    throw new DatabaseError(`failed (${cause.code ?? 'unknown error'})`, { cause })
  }
}
