// So many sessions of one index value and no more, exactly, whoever else signs in at the same time: one script decides, and whom it marks is never admitted
// again. It cannot see the sessions themselves (in Redis Cluster they lie elsewhere), so before somebody has to go those are asked who are said to live.
//
// A caller who dies after the script and before it ended the marked ones leaves them to whoever lists, counts or admits there next; lists do not show them.
import type { Admission, SessionEntry } from '../../lib/store.js'
import { ADMIT, KEPT_MS, RELEASE, RESERVE } from './admission-scripts.js'
import { unreadable } from './errors.js'
import type { IndexSets } from './index-sets.js'
import type { ScriptRunner } from './script-runner.js'

interface Asked {
  readonly ghosts: readonly string[]
  /** With the start of each, in milliseconds. */
  readonly old: readonly (readonly [string, string])[]
}

const NOBODY_ASKED: Asked = { ghosts: [], old: [] }

/** Finds a session as the index does. */
type Find = (handle: string) => Promise<SessionEntry | null>

export class Admissions {
  private readonly runner: ScriptRunner
  private readonly sets: IndexSets
  private readonly find: Find

  constructor(runner: ScriptRunner, sets: IndexSets, find: Find) {
    this.runner = runner
    this.sets = sets
    this.find = find
  }

  async admit(index: string, value: string, handle: string, admission: Admission): Promise<string[]> {
    const ask = (told: Admission, asked: Asked | null, mine: readonly string[]): Promise<string[][]> =>
      this.run('admit', index, value, [handle, ...admissionArguments(told, asked, mine)])
    const [victims = [], others = [], strangers = [], stale = []] = await ask(admission, null, [])
    if (victims.length + strangers.length + stale.length === 0) return victims
    const [asked, abandoned] = await Promise.all([
      this.ask('admit', index, value, victims.length === 0 ? [] : others, strangers),
      this.stillHeld(index, value, stale),
    ])
    if (asked.ghosts.length + asked.old.length === 0) return [...new Set([...victims, ...abandoned])]
    // The place was filled by the first try, unless it had lapsed.
    const [last = []] = await ask({ ...admission, place: victims.includes(handle) ? (admission.place ?? '') : '' }, asked, victims)
    return [...new Set([...last, ...abandoned])]
  }

  async reserve(index: string, value: string, place: string, max: number): Promise<boolean> {
    const keys = this.sets.keysOf(index, value)
    const ask = async (asked: Asked | null): Promise<readonly unknown[]> => {
      const args = [place, String(max), asked === null ? '' : '1', ...askedArguments(asked ?? NOBODY_ASKED)]
      const reply = await this.runner.run('reserve', RESERVE, keys, args)
      if (!Array.isArray(reply)) throw unreadable('reserve')
      return reply
    }
    const [free, admitted, strangers] = await ask(null)
    if (free === 1) return true
    const asked = await this.ask('reserve', index, value, texts(admitted), texts(strangers))
    if (texts(strangers).length + asked.ghosts.length === 0) return false
    return (await ask(asked))[0] === 1
  }

  async release(index: string, value: string, place: string): Promise<void> {
    await this.runner.run('release', RELEASE, this.sets.keysOf(index, value), [place])
  }

  /** Of those that are said to live the ones that do not; and of strangers those that are no sign-in under way. */
  private async ask(
    operation: string,
    index: string,
    value: string,
    said: readonly string[],
    strangers: readonly string[],
  ): Promise<Asked> {
    const [held, found] = await Promise.all([
      Promise.all(said.map((handle) => this.sets.holds(operation, handle, index, value))),
      Promise.all(strangers.map((handle) => this.find(handle))),
    ])
    const old = found.filter(
      (entry) => entry !== null && entry.facts.indexes[index] === value && entry.now - entry.facts.startedAt > KEPT_MS,
    )
    return {
      ghosts: said.filter((_, n) => held[n] === false),
      old: old.filter((entry) => entry !== null).map(({ handle, facts }) => [handle, String(facts.startedAt)]),
    }
  }

  /** Those whose mark nobody followed up. Of one that ended all the same the mark is settled. */
  private async stillHeld(index: string, value: string, stale: readonly string[]): Promise<string[]> {
    const held = await Promise.all(stale.map((handle) => this.sets.holds('admit', handle, index, value)))
    await Promise.all(stale.filter((_, n) => held[n] === false).map((handle) => this.sets.remove('admit', handle, index, value, 'ended')))
    return stale.filter((_, n) => held[n] === true)
  }

  private async run(operation: string, index: string, value: string, args: readonly string[]): Promise<string[][]> {
    const reply = await this.runner.run(operation, ADMIT, this.sets.keysOf(index, value), args)
    if (!Array.isArray(reply)) throw unreadable(operation)
    return reply.map(texts)
  }
}

function admissionArguments({ max, priority, place = '', order = [] }: Admission, asked: Asked | null, mine: readonly string[]): string[] {
  const isAsked = asked === null ? '' : '1'
  const lists = [...askedArguments(asked ?? NOBODY_ASKED), String(mine.length), ...mine, String(order.length), ...order]
  return [String(max), priority === undefined ? '' : String(priority), place, isAsked, ...lists]
}

function askedArguments({ ghosts, old }: Asked): string[] {
  return [String(ghosts.length), ...ghosts, String(old.length), ...old.flat()]
}

function texts(reply: unknown): string[] {
  return Array.isArray(reply) ? reply.map(String) : []
}
