// The two questions to the server.
import type { SessionStatus } from '../lib/status-report.js'

const TIMEOUT_MS = 10_000

/** Rejects if the server does not answer with a status: that says nothing about the session. */
export async function askServer(url: string, question: 'status' | 'stay'): Promise<SessionStatus> {
  const response = await fetch(`${url}/${question}`, {
    method: question === 'stay' ? 'POST' : 'GET',
    // The second one is what no form of another site can send.
    headers: { accept: 'application/json', 'x-session-stay': '1' },
    cache: 'no-store',
    // To a login page, say: asking for it might make or extend a session.
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (!response.ok) throw new Error(`session status: the server answered ${response.status}`)
  const answer: unknown = await response.json()
  if (!isStatus(answer)) throw new Error(`session status: ${url} is not where sessionStatus is mounted`)
  return answer
}

export function isStatus(value: unknown): value is SessionStatus {
  return typeof value === 'object' && value !== null && 'live' in value && 'secondsLeft' in value && typeof value.secondsLeft === 'number'
}
