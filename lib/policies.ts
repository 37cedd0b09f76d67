// The numbers of the standards, to be spread into the options: `session({ ...policies.aal2, secret })`.

interface Policy {
  readonly expiry: string
  readonly maxLifetime: string
  /** A cookie that outlives the browser is what NIST SP 800-63B-4, 5.1, advises against. */
  readonly remember?: false
}

function policy(numbers: Policy): Policy {
  return Object.freeze(numbers)
}

export const policies: {
  /** NIST SP 800-63B-4, 2.1.3: at most 30 days in all. What the library does by default. */
  readonly aal1: Policy
  /** NIST SP 800-63B-4, 2.2.3: at most 24 hours in all, 1 hour idle. */
  readonly aal2: Policy
  /** NIST SP 800-63B-4, 2.3.3: at most 12 hours in all, 15 minutes idle. */
  readonly aal3: Policy
  /** OWASP ASVS 4.0.3, 3.3.2, level 2: 12 hours in all, 30 minutes idle. */
  readonly asvsL2: Policy
  /** OWASP ASVS 4.0.3, 3.3.2, level 3: 12 hours in all, 15 minutes idle. */
  readonly asvsL3: Policy
} = Object.freeze({
  aal1: policy({ expiry: '14d', maxLifetime: '30d' }),
  aal2: policy({ expiry: '1h', maxLifetime: '24h', remember: false }),
  aal3: policy({ expiry: '15m', maxLifetime: '12h', remember: false }),
  asvsL2: policy({ expiry: '30m', maxLifetime: '12h' }),
  asvsL3: policy({ expiry: '15m', maxLifetime: '12h' }),
})
