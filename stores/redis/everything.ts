// All sessions of the store: walking over them, and ending them at once.
import { SessionStoreError } from '../../lib/errors.js'
import { isHandle, newHandle } from '../../lib/token.js'
import { BEGIN_EPOCH, NODE, SCAN } from './ending-scripts.js'
import { unreadable } from './errors.js'
import type { Keys } from './keys.js'
import type { ScriptRunner } from './script-runner.js'

/** Keys that Redis looks at in one step: far below a millisecond. */
const COUNT = 100
/** Commands that are sent at once. */
const BURST = 256
/** Longer than a session of an earlier epoch could be left alone: the longest `expiry` is 400 days. */
const EPOCH_MS = 401 * 86_400_000
const HANDLE_LENGTH = 22

export interface Met {
  readonly handles: readonly string[]
  readonly next: string | null
  readonly share: number
}

/** Which server answered, where it stopped, the parts whose servers are still to be asked (its own is the first), and how many there were. */
interface Place {
  readonly server: string
  readonly cursor: string
  readonly tags: readonly string[]
  readonly parts: number
}

/** A step of a scan: of the sessions that are there all the time each is met, some perhaps twice. */
export async function scanStep(runner: ScriptRunner, keys: Keys, from: string | null): Promise<Met> {
  const place = from === null ? await begin(runner, keys) : parse(keys, from)
  const [tag = '', ...others] = place.tags
  const { epoch, tail, pattern } = keys.part(tag)
  const reply = await runner.run('scan', SCAN, [epoch], [String(tail), pattern, place.cursor, String(COUNT)])
  if (!Array.isArray(reply)) throw unreadable('scan')
  const [server = '', cursor = '', keyCount, ...names]: readonly string[] = reply.map(String)
  if (place.server !== '' && server !== place.server) throw lost()
  const handles = [...new Set(names.map((name) => name.slice(-HANDLE_LENGTH)))].filter(isHandle)
  const share = COUNT / Math.max(COUNT, Number(keyCount)) / place.parts
  if (cursor !== '0') return { handles, share, next: format({ ...place, server, cursor }) }
  return { handles, share, next: others.length === 0 ? null : format({ ...place, server: '', cursor: '0', tags: others }) }
}

/** Sessions that were born before are over from here on, whoever asks for them; they are deleted when they are met, or by their TTL. */
export async function beginEpoch(runner: ScriptRunner, keys: Keys): Promise<void> {
  const epoch = newHandle()
  await inBursts(keys.tags(), (tag) => runner.run('endAll', BEGIN_EPOCH, [keys.part(tag).epoch], [epoch, String(EPOCH_MS)]))
}

/** One part for each server that has some. */
async function begin(runner: ScriptRunner, keys: Keys): Promise<Place> {
  const nodes = new Map<unknown, string>()
  const tags = keys.tags()
  if (tags.length === 1) return { server: '', cursor: '0', tags, parts: 1 }
  const found = await inBursts(tags, (tag) => runner.run('scan', NODE, [keys.part(tag).epoch], []))
  for (const [n, node] of found.entries()) nodes.set(node, nodes.get(node) ?? tags[n] ?? '')
  return { server: '', cursor: '0', tags: [...nodes.values()], parts: nodes.size }
}

async function inBursts<T>(tags: readonly string[], work: (tag: string) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let first = 0; first < tags.length; first += BURST) {
    results.push(...(await Promise.all(tags.slice(first, first + BURST).map(work))))
  }
  return results
}

function format({ server, cursor, tags, parts }: Place): string {
  return [server, cursor, tags.join(','), parts].join('.')
}

function parse(keys: Keys, text: string): Place {
  const [, server, cursor, list, parts] = /^(\w*)\.(\d{1,20})\.([\w,-]*)\.([1-9]\d{0,3})$/.exec(text) ?? []
  const tags = list?.split(',') ?? []
  const length = keys.clustered ? 2 : 0
  if (server === undefined || cursor === undefined || tags.some((tag) => tag.length !== length)) {
    throw new TypeError('cursor: expected the one that the batch before gave')
  }
  return { server, cursor, tags, parts: Number(parts) }
}

/** Another server took over, or it was restarted. */
function lost(): SessionStoreError {
  return new SessionStoreError('scan', 'lost its place, since another server answers; begin anew', { unknown: false })
}
