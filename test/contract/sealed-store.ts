// The smallest store whose token is the session itself, with the limits that come with that. Proves that the suite lets such stores pass.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { changedValues, copyText, meetsExpectations } from '../../lib/apply.js'
import { SessionTooLargeError } from '../../lib/errors.js'
import { factsOfNew, factsOfRotated, factsOfSlid, factsOfUpdated, isLive } from '../../lib/facts.js'
import type { LoadedSession, SessionFacts, SessionStore, SessionValues } from '../../lib/store.js'
import { newHandle } from '../../lib/token.js'

interface Content {
  readonly handle: string
  readonly values: SessionValues
  readonly facts: SessionFacts
}

const KEY = randomBytes(32)

export function sealedStore(clock: () => number, declared: Pick<SessionStore, 'cannot'> = {}): SessionStore {
  const unsealed = (token: string): Content | null => {
    const content = open(token)
    return content !== null && isLive(content.facts, clock()) ? content : null
  }
  return {
    name: 'sealed',
    sealsToken: true,
    ...declared,
    create: ({ values, terms }) => {
      const content = { handle: newHandle(), values, facts: factsOfNew(terms, clock()) }
      return { handle: content.handle, token: seal(content), facts: content.facts }
    },
    load: (token, { slide }): LoadedSession | null => {
      const content = unsealed(token)
      if (content === null) return null
      const now = clock()
      const slid = slide ? { ...content, facts: factsOfSlid(content.facts, now) } : content
      return { ...slid, now, token: slide ? seal(slid) : token }
    },
    update: (token, changes) => {
      const content = unsealed(token)
      if (content === null) return { outcome: 'gone' }
      if (!meetsExpectations(content.values, changes.expect)) return { outcome: 'conflict' }
      const facts = factsOfUpdated(content.facts, changes)
      return { outcome: 'saved', token: seal({ ...content, values: changedValues(content.values, changes), facts }) }
    },
    rotate: (token, changes) => {
      const content = unsealed(token)
      if (content === null) return null
      const facts = factsOfRotated(content.facts, changes, clock())
      const next = { ...content, values: changedValues(content.values, changes), facts }
      return { handle: next.handle, token: seal(next), facts }
    },
    destroy: (token) => unsealed(token) !== null,
  }
}

function seal({ handle, values, facts }: Content): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', KEY, nonce, { authTagLength: 16 })
  const text = JSON.stringify({ handle, values, facts })
  const token = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url')
  if (token.length > 4096) throw new SessionTooLargeError(`a cookie of ${token.length} bytes`)
  return token
}

function open(token: string): Content | null {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.length < 28 || bytes.toString('base64url') !== token) return null
  const decipher = createDecipheriv('aes-256-gcm', KEY, bytes.subarray(0, 12), { authTagLength: 16 }).setAuthTag(bytes.subarray(-16))
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8')
    const { handle, values, facts }: Content = JSON.parse(text)
    return { handle, values: copyText(values), facts: { ...facts, indexes: copyText(facts.indexes) } }
  } catch {
    return null
  }
}
