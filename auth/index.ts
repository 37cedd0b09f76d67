// What an application asks of its visitors: a login, a recent one, a second factor. The public face: exports only.
export { NotSignedInError } from './errors.js'
export type { AuthRequest } from './exchange.js'
export { reauthenticated } from './reauthenticated.js'
export type { Refusal, RefusalReason } from './refusal.js'
export { type RequireFreshOptions, type RequireLoginOptions, requireFresh, requireLogin } from './require-login.js'
export { returnTo, withReturnTo } from './return-to.js'
export { type BeginSignInOptions, beginSignIn, completeSignIn, countAttempt, pendingUser } from './second-factor.js'
