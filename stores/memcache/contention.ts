// Writers of one session that meet: each round one of them gets through, the others come again, not all at once.
import { setTimeout as delay } from 'node:timers/promises'

/** Each loss is another's success. More than this in a row is no traffic of a session any more. */
export const WRITE_ATTEMPTS = 100
const LONGEST_PAUSE_MS = 16

/** The first time at once: most writers meet one other. */
export async function pauseBefore(attempt: number): Promise<void> {
  if (attempt > 1) await delay(Math.random() * Math.min(2 ** attempt, LONGEST_PAUSE_MS))
}
