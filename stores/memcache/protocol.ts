// The binary protocol, as far as it is used here. memjs names neither CAS nor a delete that compares, so requests are made here and go
// through its `perform`; connecting, SASL and reading replies are its own.

export const GET = 0x00
export const ADD = 0x02
/** With a CAS it compares and sets. `set` would too, but it drops the old item when the new one finds no room. */
export const REPLACE = 0x03
export const DELETE = 0x04
/** Does nothing but answer, and only to whoever is logged in. */
export const NOOP = 0x0a
export const STAT = 0x10

export const OK = 0x00
export const NOT_FOUND = 0x01
export const EXISTS = 0x02
export const TOO_LARGE = 0x03
export const NOT_STORED = 0x05

const HEADER_BYTES = 24
const REQUEST = 0x80
/** Flags (unused) and expiry. */
const STORE_EXTRAS_BYTES = 8

export interface Request {
  readonly opcode: number
  readonly key: string
  /** Only an item that still has it is written. */
  readonly cas?: Buffer
  /** What to store, and until when: see expiry.ts. */
  readonly store?: { readonly text: string; readonly expiry: number }
}

export interface Reply {
  readonly header: { readonly status: number; readonly cas: Buffer }
  readonly val: Buffer
}

/** `opaque` comes back with the reply. */
export function encodeRequest({ opcode, key, cas, store }: Request, opaque: number): Buffer {
  // Keys are ASCII: ns and handle.
  const keyBytes = key.length
  const extrasBytes = store === undefined ? 0 : STORE_EXTRAS_BYTES
  const bodyBytes = extrasBytes + keyBytes + (store === undefined ? 0 : Buffer.byteLength(store.text))
  const request = Buffer.allocUnsafe(HEADER_BYTES + bodyBytes)
  request.fill(0, 0, HEADER_BYTES + extrasBytes)
  request.writeUInt8(REQUEST, 0)
  request.writeUInt8(opcode, 1)
  request.writeUInt16BE(keyBytes, 2)
  request.writeUInt8(extrasBytes, 4)
  request.writeUInt32BE(bodyBytes, 8)
  request.writeUInt32BE(opaque, 12)
  cas?.copy(request, 16)
  request.write(key, HEADER_BYTES + extrasBytes, 'latin1')
  if (store === undefined) return request
  request.writeUInt32BE(store.expiry, HEADER_BYTES + 4)
  request.write(store.text, HEADER_BYTES + extrasBytes + keyBytes)
  return request
}
