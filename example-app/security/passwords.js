// Passwords are kept as scrypt hashes, written in the PHC format: $scrypt$ln=14,r=8,p=5$<salt>$<hash>.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(scrypt)

const BYTES = 32
const HASH = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/

/** `passwordCost`: the binary logarithm of scrypt's N; one more takes twice the time and the memory. */
export function passwordHashes({ passwordCost: ln }) {
  const cost = { ln, r: 8, p: 5 }
  /** What is compared with where nobody has the address; no password is known to have it. */
  const nobodys = written(cost, 'A'.repeat(22), 'A'.repeat(43))

  return {
    async hash(password) {
      const salt = randomBytes(16)
      return written(cost, base64(salt), base64(await hashed(password, salt, cost)))
    },

    /** In constant time, also where there is no hash because there is no such user: how long it takes tells nothing (OWASP ASVS 5.0, 6.3.8). */
    async matches(password, passwordHash) {
      const [, ln, r, p, salt, hash] = HASH.exec(passwordHash ?? nobodys)
      const given = await hashed(password, Buffer.from(salt, 'base64'), { ln: Number(ln), r: Number(r), p: Number(p) })
      const isSame = timingSafeEqual(given, Buffer.from(hash, 'base64'))
      return isSame && passwordHash !== undefined
    },
  }
}

function written({ ln, r, p }, salt, hash) {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${salt}$${hash}`
}

/** One character can be typed in several ways; NFKC makes them one (NIST SP 800-63B-4, 3.1.1.2). */
function hashed(password, salt, { ln, r, p }) {
  const N = 2 ** ln
  return derive(password.normalize('NFKC'), salt, BYTES, { N, r, p, maxmem: 256 * N * r })
}

function base64(bytes) {
  return bytes.toString('base64').replaceAll('=', '')
}
