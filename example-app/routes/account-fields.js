// What accounts are made of, checked.
import { z } from 'zod'

const email = z
  .string('Enter your email address.')
  .trim()
  .toLowerCase()
  .max(254, 'This is no email address.')
  .pipe(z.email('This is no email address.'))

/** Length is what makes a password hard to guess (NIST SP 800-63B-4, 3.1.1.2); no rule says which characters. */
const newPassword = z.string('Choose a password.').min(8, 'Choose at least 8 characters.').max(128, 'Choose at most 128 characters.')

/** Nothing that is not seen, nor turns the direction of what follows: a name must look like itself. */
const name = z
  .string('Enter a name.')
  .transform((given) => given.trim().replace(/\s+/g, ' '))
  .pipe(
    z
      .string()
      .min(1, 'Enter a name.')
      .max(40, 'A name has at most 40 characters.')
      .regex(/^\P{C}*$/u, 'There are characters in it that cannot be seen.'),
  )

export const newAccount = z.object({ email, name, password: newPassword })

/** Of an account that exists or not: what cannot be an address is as wrong as one that nobody has. */
export const credentials = z.object({ email: z.string().trim().toLowerCase().min(1).max(254), password: z.string().min(1).max(128) })

export const confirmation = z.object({ current: z.string().min(1).max(128) })

export const passwordChange = z.object({ next: newPassword })

/** The first problem of each field. */
export function problemsIn({ issues }) {
  return Object.fromEntries(issues.map(({ path, message }) => [path.join('.'), message]).reverse())
}
