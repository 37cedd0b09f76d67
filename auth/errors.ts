import { SessionError } from '../lib/errors.js'

/** There is nobody to act for: nobody is signed in, or no sign-in is pending any more. */
export class NotSignedInError extends SessionError {
  constructor(message: string) {
    super('ERR_SESSION_NOT_SIGNED_IN', 401, message)
  }
}
