// Passwords are kept as scrypt hashes, written in the PHC format: $scrypt$ln=14,r=8,p=5$<salt>$<hash>.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(scrypt)

/** OWASP Password Storage Cheat Sheet: 16 MiB and about a fifth of a second, so that many who sign in at once do not exhaust the memory. */
const COST = { ln: 14, r: 8, p: 5 }
const BYTES = 32
/** What is compared with where nobody has the address; no password is known to have it. */
const NOBODYS = `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${'A'.repeat(22)}$${'A'.repeat(43)}`
const HASH = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/

export async function hashPassword(password) {
  const salt = randomBytes(16)
  const hash = await hashed(password, salt, COST)
  return `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${base64(salt)}$${base64(hash)}`
}

/** In constant time, also where there is no hash because there is no such user: how long it takes tells nothing (OWASP ASVS 5.0, 6.3.8). */
export async function isPassword(password, passwordHash) {
  const [, ln, r, p, salt, hash] = HASH.exec(passwordHash ?? NOBODYS)
  const given = await hashed(password, Buffer.from(salt, 'base64'), { ln: Number(ln), r: Number(r), p: Number(p) })
  const isSame = timingSafeEqual(given, Buffer.from(hash, 'base64'))
  return isSame && passwordHash !== undefined
}

/** One character can be typed in several ways; NFKC makes them one (NIST SP 800-63B-4, 3.1.1.2). */
function hashed(password, salt, { ln, r, p }) {
  const N = 2 ** ln
  return derive(password.normalize('NFKC'), salt, BYTES, { N, r, p, maxmem: 256 * N * r })
}

function base64(bytes) {
  return bytes.toString('base64').replaceAll('=', '')
}
