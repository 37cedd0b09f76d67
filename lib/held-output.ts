// Keeps what Node renders for a HTTP/1 response from its socket, and lets it go.
//
// Node does this itself for a pipelined response that is not yet its turn: head and chunks wait in `outputData`. A held
// response waits in the same place, so return values, callbacks, errors, back-pressure and events are Node's own.
import { ServerResponse } from 'node:http'
import { Writable } from 'node:stream'
import { at } from './at.js'
import { type Carried, carriedByResponse, forgetLast } from './carried.js'

type Callback = ((error?: Error | null) => void) | null | undefined
export type Method = (...args: unknown[]) => unknown

/** The underscored part of Node's OutgoingMessage that is used here: alike in Node 20, 22 and 24, and for many years before. */
export interface RawResponse extends ServerResponse {
  _header: string | null
  _headerSent: boolean
  _hasBody: boolean
  _contentLength: number | null
  _trailer: string
  _removedConnection: boolean
  _removedContLen: boolean
  _removedTE: boolean
  outputData: { data: string | Uint8Array; encoding: unknown; callback: Callback }[]
  outputSize: number
  _onPendingData(delta: number): void
  _send(...args: unknown[]): boolean
  _writeRaw(data: string | Uint8Array, encoding?: unknown, callback?: Callback): boolean
  _flush(): void
}

/** Shared by all holds of a response, also by those of another copy of this package. */
export interface OutputGate {
  /** Holds that keep it shut. */
  shut: number
  /** `end` was called while it was shut; see `hideEnd`. */
  endHidden: boolean
  /** A hold has refused the response: layers that were mounted before it have seen its output and must not see more. */
  refused: boolean
  /** `end` of the outermost hold. */
  end: Method | undefined
}

/** What a hold puts in the way of the output. */
export interface Outlet {
  send(args: readonly unknown[]): boolean
}

/** What a hold puts in the way of `end`. */
export interface Ender {
  end(args: readonly unknown[]): unknown
}

/** Where the class keeps Node's own methods. */
const NODES_OWN: unique symbol = Symbol.for('steady-session.nodes-own') as never

const RESPONSE = ServerResponse.prototype as RawResponse & {
  [NODES_OWN]?: { readonly send: Method; readonly end: Method; readonly write: Method }
}

export function isRawResponse(res: ServerResponse): res is RawResponse {
  return res instanceof ServerResponse
}

/**
 * Has all output pass by what is in its way, if anything is. On the class, since a property of each response costs a request more than all else
 * that the hold does (measured; Express gives each response a layout of its own).
 */
export function watchOutput(): void {
  if (RESPONSE[NODES_OWN] !== undefined) return
  const own = { send: RESPONSE._send as Method, end: RESPONSE.end as Method, write: RESPONSE.write as Method }
  const [writeRaw, flush] = [RESPONSE._writeRaw as Method, RESPONSE._flush as Method]
  const watched = {
    _send(this: RawResponse, data: unknown, encoding: unknown, callback: unknown, byteLength: unknown): unknown {
      const outlet = carriedByResponse(this)?.outlet
      return outlet === undefined
        ? own.send.call(this, data, encoding, callback, byteLength)
        : outlet.send([data, encoding, callback, byteLength])
    },
    end(this: RawResponse, chunk: unknown, encoding: unknown, callback: unknown): unknown {
      const ender = carriedByResponse(this)?.ender
      const ended = ender === undefined ? own.end.call(this, chunk, encoding, callback) : ender.end([chunk, encoding, callback])
      forgetLast()
      return ended
    },
    write(this: RawResponse, ...args: unknown[]): unknown {
      const gate = gateIfHeld(this)
      if (gate?.endHidden !== true) return Reflect.apply(own.write, this, args)
      return asEnded(this, gate, () => Reflect.apply(own.write, this, args))
    },
    _writeRaw(this: RawResponse, data: string | Uint8Array, encoding?: unknown, callback?: Callback): unknown {
      return isShut(this) ? keepRaw(this, data, encoding, callback) : writeRaw.call(this, data, encoding, callback)
    },
    _flush(this: RawResponse): unknown {
      // Node flushes a pipelined response when its turn comes; a held one stays.
      return isShut(this) ? undefined : flush.call(this)
    },
  }
  Object.defineProperty(RESPONSE, NODES_OWN, { value: own })
  for (const [name, value] of Object.entries(watched)) Object.defineProperty(RESPONSE, name, { value, writable: true, configurable: true })
  Object.defineProperty(RESPONSE, 'writableEnded', {
    get(this: RawResponse) {
      return isEnded(this)
    },
    configurable: true,
  })
}

/** What `writableEnded` says. */
export function isEnded(res: ServerResponse): boolean {
  return isRawResponse(res) ? at(res, 'finished') || gateIfHeld(res)?.endHidden === true : res.writableEnded
}

