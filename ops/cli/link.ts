// The connection to the store, through the package itself: one parser of names and URLs, one set of deadlines.
import { randomBytes } from 'node:crypto'
import type { SessionApp } from '../../lib/app.js'
import { session } from '../../lib/index.js'
import type { Sessions } from '../../lib/sessions.js'
import type { SessionIndex, SessionStore } from '../../lib/store.js'
import { appOf } from '../sessions-app.js'
import type { Task } from './arguments.js'
import { type Terminal, UsageError, untilInterrupted } from './terminal.js'

export interface Link {
  readonly sessions: Sessions
  readonly app: SessionApp
  readonly index: SessionIndex
}

export type OpenSessions = (task: Pick<Task, 'store' | 'ns'>) => Sessions

/** Nobody waits for a page here, and all sessions of one user are one call. */
const STORE_TIMEOUT = '30s'
const CONNECT_TIMEOUT = '5s'

/** The secret signs nothing: no cookie is read or made here. */
export function openSessions({ store, ns }: Pick<Task, 'store' | 'ns'>): Sessions {
  if (store === 'memory') throw new UsageError('--store: the memory store lives inside of one process, where nothing else can look')
  const secret = randomBytes(32).toString('base64')
  try {
    return session({ secret, store, storeTimeout: STORE_TIMEOUT, connectTimeout: CONNECT_TIMEOUT, ...(ns === undefined ? {} : { ns }) })
  } catch (error) {
    // Begins with the name of the option, which has the same name here.
    throw error instanceof TypeError ? new UsageError(`--${error.message}`) : error
  }
}

export async function withStore<T>(terminal: Terminal, task: Task, open: OpenSessions, work: (link: Link) => Promise<T>): Promise<T> {
  const sessions = open(task)
  try {
    const app = appOf('steady-session', sessions)
    const index = indexOf(app.config.store)
    await untilInterrupted(terminal, sessions.ready())
    return await work({ sessions, app, index })
  } finally {
    await sessions.close().catch(() => {})
  }
}

function indexOf({ index, name }: SessionStore): SessionIndex {
  if (index !== undefined) return index
  throw new UsageError(`--store: the ${name} store cannot list its sessions, so there is nothing to see or end from here; Redis can`)
}
