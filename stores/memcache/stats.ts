// memcached's statistics: one reply for each, and an empty one at the end. memjs can ask for them too, but if it is refused it waits for the
// end, and breaks the connection when that does not come.
import { encodeRequest, OK, STAT } from './protocol.js'

export type Stats = Readonly<Record<string, string>>

interface StatReply {
  readonly header: { readonly status: number; readonly totalBodyLength: number }
  readonly key: Buffer
  readonly val: Buffer
}

interface StatHandler {
  (reply: StatReply): void
  /** memjs's word for "more will come". */
  quiet: boolean
}

/** As much of a server of memjs as is used here. */
export interface MemjsServer {
  onResponse(seq: number, handler: StatHandler): void
  onError(seq: number, handler: () => void): void
  write(request: Buffer): void
}

/** `null`: the connection failed; empty: the server tells nothing. */
export function askStats(server: MemjsServer, seq: number, tell: (stats: Stats | null) => void): void {
  const stats: Record<string, string> = Object.create(null)
  const take = ({ header, key, val }: StatReply): void => {
    const isEnd = header.status !== OK || header.totalBodyLength === 0
    if (isEnd) handler.quiet = false
    else stats[key.toString()] = val.toString()
    if (isEnd) tell(stats)
  }
  const handler: StatHandler = Object.assign(take, { quiet: true })
  server.onResponse(seq, handler)
  server.onError(seq, () => tell(null))
  server.write(encodeRequest({ opcode: STAT, key: '' }, seq))
}
