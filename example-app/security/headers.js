import helmet from 'helmet'

const OWN = ["'self'"]
const NONE = ["'none'"]

/** Everything comes from here and nothing from elsewhere; no script and no style stands in a page. */
const directives = {
  defaultSrc: NONE,
  scriptSrc: OWN,
  styleSrc: OWN,
  imgSrc: OWN,
  // WebSockets of the same host, too (CSP Level 3).
  connectSrc: OWN,
  formAction: OWN,
  baseUri: NONE,
  frameAncestors: NONE,
}

/** Pages about sessions set a stricter policy of their own. */
export function securityHeaders({ production }) {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    // Return addresses are taken from the referrer, on this site alone.
    referrerPolicy: { policy: 'same-origin' },
    // A browser that has once heard it never comes to http://localhost again.
    strictTransportSecurity: production,
  })
}
