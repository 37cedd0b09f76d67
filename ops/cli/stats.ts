// `stats`: what the manager counts, and the oldest.
import type { Lister } from '../../lib/session-lists.js'
import { sessionStats } from '../../lib/session-stats.js'
import type { SessionEntry } from '../../lib/store.js'
import type { Task } from './arguments.js'
import { json, lister, type Search } from './finding.js'
import { bold, say } from './terminal.js'
import { ago, span } from './times.js'

/** This process has neither made nor ended any. */
const NO_EVENTS = { created: () => 0, ended: () => ({}) }

export async function stats(search: Search, task: Task): Promise<number> {
  const watch = new OldestWatch(lister(search))
  const { active, signedIn, users, sessionsPerUser, meanAge } = await sessionStats(watch, NO_EVENTS)
  search.progress.clear()
  const { oldest } = watch
  if (task.json) {
    const age = oldest === null ? null : (oldest.now - oldest.facts.createdAt) / 1000
    say(search.terminal, json({ active, signedIn, users, sessionsPerUser, meanAge, oldestAge: age, oldest: oldest?.handle ?? null }))
    return 0
  }
  const rows: [string, string][] = [
    ['active', String(active)],
    ['signed in', String(signedIn)],
    ['users', String(users)],
    ['sessions per user', sessionsPerUser.toFixed(1)],
    ['mean age', span(meanAge * 1000)],
    ['oldest', oldest === null ? '-' : `${ago(oldest.now - oldest.facts.createdAt)} (${oldest.handle})`],
  ]
  for (const [name, value] of rows) say(search.terminal, `${bold(search.terminal, name.padEnd(17))}  ${value}`)
  return 0
}

/** Sees what passes by. */
class OldestWatch implements Lister {
  oldest: SessionEntry | null = null
  readonly of: Lister['of']
  readonly #inner: Lister

  constructor(inner: Lister) {
    this.#inner = inner
    this.of = inner.of
  }

  async batch(cursor: string | null): ReturnType<Lister['batch']> {
    const batch = await this.#inner.batch(cursor)
    for (const entry of batch.entries) {
      if (this.oldest === null || entry.facts.createdAt < this.oldest.facts.createdAt) this.oldest = entry
    }
    return batch
  }
}
