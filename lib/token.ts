// The split token: `handle.verifier`. The handle is public and the store's key; of the verifier the store keeps the proof only.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { ownText } from './own-text.js'

const HANDLE_BYTES = 16
const VERIFIER_BYTES = 32
const HANDLE_LENGTH = 22
const VERIFIER_LENGTH = 43

/** Length of a token: handle, dot, verifier, in base64url. */
export const TOKEN_LENGTH: number = HANDLE_LENGTH + 1 + VERIFIER_LENGTH

export interface SplitToken {
  readonly handle: string
  readonly verifier: string
}

/** 128 random bits. */
export function newHandle(): string {
  return randomBytes(HANDLE_BYTES).toString('base64url')
}

/** 256 random bits. */
export function newVerifier(): string {
  return randomBytes(VERIFIER_BYTES).toString('base64url')
}

export function joinToken(handle: string, verifier: string): string {
  return `${handle}.${verifier}`
}

/** `null` unless the text has exactly the form that `joinToken` writes. */
export function parseToken(text: string): SplitToken | null {
  if (text.length !== TOKEN_LENGTH || text[HANDLE_LENGTH] !== '.') return null
  const handle = text.slice(0, HANDLE_LENGTH)
  const verifier = text.slice(HANDLE_LENGTH + 1)
  return isBase64Url(handle) && isBase64Url(verifier) ? { handle, verifier } : null
}

/** Whether it has the form of a handle; what has not could be the name of something else in a store. */
export function isHandle(text: string): boolean {
  return text.length === HANDLE_LENGTH && isBase64Url(text)
}

/** A token as a store needs it. */
export interface PresentedToken {
  readonly handle: string
  /** Of the verifier that was presented. */
  readonly proof: string
  /** The same as bytes, for stores that compare it themselves. One may put its own in place, once it has found them equal. */
  proofBytes: Uint8Array
}

/** Most tokens that a reader remembers. */
const MAX_READ = 2000

/** Takes tokens apart, and remembers what came of them: the hash costs more than the rest of a read. The store compares proofs each time. */
export function tokenReader(): (token: string) => PresentedToken | null {
  const recent = new Map<string, PresentedToken>()
  return (token) => {
    const known = recent.get(token)
    if (known !== undefined) return known
    const parts = parseToken(token)
    if (parts === null) return null
    if (recent.size >= MAX_READ) recent.clear()
    const proof = proofOf(parts.verifier)
    const read = { handle: ownText(parts.handle), proof, proofBytes: bytesOf(proof) }
    recent.set(token, read)
    return read
  }
}

/** SHA-256 of the verifier in base64url: the only form of it that may be at rest. */
export function proofOf(verifier: string): string {
  return hash('sha256', verifier, 'base64url')
}

/** Compares two proofs in constant time (ASVS 11.2.4). */
export function sameProof(a: string, b: string): boolean {
  return sameBytes(Buffer.from(a), Buffer.from(b))
}

/** For stores that keep proofs as bytes: making bytes of a text costs more than to compare them. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

export function bytesOf(proof: string): Uint8Array {
  // A copy: a buffer is a part of a larger block, and would keep that.
  return new Uint8Array(Buffer.from(proof))
}

function isBase64Url(text: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(text)
}
