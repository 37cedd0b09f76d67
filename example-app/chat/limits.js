// How much one user may do, in each process: more is a script, or a key that is stuck.
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { ChatError } from './errors.js'

/** So many points in so many seconds. */
const MESSAGES = { points: 30, duration: 10 }
/** Messages, drafts and whatever else a socket sends. */
const EVENTS = { points: 200, duration: 10 }
/** Tabs, reloads, and connections that broke. */
const CONNECTIONS = { points: 120, duration: 60 }

/** Each takes one point of the user's; rejects with a ChatError if none is left. */
export function createLimits() {
  return {
    message: limit(MESSAGES, 'You are writing faster than others can read.'),
    event: limit(EVENTS, 'Your browser sends more than it should.'),
    connection: limit(CONNECTIONS, 'Your browser connects more often than it should.'),
  }
}

function limit(rate, problem) {
  const limiter = new RateLimiterMemory(rate)
  return async (userId) => {
    try {
      await limiter.consume(userId)
    } catch (refusal) {
      if (refusal instanceof Error) throw refusal
      const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000))
      const error = new ChatError(429, 'TOO_MANY', `${problem} Please wait ${seconds === 1 ? 'a second' : `${seconds} seconds`}.`)
      error.headers = { 'Retry-After': String(seconds) }
      throw error
    }
  }
}
