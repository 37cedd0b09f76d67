// The split token: `handle.verifier`. The handle is public and the store's key; of the verifier the store keeps the proof only.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

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

/** SHA-256 of the verifier in base64url: the only form of it that may be at rest. */
export function proofOf(verifier: string): string {
  return hash('sha256', verifier, 'base64url')
}

/** Compares two proofs in constant time (ASVS 11.2.4). */
export function sameProof(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

function isBase64Url(text: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(text)
}
