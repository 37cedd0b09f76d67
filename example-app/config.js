// What the environment says, checked and completed.
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const DEFAULT_DATABASE = `file:${fileURLToPath(new URL('./data/chat.db', import.meta.url))}`
/** For production; a test that signs many people in may take less. */
const LEAST_PASSWORD_COST = 14
const ADVICE_SECRET = 'make one with: openssl rand -base64 32'

/** A number of seconds, or a text with a unit; the package checks it to the end. */
const duration = z.union([z.coerce.number().positive(), z.string().regex(/^\d+(\.\d+)? ?(s|m|h|d)$/)], {
  error: "expected a duration such as '30m', '2h' or '14d'",
})

const wholeNumber = (most) => z.coerce.number('expected a whole number').int('expected a whole number').min(0).max(most)

const environment = z.object({
  NODE_ENV: z.string().default('development'),
  PORT: wholeNumber(65535).default(3000),
  TRUST_PROXY: wholeNumber(16).default(0),
  SESSION_SECRET: z.string().min(32, `expected at least 32 characters; ${ADVICE_SECRET}`).optional(),
  SESSION_STORE: z
    .string()
    .regex(/^(memory|cookie|(memcache|rediss?):\/\/\S+)$/, 'expected memory, cookie, memcache://host:port or redis://host:port')
    .default('memory'),
  SESSION_EXPIRY: duration.default('2h'),
  SESSION_MAX_LIFETIME: duration.default('12h'),
  SESSION_WARN_BEFORE: duration.default('2m'),
  SESSION_FRESH: duration.default('5m'),
  /** OWASP Password Storage Cheat Sheet: at 14 a hash takes 16 MiB and about a fifth of a second, so that many who sign in at once do not exhaust the memory. */
  PASSWORD_COST: wholeNumber(20).min(2).default(LEAST_PASSWORD_COST),
  DATABASE_URL: z
    .string()
    .regex(/^(file:.+|mysql:\/\/\S+\/\w+.*)$/, 'expected file:path/of/chat.db or mysql://user:password@host:port/database')
    .default(DEFAULT_DATABASE),
  ADMIN_EMAILS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .toLowerCase()
        .split(',')
        .map((email) => email.trim())
        .filter(Boolean),
    )
    .pipe(z.array(z.email('expected addresses with commas between them'))),
})

/** Throws an error that names each variable that is wrong, and what to write; it shows no value, which may be secret. */
export function readConfig(env) {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const { success, data, error } = environment.safeParse(given)
  if (!success) throw new Error(error.issues.map(({ path, message }) => `${path[0]}: ${message}`).join('\n'))
  const production = data.NODE_ENV === 'production'
  if (production && data.PASSWORD_COST < LEAST_PASSWORD_COST)
    throw new Error(`PASSWORD_COST: at least ${LEAST_PASSWORD_COST} in production`)
  return {
    port: data.PORT,
    secret: secretOf(data, production),
    store: data.SESSION_STORE,
    storeCan: abilitiesOf(data.SESSION_STORE),
    databaseUrl: data.DATABASE_URL,
    adminEmails: data.ADMIN_EMAILS,
    production,
    trustProxy: data.TRUST_PROXY,
    expiry: data.SESSION_EXPIRY,
    maxLifetime: data.SESSION_MAX_LIFETIME,
    warnBefore: data.SESSION_WARN_BEFORE,
    /** How old a sign-in may be for changing the password. */
    fresh: data.SESSION_FRESH,
    passwordCost: data.PASSWORD_COST,
  }
}

/** Sessions in memory do not outlive the process, so nor need what signs their cookies. */
function secretOf({ SESSION_SECRET, SESSION_STORE }, production) {
  if (SESSION_SECRET !== undefined) return SESSION_SECRET
  if (production || SESSION_STORE !== 'memory') {
    throw new Error(`SESSION_SECRET: required in production and with any store but memory; ${ADVICE_SECRET}`)
  }
  return randomBytes(32).toString('base64')
}

/**
 * What the pages may offer; see the table of stores in the package's README. It has to be known before the sessions are made, which refuse an option that
 * their store cannot keep; a test holds it to what `sessions.cannot` says.
 */
function abilitiesOf(store) {
  const [name] = store.split(':', 1)
  const isShared = name === 'redis' || name === 'rediss'
  return {
    /** Sessions are found by their user: "your devices", administration, signing out elsewhere, a limit of sessions. */
    devices: name === 'memory' || isShared,
    /** Two tabs that write at once both keep what they wrote, also from a socket, which can set no cookie. */
    drafts: name !== 'cookie',
    /** A copied cookie is dead once its session was signed out. */
    revoke: name !== 'cookie',
    /** A process is told of sessions that end in another one (in memory there is no other). */
    announce: name === 'memory' || isShared,
  }
}