/** A shut gate has added a byte to what waits: one look, where most responses are let by. */
function gateIfHeld(res: RawResponse): OutputGate | undefined {
  return at(res, 'outputSize') === 0 ? undefined : carriedByResponse(res)?.gate
}

function isShut(res: RawResponse): boolean {
  return (gateIfHeld(res)?.shut ?? 0) > 0
}

/** `_send` below all holds. */
export function sendUnheld(res: RawResponse, args: readonly unknown[]): boolean {
  return Reflect.apply(RESPONSE[NODES_OWN]?.send ?? (RESPONSE._send as Method), res, args) as boolean
}

/** `end` below all holds and all that middlewares have put on the response. */
export function endUnheld(res: RawResponse, args: readonly unknown[]): unknown {
  return Reflect.apply(RESPONSE[NODES_OWN]?.end ?? (RESPONSE.end as Method), res, args)
}

export function gateOf(carried: Carried): OutputGate {
  carried.gate ??= { shut: 0, endHidden: false, refused: false, end: undefined }
  return carried.gate
}

export function shutGate(res: RawResponse, gate: OutputGate): void {
  if (gate.shut++ > 0) return
  // An `end` that finds nothing left to write finishes at once; one byte too many makes it wait like any other.
  res.outputSize += 1
}

/** Also called after `dropOutput`; then there is nothing to flush. */
export function openGate(res: RawResponse, gate: OutputGate): void {
  if (--gate.shut > 0) return
  res.outputSize -= 1
  if (gate.endHidden) {
    gate.endHidden = false
    res.finished = true
  }
  // `end` uncorks for good, but in Node there would have been nothing left to cork by now.
  if (res.finished) uncorkAll(res)
  if (res.outputData.length > 0) res._flush()
  if (isEnded(res)) forgetLast()
}

function uncorkAll(res: RawResponse): void {
  for (let corked = res.writableCorked; corked > 0; corked--) res.uncork()
}

/** What Node's `_writeRaw` does for a response without a socket. */
function keepRaw(res: RawResponse, data: string | Uint8Array, encoding?: unknown, callback?: Callback): boolean {
  if (res.socket?.destroyed) return false
  const withoutEncoding = typeof encoding === 'function'
  if (!withoutEncoding) assertEncoding(encoding)
  res.outputData.push({
    data,
    encoding: withoutEncoding ? null : encoding,
    callback: withoutEncoding ? (encoding as Callback) : callback,
  })
  res.outputSize += data.length
  res._onPendingData(data.length)
  return res.outputSize < res.writableHighWaterMark
}

/**
 * `server.close()` destroys connections whose response says `finished`, so a held response must not. To the application it
 * is ended all the same: `writableEnded` says so, and a late `write` or `end` gets Node's own answer.
 */
export function hideEnd(res: RawResponse, gate: OutputGate): void {
  if (gate.endHidden || !res.finished) return
  gate.endHidden = true
  res.finished = false
}

export function asEnded<T>(res: RawResponse, gate: OutputGate, call: () => T): T {
  gate.endHidden = false
  res.finished = true
  try {
    return call()
  } finally {
    res.finished = false
    gate.endHidden = true
  }
}

/** Forgets all that waits, as if nothing had been written. The gate stays shut. */
export function dropOutput(res: RawResponse, gate: OutputGate): void {
  // Node 22 and later keep corked chunks in a place of their own until `uncork`.
  uncorkAll(res)
  res._onPendingData(1 - res.outputSize)
  res.outputData = []
  res.outputSize = 1
  gate.endHidden = false
  res.finished = false
  res._header = null
  res._headerSent = false
}

/** Puts another head in the place of the one that was rendered, wherever that is by now. */
export function replaceHead(res: RawResponse, old: string, text: string): void {
  if (old === text) return
  Reflect.set(res, '_header', text)
  if (!at(res, '_headerSent')) return
  // An informational response may wait before it.
  const first = res.outputData.find(({ data }) => typeof data === 'string' && data.startsWith(old))
  if (first === undefined) return
  first.data = text + String(first.data).slice(old.length)
  res.outputSize += text.length - old.length
  res._onPendingData(text.length - old.length)
}

/** An unknown encoding is refused by the socket, which a held chunk meets too late. */
function assertEncoding(encoding: unknown): void {
  if (!encoding || encoding === 'buffer') return
  // For the sake of its error.
  if (!Buffer.isEncoding(encoding as string)) new Writable().write('', encoding as BufferEncoding)
}

/** What rendering a head changes beside the headers. After them: removing one leaves a mark. */
export function forgetHead(res: RawResponse, shouldKeepAlive: boolean): void {
  res.shouldKeepAlive = shouldKeepAlive
  res._hasBody = res.req.method !== 'HEAD'
  res._trailer = ''
  res._removedConnection = false
  res._removedContLen = false
  res._removedTE = false
  res.chunkedEncoding = false
  res._contentLength = null
  // It counts from the first `write`, and cannot be told to start anew.
  res.strictContentLength = false
}
