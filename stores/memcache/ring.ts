// Which server holds a session: consistent hashing, so that a server more or less moves only its own share of the sessions. The order in
// which the servers are listed plays no part; their names do, so every process must list them alike.
import { createHash } from 'node:crypto'

/** Evens out the shares to a few percent. */
const POINTS_PER_SERVER = 160
const DIGEST_POINTS = 4

interface Point {
  readonly at: number
  readonly server: number
}

export class Ring {
  private readonly points: readonly Point[]

  constructor(names: readonly string[]) {
    this.points = names.flatMap((name, server) => pointsOf(name).map((at) => ({ at, server }))).sort((a, b) => a.at - b.at)
  }

  /** The place in the list of the server that holds it. */
  serverOf(handle: string): number {
    const at = digest(handle).readUInt32BE(0)
    let low = 0
    let high = this.points.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.points[middle]?.at ?? 0) < at) low = middle + 1
      else high = middle
    }
    return (this.points[low] ?? this.points[0])?.server ?? 0
  }
}

function pointsOf(name: string): number[] {
  return Array.from({ length: POINTS_PER_SERVER / DIGEST_POINTS }, (_, n) => {
    const bytes = digest(`${name}#${n}`)
    return Array.from({ length: DIGEST_POINTS }, (_, part) => bytes.readUInt32BE(part * 4))
  }).flat()
}

function digest(text: string): Buffer {
  return createHash('sha1').update(text).digest()
}
