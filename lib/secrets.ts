// Which secrets are strong enough to sign with (CVE-2023-27524: a default secret in production).
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'

const MIN_BYTES = 32

/** Secrets from tutorials and READMEs, in lower case without punctuation. */
const KNOWN: ReadonlySet<string> = new Set(
  (
    'secret,mysecret,mysecretkey,yoursecret,yoursecrethere,yoursecretkey,yoursecretkeyhere,supersecret,supersecretkey,topsecret,secretkey,' +
    'secretsecret,sessionsecret,mysessionsecret,yoursessionsecret,cookiesecret,expresssessionsecret,expresssecret,nodesecret,appsecret,' +
    'keyboardcat,keyboarddog,thisisasecret,thisismysecret,thisisasecretkey,shhhh,shhhhh,shhhitsasecret,ssshhhhh,itsasecret,verysecret,' +
    'verysecretkey,averysecretkey,changeme,changethis,changemeplease,pleasechangeme,changeit,changemetosomethingsecret,replaceme,' +
    'replacethis,placeholder,example,examplesecret,default,defaultsecret,development,developmentsecret,devsecret,test,testsecret,testing,' +
    'password,passw0rd,password123,letmein,qwerty,qwertyuiop,abc123,foobar,foobarbaz,helloworld,thequickbrownfox,lorem,' +
    'catsarecool,cat,1234567890,0123456789abcdef,0123456789,abcdefghijklmnopqrstuvwxyz,abcdefghijklmnopqrstuvwxyz123456,' +
    'deadbeef,youshallnotpass,somesecret,somesecretvalue,anyrandomstring,complexpasswordatleast32characterslong,' +
    'complexpasswordatleast32characterslongforencryption,thissecretmustbeatleast32characterslong,asecretwithminimumlengthof32characters,' +
    'averylongsecretthatisatleast32characterslong,useanenvironmentvariableforthisinproduction,putyoursecrethere,insertyoursecrethere'
  ).split(','),
)

/** Why the secret is too weak to sign with; `null` if it is not. Never contains the secret. */
export function weaknessOf(secret: string): string | null {
  if (Buffer.byteLength(secret) < MIN_BYTES) return `is shorter than ${MIN_BYTES} bytes`
  const plain = secret.toLowerCase().replace(/[^a-z0-9]/g, '')
  const unit = repeatedUnit(plain)
  if (KNOWN.has(plain) || KNOWN.has(unit)) return 'is a known example'
  if (new Set(secret).size < 10 || unit.length <= 12) return 'is a pattern that can be guessed'
  return null
}

/** The signing key of one cookie name: nothing else signed with the same secret passes for our cookie (RFC 5869). */
export function signingKey(secret: string, cookieName: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, 'steady-session/v1', `cookie-signature|${cookieName}`, 32)))
}

function repeatedUnit(text: string): string {
  for (let length = 1; length <= text.length / 2; length++) {
    const unit = text.slice(0, length)
    if (unit.repeat(Math.ceil(text.length / length)).startsWith(text)) return unit
  }
  return text
}
